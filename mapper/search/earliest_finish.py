"""Binding and order in one sweep: each cluster to the tile where one iteration lets it finish first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mapper.model.application import Application
from mapper.model.platform import Platform
from mapper.search.feasibility import allowed_tiles
from mapper.search.one_iteration import OneIteration

__all__ = ["bind_by_earliest_finish"]


def bind_by_earliest_finish(application: Application, platform: Platform) -> NDArray[np.int32] | None:
    """Upward rank, earliest finish time (HEFT: Topcuoglu, Hariri, Wu 2002), or ``None`` if a cluster finds no slot.

    Minimises the end of one iteration rather than the period, which suits networks whose iterations cannot overlap.

    Returns
    -------
    int32, shape (actors,)
        The input actor on the I/O tile.
    """
    timing, hops = platform.timing, platform.topology.hops
    times = application.graph.execution_times.tolist()
    allowed, room = allowed_tiles(application, platform), platform.slots.copy()
    far = (timing.setup_ps + application.packets * timing.packet_ps).tolist()
    iteration = OneIteration(application)
    rank = iteration.longest_ways(application.graph.execution_times, far)
    place = {actor: i for i, actor in enumerate(iteration.order)}

    tiles = np.arange(platform.tiles)
    binding = np.full(len(times), platform.io_tile, np.int32)
    finish = [0] * len(times)
    free = np.zeros(platform.tiles, np.int64)
    for actor in sorted(iteration.order, key=lambda a: (-rank[a], place[a])):
        ready = np.zeros(platform.tiles, np.int64)
        for source, channel in iteration.arriving[actor]:
            distance = hops(int(binding[source]), tiles)
            arrival = finish[source] + np.where(distance > 0, far[channel] + distance * timing.hop_ps, timing.local_ps)
            ready = np.maximum(ready, arrival)
        if application.is_input[actor]:
            finish[actor] = int(ready[platform.io_tile]) + times[actor]
            continue
        possible = allowed[actor] & (room > 0)
        if not possible.any():
            return None
        end = np.where(possible, np.maximum(ready, free) + times[actor], np.iinfo(np.int64).max)
        tile = int(end.argmin())
        binding[actor], finish[actor], free[tile] = tile, int(end[tile]), end[tile]
        room[tile] -= 1
    return binding
