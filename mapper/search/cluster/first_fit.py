"""First fit and next fit: vertices in a given order, each into the first cluster (or the open one) that takes it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mapper.compiled import kernel
from mapper.model.platform import UNLIMITED
from mapper.search.cluster.flow import _forward, packets_into
from mapper.search.cluster.twins import Hypergraph

__all__ = ["TooManyComparisonsError", "first_fit", "next_fit"]

#: What following a list of clusters costs, in comparisons of a vertex with a cluster.
_LINK = 4

#: Below any -1 - v.
_GIVEN_UP = -(1 << 62)


class TooManyComparisonsError(Exception):
    """First fit took longer than it may."""


@kernel
def _earliest(v, in_ptr, in_net, home, component, population, assignment):  # type: ignore[no-untyped-def]
    """The latest cluster of v's forward senders: v may join it or a later one."""
    lowest = 0
    if len(component) > 0:
        for e in range(in_ptr[v], in_ptr[v + 1]):
            sender = home[in_net[e]]
            if assignment[sender] > lowest and _forward(component, population, sender, v):
                lowest = assignment[sender]
    return lowest


@kernel
def _fits(v, c, shared, columns, synapses, width, limits, used):  # type: ignore[no-untyped-def]
    """Whether cluster c takes v, of whose axons it already has ``shared``; see :func:`_holds` for its buffer."""
    row = min(c, len(limits) - 1)
    return (
        used[c, 0] + width[v] - shared <= limits[row, 0]
        and used[c, 1] + columns[v] <= limits[row, 1]
        and used[c, 2] + synapses[v] <= limits[row, 2]
    )


@kernel
def _holds(v, c, heard, load, limits, used):  # type: ignore[no-untyped-def]
    """Whether the buffer of cluster c holds v's packets, of which it already has ``heard``."""
    return used[c, 3] + load[v] - heard <= limits[min(c, len(limits) - 1), 3]


@kernel
def _first(order, pins, vertices, nets, ordered, limits, used, common, ranks, chain, most, assignment):  # type: ignore[no-untyped-def]
    """Place ``order``; returns the clusters, -1 - v, or ``_GIVEN_UP`` when ``most`` comparisons did not do.

    ``ranks``: the clusters by descending utilisation, the place of each there, and, place by place, the free rows (so
    that a scan for room reads one short array). ``common``: axons that each cluster shares with the next vertex, and
    their packets.
    """
    in_ptr, in_net = pins
    columns, synapses, width, load = vertices
    home, weight, spikes = nets
    shared, heard = common
    buffered = len(load) > 0
    component, population = ordered
    rank, place, spare, touched = ranks
    head, following, fed = chain
    last = len(limits) - 1
    count, links, steps = 0, 0, 0
    for v in order:
        if steps > most:
            return _GIVEN_UP
        lowest = _earliest(v, in_ptr, in_net, home, component, population, assignment)
        met = 0
        for e in range(in_ptr[v], in_ptr[v + 1]):
            link = head[in_net[e]]
            while link >= 0:
                c = fed[link]
                if shared[c] == 0:
                    touched[met] = c
                    met += 1
                shared[c] += weight[in_net[e]]
                if buffered:
                    heard[c] += spikes[in_net[e]]
                link = following[link]
                steps += _LINK
        found = count
        for i in range(met):
            c = touched[i]
            fits = c >= lowest and place[c] < found and _fits(v, c, shared[c], columns, synapses, width, limits, used)
            if fits and (not buffered or _holds(v, c, heard[c], load, limits, used)):
                found = place[c]
        at = 0
        while at < found:
            if spare[at] >= width[v]:
                c = rank[at]
                fits = c >= lowest and _fits(v, c, shared[c], columns, synapses, width, limits, used)
                if fits and (not buffered or _holds(v, c, heard[c], load, limits, used)):
                    break
            at += 1
        steps += at
        if at == count:
            if not _fits(v, at, 0, columns, synapses, width, limits, used):
                return -1 - v
            if buffered and not _holds(v, at, 0, load, limits, used):
                return -1 - v
            rank[at] = at
            place[at] = at
            count += 1
        best = rank[at]
        used[best, 0] += width[v] - shared[best]
        used[best, 1] += columns[v]
        used[best, 2] += synapses[v]
        if buffered:
            used[best, 3] += load[v] - heard[best]
        assignment[v] = best
        spare[at] = limits[min(best, last), 0] - used[best, 0]
        for i in range(met):
            shared[touched[i]] = 0
            if buffered:
                heard[touched[i]] = 0
        for e in range(in_ptr[v], in_ptr[v + 1]):
            s = in_net[e]
            link = head[s]
            while link >= 0 and fed[link] != best:
                link = following[link]
                steps += _LINK
            if link < 0:
                fed[links] = best
                following[links] = head[s]
                head[s] = links
                links += 1
        mine = used[best, 0] / limits[min(best, last), 0] + used[best, 1] / limits[min(best, last), 1]
        while at > 0:
            c = rank[at - 1]
            if mine <= used[c, 0] / limits[min(c, last), 0] + used[c, 1] / limits[min(c, last), 1]:
                break
            rank[at], rank[at - 1] = c, best
            spare[at], spare[at - 1] = spare[at - 1], spare[at]
            place[c], place[best] = at, at - 1
            at -= 1
            steps += 1
    return count


@kernel
def _next(order, pins, vertices, nets, limits, used, mark, assignment):  # type: ignore[no-untyped-def]
    """Place ``order`` into one cluster after another; returns the clusters, or -1 - v."""
    in_ptr, in_net = pins
    columns, synapses, width, load = vertices
    weight, spikes = nets
    buffered = len(load) > 0
    c = 0
    for v in order:
        shared, heard = 0, 0
        for e in range(in_ptr[v], in_ptr[v + 1]):
            if mark[in_net[e]] == c:
                shared += weight[in_net[e]]
                if buffered:
                    heard += spikes[in_net[e]]
        fits = _fits(v, c, shared, columns, synapses, width, limits, used)
        if not fits or (buffered and not _holds(v, c, heard, load, limits, used)):
            if used[c, 1] > 0:
                c += 1
            shared, heard = 0, 0
            fits = _fits(v, c, 0, columns, synapses, width, limits, used)
            if not fits or (buffered and not _holds(v, c, 0, load, limits, used)):
                return -1 - v
        for e in range(in_ptr[v], in_ptr[v + 1]):
            mark[in_net[e]] = c
        used[c, 0] += width[v] - shared
        used[c, 1] += columns[v]
        used[c, 2] += synapses[v]
        if buffered:
            used[c, 3] += load[v] - heard
        assignment[v] = c
    return c + 1 if len(order) > 0 else 0


def first_fit(
    graph: Hypergraph, order: NDArray[np.int64], limits: NDArray[np.int64], most: int = 1 << 62
) -> tuple[NDArray[np.int32], int]:
    """(cluster of each vertex, clusters): each vertex joins the most utilised cluster that it fits and may join.

    The public code of the source method (arXiv 2004.03717) does so with single neurons in the order of their ids; a
    cluster's utilisation is the share of its rows plus the share of its columns in use.

    Parameters
    ----------
    order
        The vertices to place, senders before receivers where clusters must be convex.
    limits : int64, shape (rows, 4)
        Axons, neurons, synapses and packets of each cluster in turn; the last row holds for all further ones.
    most
        Comparisons of a vertex with a cluster after which to give up.

    Raises
    ------
    ValueError
        A vertex fits no cluster; the argument is the vertex.
    TooManyComparisonsError
        ``most`` did not do.
    """
    room = order.size + 1
    chain = (np.full(graph.nets, -1, np.int64), *(np.zeros(graph.in_net.size, np.int64) for _ in range(2)))
    assignment = np.full(graph.vertices, -1, np.int32)
    count = _first.for_work(20 * (graph.in_net.size + order.size))(
        order,
        (graph.in_ptr, graph.in_net),
        (graph.columns, graph.synapses, graph.width, _load(graph, limits)),
        (graph.home, graph.weight, graph.spikes),
        (graph.component, graph.population),
        limits,
        np.zeros((room, 4), np.int64),
        tuple(np.zeros(room, np.int64) for _ in range(2)),
        tuple(np.zeros(room, np.int64) for _ in range(4)),
        chain,
        most,
        assignment,
    )
    if count == _GIVEN_UP:
        raise TooManyComparisonsError
    return _checked(assignment, int(count))


def next_fit(graph: Hypergraph, order: NDArray[np.int64], limits: NDArray[np.int64]) -> tuple[NDArray[np.int32], int]:
    """(cluster of each vertex, clusters): each vertex joins the open cluster, or closes it and opens the next.

    Parameters and errors are those of :func:`first_fit`.
    """
    assignment = np.full(graph.vertices, -1, np.int32)
    count = _next.for_work(8 * (graph.in_net.size + order.size))(
        order,
        (graph.in_ptr, graph.in_net),
        (graph.columns, graph.synapses, graph.width, _load(graph, limits)),
        (graph.weight, graph.spikes),
        limits,
        np.zeros((order.size + 1, 4), np.int64),
        np.full(graph.nets, -1, np.int64),
        assignment,
    )
    return _checked(assignment, int(count))


def _load(graph: Hypergraph, limits: NDArray[np.int64]) -> NDArray[np.int64]:
    """Packets of each vertex; empty where no buffer is limited."""
    limited = bool((limits[:, 3] < UNLIMITED).any())
    return packets_into(graph, 8 * graph.in_net.size) if limited else np.zeros(0, np.int64)


def _checked(assignment: NDArray[np.int32], count: int) -> tuple[NDArray[np.int32], int]:
    if count < 0:
        raise ValueError(-1 - count)
    return assignment, count
