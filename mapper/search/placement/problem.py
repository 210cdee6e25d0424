"""One placement problem in the flat arrays that every method works on, and what a placement is worth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mapper.lower.links import link_loads
from mapper.model.application import Application
from mapper.model.platform import Platform
from mapper.model.topology import Mesh, Topology
from mapper.search.placement.seats import Seats, kinds_and_fits, make_seats
from mapper.search.placement.traffic import ClusterTraffic, traffic_of

__all__ = ["PlacementProblem", "PlacementQuality", "make_problem", "problem_on"]


@dataclass(frozen=True, order=True)
class PlacementQuality:
    """What a placement is worth, smaller is better.

    ``packet_hops``: sum over all packets of the links they cross. ``heaviest_link``: packets on the busiest link.
    """

    packet_hops: int
    heaviest_link: int


@dataclass(frozen=True, eq=False)
class PlacementProblem:
    """Traffic, topology and seats.

    Attributes
    ----------
    first, other, weight, back
        The neighbours of cluster v are ``other[first[v]:first[v + 1]]``, with the packets in ``weight``; ``back`` is
        1 where they come from the neighbour. Where both ways are equally long they are added up, and ``back`` is 0.
    """

    traffic: ClusterTraffic
    topology: Topology
    seats: Seats
    first: NDArray[np.int32]
    other: NDArray[np.int32]
    weight: NDArray[np.int64]
    back: NDArray[np.int8]

    @property
    def movable(self) -> NDArray[np.int64]:
        return self.traffic.movable

    @cached_property
    def grid(self) -> tuple[int, int]:
        """(columns, rows); anything but a grid counts as one row."""
        if isinstance(self.topology, Mesh):
            return self.topology.columns, self.topology.rows
        return self.topology.tiles, 1

    def tiles_of(self, seat_of: NDArray[np.int32]) -> NDArray[np.int32]:
        """The tile of every cluster, int32, from the seats of the movable ones."""
        fixed = self.traffic.fixed
        return np.where(fixed < 0, self.seats.tile[seat_of.clip(min=0)], fixed).astype(np.int32)

    def packet_hops(self, binding: NDArray[np.int32]) -> int:
        """Sum over all packets of the links they cross."""
        t = self.traffic
        return int((t.packets * self.topology.hops(binding[t.sources], binding[t.targets])).sum())

    def measure(self, binding: NDArray[np.int32]) -> PlacementQuality:
        """Recount both objectives of a binding, int32, shape (clusters,)."""
        t = self.traffic
        loads = link_loads(self.topology, binding[t.sources], binding[t.targets], t.packets)
        return PlacementQuality(self.packet_hops(binding), int(loads.max(initial=0)))


def make_problem(demand: Application | ClusterTraffic, platform: Platform, *, spread: bool = False) -> PlacementProblem:
    """The problem of placing an application, or mere traffic, on a platform; ``spread``: as few on a tile as possible.

    Raises
    ------
    InfeasibleError
        The clusters do not fit.
    """
    application = demand if isinstance(demand, Application) else None
    traffic = demand if isinstance(demand, ClusterTraffic) else traffic_of(demand, platform)
    kind, fits = kinds_and_fits(application, traffic.clusters, platform)
    seats = make_seats(traffic.movable, kind, fits, platform, spread=spread)
    return problem_on(traffic, platform.topology, seats)


def problem_on(
    traffic: ClusterTraffic, topology: Topology, seats: Seats, *, symmetric: bool | None = None
) -> PlacementProblem:
    """The problem of placing traffic on given seats; ``symmetric``: whether both ways between two clusters are added
    up, by default where the topology makes them equally long.
    """
    if symmetric is None:
        symmetric = isinstance(topology, Mesh)
    first, other, weight, back = _neighbours(traffic, symmetric)
    return PlacementProblem(traffic, topology, seats, first, other, weight, back)


def _neighbours(
    traffic: ClusterTraffic, symmetric: bool
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64], NDArray[np.int8]]:
    n = traffic.clusters
    useful = (traffic.sources != traffic.targets) & (traffic.packets > 0)
    a, b, packets = traffic.sources[useful], traffic.targets[useful], traffic.packets[useful]
    ways = np.zeros(a.size, np.int64) if symmetric else np.ones(a.size, np.int64)
    keys = np.concatenate([(a * n + b) * 2, (b * n + a) * 2 + ways])
    pairs, pair = np.unique(keys, return_inverse=True)
    weight = np.zeros(pairs.size, np.int64)
    np.add.at(weight, pair, np.concatenate([packets, packets]))
    owner, rest = pairs // (2 * max(n, 1)), pairs % (2 * max(n, 1))
    first = np.zeros(n + 1, np.int32)
    np.cumsum(np.bincount(owner, minlength=n), out=first[1:])
    return first, (rest // 2).astype(np.int32), weight, (rest % 2).astype(np.int8)
