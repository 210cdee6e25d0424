"""Orders of tiles in which neighbours in the order are neighbours on the chip."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mapper.model.topology import Mesh, Topology

__all__ = ["hilbert_order", "slab_order", "tile_curve"]


def hilbert_order(columns: int, rows: int) -> NDArray[np.int64]:
    """Tiles of a grid along a Hilbert curve, int64, shape (tiles,).

    The curve of the smallest power-of-two square around the grid, without the tiles outside; where it leaves the grid
    and comes back, two tiles in a row may not be neighbours. Computed bit by bit for all tiles at once.

    Examples
    --------
    >>> hilbert_order(2, 2).tolist()
    [0, 2, 3, 1]
    """
    tile = np.arange(columns * rows)
    x, y = tile % columns, tile // columns
    place = np.zeros(tile.size, np.int64)
    side = 1 << max(columns - 1, rows - 1, 0).bit_length()
    step = side // 2
    while step:
        right, up = (x & step) > 0, (y & step) > 0
        place += step * step * ((3 * right) ^ up)
        flip = right & ~up
        x, y = np.where(flip, side - 1 - x, x), np.where(flip, side - 1 - y, y)
        x, y = np.where(up, x, y), np.where(up, y, x)
        step //= 2
    return np.argsort(place, kind="stable")


def slab_order(columns: int, rows: int) -> NDArray[np.int64]:
    """Tiles column by column, every one downwards, int64, shape (tiles,)."""
    return np.arange(columns * rows).reshape(rows, columns).T.ravel()


def tile_curve(topology: Topology) -> NDArray[np.int64]:
    """The Hilbert curve on a grid; elsewhere the tiles as they are numbered."""
    if isinstance(topology, Mesh):
        return hilbert_order(topology.columns, topology.rows)
    return np.arange(topology.tiles)
