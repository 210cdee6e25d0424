"""Balanced loads by the oldest rule: the longest first, each to the least loaded tile."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from mapper.model.platform import Platform

__all__ = ["bind_longest_first"]

Integers = NDArray[np.int64]


def bind_longest_first(
    order: Iterable[int], times: Integers, allowed: NDArray[np.bool_], platform: Platform
) -> tuple[Integers, Integers, Integers] | None:
    """Bind the clusters in the given order, each to the least loaded tile that has room for it (Graham 1969).

    Parameters
    ----------
    order
        All clusters, the longest first if loads are to be balanced.
    times : shape (actors,)
    allowed : shape (actors, tiles)

    Returns
    -------
    tuple or None
        Binding, shape (actors,), with all others on the I/O tile; load and number of clusters of each tile, shape
        (tiles,). ``None`` if a cluster finds no room.
    """
    binding = np.full(times.size, platform.io_tile, np.int64)
    load, held = np.zeros(platform.tiles, np.int64), np.zeros(platform.tiles, np.int64)
    for actor in order:
        free = allowed[actor] & (held < platform.slots)
        if not free.any():
            return None
        tile = int(np.where(free, load, np.iinfo(np.int64).max).argmin())
        binding[actor] = tile
        load[tile] += times[actor]
        held[tile] += 1
    return binding, load, held
