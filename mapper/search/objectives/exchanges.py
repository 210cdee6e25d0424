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
    kept = 0
    gained = True
    while gained:
        gained = False
        for kind, members in (("tiles", tiles), ("clusters", clusters)):
            pairs = list(combinations(members, 2))
            for i in rng.permutation(len(pairs)).tolist():
                if incumbent.should_stop() or incumbent.mapping is None:
                    return kept
                if _try(incumbent, incumbent.mapping, kind == "tiles", *pairs[i]):
                    kept, gained = kept + 1, True
    return kept


def exchange(mapping: Mapping, whole_tiles: bool, a: int, b: int) -> Mapping:
    """The mapping with tiles (or clusters) ``a`` and ``b`` in each other's place; offsets stay with the clusters."""
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


def _try(incumbent: Incumbent, mapping: Mapping, whole_tiles: bool, a: int, b: int) -> bool:
    """Offer the exchange if it looks good; whether it was kept."""
    application, platform = incumbent.application, incumbent.platform
    if not whole_tiles and mapping.binding[a] == mapping.binding[b]:
        return False
    other = exchange(mapping, whole_tiles, a, b)
    if _energy(incumbent, other.binding) >= _energy(incumbent, mapping.binding):
        return False
    fits = allowed_tiles(application, platform)[np.arange(other.binding.size), other.binding].all()
    counts = np.array([len(order) for order in other.orders])
    if not fits or (counts > platform.slots).any() or not buffers_hold(application, other.binding, platform):
        return False
    known, longest = incumbent.value, incumbent.ceilings.period
    try:
        if longest is not None and mapping_period(application, other, platform) > longest:
            return False
    except DeadlockError:
        return False
    incumbent.offer(other, "exchange")
    return incumbent.value != known


def _energy(incumbent: Incumbent, binding: NDArray[np.int32]) -> int:
    application, platform = incumbent.application, incumbent.platform
    hops = platform.topology.hops(binding[application.graph.sources], binding[application.graph.targets])
    return energy_terms(application, platform).of(application.packets, hops)
