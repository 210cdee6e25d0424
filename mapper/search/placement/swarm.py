"""Particle swarm placement, reimplemented after SpiNeMap (Balaji et al., IEEE TVLSI 2020) and PSOPART before it."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from mapper.search.placement.params import PlacementParams
from mapper.search.placement.problem import PlacementProblem
from mapper.search.placement.starts import seat_in_order

__all__ = ["place_by_swarm"]

PARTICLES, INERTIA, OWN, COMMON = 30, 0.72, 1.49, 1.49


def place_by_swarm(problem: PlacementProblem, params: PlacementParams) -> NDArray[np.int32]:
    """The best placement that any particle met; a particle is one number per cluster, the order of which places it.

    The published method lets particles move in binary (cluster, crossbar) coordinates and repairs them; sorted real
    coordinates always stand for a legal placement. The effort is shared: one evaluation of a placement counts as one
    proposal per cluster.
    """
    begin = time.perf_counter()
    random = np.random.default_rng(params.seed)
    movable, tiles = problem.movable, np.arange(problem.topology.tiles)

    def seats(position: NDArray[np.float64]) -> NDArray[np.int32]:
        return seat_in_order(problem, movable[np.argsort(position, kind="stable")], tiles)

    def cost(position: NDArray[np.float64]) -> int:
        return problem.packet_hops(problem.tiles_of(seats(position)))

    place = random.random((PARTICLES, movable.size))
    speed = 0.1 * (random.random(place.shape) - 0.5)
    costs = np.array([cost(position) for position in place])
    own, own_costs = place.copy(), costs.copy()
    for _ in range(params.effort // PARTICLES):
        if params.seconds is not None and time.perf_counter() - begin >= params.seconds:
            break
        leader = own[own_costs.argmin()]
        speed = (
            INERTIA * speed
            + OWN * random.random(place.shape) * (own - place)
            + COMMON * random.random(place.shape) * (leader - place)
        )
        place = place + speed
        costs = np.array([cost(position) for position in place])
        better = costs < own_costs
        own[better], own_costs[better] = place[better], costs[better]
    return seats(own[own_costs.argmin()])
