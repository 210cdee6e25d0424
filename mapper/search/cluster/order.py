"""Orders in which vertices may seed clusters: senders before receivers where clusters must be convex."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mapper.compiled import kernel
from mapper.search.cluster.flow import _forward
from mapper.search.cluster.twins import Hypergraph

__all__ = ["ORDERS", "SeedOrders"]

#: The orders by name. ``natural``: by number. ``depth``: what a vertex feeds comes as soon as it can. ``wide``: most
#: axons first. ``broad``: those with at least a quarter of the most axons first, so that what adds a few partial sums
#: up comes last. ``random``. All but ``depth`` go level by level where the numbers are not an order of flow.
ORDERS = ("natural", "depth", "wide", "broad", "random")


@kernel
def _peel(out_ptr, out_vertex, own_ptr, own_net, component, population, waiting, stack, ready, level, order):  # type: ignore[no-untyped-def]
    """Level of each vertex (the longest forward path to it) and a depth-first order of flow.

    ``stack`` holds in front the ``ready`` vertices that wait for none.
    """
    done = 0
    while ready > 0:
        ready -= 1
        v = stack[ready]
        order[done] = v
        done += 1
        for i in range(own_ptr[v], own_ptr[v + 1]):
            s = own_net[i]
            for e in range(out_ptr[s], out_ptr[s + 1]):
                t = out_vertex[e]
                if _forward(component, population, v, t):
                    level[t] = max(level[t], level[v] + 1)
                    waiting[t] -= 1
                    if waiting[t] == 0:
                        stack[ready] = t
                        ready += 1


@kernel
def _ascends(out_ptr, out_vertex, home, component, population):  # type: ignore[no-untyped-def]
    """Whether every forward pin leads to a vertex of a higher number."""
    for s in range(len(home)):
        v = home[s]
        for e in range(out_ptr[s], out_ptr[s + 1]):
            t = out_vertex[e]
            if t < v and _forward(component, population, v, t):
                return False
    return True


class SeedOrders:
    """Makes the orders of one hypergraph; ``waiting`` counts forward pins (length 0: any order will do)."""

    def __init__(self, graph: Hypergraph, waiting: NDArray[np.int32]) -> None:
        self._graph = graph
        self._vertices = np.flatnonzero(graph.placeable)
        self._level = np.zeros(graph.vertices, np.int64)
        self._depth = np.ascontiguousarray(self._vertices[::-1])
        flat = True
        if waiting.size:
            own_ptr, own_net = graph.own
            ready = self._vertices[waiting[self._vertices] == 0][::-1]
            stack, self._depth = np.zeros(self._vertices.size, np.int64), np.zeros(self._vertices.size, np.int64)
            stack[: ready.size] = ready
            work = 8 * graph.out_vertex.size
            flow = (graph.component, graph.population)
            _peel.for_work(work)(
                graph.out_ptr, graph.out_vertex, own_ptr, own_net, *flow, waiting.copy(), stack, ready.size,
                self._level, self._depth,
            )  # fmt: skip
            flat = bool(_ascends.for_work(work)(graph.out_ptr, graph.out_vertex, graph.home, *flow))
        self._natural = self._vertices if flat else self._by_level(np.arange(graph.vertices))

    def _by_level(self, key: NDArray[np.int64] | NDArray[np.bool_]) -> NDArray[np.int64]:
        chosen = self._vertices
        result: NDArray[np.int64] = chosen[np.lexsort((key[chosen], self._level[chosen]))]
        return result

    def get(self, name: str, rng: np.random.Generator) -> NDArray[np.int64]:
        """The vertices to place, int64, in one of the orders :data:`ORDERS`."""
        if name == "natural":
            return self._natural
        if name == "depth":
            return self._depth
        if name == "wide":
            return self._by_level(-self._graph.width)
        if name == "broad":
            return self._by_level(4 * self._graph.width < self._graph.width.max(initial=0))
        return self._by_level(rng.permutation(self._graph.vertices))
