"""Placing vertices one after another: each joins the feasible cluster that shares most of its inputs.

A vertex is a neuron, or several that stay together. The rule is that of the greedy clustering of arXiv 2004.03717
(section 4), with the crossbar's limits as a vector and clusters that stay convex: a vertex may only join a cluster
opened no earlier than those of its forward predecessors, so every forward channel leads to a later cluster.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.compiled import kernel
from mapper.model.platform import UNLIMITED

__all__ = ["Vertices", "place"]

#: Clusters tried, newest first, for a vertex that shares inputs with none.
_LOOK_BACK = 256


@dataclass(frozen=True, eq=False)
class Vertices:
    """What is placed, as flat arrays over the vertices 0 .. v - 1.

    Attributes
    ----------
    in_ptr, in_source : int64
        The distinct sources of vertex i are ``in_source[in_ptr[i] : in_ptr[i + 1]]``, neurons below ``sources``.
    columns, synapses : int64, shape (v,)
        Neurons and synapses of each vertex.
    before_ptr, before : int64
        The vertices that come before it in a frame: its forward predecessors.
    sources
        Neurons of the network.
    """

    in_ptr: NDArray[np.int64]
    in_source: NDArray[np.integer]
    columns: NDArray[np.int64]
    synapses: NDArray[np.int64]
    before_ptr: NDArray[np.int64]
    before: NDArray[np.integer]
    sources: int


@kernel.allocating
def _place(order, block, columns, synapses, spikes, in_ptr, in_source, before_ptr, before, limits, look_back, state):  # type: ignore[no-untyped-def]
    """Assign the vertices of ``order``; returns the number of clusters, or -1 - v if vertex v fits no further one.

    Row c of ``limits`` holds the limits of cluster c, the last row those of all further clusters.
    ``spikes`` is empty where no buffer is limited. ``state`` holds the arrays to fill: assignment, and per cluster
    axons, neurons, synapses, packets, overlap, and the packets of the overlap; and for each source a chain of the
    clusters it feeds (head, next, cluster).
    """
    assignment, axons, neurons, cells, filled, overlap, heard, head, following, fed = state
    buffered = len(spikes) > 0
    count = 0
    links = 0
    last = len(limits) - 1
    first_of_block = 0
    touched = [0]
    for position in range(len(order)):
        v = order[position]
        if position > 0 and block[v] != block[order[position - 1]]:
            first_of_block = count
        lowest = first_of_block
        for e in range(before_ptr[v], before_ptr[v + 1]):
            c = assignment[before[e]]
            if c > lowest:
                lowest = c
        width = in_ptr[v + 1] - in_ptr[v]
        load = 0
        if buffered:
            for e in range(in_ptr[v], in_ptr[v + 1]):
                load += spikes[in_source[e]]
        touched.clear()
        for e in range(in_ptr[v], in_ptr[v + 1]):
            link = head[in_source[e]]
            while link >= 0:
                c = fed[link]
                if c < lowest:  # chains run from new clusters to old
                    break
                if overlap[c] == 0:
                    touched.append(c)
                overlap[c] += 1
                if buffered:
                    heard[c] += spikes[in_source[e]]
                link = following[link]
        best = -1
        best_overlap = -1
        for c in touched:
            fits = (
                neurons[c] + columns[v] <= limits[min(c, last)][1]
                and axons[c] + width - overlap[c] <= limits[min(c, last)][0]
                and cells[c] + synapses[v] <= limits[min(c, last)][2]
                and filled[c] + load - heard[c] <= limits[min(c, last)][3]
            )
            better = overlap[c] > best_overlap or (overlap[c] == best_overlap and c < best)
            if fits and better:
                best = c
                best_overlap = overlap[c]
        if best < 0:
            c = count - 1
            while c >= lowest and c >= count - look_back:
                if (
                    overlap[c] == 0
                    and neurons[c] + columns[v] <= limits[min(c, last)][1]
                    and axons[c] + width <= limits[min(c, last)][0]
                    and cells[c] + synapses[v] <= limits[min(c, last)][2]
                    and filled[c] + load <= limits[min(c, last)][3]
                ):
                    best = c
                    break
                c -= 1
        if best < 0:
            best = count
            count += 1
            room = limits[min(best, last)]
            if width > room[0] or columns[v] > room[1] or synapses[v] > room[2] or load > room[3]:
                return -1 - v
        axons[best] += width - overlap[best]
        neurons[best] += columns[v]
        cells[best] += synapses[v]
        filled[best] += load - heard[best]
        assignment[v] = best
        for c in touched:
            overlap[c] = 0
            heard[c] = 0
        for e in range(in_ptr[v], in_ptr[v + 1]):
            # Enter the cluster into the source's chain, keeping new clusters in front.
            s = in_source[e]
            previous = -1
            link = head[s]
            while link >= 0 and fed[link] > best:
                previous = link
                link = following[link]
            if link < 0 or fed[link] != best:
                fed[links] = best
                following[links] = link
                if previous < 0:
                    head[s] = links
                else:
                    following[previous] = links
                links += 1
    return count


def place(
    vertices: Vertices,
    order: NDArray[np.int64],
    limits: NDArray[np.int64],
    spikes: NDArray[np.int64],
    block: NDArray[np.int64] | None = None,
) -> tuple[NDArray[np.int64], int]:
    """Place the vertices of ``order`` one after another.

    Parameters
    ----------
    order : int64
        The vertices to place; every one after those that come before it.
    limits : int64, shape (at least 1, 4)
        Axons, neurons, synapses and packets of each cluster in turn; the last row's hold for all further ones.
    spikes : int64, shape (sources,)
        Packets that each source sends to a row.
    block : int64, shape (v,), optional
        Vertices share a cluster only within one block; a block's vertices stand together in ``order``.

    Returns
    -------
    (int64 of shape (v,), int)
        The cluster of each vertex (-1 if it is not in ``order``), and the clusters; the latter is -1 - v if vertex v
        exceeds the limits of the cluster it would open.
    """
    size = vertices.columns.size
    most = max(order.size, 1)
    assignment = np.full(size, -1, np.int64)
    per_cluster = [np.zeros(most, np.int64) for _ in range(6)]
    links = vertices.in_source.size
    chains = [np.full(vertices.sources, -1, np.int64), np.zeros(links, np.int64), np.zeros(links, np.int64)]
    run = _place.for_work(20 * (links + order.size))
    buffered = bool((limits[:, 3] < UNLIMITED).any())
    count = run(
        order, np.zeros(size, np.int64) if block is None else block,
        vertices.columns, vertices.synapses, spikes.copy() if buffered else np.zeros(0, np.int64),
        vertices.in_ptr, vertices.in_source,
        vertices.before_ptr, vertices.before, limits, _LOOK_BACK,
        (assignment, *per_cluster, *chains),
    )  # fmt: skip
    return assignment, int(count)
