"""From any partition to a legal clustering: convex in frame mode, each cluster within its limits.

Partitioners know neither several limits at once nor convexity. Their parts are first brought into a topological
order, then filled into clusters part by part, then clusters that fit together are joined.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mapper.compiled import kernel
from mapper.lower.semantics import Iteration
from mapper.lower.traffic import recorded_spikes
from mapper.model.clustering import Clustering
from mapper.model.network import SpikingNetwork
from mapper.search.cluster.greedy import too_large
from mapper.search.cluster.limits import Limits, limit_rows
from mapper.search.cluster.metrics import cost, measure
from mapper.search.cluster.params import ClusterParams
from mapper.search.cluster.place import Vertices, place
from mapper.search.cluster.vertices import NeuronVertices, contract, neuron_vertices

__all__ = ["repair"]


def repair(
    network: SpikingNetwork,
    limits: Limits | Sequence[Limits],
    parts: NDArray[np.integer],
    params: ClusterParams,
    method: str,
    *,
    neurons: NeuronVertices | None = None,
) -> Clustering:
    """Make ``parts`` legal; neurons of different parts share a cluster only where whole pieces could be joined.

    Parameters
    ----------
    parts : integers, shape (neurons,)
        The part of each neuron; those of inputs do not matter.
    method
        Name of the resulting clustering.
    neurons
        ``neuron_vertices(network, params.iteration)``, if it is known already.

    Raises
    ------
    InputError
        A single neuron exceeds the limits.

    Examples
    --------
    >>> net = SpikingNetwork.from_edges("chain", 3, [0, 1], [1, 2])
    >>> repair(net, Limits(2, 2, 4), np.array([0, 1, 0]), ClusterParams(), "example").assignment.tolist()
    [0, 1, 1]
    """
    neurons = neurons or neuron_vertices(network, params.iteration)
    rows, spikes = limit_rows(limits, network.windows), recorded_spikes(network)
    inner = np.flatnonzero(~network.is_input)
    best, best_cost = None, None
    for block in _blocks(network, neurons, np.asarray(parts, np.int64), inner, params.iteration):
        order = inner[np.lexsort((inner, neurons.level[inner], block[inner]))]
        group, count = place(neurons.vertices, order, rows, spikes, block)
        if count < 0:
            refused = -1 - count
            continue
        clustering = Clustering(*_join(neurons.vertices, group, count, rows, spikes), method)
        value = cost(measure(network, clustering), params.objective)
        if best_cost is None or value < best_cost:
            best, best_cost = clustering, value
    if best is None:
        raise too_large(network, refused, limits)
    return best


def _blocks(
    network: SpikingNetwork,
    neurons: NeuronVertices,
    parts: NDArray[np.int64],
    inner: NDArray[np.int64],
    iteration: Iteration,
) -> Iterator[NDArray[np.int64]]:
    """Parts, possibly cut or shifted, that may be filled block by block.

    In timestep mode the parts as they are, or cut by population. In frame mode no forward synapse may lead to a smaller
    number: push a neuron to the latest part of its predecessors, pull it to the earliest of its successors (parts in
    the order of their mean level either way), or cut each part at every level.
    """
    if iteration is Iteration.TIMESTEP or not neurons.vertices.before.size:
        yield parts
        if len(network.populations) > 1:
            yield parts + (int(parts.max(initial=0)) + 1) * network.population_of()
        return
    _, label = np.unique(parts[inner], return_inverse=True)
    level = neurons.level
    mean = np.bincount(label, level[inner]) / np.bincount(label)
    rank = np.zeros(parts.size, np.int64)
    rank[inner] = np.argsort(np.argsort(mean, kind="stable"), kind="stable")[label]
    order = np.argsort(level, kind="stable")
    vertices = neurons.vertices
    sweep = _sweep.for_work(4 * (vertices.before.size + order.size))
    for later in (True, False):
        moved = rank.copy()
        sweep(order, vertices.before_ptr, vertices.before, moved, later)
        yield moved
    yield level * (int(rank.max()) + 1) + rank


@kernel
def _sweep(order, before_ptr, before, rank, later):  # type: ignore[no-untyped-def]
    """Change ``rank`` in place so that it never falls along a forward synapse, moving neurons one way only."""
    size = len(order)
    for position in range(size):
        v = order[position] if later else order[size - 1 - position]
        for e in range(before_ptr[v], before_ptr[v + 1]):
            b = before[e]
            if later and rank[b] > rank[v]:
                rank[v] = rank[b]
            elif not later and rank[b] > rank[v]:
                rank[b] = rank[v]


def _join(
    vertices: Vertices, group: NDArray[np.int64], count: int, rows: NDArray[np.int64], spikes: NDArray[np.int64]
) -> tuple[NDArray[np.int32], int]:
    """Place whole clusters by the same rule as neurons, until that saves no cluster."""
    while True:
        joined, fewer = place(contract(vertices, group, count), np.arange(count), rows, spikes)
        if not 0 <= fewer < count:
            return group.astype(np.int32), count
        group, count = np.where(group >= 0, joined[group], -1), fewer
