"""A bound by a few clusters that are slow together, however they share tiles: found on long cycles, proven alone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, islice
from typing import Any

import numpy as np

from mapper.evaluator import mapping_period
from mapper.model.result import Bound
from mapper.search.bounds.alone import leave_alone, mapping_of
from mapper.search.bounds.long_cycles import cycles_above
from mapper.search.bounds.raising import BoundSearch
from mapper.search.bounds.unavoidable import least_times
from mapper.search.cpsat.search import ExactSearch
from mapper.search.incumbent import Incumbent
from mapper.stop import MaxRuntime

__all__ = ["CoreSearch", "slow_cycles"]

Core = frozenset[int]

#: Cycles looked for, and channels in all that looking for them may pass.
_CYCLES, _PASSED = 60, 500_000

#: Actors of a core, of two cycles together, and of any.
_FEWEST, _JOINED, _MOST = 3, 10, 14

#: CP-SAT's deterministic seconds for a core's first proof, for solving the slowest before it grows, for asking any, and
#: for seeing that a core is quick enough in the incumbent's own mapping.
_EFFORT, _SOLVING, _ASKING, _LOOKING = 0.3, 2.0, 0.02, 0.002

#: Seconds that a core's own clock runs at most, where the incumbent's has no end.
_FOREVER = 1e6


class CoreSearch:
    """Raises an incumbent's bound by cores: cycles, two that share an actor, then the slowest is solved and grows.

    What a core needs alone, all need (:func:`leave_alone`). Only cores that the incumbent's own mapping runs slower
    than the bound are asked: no other can raise it. With one worker the same seed gives the same bound. Not tried
    where buffers are part of the decision.
    """

    def __init__(self, incumbent: Incumbent, seed: int = 1, workers: int = 1) -> None:
        self.incumbent, self.seed, self.workers = incumbent, seed, workers
        self.statistics: dict[str, Any] = {"asked": 0, "slowest": 0}
        self._slowest: tuple[Core, Incumbent] | None = None
        self._exact: ExactSearch | None = None
        self._queue: Iterator[Core] | None = None
        self._asked: set[Core] = set()
        self._grown: set[Core] = set()
        self._cycles: list[Core] = []
        self.hopeless = incumbent.sized or incumbent.goal != "period"  # or no core is left, and the slowest is solved

    def advance(self, effort: float) -> None:
        """Spend about so many of CP-SAT's deterministic seconds."""
        if self.incumbent.mapping is None:
            return
        self._queue = self._queue or self._cores()
        while effort > 0 and not (self.incumbent.should_stop() or self.hopeless):
            core = next(self._queue, None)
            if core is not None:
                effort -= self._ask(core)
            elif self._slowest is None:
                self.hopeless = True
            elif self._slowest[0] not in self._grown:
                effort -= self._solve(min(effort, _SOLVING))
                self._grown.add(self._slowest[0])
                self._queue = self._around(self._slowest[0])
            else:
                effort -= self._solve(effort)
                self.hopeless = self.hopeless or self._slowest[1].proven

    def _cores(self) -> Iterator[Core]:
        """Cycles, then two together."""
        self._cycles = slow_cycles(self.incumbent)
        yield from self._cycles
        for one, other in combinations(self._cycles, 2):
            if one & other and len(one | other) <= _JOINED:
                yield one | other

    def _around(self, core: Core) -> Iterator[Core]:
        """A core with one cycle more, then with one actor more."""
        for cycle in self._cycles:
            if core & cycle and len(core | cycle) <= _MOST:
                yield core | cycle
        graph, inputs = self.incumbent.application.graph, self.incumbent.application.is_input
        pairs = zip(graph.sources.tolist(), graph.targets.tolist(), strict=True)
        near = {b if a in core else a for a, b in pairs if (a in core) != (b in core)}
        if len(core) < _MOST:
            yield from (core | {actor} for actor in sorted(near) if not inputs[actor])

    def _solve(self, effort: float) -> float:
        """Whole models of the slowest core; the effort spent."""
        assert self._slowest is not None
        core, alone = self._slowest
        self._exact = self._exact or ExactSearch(alone, self.seed, self.workers)
        self.hopeless = self._exact.hopeless
        before = self._exact.run.effort
        self._exact.advance(effort)
        self._offer(core, alone)
        return max(_ASKING, self._exact.run.effort - before)

    def _ask(self, core: Core) -> float:
        """Try to prove that a core is slower than the bound; the effort spent."""
        incumbent, mapping = self.incumbent, self.incumbent.mapping
        assert mapping is not None
        if core in self._asked:
            return _LOOKING
        self._asked.add(core)
        application, part = leave_alone(incumbent.application, core), mapping_of(mapping, core)
        if mapping_period(application, part, incumbent.platform) <= incumbent.bound.value:
            return _LOOKING
        self.statistics["asked"] += 1
        clock = MaxRuntime(min(_FOREVER, incumbent.stop.seconds_left(incumbent.seconds)))
        # What is already known for all stands for what the core needs at least: only more than that is of use.
        alone = Incumbent(application, incumbent.platform, incumbent.bound, clock, semantics=incumbent.semantics)
        alone.offer(part, "all")
        search = BoundSearch(alone, self.seed, self.workers)
        search.advance(_EFFORT)
        self._offer(core, alone)
        return _ASKING + float(search.statistics["effort"])

    def _offer(self, core: Core, alone: Incumbent) -> None:
        """Is the core slower than what is known? Then its bound is its own."""
        if alone.bound.value > self.incumbent.bound.value:
            names = ", ".join(self.incumbent.application.graph.actors[a] for a in sorted(core))
            self.incumbent.offer_bound(Bound(alone.bound.value, "core", f"{names} alone: {alone.bound.proof}"))
            if self._slowest is None or self._slowest[1] is not alone:
                self._slowest, self._exact = (core, alone), None
                self.statistics["slowest"] = len(core)


def slow_cycles(incumbent: Incumbent) -> list[Core]:
    """Clusters of cycles that might take longer than the bound with all channels between tiles, in the order of
    :func:`cycles_above`.
    """
    least, known = least_times(incumbent.application, incumbent.platform), incumbent.bound.value
    a, b = least.sources, least.targets
    apart = np.flatnonzero((a != b) & ~least.is_input[a] & ~least.is_input[b])
    a, b, tokens, free = a[apart], b[apart], least.tokens[apart], (least.capacity - least.tokens)[apart]
    # Tiles are often more than one hop apart: twice the least transfer.
    sent, back = 2 * least.far_ps[apart], 2 * least.credit_ps[apart]
    times = np.concatenate([least.durations[a] + sent, least.durations[b] + back])
    ends, tokens = (np.concatenate([a, b]), np.concatenate([b, a])), np.concatenate([tokens, free])
    cycles = cycles_above(least.durations.size, (*ends, times, tokens), np.ones(times.size, np.bool_), known)
    few = islice(cycles, min(_CYCLES, _PASSED // max(1, times.size)))
    found = dict.fromkeys(frozenset(ends[0][cycle].tolist()) for cycle in few)
    return [core for core in found if _FEWEST <= len(core) <= _JOINED]
