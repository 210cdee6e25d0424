"""A few clusters cut out of the network: their neurons in groups of twins, over the sources these neurons have."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mapper.compiled import kernel
from mapper.search.cluster.refine.flat import is_forward

__all__ = ["Local", "gather"]

Ints = NDArray[np.int64]


class Local(NamedTuple):
    """The neurons of the chosen clusters in g groups over l local sources.

    A group is a class of twins, except that a neuron that is itself a source here stands alone.

    Attributes
    ----------
    ids : shape (k,)
        The chosen clusters, in their order.
    member_ptr : shape (g + 1,), members
        The neurons of each group.
    in_ptr : shape (g + 1,), in_source
        The local sources of each group.
    out_ptr : shape (l + 1,), out_group
        The groups each local source feeds.
    spikes, owner : shape (l,)
        Spikes of each source, and the group it is itself (-1 if it is not among the neurons here).
    itself : shape (g,)
        The local source a group is, or -1.
    cells, events, traffic, weight : shape (g,)
        Of each member: synapses, synaptic events, spikes of all sources, share of rows.
    low, high : shape (g,)
        The places its forward neighbours in other clusters leave to a group.
    neuron : shape (g,)
        One member, which stands for all.
    """

    ids: Ints
    member_ptr: Ints
    members: Ints
    in_ptr: Ints
    in_source: Ints
    out_ptr: Ints
    out_group: Ints
    spikes: Ints
    owner: Ints
    itself: Ints
    cells: Ints
    events: Ints
    traffic: Ints
    weight: NDArray[np.float64]
    low: Ints
    high: Ints
    neuron: Ints


@kernel.allocating
def _members(part, ids):  # type: ignore[no-untyped-def]
    """The neurons of the clusters ``ids``."""
    total = 0
    for c in ids:
        total += part.load[c, 1]
    neurons = np.empty(total, np.int64)
    i = 0
    for c in ids:
        v = part.head[c]
        while v >= 0:
            neurons[i] = v
            i += 1
            v = part.following[v]
    return neurons


@kernel
def _mark_sources(flat, neurons, mark, group_of):  # type: ignore[no-untyped-def]
    """Set ``mark`` to 0 for all sources of the neurons, reading one neuron of each class of twins."""
    for v in neurons:
        k = flat.twin[v]
        if group_of[k] < 0:
            group_of[k] = 0
            for e in range(flat.in_ptr[v], flat.in_ptr[v + 1]):
                mark[flat.in_source[e]] = 0
    for v in neurons:
        group_of[flat.twin[v]] = -1


@kernel.allocating
def _group(flat, neurons, mark, group_of):  # type: ignore[no-untyped-def]
    """(member_ptr, members): twins together, except those that are marked as sources."""
    total = len(neurons)
    group = np.empty(total, np.int64)
    groups = 0
    for i in range(total):
        v = neurons[i]
        k = flat.twin[v]
        if mark[v] >= 0:
            group[i] = groups
            groups += 1
        else:
            if group_of[k] < 0:
                group_of[k] = groups
                groups += 1
            group[i] = group_of[k]
    for v in neurons:
        group_of[flat.twin[v]] = -1
    member_ptr = np.zeros(groups + 1, np.int64)
    for i in range(total):
        member_ptr[group[i] + 1] += 1
    for g in range(groups):
        member_ptr[g + 1] += member_ptr[g]
    members = np.empty(total, np.int64)
    filled = member_ptr.copy()
    for i in range(total):
        members[filled[group[i]]] = neurons[i]
        filled[group[i]] += 1
    return member_ptr, members


@kernel.allocating
def _number_sources(flat, neuron, mark):  # type: ignore[no-untyped-def]
    """(in_ptr, in_source, source): local numbers for the sources as the groups meet them; ``mark`` keeps them."""
    groups = len(neuron)
    in_ptr = np.zeros(groups + 1, np.int64)
    for g in range(groups):
        v = neuron[g]
        in_ptr[g + 1] = in_ptr[g] + flat.in_ptr[v + 1] - flat.in_ptr[v]
        for e in range(flat.in_ptr[v], flat.in_ptr[v + 1]):
            mark[flat.in_source[e]] = -1
    in_source = np.empty(in_ptr[groups], np.int64)
    source = np.empty(in_ptr[groups], np.int64)
    sources = 0
    at = 0
    for v in neuron:
        for e in range(flat.in_ptr[v], flat.in_ptr[v + 1]):
            s = flat.in_source[e]
            if mark[s] < 0:
                mark[s] = sources
                source[sources] = s
                sources += 1
            in_source[at] = mark[s]
            at += 1
    return in_ptr, in_source, source[:sources].copy()


@kernel.allocating
def _reverse(in_ptr, in_source, sources):  # type: ignore[no-untyped-def]
    """(out_ptr, out_group): the groups of each local source."""
    out_ptr = np.zeros(sources + 1, np.int64)
    for e in range(len(in_source)):
        out_ptr[in_source[e] + 1] += 1
    for j in range(sources):
        out_ptr[j + 1] += out_ptr[j]
    out_group = np.empty(len(in_source), np.int64)
    fill = out_ptr.copy()
    for g in range(len(in_ptr) - 1):
        for e in range(in_ptr[g], in_ptr[g + 1]):
            j = in_source[e]
            out_group[fill[j]] = g
            fill[j] += 1
    return out_ptr, out_group


@kernel
def _hemmed_by(part, ids, i):  # type: ignore[no-untyped-def]
    """Whether clusters between the chosen ones, sorted by place, may (lead to the i-th, be led to by it)."""
    hears, tells = len(part.leads) == 0, len(part.leads) == 0
    if len(part.leads) > 0:
        for place in range(part.place[ids[0]], part.place[ids[-1]]):
            c = part.order[place]
            between = True
            for other in ids:
                if other == c:
                    between = False
            if between:
                hears = hears or part.leads[c, ids[i]]
                tells = tells or part.leads[ids[i], c]
    return hears, tells


@kernel
def _hem(flat, part, ids, member_ptr, members, group_of, low, high):  # type: ignore[no-untyped-def]
    """Narrow ``low`` and ``high`` to the places that forward neighbours in other clusters leave to each group."""
    for v in members:
        group_of[v] = 0
    for i in range(len(ids)):
        hears, tells = _hemmed_by(part, ids, i)
        for g in range(len(low)):
            v = members[member_ptr[g]]
            if hears and part.home[v] == ids[i]:
                for e in range(flat.in_ptr[v], flat.in_ptr[v + 1]):
                    s = flat.in_source[e]
                    h = part.home[s]
                    if h >= 0 and group_of[s] < 0 and part.place[h] > low[g] and is_forward(flat, s, v):
                        low[g] = part.place[h]
            for m in range(member_ptr[g], member_ptr[g + 1]):
                u = members[m]
                if tells and part.home[u] == ids[i]:
                    for e in range(flat.out_ptr[u], flat.out_ptr[u + 1]):
                        t = flat.out_target[e]
                        place = part.place[part.home[t]]
                        if place < high[g] and group_of[t] < 0 and is_forward(flat, u, t):
                            high[g] = place
    for v in members:
        group_of[v] = -1


@kernel.allocating
def gather(flat, part, ids, hemmed, mark, group_of):  # type: ignore[no-untyped-def]
    """Cut out the clusters ``ids``; ``hemmed``: others stand between them, so that places are to be watched.

    ``mark`` and ``group_of`` hold -1 for each neuron, before and after.
    """
    neurons = _members(part, ids)
    _mark_sources(flat, neurons, mark, group_of)
    member_ptr, members = _group(flat, neurons, mark, group_of)
    groups = len(member_ptr) - 1
    neuron = members[member_ptr[:groups]]
    in_ptr, in_source, source = _number_sources(flat, neuron, mark)
    sources = len(source)
    out_ptr, out_group = _reverse(in_ptr, in_source, sources)
    spikes, owner = np.empty(sources, np.int64), np.full(sources, -1, np.int64)
    for j in range(sources):
        spikes[j] = flat.spikes[source[j]]
    itself, traffic = np.full(groups, -1, np.int64), np.zeros(groups, np.int64)
    cells, events, weight = np.empty(groups, np.int64), np.empty(groups, np.int64), np.empty(groups)
    for g in range(groups):
        v = neuron[g]
        cells[g], events[g], weight[g] = flat.cells[v], flat.events[v], flat.weight[v]
        for e in range(in_ptr[g], in_ptr[g + 1]):
            traffic[g] += spikes[in_source[e]]
        if mark[v] >= 0:
            owner[mark[v]] = g
            itself[g] = mark[v]
    low, high = np.full(groups, -1, np.int64), np.full(groups, len(part.place), np.int64)
    if hemmed:
        _hem(flat, part, ids, member_ptr, members, group_of, low, high)
    for j in range(sources):
        mark[source[j]] = -1
    return Local(
        ids, member_ptr, members, in_ptr, in_source, out_ptr, out_group, spikes, owner, itself,
        cells, events, traffic, weight, low, high, neuron,
    )  # fmt: skip
