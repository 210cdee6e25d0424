"""Who fires when on a shared tile: one after another, and all once within a round of λ."""

from __future__ import annotations

from typing import Any

import networkx as nx

from mapper.search.cpsat.variables import Variables

__all__ = ["carry_the_load", "fill_rounds", "fire_one_at_a_time", "order_shared_tiles"]


def fire_one_at_a_time(v: Variables) -> None:
    """λ >= d_a for every actor a."""
    for actor in range(v.application.graph.actor_count):
        v.model.add(v.period >= v.duration(actor))


def carry_the_load(v: Variables) -> None:
    """λ >= sum over a of d_a * on[a, t] for every tile t (redundant, but what the relaxation lives on).

    Where λ is given, what the other tiles cannot carry is left for each: the sum is at least the total less
    (tiles - 1) λ.
    """
    times = v.application.graph.execution_times.tolist()
    loads = []
    for tile in range(v.platform.tiles):
        here = [v.ps(times[a]) * v.on[a][tile] for a in v.application.clusters if tile in v.on[a]]
        if here:
            loads.append(sum(here))
            v.model.add(v.period >= loads[-1])
    if v.target is None:
        return
    left = sum(v.ps(times[a]) for a in v.application.clusters) - (len(loads) - 1) * v.target
    for load in loads:
        if left > 0:
            v.model.add(load >= left)


def order_shared_tiles(v: Variables, fixed_by_channels: bool = True) -> None:
    """If a and b share a tile and a goes first: phase[b] >= phase[a] + d_a and phase[a] + λ >= phase[b] + d_b.

    Each duration is followed by the reprogramming time on an overfull tile. In plain orders, pairs that a path of
    channels without tokens joins have no choice (``fixed_by_channels``).
    """
    clusters = v.application.clusters
    forced = _forced_orders(v) if fixed_by_channels else set()
    durations = {a: v.duration(a) for a in clusters}
    for i, a in enumerate(clusters):
        for b in clusters[i + 1 :]:
            common = [t for t in v.on[a] if t in v.on[b]]
            if not common:
                continue
            together = v.together(a, b, common)
            pause = _pause(v, a, b, common)
            first = v.before[a, b] = v.model.new_bool_var(f"before_{a}_{b}")
            if (a, b) in forced:
                v.model.add(first == 1)
            elif (b, a) in forced:
                v.model.add(first == 0)
            for x, y, goes_first in ((a, b, first), (b, a, ~first)):
                when = [together, goes_first]
                v.model.add(v.phase[y] >= v.phase[x] + durations[x] + pause).only_enforce_if(when)
                v.model.add(v.phase[x] + v.period >= v.phase[y] + durations[y] + pause).only_enforce_if(when)


def fill_rounds(v: Variables) -> None:
    """The same with one interval per cluster and tile: no two overlap, and all lie within [round[t], round[t] + λ].

    Fewer constraints than pairs where clusters are many; used where durations are constant.
    """
    clusters = v.application.clusters
    for tile in range(v.platform.tiles):
        here = [a for a in clusters if tile in v.on[a]]
        if len(here) < 2:
            continue
        begin = v.model.new_int_var(0, v.largest_phase, f"round_{tile}")
        intervals = []
        for a in here:
            length, literal = v.duration(a), v.on[a][tile]
            intervals.append(
                v.model.new_optional_fixed_size_interval_var(v.phase[a], length, literal, f"fires_{a}_{tile}")
            )
            v.model.add(v.phase[a] >= begin).only_enforce_if(literal)
            v.model.add(begin + v.period >= v.phase[a] + length).only_enforce_if(literal)
        v.model.add_no_overlap(intervals)


def _pause(v: Variables, a: int, b: int, common: list[int]) -> Any:
    """Reprogramming time between the two, an expression."""
    if not any(t in v.overfull for t in common):
        return 0
    pause = v.model.new_bool_var(f"pause_{a}_{b}")
    for t in common:
        if t in v.overfull:
            v.model.add_bool_or([~v.on[a][t], ~v.on[b][t], ~v.overfull[t], pause])
    return v.ps(v.platform.timing.reprogram_ps) * pause


def _forced_orders(v: Variables) -> set[tuple[int, int]]:
    """Pairs (a, b) with a path of channels without tokens from a to b: b's firing needs a's."""
    graph = nx.DiGraph((a, b) for a, b, _, w in v.channels if w == 0)
    return {(a, b) for a in graph for b in nx.descendants(graph, a)}
