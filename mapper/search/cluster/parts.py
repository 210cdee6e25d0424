"""Using a partitioner that must be told the number of parts: try several, repair each, keep the best."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mapper.model.clustering import Clustering
from mapper.model.network import SpikingNetwork
from mapper.search.cluster.bounds import best_cluster_bound
from mapper.search.cluster.limits import Limits
from mapper.search.cluster.metrics import cost, measure
from mapper.search.cluster.params import ClusterParams
from mapper.search.cluster.repair import repair
from mapper.search.cluster.vertices import neuron_vertices

__all__ = ["best_over_parts"]

#: Numbers of parts that are tried, as multiples of the proven lower bound.
_MULTIPLES = (1.2, 1.1, 1.0, 1.4, 1.7, 2.0, 3.0)


def best_over_parts(
    network: SpikingNetwork,
    limits: Limits | Sequence[Limits],
    params: ClusterParams,
    method: str,
    cut: Callable[[int], NDArray[np.integer]],
    begin: float,
    share: float = 1.0,
) -> Clustering:
    """The best repaired partition; ``cut(count)`` gives the part of each neuron (the inputs' do not matter).

    Parameters
    ----------
    begin
        ``time.perf_counter()`` at the start of the method; no new attempt starts after ``share`` of the time allowed.

    Raises
    ------
    InputError
        A single neuron exceeds the limits.
    """
    neurons = neuron_vertices(network, params.iteration)
    least = max(best_cluster_bound(network, limits).value, 1)
    most = max(network.neuron_count, 1)
    allowed = share * params.stop.seconds_left(0.0)
    best, best_cost = None, None
    try:
        for count in dict.fromkeys(min(round(multiple * least), most) for multiple in _MULTIPLES):
            spent = time.perf_counter() - begin
            if best is not None and (spent >= allowed or params.stop.reached(spent, None, None)):
                break
            found = repair(network, limits, cut(count), params, method, neurons=neurons)
            value = cost(measure(network, found), params.objective)
            if best_cost is None or value < best_cost:
                best, best_cost = found, value
    except KeyboardInterrupt:
        pass
    if best is None:  # interrupted at once: one part, filled by the greedy rule
        best = repair(network, limits, np.zeros(network.size, np.int64), params, method, neurons=neurons)
    return best
