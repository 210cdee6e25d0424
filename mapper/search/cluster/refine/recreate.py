"""Fill the chosen clusters anew, one after another, by a randomised greedy rule."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mapper.compiled import kernel
from mapper.model.platform import UNLIMITED
from mapper.search.cluster.refine.flat import is_forward
from mapper.search.dice import draw, uniform

__all__ = ["Trial", "count_pins", "empty_trial", "packets_into", "recreate"]

Ints = NDArray[np.int64]


class Trial(NamedTuple):
    """One way to spread the groups of a ``Local`` over k clusters.

    Attributes
    ----------
    held : shape (k, g)
        Members of each group in each cluster.
    pins : shape (k, l)
        Groups in each cluster that each source feeds.
    load : shape (k, 5)
        Axons, columns, synapses, packets for the axons and synaptic events of each cluster.
    home : shape (l,)
        The cluster of a source that is a neuron here, else -1.
    limits : shape (k, 5)
    place : float64, shape (k,)
        The clusters' places in the order.
    """

    held: Ints
    pins: Ints
    load: Ints
    home: Ints
    limits: Ints
    place: NDArray[np.float64]


@kernel.allocating
def empty_trial(local, limits, place):  # type: ignore[no-untyped-def]
    """Nothing placed yet."""
    k, groups, sources = len(limits), len(local.neuron), len(local.spikes)
    return Trial(
        np.zeros((k, groups), np.int64),
        np.zeros((k, sources), np.int64),
        np.zeros((k, 5), np.int64),
        np.full(sources, -1, np.int64),
        limits,
        place,
    )


@kernel
def count_pins(local, trial):  # type: ignore[no-untyped-def]
    """Fill pins, loads and homes from ``trial.held``."""
    k, groups = trial.held.shape
    trial.pins[:] = 0
    trial.load[:] = 0
    for c in range(k):
        for g in range(groups):
            held = trial.held[c, g]
            if held > 0:
                trial.load[c, 1] += held
                trial.load[c, 2] += held * local.cells[g]
                trial.load[c, 4] += held * local.events[g]
                if local.itself[g] >= 0:
                    trial.home[local.itself[g]] = c
                for e in range(local.in_ptr[g], local.in_ptr[g + 1]):
                    j = local.in_source[e]
                    if trial.pins[c, j] == 0:
                        trial.load[c, 0] += 1
                        trial.load[c, 3] += local.spikes[j]
                    trial.pins[c, j] += 1


@kernel
def packets_into(local, trial, c):  # type: ignore[no-untyped-def]
    """Packets that cluster c receives."""
    total = 0
    for j in range(len(local.spikes)):
        if trial.pins[c, j] > 0 and trial.home[j] != c:
            total += local.spikes[j]
    return total


@kernel
def _seed(local, left, open_now, overlap, rule, dice):  # type: ignore[no-untyped-def]
    """The group a cluster starts from, or -1; rules: 0 any, 1 nearest to the last cluster, 2 widest, 3 lowest id."""
    groups = len(left)
    start = draw(dice, groups)
    best = -1
    best_key = -1.0
    for i in range(groups):
        g = start + i
        if g >= groups:
            g -= groups
        if left[g] > 0 and open_now[g]:
            width = local.in_ptr[g + 1] - local.in_ptr[g]
            if rule == 0:
                return g
            if rule == 1:
                key = (overlap[g] + 0.001) / (width + 1.0)
            elif rule == 2:
                key = width + 0.0
            else:
                key = 1.0 / (1.0 + local.neuron[g])
            if key > best_key:
                best_key = key
                best = g
    return best


@kernel.allocating
def recreate(flat, local, trial, framed, share, noise, rule, mix, dice):  # type: ignore[no-untyped-def]
    """Fill the clusters of an empty trial in turn; returns whether everything was placed.

    A cluster takes the open group with the largest ``share`` * (spikes it already gets) / (all its spikes) +
    (1 - share) * (rows it already has) / (all its rows), both disturbed by up to ``noise``; if none of those its rows
    touch fits, and ``mix`` allows it, the widest that fits.
    """
    k, groups = trial.held.shape
    left = np.empty(groups, np.int64)
    by_rows, by_spikes = np.empty(groups), np.empty(groups)
    unplaced = 0
    for g in range(groups):
        left[g] = local.member_ptr[g + 1] - local.member_ptr[g]
        unplaced += left[g]
        width = local.in_ptr[g + 1] - local.in_ptr[g]
        by_rows[g] = (1.0 - share) * (1.0 + noise * uniform(dice)) / max(width, 1)
        by_spikes[g] = share * (1.0 + noise * uniform(dice)) / max(local.traffic[g], 1)
    waiting = np.zeros(groups, np.int64)
    if framed:
        for j in range(len(local.owner)):
            o = local.owner[j]
            if o >= 0:
                for e in range(local.out_ptr[j], local.out_ptr[j + 1]):
                    g = local.out_group[e]
                    if is_forward(flat, local.neuron[o], local.neuron[g]):
                        waiting[g] += 1
    overlap, gain, heard = np.zeros(groups, np.int64), np.zeros(groups, np.int64), np.zeros(groups, np.int64)
    open_now, listed = np.zeros(groups, np.bool_), np.zeros(groups, np.bool_)
    touched = np.empty(groups, np.int64)
    present, homed = np.full(len(local.spikes), -1, np.int64), np.full(len(local.spikes), -1, np.int64)
    for c in range(k):
        for g in range(groups):
            open_now[g] = waiting[g] == 0 and local.low[g] <= trial.place[c] and trial.place[c] <= local.high[g]
        g = _seed(local, left, open_now, overlap, rule, dice)
        overlap[:] = 0
        gain[:] = 0
        heard[:] = 0
        listed[:] = False
        count = 0
        rows, columns, cells, events = trial.limits[c, 0], trial.limits[c, 1], trial.limits[c, 2], trial.limits[c, 4]
        room = trial.limits[c, 3]
        buffered = room < UNLIMITED
        while g >= 0:
            taken = min(left[g], columns)
            if local.cells[g] > 0:
                taken = min(taken, cells // local.cells[g])
            if local.events[g] > 0:
                taken = min(taken, events // local.events[g])
            if taken <= 0 or local.in_ptr[g + 1] - local.in_ptr[g] - overlap[g] > rows:
                break
            if local.traffic[g] - heard[g] > room:
                break
            trial.held[c, g] += taken
            left[g] -= taken
            unplaced -= taken
            columns -= taken
            cells -= taken * local.cells[g]
            events -= taken * local.events[g]
            for e in range(local.in_ptr[g], local.in_ptr[g + 1]):
                j = local.in_source[e]
                if present[j] == c:
                    continue
                present[j] = c
                rows -= 1
                if buffered:
                    room -= local.spikes[j]
                    for f in range(local.out_ptr[j], local.out_ptr[j + 1]):
                        heard[local.out_group[f]] += local.spikes[j]
                for f in range(local.out_ptr[j], local.out_ptr[j + 1]):
                    h = local.out_group[f]
                    if left[h] > 0:
                        overlap[h] += 1
                        if homed[j] != c:
                            gain[h] += local.spikes[j]
                        if not listed[h]:
                            listed[h] = True
                            touched[count] = h
                            count += 1
                h = local.owner[j]
                if h >= 0 and left[h] > 0:
                    gain[h] += local.spikes[j]
                    if not listed[h]:
                        listed[h] = True
                        touched[count] = h
                        count += 1
            j = local.itself[g]
            if j >= 0:
                homed[j] = c
                for f in range(local.out_ptr[j], local.out_ptr[j + 1]):
                    h = local.out_group[f]
                    if left[h] > 0 and present[j] != c:
                        gain[h] += local.spikes[j]
                        if not listed[h]:
                            listed[h] = True
                            touched[count] = h
                            count += 1
                    if framed and is_forward(flat, local.neuron[g], local.neuron[h]):
                        waiting[h] -= 1
                        if waiting[h] == 0:
                            open_now[h] = local.low[h] <= trial.place[c] and trial.place[c] <= local.high[h]
            g = -1
            if unplaced == 0 or columns == 0:
                break
            kept = 0
            best = -1.0
            for i in range(count):
                h = touched[i]
                if left[h] == 0 or local.cells[h] > cells or local.events[h] > events:
                    continue
                if local.in_ptr[h + 1] - local.in_ptr[h] - overlap[h] > rows or local.traffic[h] - heard[h] > room:
                    continue
                touched[kept] = h
                kept += 1
                if open_now[h]:
                    key = by_rows[h] * overlap[h] + by_spikes[h] * gain[h]
                    if key > best:
                        best = key
                        g = h
            count = kept
            if g < 0 and mix:
                start = draw(dice, groups)
                widest = -1
                for i in range(groups):
                    h = start + i
                    if h >= groups:
                        h -= groups
                    width = local.in_ptr[h + 1] - local.in_ptr[h]
                    light = local.cells[h] <= cells and local.events[h] <= events and local.traffic[h] <= room
                    if left[h] > 0 and open_now[h] and light and widest < width <= rows:
                        widest = width
                        g = h
    return unplaced == 0
