"""The second objective: swaps that take packets off the busiest link of a grid without costing too many hops."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.model.topology import Mesh
from mapper.search.placement.params import PlacementParams
from mapper.search.placement.problem import PlacementProblem, problem_on
from mapper.search.placement.relief_kernel import relieve

__all__ = ["relieve_links"]

#: Proposals as a share of the effort, how far from its tile a cluster may be sent, and rounds.
SHARE, REACH, ROUNDS = 0.02, 6, 20
#: Proposals between two looks at the clock.
CHUNK = 20_000


def relieve_links(
    problem: PlacementProblem, seat_of: NDArray[np.int32], params: PlacementParams, seconds: float | None = None
) -> NDArray[np.int32]:
    """Descend on packet_hops / (its start) + link_weight * heaviest_link / (its start); never above the start.

    Each proposal moves an end of a transfer over the busiest link to a seat nearby, and takes the change of every
    link's load into account. Only grids have busiest links worth the effort; elsewhere the seats stay.

    Returns
    -------
    int32, shape (clusters,)
    """
    mesh = problem.topology
    start = problem.measure(problem.tiles_of(seat_of))
    if not isinstance(mesh, Mesh) or start.heaviest_link == 0:
        return seat_of
    moves = int(params.effort * SHARE * problem.movable.size) // ROUNDS
    directed = problem_on(problem.traffic, mesh, problem.seats, symmetric=False)
    work = ROUNDS * moves * (4 * mesh.tiles + 16 * (1 + problem.other.size // max(1, problem.traffic.clusters)))
    run = relieve.for_work(work)
    put: Any = np.ndarray.tolist if run is relieve.python else np.ascontiguousarray
    who = np.full(problem.seats.count, -1, np.int32)
    who[seat_of[problem.movable]] = problem.movable
    owner = np.repeat(np.arange(problem.traffic.clusters), np.diff(directed.first)).astype(np.int32)
    seats = problem.seats
    state, moved = put(np.array([params.seed % 2147483646 + 1], np.int64)), put(seat_of.astype(np.int32, copy=True))
    arguments = (
        *(mesh.columns, mesh.rows, mesh.torus, 1 / start.packet_hops, params.link_weight / start.heaviest_link, state),
        *map(put, (directed.first, owner, directed.other, directed.weight, directed.back)),
        *(put(problem.tiles_of(seat_of)), moved, put(who)),
        *map(put, (problem.traffic.fixed, seats.tile, seats.first, seats.kind, seats.fits.ravel(), seats.class_of)),
        *(seats.fits.shape[1], put(np.zeros(4 * mesh.tiles, np.int64)), put(np.zeros(directed.other.size, np.int32))),
    )
    run(0, REACH, *arguments)
    begin, left = time.perf_counter(), ROUNDS * moves
    while left > 0 and (seconds is None or time.perf_counter() - begin < seconds):
        count = min(left, moves if seconds is None else CHUNK)
        run(count, REACH, *arguments)
        left -= count
    return np.array(moved, np.int32)
