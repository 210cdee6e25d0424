"""Spread synapses and synaptic events evenly over the clusters: limits that say so, and a first clustering within them.

Each cluster is cut into small pieces of neighbouring neurons; pieces stay where they are as long as they fit, and the
others go to the clusters with the most room, the largest first. The search then works within the tightened limits.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from mapper.model.platform import UNLIMITED
from mapper.search.cluster.refine.flat import Flat

__all__ = ["even_limits", "imbalance", "spread"]

Ints = NDArray[np.int64]

#: Columns of the limits that add up over pieces: columns, synapses, events.
_KINDS = [1, 2, 4]

#: Pieces a full cluster is cut into, and the share of its limits up to which it may keep what it has. Tried one after
#: another: few large pieces keep more neighbours together, many small ones fit more easily.
_PIECES = (4, 6, 8, 12, 16, 32, 128)
_KEPT = (0.8, 0.6, 0.0)

#: Clusters tried, as multiples of the fewest.
_COUNTS = (1.0, 1.05, 1.15, 1.3)


def imbalance(load: Ints) -> float:
    """By which share the largest of the loads exceeds their mean.

    Examples
    --------
    >>> imbalance(np.array([10, 10, 16]))
    0.33333333333333326
    """
    mean = float(load.mean()) if load.size else 0.0
    return float(load.max()) / mean - 1.0 if mean else 0.0


def even_limits(flat: Flat, rows: Ints, count: int, share: float) -> Ints:
    """Limits of ``count`` clusters that let none have more than 1 + ``share`` times the mean synapses and events.

    Parameters
    ----------
    rows : int64, shape (at least 1, 5)
        Axons, columns, synapses, packets and events of each cluster in turn; the last row's hold for all further ones.

    Returns
    -------
    int64, shape (count, 5)
    """
    limits: Ints = rows[np.minimum(np.arange(count), len(rows) - 1)].copy()
    for column, demand in ((2, flat.cells), (4, flat.events)):
        even = int((1.0 + share) * int(demand.sum()) / count)
        limits[:, column] = np.minimum(limits[:, column], even)
    return limits


def spread(flat: Flat, home: NDArray[np.int32], rows: Ints, share: float) -> tuple[NDArray[np.int32], Ints] | None:
    """A clustering close to ``home`` whose loads are even, and its limits, or ``None`` if none was found.

    Where clusters have an order to keep (frame mode with forward pairs) there is only ``home`` itself to hope for.

    Parameters
    ----------
    home : int32, shape (neurons,)
        A legal clustering: clusters 0, 1, ...; -1 for inputs.
    rows, share
        As for :func:`even_limits`.
    """
    used = np.unique(home[home >= 0]).size
    limits = even_limits(flat, rows, used, share)
    if (_held(flat, home, used) <= limits[:, _KINDS]).all():
        return home, limits
    if flat.component.size:
        return None
    # From so many clusters on it is evenness, not their size, that limits neurons and synapses.
    most = rows.max(axis=0)
    roomy = (1.0 + share) * max(np.count_nonzero(home >= 0) / int(most[1]), float(flat.cells.sum()) / int(most[2]))
    fewest = max(used, int(np.ceil(roomy)))
    for pieces, keep, multiple in product(_PIECES, _KEPT, _COUNTS):
        limits = even_limits(flat, rows, int(multiple * fewest), share)
        found = _spread(flat, home, limits, pieces, keep)
        if found is not None:
            return found, limits
    return None


def _held(flat: Flat, home: NDArray[np.int32], count: int) -> Ints:
    """(columns, synapses, events) of each cluster, int64, shape (count, 3)."""
    neurons = np.flatnonzero(home >= 0)
    held = np.zeros((count, 3), np.int64)
    need = np.stack([np.ones(neurons.size, np.int64), flat.cells[neurons], flat.events[neurons]], axis=1)
    np.add.at(held, home[neurons], need)
    return held


def _spread(flat: Flat, home: NDArray[np.int32], limits: Ints, pieces: int, keep: float) -> NDArray[np.int32] | None:
    neurons = np.flatnonzero(home >= 0)
    order = neurons[np.lexsort((neurons, flat.twin[neurons], home[neurons]))]
    need = np.stack([np.ones(order.size, np.int64), flat.cells[order], flat.events[order]], axis=1)
    cluster = home[order].astype(np.int64)
    room = limits[:, _KINDS].astype(np.float64)
    share = (need / np.maximum(room[cluster], 1)).max(axis=1)
    total = np.cumsum(share)
    first = np.searchsorted(cluster, np.arange(limits.shape[0]))
    before = np.concatenate([[0.0], total])[first]
    step = ((total - share - before[cluster]) * pieces).astype(np.int64)
    start = np.flatnonzero(np.concatenate([[True], (np.diff(cluster) != 0) | (np.diff(step) != 0)]))
    demand = np.add.reduceat(need, start, axis=0)
    members = np.split(order, start[1:])
    bins = _Bins(flat, limits)
    largest_first = np.argsort(-np.add.reduceat(share, start), kind="stable").tolist()
    moving = [i for i in largest_first if not bins.put(i, members[i], demand[i], [int(cluster[start[i]])], keep)]
    for i in moving:
        fullness = ((bins.held + demand[i]) / np.maximum(room, 1)).max(axis=1)
        if not bins.put(i, members[i], demand[i], np.argsort(fullness, kind="stable").tolist()):
            return None
    result = np.full(home.size, -1, np.int32)
    for i, c in bins.place.items():
        result[members[i]] = c
    if np.unique(result[neurons]).size < limits.shape[0]:
        return None
    return result


class _Bins:
    """Clusters that are being filled: columns, synapses and events, and the rows if they or packets can run out."""

    def __init__(self, flat: Flat, limits: Ints) -> None:
        self.flat, self.limits = flat, limits
        self.held = np.zeros((len(limits), 3), np.int64)
        self.place: dict[int, int] = {}
        heard = np.diff(flat.out_ptr) > 0
        scarce = int(limits[:, 0].min()) < np.count_nonzero(heard) or limits[:, 3].min() < flat.spikes[heard].sum()
        self.rows = [set[int]() for _ in limits] if scarce else None

    def put(self, piece: int, members: Ints, demand: Ints, bins: list[int], share: float = 1.0) -> bool:
        """Put a piece into the first of ``bins`` it fits within ``share`` of the limits; returns whether it fits."""
        sources: set[int] = set()
        if self.rows is not None:
            for v in members.tolist():
                sources.update(self.flat.in_source[self.flat.in_ptr[v] : self.flat.in_ptr[v + 1]].tolist())
        for c in bins:
            if (self.held[c] + demand > share * self.limits[c, _KINDS]).any():
                continue
            if self.rows is not None:
                union = self.rows[c] | sources
                if len(union) > self.limits[c, 0]:
                    continue
                if self.limits[c, 3] < UNLIMITED and self.flat.spikes[list(union)].sum() > self.limits[c, 3]:
                    continue
                self.rows[c] |= sources
            self.held[c] += demand
            self.place[piece] = c
            return True
        return False
