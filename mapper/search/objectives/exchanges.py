"""Less energy at the same period, move by move: exchange two tiles' clusters, or two clusters, and evaluate exactly."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mapper.errors import DeadlockError
from mapper.evaluator import mapping_period
from mapper.lower.energy import energy_terms
from mapper.model.mapping import Mapping
from mapper.search.feasibility import allowed_tiles, buffers_hold
from mapper.search.incumbent import Incumbent

__all__ = ["exchange", "improve_by_exchanges"]


def improve_by_exchanges(incumbent: Incumbent, seed: int = 1) -> int:
    """Try every exchange, in random order, until none brings less energy within the ceilings.

    Whole tiles first: their loads and orders stay as they are, only distances change.

    Returns
    -------
    int
        Exchanges kept.
    """
    rng = np.random.default_rng([seed, 7])
    clusters, tiles = incumbent.application.clusters, np.flatnonzero(incumbent.platform.slots > 0).tolist()
    trials = _Trials(incumbent)
    kept = 0
    gained = True
    while gained:
        gained = False
        for kind, members in (("tiles", tiles), ("clusters", clusters)):
            pairs = list(combinations(members, 2))
            for i in rng.permutation(len(pairs)).tolist():
                if incumbent.should_stop() or incumbent.mapping is None:
                    return kept
                if trials.gains(incumbent.mapping, kind == "tiles", *pairs[i]):
                    kept, gained = kept + 1, True
    return kept


def exchange(mapping: Mapping, whole_tiles: bool, a: int, b: int) -> Mapping:
    """The mapping with tiles (or clusters) ``a`` and ``b`` in each other's place; offsets stay with the clusters.

    Sized buffers are left out, to be sized anew.
    """
    if whole_tiles:
        moved = dict.fromkeys(mapping.orders[a], b) | dict.fromkeys(mapping.orders[b], a)
        orders = list(mapping.orders)
        orders[a], orders[b] = orders[b], orders[a]
    else:
        moved = {a: int(mapping.binding[b]), b: int(mapping.binding[a])}
        orders = [tuple({a: b, b: a}.get(actor, actor) for actor in order) for order in mapping.orders]
    binding = mapping.binding.copy()
    binding[list(moved)] = list(moved.values())
    return Mapping(binding, tuple(orders), mapping.retiming)


class _Trials:
    """Offers exchanges that look good; what is asked for each of them is worked out once."""

    def __init__(self, incumbent: Incumbent) -> None:
        self.incumbent = incumbent
        self._allowed = allowed_tiles(incumbent.application, incumbent.platform)
        self._terms = energy_terms(incumbent.application, incumbent.platform)

    def gains(self, mapping: Mapping, whole_tiles: bool, a: int, b: int) -> bool:
        """Whether the incumbent, whose mapping this is, took the exchange."""
        incumbent = self.incumbent
        application, platform = incumbent.application, incumbent.platform
        if not whole_tiles and mapping.binding[a] == mapping.binding[b]:
            return False
        other = exchange(mapping, whole_tiles, a, b)
        if self._energy(other.binding) >= self._energy(mapping.binding) or not self._fits(other):
            return False
        known, longest = incumbent.value, incumbent.ceilings.period
        try:
            if longest is not None and mapping_period(application, other, platform) > longest:
                return False
        except DeadlockError:
            return False
        incumbent.offer(other, "exchange")
        return incumbent.value != known

    def _fits(self, mapping: Mapping) -> bool:
        platform, binding = self.incumbent.platform, mapping.binding
        counts = np.array([len(order) for order in mapping.orders])
        if (counts > platform.slots).any() or not self._allowed[np.arange(binding.size), binding].all():
            return False
        return buffers_hold(self.incumbent.application, binding, platform, sized=self.incumbent.sized)

    def _energy(self, binding: NDArray[np.int32]) -> int:
        application = self.incumbent.application
        sources, targets = application.graph.sources, application.graph.targets
        hops = self.incumbent.platform.topology.hops(binding[sources], binding[targets])
        return self._terms.of(application.packets, hops)
