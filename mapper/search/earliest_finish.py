"""Binding and order in one sweep: each cluster to the tile where one iteration lets it finish first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mapper.analysis.cycles.liveness import topological_order
from mapper.model.application import Application
from mapper.model.platform import Platform
from mapper.search.feasibility import allowed_tiles

__all__ = ["bind_by_earliest_finish"]


def bind_by_earliest_finish(application: Application, platform: Platform) -> NDArray[np.int32] | None:
    """Upward rank, earliest finish time (HEFT: Topcuoglu, Hariri, Wu 2002), or ``None`` if a cluster finds no slot.

    Minimises the end of one iteration rather than the period, which suits networks whose iterations cannot overlap.

    Returns
    -------
    int32, shape (actors,)
        The input actor on the I/O tile.
    """
    graph, timing, hops = application.graph, platform.timing, platform.topology.hops
    times = graph.execution_times.tolist()
    allowed, room = allowed_tiles(application, platform), platform.slots.copy()
    far = (timing.setup_ps + application.packets * timing.packet_ps).tolist()
    tied = np.flatnonzero(application.delay_iterations == 0).tolist()
    arriving: list[list[tuple[int, int]]] = [[] for _ in times]
    leaving: list[list[tuple[int, int]]] = [[] for _ in times]
    for channel in tied:
        a, b = int(graph.sources[channel]), int(graph.targets[channel])
        arriving[b].append((a, far[channel]))
        leaving[a].append((b, far[channel]))
    ends = [int(graph.sources[c]) for c in tied], [int(graph.targets[c]) for c in tied]
    order = topological_order(len(times), *ends)
    rank = list(times)
    for actor in reversed(order):
        rank[actor] += max((delay + rank[b] for b, delay in leaving[actor]), default=0)
    place = {actor: i for i, actor in enumerate(order)}

    tiles = np.arange(platform.tiles)
    binding = np.full(len(times), platform.io_tile, np.int32)
    finish = [0] * len(times)
    free = np.zeros(platform.tiles, np.int64)
    for actor in sorted(order, key=lambda a: (-rank[a], place[a])):
        ready = np.zeros(platform.tiles, np.int64)
        for source, delay in arriving[actor]:
            distance = hops(int(binding[source]), tiles)
            arrival = finish[source] + np.where(distance > 0, delay + distance * timing.hop_ps, timing.local_ps)
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
