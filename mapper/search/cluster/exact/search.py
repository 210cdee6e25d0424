"""The method ``exact``: the best clustering of a small network, with the proof that there is none better."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mapper.model.clustering import Clustering
from mapper.model.network import SpikingNetwork
from mapper.model.result import Status
from mapper.progress import Event
from mapper.search.cluster.bounds import best_cluster_bound, packet_bound
from mapper.search.cluster.exact.model import ClusterModel, build_model
from mapper.search.cluster.exact.solver import solve
from mapper.search.cluster.incidence import Incidence
from mapper.search.cluster.limits import Limits, limit_rows
from mapper.search.cluster.metrics import cost, measure
from mapper.search.cluster.params import ClusterParams, Objective
from mapper.stop import MaxRuntime

__all__ = ["ExactClustering", "cluster_exactly", "exact"]

#: Literals beyond which the model is not built and the start is returned as it is.
_MOST_LITERALS = 200_000

#: Share of the time that the clustering to start from may take.
_FOR_START = 0.1


@dataclass(frozen=True, eq=False)
class ExactClustering:
    """The best clustering found and what is proven about it.

    Attributes
    ----------
    clustering
    cost
        Its cost as :func:`mapper.search.cluster.metrics.cost` has it, up to the packets or clusters that the objective
        ranks second: (clusters, packets), (packets, clusters), or for ``balanced`` (their product, clusters).
    status
        OPTIMAL: no legal clustering costs less. FEASIBLE: the time ended before that was known.
    """

    clustering: Clustering
    cost: tuple[int, int]
    status: Status


def exact(
    network: SpikingNetwork, limits: Limits | Sequence[Limits], params: ClusterParams | None = None
) -> Clustering:
    """The clustering of :func:`cluster_exactly`, for the registry of methods."""
    return cluster_exactly(network, limits, params).clustering


def cluster_exactly(
    network: SpikingNetwork, limits: Limits | Sequence[Limits], params: ClusterParams | None = None
) -> ExactClustering:
    """Minimise ``params.objective`` by CP-SAT, for up to some twenty neurons; larger networks get what time allows.

    First the fewest clusters, then the fewest packets with so many, and so on: for each number of clusters that can
    still lead to a smaller cost the model is solved once.

    Raises
    ------
    InputError
        A single neuron exceeds the limits.

    Examples
    --------
    >>> net = SpikingNetwork.from_edges("fans", 6, [0, 0, 1, 1], [2, 4, 3, 5], is_input=[1, 1, 0, 0, 0, 0])
    >>> best = cluster_exactly(net, Limits(2, 2, 4))
    >>> best.clustering.assignment.tolist(), best.status.value
    ([-1, -1, 0, 1, 0, 1], 'OPTIMAL')
    """
    params = params or ClusterParams()
    begin = time.perf_counter()
    start = params.start or _constructed(network, limits, params)
    search = _Search(network, limits, params, begin, replace(start, method="exact"))
    try:
        search.go()
    except KeyboardInterrupt:
        params.progress(Event("exact", "interrupted: keeping the best clustering so far"))
        search.proven = False
    status = Status.OPTIMAL if search.proven else Status.FEASIBLE
    return ExactClustering(search.best, search.best_cost, status)


def _constructed(network: SpikingNetwork, limits: Limits | Sequence[Limits], params: ClusterParams) -> Clustering:
    from mapper.search.cluster.refine.search import refine

    share = _FOR_START * params.stop.seconds_left(0.0)
    return refine(network, limits, replace(params, stop=params.stop | MaxRuntime(min(share, 1.0))))


class _Search:
    """The best so far, and which numbers of clusters are still open."""

    def __init__(
        self,
        network: SpikingNetwork,
        limits: Limits | Sequence[Limits],
        params: ClusterParams,
        begin: float,
        start: Clustering,
    ) -> None:
        self.network, self.params, self.begin = network, params, begin
        self.rows = limit_rows(limits, network.windows)
        self.lists = Incidence.of(network, params.iteration)
        self.least = best_cluster_bound(network, limits).value
        self.least_packets = packet_bound(network, limits)[0]
        self.best, self.best_cost, self.proven = start, self.cost(start), False

    def cost(self, clustering: Clustering) -> tuple[int, int]:
        return cost(measure(self.network, clustering), self.params.objective)[:2]

    def go(self) -> None:
        """Try numbers of clusters from the bound upwards; ``proven`` if each was solved or cannot be better."""
        most = self.network.neuron_count
        pairs = self.lists.out_target.size
        for count in range(max(self.least, 1), most + 1):
            if self.floor(count) >= self.best_cost:  # and so is that of more clusters
                break
            if count * (2 * most + pairs) > _MOST_LITERALS or self.seconds_left() <= 0:
                return
            if not self.solve(count):
                return
            if self.params.objective == "clusters" and self.best.count <= count:
                break
        self.proven = True

    def floor(self, count: int) -> tuple[int, int]:
        """No clustering of ``count`` clusters costs less."""
        objective: Objective = self.params.objective
        if objective == "clusters":
            return count, self.least_packets
        if objective == "packets":
            return self.least_packets, count
        return (count + 1) * (self.least_packets + 1), count

    def solve(self, count: int) -> bool:
        """Fewest packets with exactly ``count`` clusters; returns whether they are known or proven not to matter."""
        limits = self.rows[np.minimum(np.arange(count), len(self.rows) - 1)]
        built = build_model(self.lists, limits, not self.lists.any_order)
        for used in built.used:
            built.model.add(used == 1)
        built.model.add(built.packets() >= self.least_packets)
        cap = self.most_packets(count)
        if cap is not None:
            built.model.add(built.packets() <= cap)
        built.model.minimize(built.packets())
        known = self.best.assignment if self.best.count == count else None
        hint = built.hint(known) if known is not None else None
        answer = solve(built.model, self.seconds_left(), self.params.seed, hint)
        if answer.status in (Status.OPTIMAL, Status.FEASIBLE):
            self.offer(built, answer)
        return answer.status in (Status.OPTIMAL, Status.INFEASIBLE)

    def most_packets(self, count: int) -> int | None:
        """With more packets ``count`` clusters would cost more than the best known."""
        objective, value = self.params.objective, self.best_cost
        if objective == "packets":
            return value[0] - (0 if count < value[1] else 1)
        if objective == "balanced":
            return max(value[0] // (count + 1) - 1, 0)
        return value[1] if count == value[0] else None

    def offer(self, built: ClusterModel, answer) -> None:  # type: ignore[no-untyped-def]
        assignment = np.full(self.network.size, -1, np.int32)
        for i, v in enumerate(built.neurons):
            assignment[v] = next(c for c in built.places if answer.value(built.inside[i][c]))
        found = Clustering(assignment, len(built.places), "exact")
        value = self.cost(found)
        if value < self.best_cost:
            self.best, self.best_cost = found, value
            self.params.progress(Event("exact", f"cost {value}", time.perf_counter() - self.begin))

    def seconds_left(self) -> float:
        return self.params.stop.seconds_left(time.perf_counter() - self.begin)
