"""`hypergraph`: multilevel hypergraph partitioning by Mt-KaHyPar, repaired to the limits, then refined.

A source and its targets form one hyperedge weighted by the source's spikes: the connectivity metric of a partition is
the number of packets. After Gottesbüren, Heuer, Maas, Sanders, Schlag, *Scalable High-Quality Hypergraph Partitioning*,
ACM Transactions on Algorithms 20, 2024.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.errors import InputError, MissingExtraError
from mapper.lower.traffic import recorded_spikes
from mapper.model.clustering import Clustering
from mapper.model.network import SpikingNetwork
from mapper.progress import Event
from mapper.search.cluster.limits import Limits, limit_rows
from mapper.search.cluster.params import ClusterParams
from mapper.search.cluster.parts import best_over_parts
from mapper.stop import MaxRuntime

__all__ = ["cluster_by_hypergraph", "partition_hypergraph"]

#: The partitioner takes lists of Python numbers: beyond so many pins they would fill the memory.
MOST_PINS = 30_000_000
#: Parts beyond which Mt-KaHyPar's preset for many parts is used.
_MANY_PARTS = 1024


def cluster_by_hypergraph(
    network: SpikingNetwork, limits: Limits | Sequence[Limits], params: ClusterParams
) -> Clustering:
    """Partition, repair and refine; half of the time goes to each of the two halves.

    Needs the optional extra ``partition``.

    Raises
    ------
    InputError
        A single neuron exceeds the limits, Mt-KaHyPar is not installed, or the network is too large for it.
    """
    from mapper.search.cluster.refine.search import refine

    begin = time.perf_counter()
    start = partition_hypergraph(network, limits, params, share=0.5)
    left = params.stop.seconds_left(time.perf_counter() - begin)
    better = refine(network, limits, replace(params, start=start, stop=MaxRuntime(left)))
    return Clustering(better.assignment, better.count, "hypergraph")


def partition_hypergraph(
    network: SpikingNetwork, limits: Limits | Sequence[Limits], params: ClusterParams, share: float = 1.0
) -> Clustering:
    """Partition and repair only (`kahypar` among the baselines)."""
    begin = time.perf_counter()
    module, library = _library()
    neurons, pins, weights = _hyperedges(network)
    columns = limit_rows(limits)[:, 1].max()
    edges = [edge.tolist() for edge in pins]
    ones, weighted = [1] * neurons.size, weights.tolist()

    def cut(count: int) -> NDArray[np.int64]:
        parts = np.zeros(network.size, np.int64)
        if count == 1 or not edges:
            return parts
        params.progress(Event("cluster", f"hypergraph into {count} parts", time.perf_counter() - begin))
        module.set_seed(params.seed % 2**31)
        preset = module.PresetType.LARGE_K if count > _MANY_PARTS else module.PresetType.QUALITY
        context = library.context_from_preset(preset)
        # Parts may be as uneven as the columns allow.
        room = max(0.03, min(1.0, columns * count / neurons.size - 1))
        context.set_partitioning_parameters(count, float(room), module.Objective.KM1)
        context.logging = False
        graph = library.create_hypergraph(context, neurons.size, len(edges), edges, ones, weighted)
        parts[neurons] = graph.partition(context).get_partition()
        return parts

    return best_over_parts(network, limits, params, "kahypar", cut, begin, share)


def _hyperedges(network: SpikingNetwork) -> tuple[NDArray[np.int64], list[NDArray[np.int64]], NDArray[np.int64]]:
    """(neurons by node number, the nodes of each hyperedge, its weight)."""
    if network.synapse_count > MOST_PINS:
        raise InputError(
            "cluster method 'hypergraph'", f"at most {MOST_PINS} synapses", str(network.synapse_count), "choose `grow`"
        )
    neurons = np.flatnonzero(~network.is_input)
    node = np.full(network.size, -1, np.int64)
    node[neurons] = np.arange(neurons.size)
    source = np.concatenate([network.sources().astype(np.int64), neurons])
    pairs = np.unique(source * network.size + np.concatenate([network.targets, neurons]))
    source, target = pairs // max(network.size, 1), pairs % max(network.size, 1)
    owner, first, size = np.unique(source, return_index=True, return_counts=True)
    kept = size > 1
    edges = np.split(node[target], first[1:]) if pairs.size else []
    spikes = recorded_spikes(network)[owner[kept]]
    # Every further cluster costs an axon row too, whether its source spikes or not.
    weights = spikes + max(int(spikes.mean()), 1) if spikes.size else spikes
    return neurons, [edge for edge, keep in zip(edges, kept, strict=True) if keep], weights


@cache
def _library() -> tuple[Any, Any]:
    """(module, initialised library); it can be initialised once in a process only."""
    try:
        import mtkahypar
    except ImportError as error:
        raise MissingExtraError("mtkahypar", "partition", "cluster method 'hypergraph'") from error
    return mtkahypar, mtkahypar.initialize(1, False)
