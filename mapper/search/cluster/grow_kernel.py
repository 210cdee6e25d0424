"""The loop of growing: one cluster after another takes the vertex that fits it best.

The candidates of the open cluster stand in slots, in the order in which they were met; each block of slots knows its
best score. A touch is then one short record per vertex and a few dense arrays that stay in the cache.
"""

from __future__ import annotations

from mapper.compiled import kernel
from mapper.model.platform import UNLIMITED
from mapper.search.cluster.flow import _forward

__all__ = ["BLOCK", "PLACED", "grow_clusters"]

#: Stamp of a vertex that is placed, or never will be (an input).
PLACED = 2**31 - 1

#: Slots of a block.
BLOCK = 64

#: Taken off the score (0 to 1) of a candidate that waits for a sender, or did not fit.
_HELD = 8.0

#: Scores of candidates that can be taken are above this.
_OPEN = -1.0

_GONE = -100.0


@kernel
def _rows_needed(v, in_ptr, in_net, weight, mark, axon):  # type: ignore[no-untyped-def]
    """New axons of the open cluster (nets marked at least ``axon``) if v joins."""
    one_row = len(weight) == 0
    need = 0
    for e in range(in_ptr[v], in_ptr[v + 1]):
        if mark[in_net[e]] < axon:
            need += 1 if one_row else weight[in_net[e]]
    return need


@kernel
def _packets_fit(v, room, load, in_ptr, in_net, spikes, mark, axon):  # type: ignore[no-untyped-def]
    """Whether the packets of v's new axons find room in the open cluster's buffer; without a limit they always do."""
    more = load[v]
    if more > room:
        for e in range(in_ptr[v], in_ptr[v + 1]):
            if mark[in_net[e]] >= axon:
                more -= spikes[in_net[e]]
    return more <= room


@kernel
def _lower(slot, value, met, score, block):  # type: ignore[no-untyped-def]
    """Set the score of a slot to less than it was."""
    score[slot] = value
    start = slot // BLOCK * BLOCK
    best = _GONE
    for k in range(start, min(start + BLOCK, met)):
        if score[k] > best:
            best = score[k]
    block[slot // BLOCK] = best


@kernel
def _best(met, score, block):  # type: ignore[no-untyped-def]
    """The slot of the best candidate, the first of equals; -1 if none can be taken."""
    top = _OPEN
    chosen = -1
    for b in range((met + BLOCK - 1) // BLOCK):
        if block[b] > top:
            top = block[b]
            chosen = b
    if chosen < 0:
        return -1
    slot = chosen * BLOCK
    while score[slot] < top:
        slot += 1
    return slot


@kernel
def _overdue(met, score, block, touched, before, least):  # type: ignore[no-untyped-def]
    """The first candidate of at least that score that no addition since ``before`` has touched; -1 if none."""
    for b in range((met + BLOCK - 1) // BLOCK):
        if block[b] >= least:
            for k in range(b * BLOCK, min((b + 1) * BLOCK, met)):
                if score[k] >= least and touched[k] < before:
                    return k
    return -1


@kernel
def _join(v, c, eager, lazy, inside, graph, mark, assignment, axons, counts, scans):  # type: ignore[no-untyped-def]
    """Enter v's sources as axons of cluster c; list the nets to scan. Returns (axons, new rows, scans).

    ``mark`` of a net is 4 c + what is known of it in cluster c: 0 its sender is inside, 1 an axon of one vertex, not
    scanned yet (lazy), 2 an axon whose targets know it.
    """
    in_ptr, in_net, own_ptr, own_net, weight, spikes = graph
    scan_net, scan_rows, scan_spikes, scan_release = scans
    held, rows, listed = counts, 0, 0
    one_row = len(weight) == 0
    for e in range(in_ptr[v], in_ptr[v + 1]):
        s = in_net[e]
        known = mark[s] - 4 * c
        fresh = known <= 0
        if fresh:
            axons[held] = s
            held += 1
            rows += 1 if one_row else weight[s]
        if known == 1 or (fresh and (not lazy or eager > 0)):
            eager -= 1
            mark[s] = 4 * c + 2
            scan_net[listed] = s
            scan_rows[listed] = 1 if one_row else weight[s]
            scan_spikes[listed] = 0 if known == 0 else spikes[s]
            scan_release[listed] = 0
            listed += 1
        elif fresh:
            mark[s] = 4 * c + 1
    if inside:
        for e in range(own_ptr[v], own_ptr[v + 1]):
            s = own_net[e]
            fresh = mark[s] < 4 * c
            if fresh:
                mark[s] = 4 * c
            scan_net[listed] = s
            scan_rows[listed] = 0
            scan_spikes[listed] = spikes[s] if fresh else 0
            scan_release[listed] = 1
            listed += 1
    return held, rows, listed


@kernel
def grow_clusters(order, pins, vertices, nets, ordered, limits, options, records, assignment):  # type: ignore[no-untyped-def]
    """Fill ``assignment`` of every vertex of ``order``; returns (clusters, packets, packets sent by inputs, effort).

    The effort is the number of pins read. If vertex v fits no further cluster, returns (-1 - v, 0, 0, 0).

    Parameters
    ----------
    order
        Vertices to place; seeds are taken from its front, so it is topological where clusters must be convex.
    pins
        out_ptr, out_vertex, in_ptr, in_net, own_ptr, own_net of the hypergraph.
    vertices, nets
        columns, synapses, width, load (packets of its axons), placeable; home, weight (of length 0: one row each),
        spikes.
    ordered
        component, population, waiting (see ``count_waiting``); of length 0 where every clustering is convex.
    limits
        Row c holds the limits of cluster c (axons, neurons, synapses, packets), the last row those of all further ones.
    options
        frontier (take the next seed from the last cluster's rejected vertices), inside (count spikes that stay
        inside), lazy (scan a net at its second use), eager (nets of a lazy seed scanned at once), patience (lazy
        candidates refused in a row), ahead (vertices of the order tried when no neighbour fits), least and settle (a
        candidate of at least that score that the last ``settle`` additions have not touched is taken first), tally
        (whether to count packets).
    records
        node and gain, two views of one record per vertex: stamp and slot as integers, and what a shared row and a spike
        kept local add to its score as 32-bit floats; mark (-1 for each net), and room to work in.
    """
    out_ptr, out_vertex, in_ptr, in_net, own_ptr, own_net = pins
    columns, synapses, width, load, placeable = vertices
    home, weight, spikes = nets
    component, population, waiting = ordered
    frontier, inside, lazy, eager, patience, ahead, least, settle, tally = options
    node, gain, mark, axons, slots, scans = records
    ids, score, overlap, row_gain, spike_gain, touched, block = slots
    scan_net, scan_rows, scan_spikes, scan_release = scans
    convex = len(waiting) > 0
    look = inside or convex
    graph = (in_ptr, in_net, own_ptr, own_net, weight, spikes)
    last = len(limits) - 1
    total, by_inputs, effort = 0, 0, 0
    c = -1
    cursor = 0
    seed = -1
    while True:
        if seed < 0:
            while cursor < len(order) and assignment[order[cursor]] >= 0:
                cursor += 1
            if cursor == len(order):
                break
            seed = order[cursor]
        c += 1
        row = min(c, last)
        rows, free, cells, room = limits[row][0], limits[row][1], limits[row][2], limits[row][3]
        if width[seed] > rows or columns[seed] > free or synapses[seed] > cells or load[seed] > room:
            return -1 - seed, 0, 0, 0
        held, met, step = 0, 0, 0
        v = seed
        while v >= 0:
            assignment[v] = c
            if node[v, 0] == c:
                _lower(node[v, 1], _GONE, met, score, block)
            node[v, 0] = PLACED
            first = eager if v == seed else 0
            before = held
            held, new, listed = _join(v, c, first, lazy, look, graph, mark, assignment, axons, held, scans)
            if room < UNLIMITED:
                for i in range(before, held):
                    room -= spikes[axons[i]]
            step += 1
            effort += in_ptr[v + 1] - in_ptr[v]
            rows -= new
            free -= columns[v]
            cells -= synapses[v]
            for i in range(listed):
                s = scan_net[i]
                effort += out_ptr[s + 1] - out_ptr[s]
                more_rows, more_spikes = scan_rows[i], scan_spikes[i]
                release = convex and scan_release[i] > 0
                for e in range(out_ptr[s], out_ptr[s + 1]):
                    t = out_vertex[e]
                    if release and _forward(component, population, v, t):
                        waiting[t] -= 1
                    stamp = node[t, 0]
                    if stamp == PLACED:
                        continue
                    if stamp == c:
                        k = node[t, 1]
                    else:
                        k = met
                        met += 1
                        node[t, 0] = c
                        node[t, 1] = k
                        ids[k] = t
                        overlap[k] = 0
                        row_gain[k] = gain[t, 2]
                        spike_gain[k] = gain[t, 3]
                        score[k] = -_HELD if convex and waiting[t] > 0 else 0.0
                        if k % BLOCK == 0:
                            block[k // BLOCK] = _GONE
                    touched[k] = step
                    overlap[k] += more_rows
                    value = score[k] + more_rows * row_gain[k] + more_spikes * spike_gain[k]
                    if value < _OPEN and not (convex and waiting[t] > 0) and (lazy or width[t] - overlap[k] <= rows):
                        value += _HELD
                    score[k] = value
                    if value > block[k // BLOCK]:
                        block[k // BLOCK] = value
            v = -1
            refused = 0
            while free > 0 and refused < patience:
                k = -1
                if least <= 1.0 and step % settle == 0:
                    k = _overdue(met, score, block, touched, step - settle, least)
                if k < 0:
                    k = _best(met, score, block)
                if k < 0:
                    break
                t = ids[k]
                if columns[t] <= free and synapses[t] <= cells:
                    need = width[t] - overlap[k]
                    if lazy:
                        refused += 1
                        if need > rows:
                            need = _rows_needed(t, in_ptr, in_net, weight, mark, 4 * c + 1)
                    if need <= rows and _packets_fit(t, room, load, in_ptr, in_net, spikes, mark, 4 * c + 1):
                        v = t
                        break
                _lower(k, score[k] - _HELD, met, score, block)
            if v < 0 and free > 0 and refused < patience:
                while cursor < len(order) and assignment[order[cursor]] >= 0:
                    cursor += 1
                tried = 0
                at = cursor
                while at < len(order) and tried < ahead:
                    t = order[at]
                    at += 1
                    if assignment[t] >= 0 or (convex and waiting[t] > 0):
                        continue
                    tried += 1
                    if columns[t] <= free and synapses[t] <= cells:
                        need = width[t]
                        if lazy:
                            need = _rows_needed(t, in_ptr, in_net, weight, mark, 4 * c + 1)
                        elif node[t, 0] == c:
                            need -= overlap[node[t, 1]]
                        if need <= rows and _packets_fit(t, room, load, in_ptr, in_net, spikes, mark, 4 * c + 1):
                            v = t
                            break
        seed = -1
        if frontier:
            top = -2 * _HELD
            for k in range(met):
                value = score[k] if score[k] > _OPEN else score[k] + _HELD
                if value > top and not (convex and waiting[ids[k]] > 0):
                    top = value
                    seed = ids[k]
        for i in range(held if tally else 0):
            s = axons[i]
            if assignment[home[s]] != c:
                total += spikes[s]
                if not placeable[home[s]]:
                    by_inputs += spikes[s]
    return c + 1, total, by_inputs, effort
