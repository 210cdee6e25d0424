"""`kl`: clusters improved by Kernighan-Lin exchanges on the cut spikes, in the manner of SpiNeMap.

After the clustering step of Balaji et al., *Mapping Spiking Neural Networks to Neuromorphic Hardware*, IEEE TVLSI 28,
2020 (arXiv 1909.01843), and Kernighan and Lin, Bell System Technical Journal 49, 1970.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mapper.compiled import kernel
from mapper.model.clustering import Clustering
from mapper.model.network import SpikingNetwork
from mapper.progress import Event
from mapper.search.cluster.baselines.fill import cluster_layer_by_layer
from mapper.search.cluster.baselines.spike_graph import SpikeGraph, spike_graph
from mapper.search.cluster.limits import Limits
from mapper.search.cluster.metrics import cost, measure
from mapper.search.cluster.params import ClusterParams
from mapper.search.cluster.repair import repair

__all__ = ["cluster_by_exchange"]

#: Exchanges that may follow the best one of a pass, and rounds over all pairs of clusters.
_PATIENCE, _ROUNDS = 16, 8


def cluster_by_exchange(
    network: SpikingNetwork, limits: Limits | Sequence[Limits], params: ClusterParams
) -> Clustering:
    """Start layer by layer, exchange neurons between two clusters at a time while fewer spikes are cut, repair.

    Ends after ``params.stop`` or when no pair gains; Ctrl-C keeps what was gained.

    Raises
    ------
    InputError
        A single neuron exceeds the limits.
    """
    begin = time.perf_counter()
    start = cluster_layer_by_layer(network, limits, params)
    graph = spike_graph(network, with_inputs=False)
    part = start.assignment[graph.neurons].astype(np.int64)
    run = _exchange.for_work(50 * graph.weights.size)
    diff, locked = np.zeros(part.size, np.int64), np.zeros(part.size, np.bool_)
    near = np.zeros(part.size, np.int64)
    try:
        for round_number in range(_ROUNDS):
            gained = 0
            members = _members(part, start.count)
            for left, right in _pairs(graph, part, start.count):
                if params.stop.reached(time.perf_counter() - begin, None, None):
                    gained = 0
                    break
                both = np.concatenate([members[left], members[right]])
                gain = int(run(both, graph.indptr, graph.neighbours, graph.weights, part, left, right, _PATIENCE,
                               diff, locked, near))  # fmt: skip
                if gain:
                    members[left], members[right] = both[part[both] == left], both[part[both] == right]
                gained += gain
            params.progress(Event("cluster", f"kl round {round_number + 1}", time.perf_counter() - begin))
            if not gained:
                break
    except KeyboardInterrupt:
        pass
    parts = np.zeros(network.size, np.int64)
    parts[graph.neurons] = part
    found = repair(network, limits, parts, params, "kl")
    if cost(measure(network, start), params.objective) < cost(measure(network, found), params.objective):
        return Clustering(start.assignment, start.count, "kl")
    return found


def _members(part: NDArray[np.int64], count: int) -> list[NDArray[np.int64]]:
    order = np.argsort(part, kind="stable")
    return np.split(order, np.searchsorted(part[order], np.arange(1, count)))


def _pairs(graph: SpikeGraph, part: NDArray[np.int64], count: int) -> list[tuple[int, int]]:
    """Pairs of clusters with spikes between them, most spikes first."""
    a, b = np.repeat(part, np.diff(graph.indptr)), part[graph.neighbours]
    cut = a < b
    pairs, place = np.unique(a[cut] * count + b[cut], return_inverse=True)
    order = np.argsort(-np.bincount(place, graph.weights[cut]), kind="stable") if pairs.size else pairs
    return list(zip((pairs[order] // count).tolist(), (pairs[order] % count).tolist(), strict=True))


@kernel.allocating
def _exchange(both, indptr, neighbours, weights, part, left, right, patience, diff, locked, near):  # type: ignore[no-untyped-def]
    """One Kernighan-Lin pass between two parts; returns the weight it saves. ``locked`` and ``near`` are all zero."""
    for v in both:
        other = right if part[v] == left else left
        diff[v] = 0
        for e in range(indptr[v], indptr[v + 1]):
            p = part[neighbours[e]]
            if p == other:
                diff[v] += weights[e]
            elif p == part[v]:
                diff[v] -= weights[e]
    trail = [(0, 0)]
    trail.clear()
    total = 0
    best_total = 0
    best_length = 0
    while len(trail) - best_length <= patience:
        first = -1
        for v in both:
            if not locked[v] and (first < 0 or diff[v] > diff[first]):
                first = v
        if first < 0:
            break
        for e in range(indptr[first], indptr[first + 1]):
            near[neighbours[e]] = weights[e]
        second = -1
        for v in both:
            open_side = not locked[v] and part[v] != part[first]
            if open_side and (second < 0 or diff[v] - 2 * near[v] > diff[second] - 2 * near[second]):
                second = v
        gain = 0 if second < 0 else diff[first] + diff[second] - 2 * near[second]
        for e in range(indptr[first], indptr[first + 1]):
            near[neighbours[e]] = 0
        if second < 0:
            break
        for moved in (first, second):
            old = part[moved]
            locked[moved] = True
            part[moved] = right if old == left else left
            for e in range(indptr[moved], indptr[moved + 1]):
                w = neighbours[e]
                if part[w] == old:
                    diff[w] += 2 * weights[e]
                elif part[w] == part[moved]:
                    diff[w] -= 2 * weights[e]
        total += gain
        trail.append((first, second))
        if total > best_total:
            best_total = total
            best_length = len(trail)
    for step in range(best_length, len(trail)):
        for moved in trail[step]:
            part[moved] = right if part[moved] == left else left
    for v in both:
        locked[v] = False
    return best_total
