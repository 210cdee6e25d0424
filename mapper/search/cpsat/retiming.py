"""Pipelined orders: a tile's round may hold firings of different iterations."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from mapper.lower.bound_graph import capacities
from mapper.model.application import Application
from mapper.model.platform import Platform
from mapper.search.cpsat.variables import Variables

__all__ = ["iteration_ranges", "shift_iterations", "split_by_tokens"]


def shift_iterations(v: Variables) -> None:
    """start[a] = phase[a] + λ * k[a] with 0 <= phase[a] < λ, and 0 <= w + k[b] - k[a] <= B for a channel a -> b.

    k[a] is the iteration offset (the retiming). λ is given, which keeps the product linear.
    """
    assert v.target is not None, "pipelined orders are searched at a given period"
    lower, upper = iteration_ranges(v.application, v.platform)
    v.phase, v.offset, v.largest_phase = [], [], v.target - 1
    for a in range(v.application.graph.actor_count):
        low, high = int(lower[a]), int(upper[a])
        phase = v.model.new_int_var(0, v.target - 1, f"phase_{a}")
        offset = v.model.new_int_var(low, high, f"offset_{a}")
        v.start[a] = phase + v.target * offset
        v.phase.append(phase)
        v.offset.append(offset)
    for (a, b, _, w), most, capacity in zip(v.channels, v.most, v.capacity, strict=True):
        v.model.add_linear_constraint(v.offset[b] - v.offset[a], -w, most - w)
        if not isinstance(capacity, int):
            v.model.add(v.offset[b] - v.offset[a] <= capacity - w)


def split_by_tokens(v: Variables) -> None:
    """Where a buffer holds one iteration, q = w + k[b] - k[a] is 0 or 1: a literal decides who fires first in a round.

    phase[b] + q * λ >= phase[a] + d_a + transfer and phase[a] + (1 - q) * λ >= phase[b] + d_b + credit for each of the
    two, with the least transfer if the two are apart: differences of two variables, which propagate better than sums
    (redundant; 200 clusters on 16 tiles were scheduled in 2 instead of more than 8 s).
    """
    assert v.target is not None, "pipelined orders are searched at a given period"
    timing = v.platform.timing
    least = v.ps(timing.setup_ps + timing.hop_ps)
    for (a, b, packets, w), most in zip(v.channels, v.most, strict=True):
        if most != 1 or a == b:
            continue
        late = v.model.new_bool_var(f"late_{a}_{b}")
        v.model.add(v.offset[b] - v.offset[a] + w == late)
        there, back = v.duration(a), v.duration(b)
        far, near = least + v.ps(packets * timing.packet_ps), v.ps(timing.local_ps)
        apart = v.is_remote(a, b)
        for literal, q in ((~late, 0), (late, 1)):
            data, space = v.phase[b] + q * v.target - v.phase[a], v.phase[a] + (1 - q) * v.target - v.phase[b]
            for where, transfer, credit in ((~apart, near, 0), (apart, far, v.ps(timing.hop_ps))):
                v.model.add(data >= there + transfer).only_enforce_if([literal, where])
                v.model.add(space >= back + credit).only_enforce_if([literal, where])


def iteration_ranges(application: Application, platform: Platform) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Least and largest iteration offset of each actor, int64, shape (actors,) each.

    In each weakly connected part the first actor has the offset 0 at its range's both ends; the others' follow from
    0 <= w + k[b] - k[a] <= B by shortest paths. Ranges are shifted so that the least offset of a part is 0.
    """
    graph = application.graph
    n = graph.actor_count
    capacity = capacities(application, platform)
    neighbours: list[list[tuple[int, int, int]]] = [[] for _ in range(n)]  # (actor, most more, most less)
    ends = zip(graph.sources.tolist(), graph.targets.tolist(), strict=True)
    for (a, b), w, room in zip(ends, application.delay_iterations.tolist(), capacity.tolist(), strict=True):
        neighbours[a].append((b, room - w, w))
        neighbours[b].append((a, w, room - w))
    lower, upper = np.zeros(n, np.int64), np.zeros(n, np.int64)
    seen = np.zeros(n, np.bool_)
    for anchor in range(n):
        if seen[anchor]:
            continue
        more, less = {anchor: 0}, {anchor: 0}
        for reach, column in ((more, 1), (less, 2)):
            waiting = deque([anchor])
            while waiting:
                at = waiting.popleft()
                for step in neighbours[at]:
                    there = reach[at] + step[column]
                    if step[0] not in reach or there < reach[step[0]]:
                        reach[step[0]] = there
                        waiting.append(step[0])
        deepest = max(less.values())
        for actor in more:
            lower[actor], upper[actor], seen[actor] = deepest - less[actor], deepest + more[actor], True
    return lower, upper
