"""Large neighbourhood search: free the clusters of a few tiles, keep the others where they are, solve what is left."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from mapper.analysis.cycles.cycle_ratio import period_of
from mapper.lower.bound_graph import bind
from mapper.model.mapping import Mapping
from mapper.search.cpsat.model import Question, build_model, hint
from mapper.search.cpsat.placement import keep_elsewhere
from mapper.search.cpsat.run import Run, solve
from mapper.search.cpsat.variables import time_unit

__all__ = ["Neighbourhoods"]

#: Most clusters set free at a time, and the effort for one neighbourhood in CP-SAT's deterministic seconds.
_FREE, _EFFORT = 16, 0.3


class Neighbourhoods:
    """Improves a run's incumbent around its critical cycle (after Shaw 1998)."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.rng = np.random.default_rng([run.seed, 5])
        self.share = Fraction(1, 4)  # of the gap, asked for at once

    def improve(self, rounds: int) -> None:
        """Solve so many neighbourhoods, or until the search should stop."""
        incumbent = self.run.incumbent
        for _ in range(rounds):
            if incumbent.should_stop() or incumbent.mapping is None or incumbent.period is None:
                return
            self._improve_once(incumbent.mapping, incumbent.period)

    def _improve_once(self, mapping: Mapping, period: Fraction) -> None:
        run, incumbent = self.run, self.run.incumbent
        application, platform = incumbent.application, incumbent.platform
        allowed = keep_elsewhere(mapping.binding, platform.tiles, self._choose_tiles(mapping))
        unit = time_unit(application, platform)
        wish = period - max((period - incumbent.bound.value) * self.share, Fraction(unit))
        target = Fraction(max(-(-wish // unit), 1) * unit)
        if target >= period:
            target -= unit
        if target <= 0:
            return
        question = Question(
            incumbent.semantics, target=target, allowed=allowed, ceilings=incumbent.ceilings, sized=incumbent.sized
        )
        exact = build_model(application, platform, question)
        hint(exact, mapping, period)
        reached = solve(run, exact, effort=_EFFORT) in ("OPTIMAL", "FEASIBLE")
        self.share = min(self.share * 2, Fraction(1, 2)) if reached else max(self.share / 2, Fraction(1, 64))

    def _choose_tiles(self, mapping: Mapping) -> list[int]:
        """The critical cycle's tiles, or the busiest, then random ones, near ones rather; at least two."""
        incumbent = self.run.incumbent
        application, platform = incumbent.application, incumbent.platform
        graph = bind(application, mapping, platform)
        cycle = period_of(graph).cycle
        critical = list(dict.fromkeys(int(t) for t in mapping.binding[graph.sources[list(cycle)]]))
        self.rng.shuffle(critical)
        first = critical[: int(self.rng.integers(1, 4))] or [int(self.rng.integers(platform.tiles))]
        usable = np.flatnonzero(platform.slots > 0)
        nearness = platform.topology.hops(first[0], usable) + self.rng.uniform(0, 2, usable.size)
        chosen: list[int] = []
        clusters = 0
        for tile in [*first, *usable[np.argsort(nearness)].tolist()]:
            held = len(mapping.orders[tile])
            if tile in chosen or platform.slots[tile] == 0:
                continue
            if len(chosen) >= 2 and clusters + held > _FREE:
                break
            chosen.append(tile)
            clusters += held
        return chosen
