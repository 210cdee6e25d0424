"""Static orders by self-timed list scheduling of one iteration on the bound tiles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mapper.lower.transfers import route_channels
from mapper.model.application import Application
from mapper.model.platform import Platform
from mapper.search.one_iteration import OneIteration

__all__ = ["order_by_list_scheduling"]


def order_by_list_scheduling(
    application: Application, binding: NDArray[np.int32], platform: Platform
) -> tuple[tuple[int, ...], ...]:
    """The order in which each tile starts its clusters when every one starts as soon as data and tile allow.

    Among clusters that could start on a tile, the one with the longest way to the end of the iteration goes first
    (critical-path list scheduling, Hu 1961). Only channels without initial tokens bind within an iteration, so the
    orders agree with one execution and cannot deadlock.

    Returns
    -------
    tuple of tuples
        For each tile its clusters in firing order.
    """
    iteration = OneIteration(application)
    transfers = route_channels(application, binding, platform)
    busy, delays = application.graph.execution_times + transfers.busy_ps, transfers.times_ps.tolist()
    urgency = iteration.longest_ways(busy, delays)
    durations = busy.tolist()
    waiting = [len(channels) for channels in iteration.arriving]

    orders: list[list[int]] = [[] for _ in range(platform.tiles)]
    free = [0] * platform.tiles
    ready_at = [0] * len(durations)
    ready = {v for v, count in enumerate(waiting) if count == 0}
    is_input, tile_of = application.is_input.tolist(), binding.tolist()

    def start_time(v: int) -> int:
        return ready_at[v] if is_input[v] else max(ready_at[v], free[tile_of[v]])

    while ready:
        v = min(ready, key=lambda v: (start_time(v), -urgency[v], v))
        ready.remove(v)
        end = start_time(v) + durations[v]
        if not is_input[v]:
            free[tile_of[v]] = end
            orders[tile_of[v]].append(v)
        for b, channel in iteration.leaving[v]:
            ready_at[b] = max(ready_at[b], end + delays[channel])
            waiting[b] -= 1
            if waiting[b] == 0:
                ready.add(b)
    return tuple(tuple(order) for order in orders)
