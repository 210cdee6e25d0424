"""A number of refining steps fixed beforehand: what the method ``grow`` does with the last part of its time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mapper.model.clustering import Clustering
from mapper.model.network import SpikingNetwork
from mapper.model.platform import UNLIMITED
from mapper.progress import Event
from mapper.search.cluster.metrics import cost, measure
from mapper.search.cluster.params import ClusterParams
from mapper.search.cluster.refine.flat import flatten
from mapper.search.cluster.refine.partition import clustering_of, partition_of
from mapper.search.cluster.refine.search import EXCHANGES, RULES, widest_step
from mapper.search.cluster.refine.step import search_steps, start_search

__all__ = ["WORTH_COMPILING", "Brief", "brief_steps", "refine_briefly"]

#: Pins, twins merged, from which on steps run compiled, and so many times more if not merged; the first such network on
#: a machine waits for the compiler.
WORTH_COMPILING, _UNMERGED = 25_000, 40

#: What a compiled step costs, in pins that growing reads: beside its clusters, for each pin of a cluster's twins taken
#: once, and for each pin of a cluster, without convexity and with.
_STEP, _MERGED_PIN, _PIN, _CONVEX_PIN = 2000, 14, 0.3, 7.5

#: How many compiled steps a plain one costs; convexity is a small part of that.
_PLAIN = 60

#: Fewer steps for each cluster gain less than growing once more.
_FEWEST = 3

#: Looks at the clock.
_LOOKS = 25


@dataclass(frozen=True)
class Brief:
    """How many steps to take, and whether by compiled code."""

    steps: int
    compiled: bool


def brief_steps(pins: float, own: int, merged: int, clusters: int, convex: bool) -> Brief | None:
    """As many steps as cost about what reading ``pins`` does; ``None`` if these are too few to be of use.

    Neither the clock nor what has been compiled before has a say: equal arguments, equal steps.

    Parameters
    ----------
    own, merged
        Pins of the network, and of the network with twins merged.

    Examples
    --------
    >>> brief_steps(20e6, 70_000, 70_000, 100, convex=False)
    Brief(steps=1665, compiled=True)
    >>> brief_steps(20e6, 2000, 2000, 10, convex=False)
    Brief(steps=68, compiled=False)
    >>> brief_steps(1000, 5000, 5000, 10, convex=False)
    """
    if clusters < 2:
        return None
    compiled = max(merged, own // _UNMERGED) >= WORTH_COMPILING
    pin = _CONVEX_PIN if convex and compiled else _PIN
    each = (1 if compiled else _PLAIN) * (_STEP + (_MERGED_PIN * merged + pin * own) / clusters)
    steps = int(pins / each)
    return Brief(steps, compiled) if steps >= _FEWEST * clusters else None


def refine_briefly(
    network: SpikingNetwork,
    start: Clustering,
    limits: NDArray[np.int64],
    params: ClusterParams,
    brief: Brief,
    late: Callable[[float], bool],
) -> Clustering:
    """``start`` or a cheaper clustering, after a few steps of ruin and recreate that keep nothing worse.

    Parameters
    ----------
    limits : int64, shape (rows, 4)
        Axons, neurons, synapses and packets of each cluster in turn; the last row holds for all further ones.
    late
        Asked now and then, with the seconds that preparing (compiling, too) took, whether to end earlier.
    """
    begin = time.thread_time()
    rows = np.pad(limits, ((0, 0), (0, 1)), constant_values=UNLIMITED)
    flat = flatten(network, params.iteration)
    spare = 0 if params.objective == "clusters" else 2 + start.count // 4
    search = start_search(flat, partition_of(flat, start, rows, spare), params.seed)
    widest, run = widest_step(flat.in_source.size, start.count), search_steps.python
    if brief.compiled:
        run = search_steps.jitted()
        if not search_steps.ready:
            params.progress(Event("cluster", "compiling the steps of refinement, once on this machine"))
        run(search, RULES[params.objective], widest, EXCHANGES, 0)
    loading, part = time.thread_time() - begin, -(-brief.steps // _LOOKS)
    for done in range(0, brief.steps, part):
        if late(loading):
            break
        run(search, RULES[params.objective], widest, EXCHANGES, min(part, brief.steps - done))
    found = clustering_of(network, search.part, search.part.home)
    if found is None:
        return start
    better = cost(measure(network, found), params.objective) < cost(measure(network, start), params.objective)
    return replace(found, method=start.method) if better else start
