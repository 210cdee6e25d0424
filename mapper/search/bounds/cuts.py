"""Cycles that a binding alone decides: found by evaluating a binding, told to the master as linear cuts."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.lower.bound_graph import bind
from mapper.model.application import Application
from mapper.model.bound_graph import BoundGraph, EdgeKind
from mapper.model.platform import Platform
from mapper.search.bounds.long_cycles import cycles_above
from mapper.search.cpsat.placement import in_any_order
from mapper.search.cpsat.transfers import credit_time, transfer_time
from mapper.search.cpsat.variables import Variables

__all__ = ["Cut", "add_cut", "order_free_graph", "violated_cuts"]

#: A cycle of data (channel, 0) and buffer (channel, 1) edges, least first.
Cut = tuple[tuple[int, int], ...]


def order_free_graph(application: Application, binding: NDArray[np.int32], platform: Platform) -> BoundGraph:
    """The bound graph of a binding without its order edges: part of every bound graph with that binding.

    Waits of ``round_robin`` are left out. Retimings change no cycle's tokens, so its cycle ratios hold for each.
    """
    graph = bind(application, in_any_order(application, binding, platform), replace(platform, arbitration="tdm"))
    kept = np.isin(graph.kinds, (EdgeKind.DATA, EdgeKind.SELF, EdgeKind.BUFFER))
    edges = {key: getattr(graph, key)[kept] for key in ("sources", "targets", "times", "tokens", "kinds", "channels")}
    return replace(graph, **edges)


def violated_cuts(
    application: Application, binding: NDArray[np.int32], platform: Platform, target: Fraction, most: int
) -> list[Cut]:
    """Cycles of the order-free graph with a ratio above ``target``, at most so many; none exactly if there is none.

    In the order of :func:`cycles_above`.
    """
    graph = order_free_graph(application, binding, platform)
    alive = graph.kinds != EdgeKind.SELF
    columns = (graph.sources, graph.targets, graph.times, graph.tokens)
    found = islice(cycles_above(graph.nodes, columns, alive, target), most)
    return [_normal(graph, cycle) for cycle in found]


def _normal(graph: BoundGraph, cycle: NDArray[np.int64]) -> Cut:
    return tuple(sorted((int(graph.channels[e]), int(graph.kinds[e] == EdgeKind.BUFFER)) for e in cycle))


def add_cut(v: Variables, cut: Cut) -> None:
    """K * λ >= sum of durations + transfers + credits around the cycle, K its tokens: whatever the binding."""
    tokens: Any = 0
    total: Any = 0
    for channel, back in cut:
        a, b, packets, w = v.channels[channel]
        spent: Any = v.duration(b) + credit_time(v, a, b) if back else v.duration(a) + transfer_time(v, a, b, packets)
        total = total + spent
        tokens += v.capacity[channel] - w if back else w
    v.model.add(v.rounds(tokens) >= total)
