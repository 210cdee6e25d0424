"""A number of refining steps fixed beforehand: what the method ``grow`` does with the last part of its time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mapper.model.clustering import Clustering
from mapper.model.network import SpikingNetwork
from mapper.model.platform import UNLIMITED
from mapper.search.cluster.metrics import cost, measure
from mapper.search.cluster.params import ClusterParams
from mapper.search.cluster.refine.flat import flatten
from mapper.search.cluster.refine.partition import clustering_of, partition_of
from mapper.search.cluster.refine.search import EXCHANGES, RULES, widest_step
from mapper.search.cluster.refine.step import search_steps, start_search

__all__ = ["brief_steps", "refine_briefly"]

#: What a step costs, in pins that growing reads: beside its clusters, for each pin of a cluster's twins taken once, and
#: for each pin of a cluster, without convexity and with.
_STEP, _MERGED_PIN, _PIN, _CONVEX_PIN = 2000, 28, 0.2, 10

#: Fewer steps for each cluster gain less than growing once more.
_FEWEST = 3

#: Looks at the clock.
_LOOKS = 25


def brief_steps(pins: float, own: int, merged: int, clusters: int, convex: bool) -> int:
    """How many steps cost about as much as reading ``pins``; 0 if too few to be of use, or not compiled yet.

    Parameters
    ----------
    own, merged
        Pins of the network, and of the network with twins merged.

    Examples
    --------
    >>> brief_steps(1000, 5000, 5000, 10, convex=False)
    0
    """
    if clusters < 2:
        return 0
    each = _STEP + (_MERGED_PIN * merged + (_CONVEX_PIN if convex else _PIN) * own) / clusters
    steps = int(pins / each)
    ready = steps >= _FEWEST * clusters and (search_steps.loaded or search_steps.cached)
    return steps if ready else 0


def refine_briefly(
    network: SpikingNetwork,
    start: Clustering,
    limits: NDArray[np.int64],
    params: ClusterParams,
    steps: int,
    late: Callable[[float], bool],
) -> Clustering:
    """``start`` or a cheaper clustering, after ``steps`` steps of ruin and recreate that keep nothing worse.

    Parameters
    ----------
    limits : int64, shape (rows, 3)
        Axons, neurons and synapses of each cluster in turn; the last row holds for all further ones.
    late
        Asked now and then, with the seconds that preparing (loading compiled code) took, whether to end earlier.
    """
    begin = time.thread_time()
    rows = np.pad(limits, ((0, 0), (0, 1)), constant_values=UNLIMITED)
    flat = flatten(network, params.iteration)
    spare = 0 if params.objective == "clusters" else 2 + start.count // 4
    search = start_search(flat, partition_of(flat, start, rows, spare), params.seed)
    widest, run = widest_step(flat.in_source.size, start.count), search_steps.jitted()
    run(search, RULES[params.objective], widest, EXCHANGES, 0)
    loading, part = time.thread_time() - begin, -(-steps // _LOOKS)
    for done in range(0, steps, part):
        if late(loading):
            break
        run(search, RULES[params.objective], widest, EXCHANGES, min(part, steps - done))
    found = clustering_of(network, search.part, search.part.home)
    if found is None:
        return start
    better = cost(measure(network, found), params.objective) < cost(measure(network, start), params.objective)
    return replace(found, method=start.method) if better else start
