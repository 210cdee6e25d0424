"""The method ``refine``: from any clustering to a better one, as long as there is time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.compiled import kernel
from mapper.errors import InputError
from mapper.model.clustering import Clustering
from mapper.model.network import SpikingNetwork
from mapper.model.platform import UNLIMITED
from mapper.progress import Event
from mapper.search.cluster.bounds import best_cluster_bound, packet_bound
from mapper.search.cluster.limits import Limits, limit_rows, limits_of_rows
from mapper.search.cluster.metrics import cost, measure
from mapper.search.cluster.params import ClusterParams
from mapper.search.cluster.refine.balance import spread
from mapper.search.cluster.refine.flat import Flat, flatten
from mapper.search.cluster.refine.partition import clustering_of, partition_of
from mapper.search.cluster.refine.step import CLUSTERS, PACKETS, PRODUCT, Search, search_steps, start_search
from mapper.stop import MaxRuntime

__all__ = ["EXCHANGES", "RULES", "refine", "widest_step"]

#: The rule of steps for each objective.
RULES = {"clusters": CLUSTERS, "packets": PACKETS, "balanced": PRODUCT}

#: Share of the time that the clustering to start from may take, and of the rest after which nothing worse is kept.
_FOR_START = 0.15
_COLD = 0.9

#: Share of the time for a search without balance, to have something worth balancing.
_BEFORE_SPREADING = 0.4

#: At first, steps worse by this share of a cluster's packets are kept.
_HEAT = 0.1

#: Exchanges tried for a group that would gain by a move but does not fit.
EXCHANGES = 8

#: Most clusters of one step (five gained nothing), and the pairs they may have for a step to stay short.
_WIDEST, _LARGEST_STEP = 4, 200_000

#: A search on k clusters ends after so many steps times k squared that found nothing new; on larger networks, where
#: more is to be gained, after so many times more.
_PATIENCE, _LARGER = 30, 20

#: Where the limit is shorter than so many seconds, jobs so many times larger than usual run plain rather than wait for
#: a compiler, whatever has been compiled before.
_SHORT, _WITHOUT_COMPILER = 5.0, 20

#: Seconds between two looks at the clock, and steps between two looks at the best where there is no clock.
_TICK, _CHUNK = 0.05, 256


def refine(
    network: SpikingNetwork, limits: Limits | Sequence[Limits], params: ClusterParams | None = None
) -> Clustering:
    """Improve ``params.start``, or else a constructed clustering, by ruin and recreate.

    A step dissolves two to four clusters that share inputs, fills them anew by a greedy rule with random parameters,
    moves and exchanges groups of neurons between them while that saves packets, and keeps the result if it is not
    worse by ``params.objective`` (at first also if it is a little worse). The costs are exact and computed on the
    chosen clusters alone. It ends by ``params.stop``, at the proven bounds, or when nothing has been found for long;
    Ctrl-C ends it early. Under a time limit equal seeds give equal clusterings only where the search ends before it, as
    on small networks: elsewhere the clock decides how many steps there are and how long worse ones are kept.

    With ``params.balance`` the clusters are first spread to even loads, and then improved within them. After
    Schrimpf, Schneider, Stamm-Wilbrandt and Dueck, "Record breaking optimization results using the ruin and recreate
    principle", Journal of Computational Physics 159, 2000.

    Raises
    ------
    InputError
        A single neuron exceeds the limits, or no balanced clusters were found.

    Examples
    --------
    >>> net = SpikingNetwork.from_edges("two pairs", 6, [0, 0, 1, 1], [2, 4, 3, 5], is_input=[1, 1, 0, 0, 0, 0])
    >>> poor = Clustering([-1, -1, 0, 0, 1, 1], 2)
    >>> refine(net, Limits(2, 2, 4), ClusterParams(start=poor)).assignment.tolist() in ([-1, -1, 0, 1, 0, 1],
    ...                                                                               [-1, -1, 1, 0, 1, 0])
    True
    """
    params = params or ClusterParams()
    begin = time.perf_counter()
    start = replace(params.start or _constructed(network, limits, params), method="refine")
    if start.count < 2:
        return start
    rows = np.pad(limit_rows(limits, network.windows), ((0, 0), (0, 1)), constant_values=UNLIMITED)
    flat = flatten(network, params.iteration)
    if params.balance is None:
        return _improved(network, flat, start, rows, params, begin)
    left = params.stop.seconds_left(time.perf_counter() - begin)
    first = MaxRuntime(time.perf_counter() - begin + (_BEFORE_SPREADING * left if np.isfinite(left) else 1.0))
    close = _improved(network, flat, start, rows, replace(params, stop=params.stop | first), begin)
    even = spread(flat, close.assignment, rows, params.balance)
    if even is not None:
        home, tight = even
        return _improved(network, flat, Clustering(home, len(tight), "refine"), tight, params, begin)
    raise InputError(
        f"balance of network {network.name!r}",
        f"clusters with at most {1 + params.balance:g} times the mean load",
        "none found",
        "allow a larger imbalance, larger crossbars, or clusters in any order (iteration timestep)",
    )


def widest_step(pins: int, clusters: int) -> int:
    """The most clusters that a step on a network of so many pins and clusters takes."""
    return max(2, min(_WIDEST, _LARGEST_STEP // max(pins // clusters, 1), clusters))


def _improved(
    network: SpikingNetwork, flat: Flat, start: Clustering, rows: NDArray[np.int64], params: ClusterParams, begin: float
) -> Clustering:
    """The best clustering found from ``start`` within ``rows``; not worse than ``start``."""
    spare = 0 if params.objective == "clusters" or params.balance is not None else 2 + start.count // 4
    search = start_search(flat, partition_of(flat, start, rows, spare), params.seed)
    limits = limits_of_rows(rows[:, :4], network.windows)
    bounds = best_cluster_bound(network, limits).value, packet_bound(network, limits)[0]
    run = _Run(search, params, begin, bounds)
    try:
        run.go()
    except KeyboardInterrupt:
        params.progress(Event("refine", "interrupted: keeping the best clustering so far"))
    found = clustering_of(network, search.part, run.best)
    if found is None:
        return start
    worth, before = (cost(measure(network, c), params.objective) for c in (found, start))
    return found if worth < before else start


def _constructed(network: SpikingNetwork, limits: Limits | Sequence[Limits], params: ClusterParams) -> Clustering:
    from mapper.search.cluster.grow import cluster_by_growing

    seconds = params.stop.seconds_left(0.0)
    stop = params.stop | MaxRuntime(_FOR_START * seconds) if np.isfinite(seconds) else MaxRuntime(1.0)
    return cluster_by_growing(network, limits, replace(params, stop=stop), polish=False)


@dataclass
class _Run:
    """The clock, the best so far, and when to give up."""

    search: Search
    params: ClusterParams
    begin: float
    bounds: tuple[int, int]
    best: NDArray[np.int32] = field(init=False)
    best_cost: tuple[float, int] = field(init=False)

    def __post_init__(self) -> None:
        self.best, self.best_cost = self.search.part.home.copy(), self.cost()

    def cost(self) -> tuple[float, int]:
        clusters, packets = (int(value) for value in self.search.totals)
        if self.params.objective == "clusters":
            return clusters, packets
        if self.params.objective == "packets":
            return packets, clusters
        return (clusters + 1) * (packets + 1), clusters

    def go(self) -> None:
        """Search until the stopping rule, the bounds or the patience say so."""
        search, clusters = self.search, int(self.search.totals[0])
        pairs = int(search.flat.in_source.size) // clusters
        widest = widest_step(search.flat.in_source.size, clusters)
        patience = _PATIENCE * clusters**2
        work = 5 * pairs * patience
        steps_of, plain = self.kernel(work)
        patience *= _LARGER if work >= kernel.THRESHOLD else 1
        opening = self.elapsed()
        allowed = self.params.stop.seconds_left(opening)
        warm = _HEAT * float(search.totals[1]) / clusters
        if not np.isfinite(allowed) or self.params.balance is not None:  # a spread clustering is poor enough
            warm = 0.0
        steps, idle = 1, 0
        while not self.params.stop.reached(self.elapsed(), None, None) and not self.at_bounds() and idle < patience:
            spent = idle / patience if plain else (self.elapsed() - opening) / max(allowed, 1e-9)
            search.heat[0] = warm * max(0.0, 1.0 - spent / _COLD)
            moment = time.perf_counter()
            steps_of(search, RULES[self.params.objective], widest, EXCHANGES, steps)
            took = time.perf_counter() - moment
            idle = 0 if self.note() else idle + steps
            if not plain:
                most = int(steps * _TICK / max(took, 1e-6)) if np.isfinite(allowed) else _CHUNK
                steps = max(1, min(2 * steps, most, patience))

    def kernel(self, work: int) -> tuple[Callable[..., Any], bool]:
        """The function that takes steps, and whether it is the plain one. Compiling does not count as search time."""
        short = self.params.stop.seconds_left(0.0) < _SHORT
        if work < kernel.THRESHOLD * (_WITHOUT_COMPILER if short else 1):
            return search_steps.python, True
        if not search_steps.ready:
            self.params.progress(Event("refine", "compiling, once on this machine"))
        compiled, moment = search_steps.jitted(), time.perf_counter()
        compiled(self.search, CLUSTERS, 2, 0, 0)
        self.begin += time.perf_counter() - moment
        return compiled, False

    def note(self) -> bool:
        """Keep the present clustering if it is the best; returns whether it is."""
        value = self.cost()
        if value >= self.best_cost:
            return False
        self.best, self.best_cost = self.search.part.home.copy(), value
        clusters, packets = (int(total) for total in self.search.totals)
        left = self.params.stop.seconds_left(self.elapsed())
        done = self.elapsed() / (self.elapsed() + left) if np.isfinite(left) else None
        self.params.progress(Event("refine", f"{clusters} clusters, {packets} packets", self.elapsed(), done))
        return True

    def at_bounds(self) -> bool:
        clusters, packets = (int(value) for value in self.search.totals)
        return clusters <= self.bounds[0] and packets <= self.bounds[1]

    def elapsed(self) -> float:
        return time.perf_counter() - self.begin
