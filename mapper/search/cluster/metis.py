"""`metis`: multilevel edge-cut partitioning of the spike graph by METIS, repaired, in the manner of SNEAP.

After Li et al., *SNEAP: A Fast and Efficient Toolchain for Mapping Large-Scale Spiking Neural Network onto NoC-based
Neuromorphic Platform*, GLSVLSI 2020 (arXiv 2004.01639), and Karypis and Kumar, SIAM J. Sci. Comput. 20, 1998.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mapper.errors import MissingExtraError
from mapper.model.clustering import Clustering
from mapper.model.network import SpikingNetwork
from mapper.progress import Event
from mapper.search.cluster.baselines.spike_graph import spike_graph
from mapper.search.cluster.limits import Limits
from mapper.search.cluster.params import ClusterParams
from mapper.search.cluster.parts import best_over_parts

__all__ = ["cluster_by_metis"]

#: Largest total of the weights: METIS adds them up in 32 bits.
_MOST_WEIGHT = 2**30


def cluster_by_metis(network: SpikingNetwork, limits: Limits | Sequence[Limits], params: ClusterParams) -> Clustering:
    """Cut the spike graph into as many parts as clusters are needed at least, and into more, and keep the best.

    Needs the optional extra ``partition``.

    Raises
    ------
    InputError
        A single neuron exceeds the limits, or pymetis is not installed.
    """
    try:
        import pymetis
    except ImportError as error:
        raise MissingExtraError("pymetis", "partition", "cluster method 'metis'") from error
    begin = time.perf_counter()
    graph = spike_graph(network, with_inputs=True)
    share = max(1.0, float(graph.weights.sum()) / _MOST_WEIGHT)
    weights = np.maximum((graph.weights / share).astype(np.int64), 1).tolist()
    adjacency = pymetis.CSRAdjacency(graph.indptr.tolist(), graph.neighbours.tolist())
    columns = (~network.is_input).astype(np.int64).tolist()

    def cut(count: int) -> NDArray[np.int64]:
        params.progress(Event("cluster", f"metis into {count} parts", time.perf_counter() - begin))
        parts = np.zeros(network.size, np.int64)
        if weights:
            options = pymetis.Options(seed=params.seed % 2**31)
            _, parts[:] = pymetis.part_graph(count, adjacency, vweights=columns, eweights=weights, options=options)
        return parts

    return best_over_parts(network, limits, params, "metis", cut, begin)
