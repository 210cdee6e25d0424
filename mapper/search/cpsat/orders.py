"""Who fires when on a shared tile: plain static orders with one wrap-around token per tile."""

from __future__ import annotations

from typing import Any

import networkx as nx

from mapper.search.cpsat.variables import Variables

__all__ = ["carry_the_load", "fire_one_at_a_time", "order_shared_tiles"]


def fire_one_at_a_time(v: Variables) -> None:
    """λ >= d_a for every actor a."""
    for actor in range(v.application.graph.actor_count):
        v.model.add(v.period >= v.duration(actor))


def carry_the_load(v: Variables) -> None:
    """λ >= sum over a of d_a * on[a, t] for every tile t (redundant, but what the relaxation lives on)."""
    times = v.application.graph.execution_times.tolist()
    for tile in range(v.platform.tiles):
        here = [v.ps(times[a]) * v.on[a][tile] for a in v.application.clusters if tile in v.on[a]]
        if here:
            v.model.add(v.period >= sum(here))


def order_shared_tiles(v: Variables) -> None:
    """If a and b share a tile and a goes first: start[b] >= start[a] + d_a and start[a] + λ >= start[b] + d_b.

    Each duration is followed by the reprogramming time on an overfull tile. Pairs that a path of channels without
    tokens joins have no choice.
    """
    clusters = v.application.clusters
    forced = _forced_orders(v)
    durations = {a: v.duration(a) for a in clusters}
    for i, a in enumerate(clusters):
        for b in clusters[i + 1 :]:
            common = [t for t in v.on[a] if t in v.on[b]]
            if not common:
                continue
            together = _together(v, a, b, common)
            pause = _pause(v, a, b, common)
            first = v.before[a, b] = v.model.new_bool_var(f"before_{a}_{b}")
            if (a, b) in forced:
                v.model.add(first == 1)
            elif (b, a) in forced:
                v.model.add(first == 0)
            for x, y, goes_first in ((a, b, first), (b, a, ~first)):
                when = [together, goes_first]
                v.model.add(v.start[y] >= v.start[x] + durations[x] + pause).only_enforce_if(when)
                v.model.add(v.start[x] + v.period >= v.start[y] + durations[y] + pause).only_enforce_if(when)


def _together(v: Variables, a: int, b: int, common: list[int]) -> Any:
    """A literal forced true if the two share a tile."""
    pair = min(a, b), max(a, b)
    if pair in v.remote:
        return ~v.remote[pair]
    together = v.model.new_bool_var(f"together_{a}_{b}")
    for t in common:
        v.model.add_bool_or([~v.on[a][t], ~v.on[b][t], together])
    return together


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
