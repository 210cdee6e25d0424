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
def gather(flat, part, ids, hemmed, mark, group_of):  # type: ignore[no-untyped-def]
    """Cut out the clusters ``ids``. ``mark`` and ``group_of`` hold -1 for each neuron, before and after."""
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
    # Sources, from one neuron of each class; group_of serves as the mark of the classes.
    pairs = 0
    for v in neurons:
        k = flat.twin[v]
        if group_of[k] < 0:
            group_of[k] = 0
            pairs += flat.in_ptr[v + 1] - flat.in_ptr[v]
            for e in range(flat.in_ptr[v], flat.in_ptr[v + 1]):
                mark[flat.in_source[e]] = 0
    for v in neurons:
        group_of[flat.twin[v]] = -1
    # Groups: the class's first neuron that is no source here opens one for all of them.
    group = np.empty(total, np.int64)
    groups = 0
    wide = 0
    for i in range(total):
        v = neurons[i]
        k = flat.twin[v]
        if mark[v] >= 0:
            group[i] = groups
            groups += 1
            wide += flat.in_ptr[v + 1] - flat.in_ptr[v]
        else:
            if group_of[k] < 0:
                group_of[k] = groups
                groups += 1
                wide += flat.in_ptr[v + 1] - flat.in_ptr[v]
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
    # Sources get local numbers as the groups meet them.
    in_ptr = np.zeros(groups + 1, np.int64)
    in_source = np.empty(wide, np.int64)
    source = np.empty(pairs, np.int64)
    cells, events = np.empty(groups, np.int64), np.empty(groups, np.int64)
    traffic = np.zeros(groups, np.int64)
    weight = np.empty(groups)
    neuron = np.empty(groups, np.int64)
    sources = 0
    at = 0
    for g in range(groups):
        v = members[member_ptr[g]]
        neuron[g] = v
        for e in range(flat.in_ptr[v], flat.in_ptr[v + 1]):
            mark[flat.in_source[e]] = -1
    for g in range(groups):
        v = neuron[g]
        cells[g] = flat.cells[v]
        events[g] = flat.events[v]
        weight[g] = flat.weight[v]
        for e in range(flat.in_ptr[v], flat.in_ptr[v + 1]):
            s = flat.in_source[e]
            if mark[s] < 0:
                mark[s] = sources
                source[sources] = s
                sources += 1
            in_source[at] = mark[s]
            traffic[g] += flat.spikes[s]
            at += 1
        in_ptr[g + 1] = at
    out_ptr = np.zeros(sources + 1, np.int64)
    for e in range(wide):
        out_ptr[in_source[e] + 1] += 1
    for j in range(sources):
        out_ptr[j + 1] += out_ptr[j]
    out_group = np.empty(wide, np.int64)
    fill = out_ptr.copy()
    for g in range(groups):
        for e in range(in_ptr[g], in_ptr[g + 1]):
            j = in_source[e]
            out_group[fill[j]] = g
            fill[j] += 1
    spikes = np.empty(sources, np.int64)
    owner = np.full(sources, -1, np.int64)
    itself = np.full(groups, -1, np.int64)
    for j in range(sources):
        spikes[j] = flat.spikes[source[j]]
    for g in range(groups):
        j = mark[neuron[g]]
        if j >= 0:
            owner[j] = g
            itself[g] = j
    low = np.full(groups, -1, np.int64)
    high = np.full(groups, len(part.place), np.int64)
    if hemmed:
        for v in neurons:
            group_of[v] = 0
        for i in range(len(ids)):
            hears, tells = _hemmed_by(part, ids, i)
            for g in range(groups):
                v = neuron[g]
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
        for v in neurons:
            group_of[v] = -1
    for j in range(sources):
        mark[source[j]] = -1
    return Local(
        ids, member_ptr, members, in_ptr, in_source, out_ptr, out_group, spikes[:sources], owner, itself,
        cells, events, traffic, weight, low, high, neuron,
    )  # fmt: skip
