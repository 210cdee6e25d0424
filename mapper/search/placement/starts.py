"""From an order of clusters and an order of tiles to seats: the constructive placements."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mapper.search.placement.curves import slab_order, tile_curve
from mapper.search.placement.layers import layer_order
from mapper.search.placement.problem import PlacementProblem
from mapper.search.placement.seats import Seats, share_classes
from mapper.search.placement.spectral import slow_coordinates

__all__ = ["along_curve", "in_sequence", "seat_in_order", "spectral_slabs", "spectral_starts"]

#: Directions tried in half a circle.
TURNS = 8


def seat_in_order(
    problem: PlacementProblem, clusters: NDArray[np.int64], tiles: NDArray[np.int64], *, compact: bool = True
) -> NDArray[np.int32]:
    """Seats for the movable clusters, the first cluster on the first tile and so on, int32, shape (all clusters,).

    Parameters
    ----------
    clusters
        The movable ones in some order.
    tiles
        All tiles in some order.
    compact
        Where seats outnumber clusters, use those around the I/O tile (without one, tile 0).
    """
    seats = problem.seats
    counts = np.diff(seats.first)[tiles]
    offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    queue = np.repeat(seats.first[:-1][tiles], counts) + offsets
    if compact and seats.alike and clusters.size < seats.count:
        queue = queue[_nearest(problem, clusters.size)[queue]]
    seat_of = np.full(problem.traffic.clusters, -1, np.int32)
    if seats.alike:
        seat_of[clusters] = queue[: clusters.size]
        return seat_of
    chosen = _choose_classes(seats, clusters)
    classes = seats.class_of[seats.tile[queue]]
    for c in range(seats.fits.shape[1]):
        members = clusters[chosen == c]
        seat_of[members] = queue[classes == c][: members.size]
    return seat_of


def _nearest(problem: PlacementProblem, wanted: int) -> NDArray[np.bool_]:
    """The ``wanted`` seats in the smallest square around the I/O tile, bool, shape (seats,)."""
    columns = problem.grid[0]
    fixed = problem.traffic.fixed
    centre = int(fixed.max(initial=-1).clip(min=0))
    tile = problem.seats.tile.astype(np.int64)
    hops = problem.topology.hops(centre, tile)
    across = problem.topology.hops(centre, centre // columns * columns + tile % columns)
    order = np.lexsort((hops, np.maximum(across, hops - across)))
    mask = np.zeros(tile.size, np.bool_)
    mask[order[:wanted]] = True
    return mask


def _choose_classes(seats: Seats, clusters: NDArray[np.int64]) -> NDArray[np.int64]:
    """A class for each cluster, so that all fit; the first clusters of a kind get the first classes."""
    room = np.bincount(seats.class_of[seats.tile], minlength=seats.fits.shape[1]).astype(np.int64)
    kind = seats.kind[clusters]
    shares = share_classes(np.bincount(kind, minlength=len(seats.fits)).astype(np.int64), seats.fits, room)
    assert shares is not None  # the seats were made so that all clusters fit
    chosen = np.empty(clusters.size, np.int64)
    for k, row in enumerate(shares):
        chosen[kind == k] = np.repeat(np.arange(row.size), row)
    return chosen


def in_sequence(problem: PlacementProblem) -> NDArray[np.int32]:
    """Clusters by number on tiles by number."""
    tiles = np.arange(problem.topology.tiles)
    return seat_in_order(problem, problem.movable, tiles, compact=False)


def along_curve(problem: PlacementProblem) -> NDArray[np.int32]:
    """Clusters in layer order along a Hilbert curve over the tiles."""
    order = layer_order(problem.traffic)
    return seat_in_order(problem, order[problem.traffic.fixed[order] < 0], tile_curve(problem.topology))


def spectral_slabs(problem: PlacementProblem) -> NDArray[np.int32]:
    """The one of :func:`spectral_starts` with the fewest packet-hops."""
    starts = spectral_starts(problem)
    return min(starts, key=lambda seats: problem.packet_hops(problem.tiles_of(seats)))


def spectral_starts(problem: PlacementProblem) -> list[NDArray[np.int32]]:
    """Three starts: clusters cut by one spectral direction into slabs, one a column, and sorted within by another.

    Directions are turned coordinates: where two coordinates are equally slow (a square), any turn of them is as
    good a pair, and only some lie along the columns. Of each two of the three slowest coordinates, the turn with the
    fewest packet-hops is taken. Which two are best, that figure does not tell: traffic of three dimensions (a stack of
    feature maps) has to be folded along one of them, and only annealing shows along which.
    """
    columns, rows = problem.grid
    movable = problem.movable
    coordinates = slow_coordinates(problem)[movable]
    held = np.bincount(problem.seats.tile[_nearest(problem, movable.size)] % columns, minlength=columns)
    slab = np.repeat(np.arange(columns), held)
    tiles = slab_order(columns, rows)
    starts: list[NDArray[np.int32]] = []
    for one, other in combinations(coordinates.T, 2):
        turned: list[NDArray[np.int32]] = []
        for angle in np.arange(TURNS) * np.pi / TURNS:
            along, across = np.cos(angle) * one + np.sin(angle) * other, np.cos(angle) * other - np.sin(angle) * one
            order = np.argsort(along, kind="stable")
            order = order[np.lexsort((across[order], slab))]
            turned.append(seat_in_order(problem, movable[order], tiles))
        starts.append(min(turned, key=lambda seats: problem.packet_hops(problem.tiles_of(seats))))
    return starts
