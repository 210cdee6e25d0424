"""Bind clusters so that the heaviest tile carries as little as possible, whatever they say to each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mapper.model.application import Application
from mapper.model.platform import Platform
from mapper.search.feasibility import allowed_tiles, buffers_hold
from mapper.search.longest_first import bind_longest_first

__all__ = ["balance_loads"]

#: Exchanges tried without a lighter heaviest tile before giving up.
PATIENCE = 64


def balance_loads(
    application: Application, platform: Platform, seed: int = 1, *, sized: bool = False
) -> NDArray[np.int32] | None:
    """A binding whose heaviest load is near the average, or ``None`` if clusters do not fit that way.

    The longest cluster first (those that fit few tiles before all others), then exchanges between two tiles: the
    move, or the swap of one cluster for one, that brings their loads closest together. ``sized`` as for
    :func:`~mapper.search.feasibility.buffers_hold`.

    Returns
    -------
    int32, shape (actors,)
        The input actor on the I/O tile.
    """
    times = application.graph.execution_times
    allowed, slots = allowed_tiles(application, platform), platform.slots
    longest_first = sorted(application.clusters, key=lambda a: (int(allowed[a].sum()), -int(times[a]), a))
    start = bind_longest_first(longest_first, times, allowed, platform)
    if start is None:
        return None
    binding, load = start[0].astype(np.int32), start[1]
    _exchange(times, ~application.is_input, allowed, slots, binding, load, np.random.default_rng(seed))
    return binding if buffers_hold(application, binding, platform, sized=sized) else None


def _exchange(
    times: NDArray[np.int64],
    is_cluster: NDArray[np.bool_],
    allowed: NDArray[np.bool_],
    slots: NDArray[np.int64],
    binding: NDArray[np.int32],
    load: NDArray[np.int64],
    rng: np.random.Generator,
) -> None:
    """Exchange clusters of the heaviest tile with random others, in place."""
    usable = np.flatnonzero(slots > 0)
    best, tried = int(load.max(initial=0)), 0
    while usable.size > 1 and tried < PATIENCE and best > -(-int(load.sum()) // usable.size):
        p = int(load.argmax())
        q = int(rng.choice(usable[usable != p])) if p in usable else int(usable[0])
        tried += 1
        mine, theirs = (np.flatnonzero(is_cluster & (binding == tile)) for tile in (p, q))
        # Row i, column j: what p loses and q gains if mine[i] leaves for theirs[j]; the last column is a plain move.
        shift = times[mine][:, None] - np.append(times[theirs], 0)[None, :]
        legal = allowed[mine, q][:, None] & np.append(allowed[theirs, p], theirs.size < slots[q])[None, :]
        left = np.where(legal, np.maximum(load[p] - shift, load[q] + shift), np.iinfo(np.int64).max)
        i, j = divmod(int(left.argmin()), shift.shape[1])
        if left[i, j] >= load[p]:
            continue
        binding[mine[i]] = q
        if j < theirs.size:
            binding[theirs[j]] = p
        load[p] -= shift[i, j]
        load[q] += shift[i, j]
        if int(load.max()) < best:
            best, tried = int(load.max()), 0
