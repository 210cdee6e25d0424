"""The loop of growing: one cluster after another takes the vertex that fits it best, from a bucket queue."""

from __future__ import annotations

from mapper.compiled import kernel

__all__ = ["BUCKETS", "PLACED", "count_waiting", "grow_clusters"]

#: Stamp of a vertex that is placed, or never will be (an input).
PLACED = 2**31 - 1

#: Classes of candidates, by score.
BUCKETS = 512

# Columns of a vertex's record ``node``; one record fills half a cache line.
_STAMP, _OVERLAP, _BUCKET, _NEXT, _BEFORE = range(5)
_SCORE, _PER_SPIKE, _PER_ROW = range(5, 8)  # of ``gain``, the same record read as float32
_UNQUEUED, _PARKED = -1, -2


@kernel
def _forward(component, population, v, t):  # type: ignore[no-untyped-def]
    """Whether a pin from vertex v to vertex t is forward (and not within one vertex)."""
    return v != t and (component[v] != component[t] or population[t] > population[v])


@kernel
def count_waiting(out_ptr, out_vertex, home, placeable, component, population, waiting):  # type: ignore[no-untyped-def]
    """Forward pins of each vertex whose sender must be placed first."""
    for s in range(len(home)):
        v = home[s]
        if placeable[v]:
            for e in range(out_ptr[s], out_ptr[s + 1]):
                t = out_vertex[e]
                if _forward(component, population, v, t):
                    waiting[t] += 1


@kernel
def _rows_needed(v, in_ptr, in_net, weight, mark, axon):  # type: ignore[no-untyped-def]
    """New axons of the open cluster (nets marked at least ``axon``) if v joins."""
    need = 0
    for e in range(in_ptr[v], in_ptr[v + 1]):
        if mark[in_net[e]] < axon:
            need += weight[in_net[e]]
    return need


@kernel
def _queue(v, bucket, node, heads):  # type: ignore[no-untyped-def]
    """Move v from its bucket (if any) to the front of another."""
    if node[v, _BUCKET] >= 0:
        _leave(v, node, heads)
    first = heads[bucket]
    node[v, _BUCKET] = bucket
    node[v, _NEXT] = first
    node[v, _BEFORE] = -1
    if first >= 0:
        node[first, _BEFORE] = v
    heads[bucket] = v


@kernel
def _leave(v, node, heads):  # type: ignore[no-untyped-def]
    after = node[v, _NEXT]
    before = node[v, _BEFORE]
    if before >= 0:
        node[before, _NEXT] = after
    else:
        heads[node[v, _BUCKET]] = after
    if after >= 0:
        node[after, _BEFORE] = before
    node[v, _BUCKET] = _UNQUEUED


@kernel
def _join(v, c, eager, lazy, inside, graph, mark, assignment, axons, counts, scans):  # type: ignore[no-untyped-def]
    """Enter v's sources as axons of cluster c; list the nets to scan. Returns (axons, new rows, scans).

    ``mark`` of a net is 4 c + what is known of it in cluster c: 0 its sender is inside, 1 an axon of one vertex, not
    scanned yet (lazy), 2 an axon whose targets know it.
    """
    in_ptr, in_net, own_ptr, own_net, weight, spikes = graph
    scan_net, scan_rows, scan_spikes, scan_release = scans
    held, rows, listed = counts, 0, 0
    for e in range(in_ptr[v], in_ptr[v + 1]):
        s = in_net[e]
        known = mark[s] - 4 * c
        fresh = known <= 0
        if fresh:
            axons[held] = s
            held += 1
            rows += weight[s]
        if known == 1 or (fresh and (not lazy or eager > 0)):
            eager -= 1
            mark[s] = 4 * c + 2
            scan_net[listed] = s
            scan_rows[listed] = weight[s]
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
    """Fill ``assignment`` of every vertex of ``order``; returns (clusters, packets, packets sent by inputs).

    If vertex v fits no further cluster, returns (-1 - v, 0, 0).

    Parameters
    ----------
    order
        Vertices to place; seeds are taken from its front, so it is topological where clusters must be convex.
    pins
        out_ptr, out_vertex, in_ptr, in_net, own_ptr, own_net of the hypergraph.
    vertices, nets
        columns, synapses, width, placeable; home, weight, spikes.
    ordered
        component, population, waiting (see ``count_waiting``); of length 0 where every clustering is convex.
    limits
        Row c holds the limits of cluster c (axons, neurons, synapses), the last row those of all further clusters.
    options
        frontier (take the next seed from the last cluster's rejected vertices), inside (count spikes that stay
        inside), lazy (scan a net at its second use), eager (nets of a lazy seed scanned at once), patience (lazy
        candidates refused in a row), ahead (vertices of the order tried when no neighbour fits).
    records
        node, gain (scores; see above), mark (-1 for each net).
    """
    out_ptr, out_vertex, in_ptr, in_net, own_ptr, own_net = pins
    columns, synapses, width, placeable = vertices
    home, weight, spikes = nets
    component, population, waiting = ordered
    frontier, inside, lazy, eager, patience, ahead = options
    node, gain, mark, heads, axons, parked, scan_net, scan_rows, scan_spikes, scan_release = records
    convex = len(waiting) > 0
    look = inside or convex
    graph = (in_ptr, in_net, own_ptr, own_net, weight, spikes)
    scans = (scan_net, scan_rows, scan_spikes, scan_release)
    last = len(limits) - 1
    total, by_inputs = 0, 0
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
        rows, free, cells = limits[min(c, last)][0], limits[min(c, last)][1], limits[min(c, last)][2]
        if width[seed] > rows or columns[seed] > free or synapses[seed] > cells:
            return -1 - seed, 0, 0
        held, stored, top = 0, 0, -1
        v = seed
        while v >= 0:
            assignment[v] = c
            node[v, _STAMP] = PLACED
            first = eager if v == seed else 0
            held, new, listed = _join(v, c, first, lazy, look, graph, mark, assignment, axons, held, scans)
            rows -= new
            free -= columns[v]
            cells -= synapses[v]
            for i in range(listed):
                s = scan_net[i]
                for e in range(out_ptr[s], out_ptr[s + 1]):
                    t = out_vertex[e]
                    if convex and scan_release[i] and _forward(component, population, v, t):
                        waiting[t] -= 1
                    stamp = node[t, _STAMP]
                    if stamp == PLACED:
                        continue
                    if stamp != c:
                        node[t, _STAMP] = c
                        node[t, _OVERLAP] = 0
                        node[t, _BUCKET] = _UNQUEUED
                        gain[t, _SCORE] = 0.0
                    node[t, _OVERLAP] += scan_rows[i]
                    score = gain[t, _SCORE] + scan_rows[i] * gain[t, _PER_ROW] + scan_spikes[i] * gain[t, _PER_SPIKE]
                    gain[t, _SCORE] = score
                    if convex and waiting[t] > 0:
                        continue
                    known = node[t, _BUCKET]
                    if known == _PARKED and not lazy and width[t] - node[t, _OVERLAP] > rows:
                        continue
                    bucket = min(int(score * (BUCKETS - 1)), BUCKETS - 1)
                    if bucket != known:
                        _queue(t, bucket, node, heads)
                        top = max(top, bucket)
            v = -1
            refused = 0
            while top >= 0 and free > 0 and refused < patience:
                t = heads[top]
                if t < 0:
                    top -= 1
                    continue
                _leave(t, node, heads)
                if columns[t] <= free and synapses[t] <= cells:
                    if lazy:
                        need = _rows_needed(t, in_ptr, in_net, weight, mark, 4 * c + 1)
                        refused += 1
                    else:
                        need = width[t] - node[t, _OVERLAP]
                    if need <= rows:
                        v = t
                        break
                node[t, _BUCKET] = _PARKED
                if stored < len(parked):
                    parked[stored] = t
                    stored += 1
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
                        if node[t, _STAMP] == c:
                            if lazy:
                                need = _rows_needed(t, in_ptr, in_net, weight, mark, 4 * c + 1)
                            else:
                                need -= node[t, _OVERLAP]
                        if need <= rows:
                            v = t
                            break
        seed = -1
        if frontier:
            if top >= 0:
                while top >= 0 and heads[top] < 0:
                    top -= 1
                if top >= 0:
                    seed = heads[top]
            for i in range(stored):
                t = parked[i]
                if assignment[t] < 0 and (seed < 0 or gain[t, _SCORE] > gain[seed, _SCORE]):
                    seed = t
        while top >= 0:
            heads[top] = -1
            top -= 1
        for i in range(held):
            s = axons[i]
            if assignment[home[s]] != c:
                total += spikes[s]
                if not placeable[home[s]]:
                    by_inputs += spikes[s]
    return c + 1, total, by_inputs
