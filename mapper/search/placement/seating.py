"""A placement being changed: the arrays a kernel works on, as NumPy arrays or, for small work, as lists."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.model.topology import Mesh
from mapper.search.placement.kernels import swap
from mapper.search.placement.problem import PlacementProblem

__all__ = ["Seating"]

_NOTHING = np.empty(0, np.int64)


class Seating:
    """Who sits where. Compiled and plain loops draw the same numbers and take the same decisions.

    Parameters
    ----------
    seat_of : int32, shape (clusters,)
        The start; entries of fixed clusters are ignored.
    work
        Elementary operations to come: decides between plain and compiled loops.
    busy, limit
        What each cluster adds to its tile's load, and the most a tile may bear; by default nothing is limited.
    """

    def __init__(
        self,
        problem: PlacementProblem,
        seat_of: NDArray[np.int32],
        *,
        seed: int,
        work: int,
        busy: NDArray[np.int64] | None = None,
        limit: int = np.iinfo(np.int64).max,
    ) -> None:
        self.problem = problem
        self._swap = swap.for_work(work)
        put: Any = np.ndarray.tolist if self._swap is swap.python else np.ascontiguousarray
        seats, n = problem.seats, problem.traffic.clusters
        columns, rows = problem.grid
        binding = problem.tiles_of(seat_of)
        who = np.full(seats.count, -1, np.int32)
        who[seat_of[problem.movable]] = problem.movable
        times = np.zeros(n, np.int64) if busy is None else busy
        load = np.zeros(columns * rows, np.int64)
        np.add.at(load, binding[problem.movable], times[problem.movable])
        tile = np.arange(columns * rows)
        self._state: Any = put(np.array([seed % 2147483646 + 1, 0, 0, seats.fits.shape[1]], np.int64))
        self._seat_of: Any = put(seat_of.astype(np.int32, copy=True))
        self._fixed: tuple[Any, ...] = tuple(map(put, (problem.first, problem.other, problem.weight, problem.back)))
        self._fixed += (put(problem.movable),)
        position = (binding, binding % columns, binding // columns)
        self._moving: tuple[Any, ...] = (*map(put, position), self._seat_of, put(who))
        place = ((tile % columns).astype(np.int32), (tile // columns).astype(np.int32))
        rules = (seats.kind, seats.fits.ravel(), seats.class_of, times, load)
        around, table = _distances(problem)
        chip = (*map(put, (seats.tile, seats.first, *place)), *around, put(table))
        self._chip: tuple[Any, ...] = (*chip, *map(put, rules), limit)
        self._put = put

    @property
    def seat_of(self) -> NDArray[np.int32]:
        """A copy of the present seats, int32, shape (clusters,)."""
        return np.array(self._seat_of, np.int32)

    @property
    def change(self) -> int:
        """Packet-hops gained (negative: saved) since the start."""
        return int(self._state[2])

    def draw(self, moves: int, temperature: float, reach: int) -> int:
        """Propose random swaps; how many were accepted."""
        return self._run(moves, _NOTHING, temperature, reach)

    def descend(self, pairs: NDArray[np.int64]) -> int:
        """Try listed pairs of seats, int64, shape (pairs, 2), in order; how many saved packet-hops and were made."""
        return self._run(len(pairs), pairs.ravel(), 0.0, 0)

    def _run(self, moves: int, listed: NDArray[np.int64], temperature: float, reach: int) -> int:
        before = int(self._state[1])
        self._swap(moves, self._put(listed), temperature, reach, self._state, *self._fixed, *self._moving, *self._chip)
        return int(self._state[1]) - before


def _distances(problem: PlacementProblem) -> tuple[tuple[int, int], NDArray[np.int64]]:
    """(lengths of a way round a row and a column, 0 without one; table of all distances): a grid needs no table."""
    topology = problem.topology
    if isinstance(topology, Mesh):
        return (topology.columns, topology.rows) if topology.torus else (0, 0), _NOTHING
    tile = np.arange(topology.tiles)
    return (0, 0), topology.hops(tile[:, None], tile[None, :]).ravel()
