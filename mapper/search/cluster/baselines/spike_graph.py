"""The undirected graph of edge-cut methods: neurons, joined by the spikes that pass between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.lower.traffic import recorded_spikes
from mapper.model.network import SpikingNetwork

__all__ = ["SpikeGraph", "spike_graph"]


@dataclass(frozen=True, eq=False)
class SpikeGraph:
    """CSR over neurons of a network, both directions of each edge stored, no self-loops.

    Attributes
    ----------
    neurons : int64, shape (v,)
        The network's number of each node.
    indptr, neighbours : int64
    weights : int64
        Spikes that pass between the two ends, every synapse counted: at least 1.
    """

    neurons: NDArray[np.int64]
    indptr: NDArray[np.int64]
    neighbours: NDArray[np.int64]
    weights: NDArray[np.int64]


def spike_graph(network: SpikingNetwork, *, with_inputs: bool) -> SpikeGraph:
    """Each synapse carries the spikes of its source, whatever else that source feeds (the edge-cut view of traffic).

    ``with_inputs`` makes the input neurons nodes too: they tie the neurons together that listen to them.

    Examples
    --------
    >>> net = SpikingNetwork.from_edges("pair", 2, [0, 0, 1], [1, 1, 0], spike_counts=[3, 4])
    >>> graph = spike_graph(net, with_inputs=False)
    >>> graph.neighbours.tolist(), graph.weights.tolist()
    ([1, 0], [10, 10])
    """
    from scipy.sparse import csr_array

    n = network.size
    neurons = np.arange(n) if with_inputs else np.flatnonzero(~network.is_input)
    weights = np.maximum(recorded_spikes(network), 1)[network.sources()]
    directed = csr_array((weights, network.targets.astype(np.int64), network.indptr), shape=(n, n))
    inner = directed[neurons][:, neurons]
    graph = csr_array(inner + inner.T)
    graph.setdiag(0)
    graph.eliminate_zeros()
    graph.sum_duplicates()
    return SpikeGraph(
        neurons, graph.indptr.astype(np.int64), graph.indices.astype(np.int64), graph.data.astype(np.int64)
    )
