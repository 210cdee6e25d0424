"""Loads of all links at once: what many transfers along the deterministic routes add up to."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.model.topology import Bus, Mesh, Topology

__all__ = ["link_loads"]

Tiles = NDArray[np.integer[Any]]


def link_loads(topology: Topology, sources: Tiles, targets: Tiles, amounts: NDArray[np.int64]) -> NDArray[np.int64]:
    """What every link carries if ``amounts[i]`` travels from tile ``sources[i]`` to tile ``targets[i]``.

    On a grid a route is one stretch along a row and one along a column; a stretch is added at its two ends, and one
    running sum over each row and column turns ends into loads. Any other topology walks each distinct route once.

    Returns
    -------
    int64, shape (links,)
        In the unit of ``amounts``.

    Examples
    --------
    >>> mesh = Mesh(3, 2)
    >>> loads = link_loads(mesh, np.array([0, 1]), np.array([5, 2]), np.array([10, 4]))
    >>> {mesh.link_name(link): int(load) for link, load in enumerate(loads) if load}
    {'0->1': 10, '1->2': 14, '2->5': 10}
    """
    away = sources != targets
    p, q, moved = (np.asarray(v)[away].astype(np.int64) for v in (sources, targets, amounts))
    if isinstance(topology, Mesh):
        return _grid_loads(topology, p, q, moved)
    loads = np.zeros(len(topology.links), np.int64)
    if isinstance(topology, Bus):
        loads[0] = moved.sum()
        return loads
    pairs, pair = np.unique(p * topology.tiles + q, return_inverse=True)
    together = np.zeros(pairs.size, np.int64)
    np.add.at(together, pair, moved)
    for a, b, load in zip((pairs // topology.tiles).tolist(), (pairs % topology.tiles).tolist(), together, strict=True):
        loads[list(topology.route(a, b))] += load
    return loads


def _grid_loads(mesh: Mesh, p: NDArray[np.int64], q: NDArray[np.int64], moved: NDArray[np.int64]) -> NDArray[np.int64]:
    columns, rows = mesh.columns, mesh.rows
    across = _stretches(p // columns, p % columns, q % columns, moved, (rows, columns), mesh.torus)
    along = _stretches(q % columns, p // columns, q // columns, moved, (columns, rows), mesh.torus)
    leaving = [across[0], across[1], along[0].T, along[1].T]

    tile = np.arange(mesh.tiles)
    column, row = tile % columns, tile // columns
    ends = np.array(mesh.links, np.int64).reshape(-1, 2)
    keys = ends[:, 0] * mesh.tiles + ends[:, 1]
    order = np.argsort(keys)
    loads = np.zeros(keys.size, np.int64)
    steps = ((1, 0), (-1, 0), (0, 1), (0, -1))
    for (d_column, d_row), carried in zip(steps, leaving, strict=True):
        neighbour = (row + d_row) % rows * columns + (column + d_column) % columns
        used = np.flatnonzero(carried.ravel())
        place = np.searchsorted(keys, used * mesh.tiles + neighbour[used], sorter=order)
        loads[order[place]] += carried.ravel()[used]
    return loads


def _stretches(
    line: NDArray[np.int64],
    begin: NDArray[np.int64],
    end: NDArray[np.int64],
    moved: NDArray[np.int64],
    shape: tuple[int, int],
    torus: bool,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Loads that leave each place upwards and downwards, each of ``shape`` (lines, places of a line)."""
    length = shape[1]
    up = (end - begin) % length <= (begin - end) % length if torus else end > begin
    both = []
    for chosen, first, after in ((up & (begin != end), begin, end), (~up, end + 1, begin + 1)):
        ends = np.zeros((shape[0], length + 1), np.int64)
        np.add.at(ends, (line[chosen], first[chosen]), moved[chosen])
        np.add.at(ends, (line[chosen], after[chosen]), -moved[chosen])
        round_the_edge = chosen & (first > after)
        np.add.at(ends, (line[round_the_edge], np.zeros(int(round_the_edge.sum()), np.int64)), moved[round_the_edge])
        both.append(np.cumsum(ends, axis=1)[:, :length])
    return both[0], both[1]
