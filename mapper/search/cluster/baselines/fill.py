"""Filling one cluster after another: `sequential` (layer by layer, as vendor tools do) and `random`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mapper.compiled import kernel
from mapper.lower.semantics import Iteration
from mapper.lower.traffic import recorded_spikes
from mapper.model.clustering import Clustering
from mapper.model.network import SpikingNetwork
from mapper.search.cluster.greedy import too_large
from mapper.search.cluster.limits import Limits, limit_rows
from mapper.search.cluster.params import ClusterParams
from mapper.search.cluster.place import Vertices
from mapper.search.cluster.vertices import neuron_vertices

__all__ = ["cluster_at_random", "cluster_layer_by_layer"]


def cluster_layer_by_layer(
    network: SpikingNetwork, limits: Limits | Sequence[Limits], params: ClusterParams
) -> Clustering:
    """`sequential`: fill clusters with a layer's neurons in id order; a new layer starts a new cluster.

    A layer is a population (in frame mode: the neurons of one that are equally deep). This is how vendor tools lay
    a network out, for instance Loihi's compiler as described in NxTF (arXiv 2101.04261).

    Raises
    ------
    InputError
        A single neuron exceeds the limits.

    Examples
    --------
    >>> net = SpikingNetwork.from_edges("chain", 4, [0, 1, 2], [1, 2, 3], is_input=[1, 0, 0, 0])
    >>> cluster_layer_by_layer(net, Limits(2, 2, 4), ClusterParams()).assignment.tolist()
    [-1, 0, 1, 2]
    """
    neurons = neuron_vertices(network, params.iteration)
    block = neurons.level * len(network.populations) + network.population_of()
    order = np.flatnonzero(~network.is_input)
    order = order[np.argsort(block[order], kind="stable")]
    return _filled(network, neurons.vertices, order, block, limits, "sequential")


def cluster_at_random(network: SpikingNetwork, limits: Limits | Sequence[Limits], params: ClusterParams) -> Clustering:
    """`random`: fill clusters with the neurons in random order (in frame mode: depth by depth, to stay convex).

    Raises
    ------
    InputError
        A single neuron exceeds the limits.
    """
    neurons = neuron_vertices(network, params.iteration)
    order = np.random.default_rng(params.seed).permutation(np.flatnonzero(~network.is_input))
    if params.iteration is Iteration.FRAME:
        order = order[np.argsort(neurons.level[order], kind="stable")]
    return _filled(network, neurons.vertices, order, np.zeros(network.size, np.int64), limits, "random")


@kernel
def _fill(order, block, in_ptr, in_source, synapses, spikes, limits, seen, assignment):  # type: ignore[no-untyped-def]
    """Next fit: open a cluster whenever the current one cannot take the next neuron, or its block ends.

    ``seen`` holds, for each source, the cluster it fed last (at first -1). Returns the clusters, or -1 - v.
    """
    last = len(limits) - 1
    current = -1
    axons = 0
    neurons = 0
    cells = 0
    packets = 0
    for position in range(len(order)):
        v = order[position]
        fresh = 0
        more = 0
        for e in range(in_ptr[v], in_ptr[v + 1]):
            if seen[in_source[e]] != current:
                fresh += 1
                more += spikes[in_source[e]]
        room = limits[min(max(current, 0), last)]
        if (
            position == 0
            or block[v] != block[order[position - 1]]
            or axons + fresh > room[0]
            or neurons + 1 > room[1]
            or cells + synapses[v] > room[2]
            or packets + more > room[3]
        ):
            current += 1
            room = limits[min(current, last)]
            fresh = in_ptr[v + 1] - in_ptr[v]
            more = 0
            for e in range(in_ptr[v], in_ptr[v + 1]):
                more += spikes[in_source[e]]
            if fresh > room[0] or synapses[v] > room[2] or more > room[3]:
                return -1 - v
            axons = 0
            neurons = 0
            cells = 0
            packets = 0
        axons += fresh
        packets += more
        neurons += 1
        cells += synapses[v]
        assignment[v] = current
        for e in range(in_ptr[v], in_ptr[v + 1]):
            seen[in_source[e]] = current
    return current + 1


def _filled(
    network: SpikingNetwork,
    vertices: Vertices,
    order: NDArray[np.int64],
    block: NDArray[np.int64],
    limits: Limits | Sequence[Limits],
    method: str,
) -> Clustering:
    assignment, seen = np.full(network.size, -1, np.int64), np.full(network.size, -1, np.int64)
    run = _fill.for_work(10 * (vertices.in_source.size + order.size))
    rows, spikes = limit_rows(limits, network.windows), recorded_spikes(network).copy()
    count = run(order, block, vertices.in_ptr, vertices.in_source, vertices.synapses, spikes, rows, seen, assignment)
    if count < 0:
        raise too_large(network, int(-1 - count), limits)
    return Clustering(assignment.astype(np.int32), int(count), method)
