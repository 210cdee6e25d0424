"""First mappings for goals that want clusters close together: neighbours fill one tile after another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mapper.model.mapping import Mapping
from mapper.search.feasibility import allowed_tiles, buffers_hold
from mapper.search.greedy import search_greedily
from mapper.search.incumbent import Incumbent
from mapper.search.one_iteration import OneIteration
from mapper.search.ordering import order_by_list_scheduling

__all__ = ["offer_starts"]

#: A tile is filled up to its slots, or to these multiples of the average load besides.
_FILLS = (None, 1.0, 1.5, 2.0, 3.0)


def offer_starts(incumbent: Incumbent) -> None:
    """Offer the greedy mapping and a few packings; proves infeasibility where clusters outnumber places."""
    search_greedily(incumbent)
    if incumbent.infeasible:
        return
    application, platform = incumbent.application, incumbent.platform
    for fill in _FILLS:
        if incumbent.should_stop():
            return
        binding = _pack(incumbent, fill)
        if binding is not None and buffers_hold(application, binding, platform, sized=incumbent.sized):
            orders = order_by_list_scheduling(application, binding, platform)
            incumbent.offer(Mapping.plain(binding, orders), "packing")


def _pack(incumbent: Incumbent, fill: float | None) -> NDArray[np.int32] | None:
    """Clusters in the order of the data onto tiles by distance from the I/O port; ``None`` if some find no place."""
    application, platform = incumbent.application, incumbent.platform
    graph = application.graph
    times, allowed, slots = graph.execution_times, allowed_tiles(application, platform), platform.slots
    near = np.argsort(platform.topology.hops(platform.io_tile, np.arange(platform.tiles)), kind="stable")
    usable = max(1, int((slots > 0).sum()))
    most = np.inf if fill is None else fill * float(times[~application.is_input].sum()) / usable
    binding = np.where(application.is_input, platform.io_tile, -1).astype(np.int32)
    load, held = np.zeros(platform.tiles), np.zeros(platform.tiles, np.int64)
    for actor in OneIteration(application).order:
        if application.is_input[actor]:
            continue
        free = allowed[actor, near] & (held[near] < slots[near])
        light = free & ((load[near] + times[actor] <= most) | (held[near] == 0))
        if not free.any():
            return None
        tile = near[int(np.argmax(light if light.any() else free))]
        binding[actor] = tile
        load[tile] += times[actor]
        held[tile] += 1
    return binding
