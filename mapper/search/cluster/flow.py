"""What growing and first fit read off a hypergraph's pins: which are forward, and how many packets they deliver."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mapper.compiled import kernel
from mapper.search.cluster.twins import Hypergraph

__all__ = ["count_waiting", "packets_into"]


@kernel
def _forward(component, population, v, t):  # type: ignore[no-untyped-def]
    """Whether a pin from vertex v to vertex t is forward (and not within one vertex)."""
    return v != t and (component[v] != component[t] or population[t] > population[v])


@kernel
def count_waiting(out_ptr, out_vertex, home, placeable, component, population, waiting):  # type: ignore[no-untyped-def]
    """Forward pins of each vertex whose sender must be placed first."""
    for s in range(len(home)):
        v = home[s]
        if placeable[v]:
            for e in range(out_ptr[s], out_ptr[s + 1]):
                t = out_vertex[e]
                if _forward(component, population, v, t):
                    waiting[t] += 1


@kernel
def _delivered(in_ptr, in_net, spikes, sums):  # type: ignore[no-untyped-def]
    """Spikes sent to each vertex."""
    for v in range(len(in_ptr) - 1):
        total = 0
        for e in range(in_ptr[v], in_ptr[v + 1]):
            total += spikes[in_net[e]]
        sums[v] = total


def packets_into(graph: Hypergraph, work: int) -> NDArray[np.int64]:
    """Spikes that reach each vertex, int64, shape (V,): the packets that it puts on the rows of a cluster of its own.

    ``work`` decides whether the loop is compiled.

    Examples
    --------
    >>> from mapper.lower.semantics import Iteration
    >>> from mapper.model.network import SpikingNetwork
    >>> from mapper.search.cluster.incidence import Incidence
    >>> from mapper.search.cluster.twins import contract
    >>> net = SpikingNetwork.from_edges("v", 4, [0, 0, 1, 1], [2, 3, 3, 3], spike_counts=[5, 7, 0, 0])
    >>> packets_into(contract(Incidence.of(net, Iteration.FRAME), 1, 9), 0).tolist()
    [0, 0, 5, 12]
    """
    sums = np.zeros(graph.vertices, np.int64)
    _delivered.for_work(work)(graph.in_ptr, graph.in_net, graph.spikes, sums)
    return sums
