"""Clustering by growing, and the two simple rules it is never worse than."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mapper.compiled import kernel
from mapper.errors import InputError
from mapper.model.clustering import Clustering
from mapper.model.network import SpikingNetwork
from mapper.model.platform import UNLIMITED
from mapper.progress import Event
from mapper.search.cluster.first_fit import TooManyComparisonsError, first_fit, next_fit
from mapper.search.cluster.greedy import refusal
from mapper.search.cluster.grow_run import Grower, Grown
from mapper.search.cluster.incidence import Incidence
from mapper.search.cluster.limits import Limits, limit_rows
from mapper.search.cluster.metrics import ClusterFigures, cost, measure
from mapper.search.cluster.order import SeedOrders
from mapper.search.cluster.params import ClusterParams
from mapper.search.cluster.portfolio import FEW_FOR_TWINS, FOR_TWINS, HUGE, LARGE, PACE, Trial, one_for_huge, trials
from mapper.search.cluster.twins import Hypergraph, contract

if TYPE_CHECKING:
    from mapper.search.cluster.refine.brief import Brief

__all__ = ["cluster_by_first_fit", "cluster_by_growing", "cluster_by_next_fit"]

#: First fit is given up after so many comparisons (of a few ns each), and so many more for each second of the limit.
_COMPARISONS, _COMPARISONS_A_SECOND = 20_000_000, 100_000_000

#: What a run costs beside its pins, in pins.
_PINS_OF_A_RUN = 15_000

#: Share of the work for steps of ``refine``, where that pays.
_FOR_STEPS = 0.5

#: Seconds that growing goes on for if nothing else stops it.
_LONGEST = 60.0

#: The amount of work ends a run. The clock does so only where a machine is so slow or busy that this takes so many
#: seconds of computing more than the limit, or so many times as long by the wall clock.
_GRACE, _PATIENCE = 5.0, 4.0

Fit = Callable[[Hypergraph, NDArray[np.int64], NDArray[np.int64]], tuple[NDArray[np.int32], int]]


class _Workshop:
    """A network's hypergraphs, with and without twins merged, each made when it is first asked for."""

    def __init__(self, network: SpikingNetwork, limits: Limits | Sequence[Limits], params: ClusterParams) -> None:
        self.network, self.given, self.limits = network, limits, limit_rows(limits, network.windows)
        self.lists = Incidence.of(network, params.iteration)
        self._rng = np.random.default_rng(params.seed)
        self.often = self.lists.pairs <= HUGE and params.stop.seconds_left(0.0) > 0.1
        self._made: dict[bool, tuple[Grower, SeedOrders]] = {}
        self._check()

    def _check(self) -> None:
        """Raise if a neuron alone fits no cluster."""
        inputs, _, cells, _ = self.limits[-1].tolist()
        wide = np.flatnonzero((self.lists.fan_in > inputs) | (self.lists.synapses > cells))
        if wide.size and len(self.limits) == 1:
            raise self.refusal(int(wide[0]))

    def refusal(self, neuron: int) -> InputError:
        lists, packets = self.lists, 0
        if self.limits[-1, 3] < UNLIMITED:
            ptr, sources = lists.incoming
            packets = int(lists.spikes[sources[ptr[neuron] : ptr[neuron + 1]]].sum())
        needs = int(lists.fan_in[neuron]), int(lists.synapses[neuron]), packets
        return refusal(self.network, neuron, self.given, *needs)

    def open(self, merged: bool) -> tuple[Grower, SeedOrders]:
        if merged not in self._made:
            most = max(int(self.limits[:, 1].min()) // 4, 1) if merged else 1
            graph = contract(self.lists, most, int(self.limits[:, 2].min()))
            other = self._made.get(not merged)
            if other and graph.vertices == self.lists.size == other[0].graph.vertices:
                self._made[merged] = other  # no twins
            else:
                grower = Grower(graph, self.limits, often=self.often)
                self._made[merged] = grower, SeedOrders(graph, grower.waiting)
        return self._made[merged]

    def grow(self, trial: Trial, tally: bool = True) -> tuple[Clustering, Grown]:
        grower, orders = self.open(trial.merged)
        try:
            grown = grower.run(orders.get(trial.order, self._rng), trial.how, tally)
        except ValueError as error:
            raise self._named(grower.graph, error) from None
        return self._neurons(grower.graph, grown.assignment, grown.clusters, "grow"), grown

    def simple(self, comparisons: int) -> list[Clustering]:
        """By next fit, and by first fit if that many comparisons do."""
        found = [self.fit(next_fit, "grow")]
        with suppress(TooManyComparisonsError):
            found.append(self.fit(partial(first_fit, most=comparisons), "grow"))
        return found

    def steps(self, pins: float, clusters: int) -> Brief | None:
        """Steps of ``refine`` for the work of reading so many pins; none for networks that are grown plain."""
        from mapper.search.cluster.refine.brief import brief_steps

        grower = self.open(merged=True)[0]
        if grower.work < kernel.THRESHOLD:
            return None
        own, merged = self.lists.pairs, grower.graph.in_net.size
        return brief_steps(pins, own, merged, clusters, grower.waiting.size > 0)

    def fit(self, rule: Fit, name: str) -> Clustering:
        grower, orders = self.open(merged=False)
        try:
            assignment, count = rule(grower.graph, orders.get("natural", self._rng), self.limits)
        except ValueError as error:
            raise self._named(grower.graph, error) from None
        return self._neurons(grower.graph, assignment, count, name)

    def _named(self, graph: Hypergraph, error: ValueError) -> InputError:
        return self.refusal(int(np.flatnonzero(graph.vertex_of == error.args[0])[0]))

    def _neurons(self, graph: Hypergraph, assignment: NDArray[np.int32], count: int, method: str) -> Clustering:
        return Clustering(assignment[graph.vertex_of], count, method)


def cluster_by_growing(
    network: SpikingNetwork,
    limits: Limits | Sequence[Limits],
    params: ClusterParams | None = None,
    *,
    polish: bool = True,
) -> Clustering:
    """Grow clusters in several ways and keep the cheapest, never worse than next fit, nor than first fit while cheap.

    A cluster takes, from a bucket queue over the neurons that its axons feed, the one that fits and has the smallest
    ``a (1 - spikes kept local / spikes delivered) + (1 - a) new axons / fan-in``. The next seed is a neuron that the
    cluster before touched and could not take, or the first one left in an order. Neurons with equal inputs are placed
    together. How often is grown follows from the network's size and ``params.stop``'s seconds, so that a seed means
    one clustering; the clock itself strikes only five seconds of computing after the limit.

    First fit compares neurons with clusters, on shuffled networks far more often than growing reads synapses; it is
    given up after 20 million comparisons and 100 million for each second of ``params.stop``, more where growing took
    long. The default second is enough for small worlds of 300,000 distinct pairs (source, target), whose neurons have
    no order at all, and for larger networks that have one. Beyond ten million pairs the simple rules are not tried,
    and if as many are left when twins are merged, the network is grown once.

    Parameters
    ----------
    network
        With fan-ins that fit (see ``unroll_fan_in``).
    limits
        Of every cluster, or of each in turn (the last one's hold for all further clusters).
    polish
        Spend half of the time on steps of ``refine`` where that pays. Networks of 25,000 pins and more, twins merged,
        or a million in all, wait for these to be compiled the first time on a machine, beside the limit; smaller ones
        run them plain.

    Raises
    ------
    InputError
        A single neuron exceeds the limits.

    Examples
    --------
    >>> net = SpikingNetwork.from_edges("v", 6, [0, 0, 1, 1, 0, 1], [2, 3, 4, 5, 4, 3], is_input=[1, 1, 0, 0, 0, 0])
    >>> cluster_by_growing(net, Limits(2, 2, 8)).sizes().tolist()
    [2, 2]
    """
    params = params or ClusterParams()
    begin, wall = time.thread_time(), time.perf_counter()
    shop = _Workshop(network, limits, params)
    rows = shop.limits
    huge = shop.lists.pairs > HUGE
    graph = shop.open(merged=True)[0].graph
    first = None
    if huge or graph.in_net.size > LARGE:
        first = one_for_huge(int(rows[0, 0]), float(graph.width[graph.placeable].mean()))
        if graph.in_net.size > HUGE:
            return shop.grow(first, tally=False)[0]
        if huge:
            first = FEW_FOR_TWINS if params.objective == "clusters" else FOR_TWINS
    found: list[tuple[tuple[int, int, int], Clustering]] = []

    def offer(clustering: Clustering, figures: ClusterFigures) -> bool:
        price = cost(figures, params.objective)
        if found and found[0][0] <= price:
            return False
        found[:] = [(price, clustering)]
        return True

    def seconds() -> float:
        """Of this thread: a busy machine shall not change the result."""
        return max(time.thread_time() - begin, (time.perf_counter() - wall) / _PATIENCE)

    def late(beside: float = 0.0) -> bool:
        return params.stop.reached(seconds() - beside - _GRACE, None, None)

    best: list[Trial] = []
    allowed = min(params.stop.seconds_left(0.0), _LONGEST)
    budget, spent, brief = 1 + PACE * allowed * (1.2 if huge else 1.0), 0, None
    try:
        for done, trial in enumerate(trials(np.random.default_rng(params.seed), best, first)):
            clustering, grown = shop.grow(replace(trial, merged=True) if huge else trial)
            if offer(clustering, grown.figures()) or not best:
                best[:] = [trial]
            if done == 0 and not huge:
                for simple in shop.simple(_COMPARISONS + int(_COMPARISONS_A_SECOND * allowed) + grown.effort // 2):
                    offer(simple, measure(network, simple))
                brief = shop.steps(_FOR_STEPS * budget, grown.clusters) if polish else None
                budget *= 1 - _FOR_STEPS if brief else 1
            if done == 0:  # by now whatever had to be compiled is, and reading a huge network is over
                begin, wall = time.thread_time(), time.perf_counter()
            spent += grown.effort + _PINS_OF_A_RUN
            params.progress(Event("cluster", f"{found[0][1].count} clusters", seconds(), min(spent / budget, 1.0)))
            if spent >= budget or late():
                break
        if brief:
            from mapper.search.cluster.refine.brief import refine_briefly

            return refine_briefly(network, found[0][1], rows, params, brief, late)
    except KeyboardInterrupt:
        if not found:
            raise
    return found[0][1]


def cluster_by_first_fit(
    network: SpikingNetwork, limits: Limits | Sequence[Limits], params: ClusterParams | None = None
) -> Clustering:
    """Neurons by their ids, each into the most utilised cluster that takes it (see :func:`first_fit`).

    Where clusters must be convex and the ids are no order of flow, level by level.

    Examples
    --------
    >>> net = SpikingNetwork.from_edges("v", 4, [0, 0, 1], [2, 3, 3], is_input=[1, 1, 0, 0])
    >>> cluster_by_first_fit(net, Limits(2, 2, 8)).count
    1
    """
    return _Workshop(network, limits, params or ClusterParams()).fit(first_fit, "firstfit")


def cluster_by_next_fit(
    network: SpikingNetwork, limits: Limits | Sequence[Limits], params: ClusterParams | None = None
) -> Clustering:
    """Neurons by their ids, each into the open cluster or, where it does not fit, into a new one.

    Examples
    --------
    >>> net = SpikingNetwork.from_edges("v", 4, [0, 0, 1], [2, 3, 3], is_input=[1, 1, 0, 0])
    >>> cluster_by_next_fit(net, Limits(1, 2, 8)).count
    Traceback (most recent call last):
        ...
    mapper.errors.InputError: neuron 3 of network 'v': expected at most 1 inputs and 8 synapses on one crossbar, got \
2 inputs and 2 synapses; unroll its fan-in, or choose a platform with larger crossbars
    """
    return _Workshop(network, limits, params or ClusterParams()).fit(next_fit, "nextfit")
