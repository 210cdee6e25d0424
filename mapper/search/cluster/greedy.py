"""Utilisation-aware greedy clustering: a neuron joins the feasible cluster that shares most of its inputs.

After the greedy clustering of arXiv 2004.03717 (section 4), with the crossbar's limits as a vector and, in frame
mode, clusters that stay convex: neurons are placed in topological order, and a neuron may only join a cluster opened
no earlier than those of its feed-forward predecessors, so every feed-forward channel leads to a later cluster.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mapper.compiled import kernel
from mapper.errors import InputError
from mapper.lower.semantics import Iteration, feedback_synapses
from mapper.model.clustering import Clustering
from mapper.model.network import SpikingNetwork
from mapper.search.cluster.limits import Limits

__all__ = ["cluster_greedily"]

#: Clusters tried, newest first, for a neuron that shares inputs with none.
_LOOK_BACK = 256


@kernel
def _place(order, in_ptr, in_source, synapses, floor_ptr, floor_source, limits, look_back, state):  # type: ignore[no-untyped-def]
    """Assign the neurons of ``order``; returns the number of clusters, or -1 - v if neuron v fits no further one.

    Row c of ``limits`` holds the limits of cluster c, the last row those of all further clusters.
    ``state`` holds the arrays to fill: assignment, and per cluster axons, neurons, synapses, overlap; and for each
    source a chain of the clusters it feeds (head, next, cluster).
    """
    assignment, axons, neurons, cells, overlap, head, following, fed = state
    count = 0
    links = 0
    last = len(limits) - 1
    touched = [0]
    for v in order:
        lowest = 0
        for e in range(floor_ptr[v], floor_ptr[v + 1]):
            c = assignment[floor_source[e]]
            if c > lowest:
                lowest = c
        width = in_ptr[v + 1] - in_ptr[v]
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
                link = following[link]
        best = -1
        best_overlap = -1
        for c in touched:
            fits = (
                neurons[c] < limits[min(c, last)][1]
                and axons[c] + width - overlap[c] <= limits[min(c, last)][0]
                and cells[c] + synapses[v] <= limits[min(c, last)][2]
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
                    and neurons[c] < limits[min(c, last)][1]
                    and axons[c] + width <= limits[min(c, last)][0]
                    and cells[c] + synapses[v] <= limits[min(c, last)][2]
                ):
                    best = c
                    break
                c -= 1
        if best < 0:
            best = count
            count += 1
            if width > limits[min(best, last)][0] or synapses[v] > limits[min(best, last)][2]:
                return -1 - v
        axons[best] += width - overlap[best]
        neurons[best] += 1
        cells[best] += synapses[v]
        assignment[v] = best
        for c in touched:
            overlap[c] = 0
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


def cluster_greedily(
    network: SpikingNetwork, limits: Limits | Sequence[Limits], iteration: Iteration = Iteration.FRAME
) -> Clustering:
    """Cluster a network whose fan-ins fit.

    Parameters
    ----------
    network
        With at most as many distinct sources a neuron as a crossbar has rows (see ``unroll_fan_in``).
    limits
        Of every cluster, or of each in turn (the last one's hold for all further clusters).
    iteration
        ``frame`` keeps clusters convex; ``timestep`` lets any neurons share.

    Raises
    ------
    InputError
        A single neuron exceeds the limits.

    Examples
    --------
    >>> net = SpikingNetwork.from_edges("v", 4, [0, 0, 1], [2, 3, 3])
    >>> cluster_greedily(net, Limits(2, 4, 8)).assignment.tolist()
    [0, 0, 0, 0]
    """
    in_ptr, in_source, synapses = _distinct_inputs(network)
    rows = [limits] if isinstance(limits, Limits) else list(limits)
    order = np.flatnonzero(~network.is_input)
    floor_ptr, floor_source = np.zeros(network.size + 1, np.int64), np.zeros(0, np.int64)
    if iteration is Iteration.FRAME:
        forward = ~feedback_synapses(network)
        pre, post = network.sources()[forward].astype(np.int64), network.targets[forward].astype(np.int64)
        level = _levels(network.size, pre, post)
        order = order[np.argsort(level[order], kind="stable")]
        kept = ~network.is_input[pre]
        by_target = np.argsort(post[kept], kind="stable")
        floor_source = pre[kept][by_target]
        np.cumsum(np.bincount(post[kept], minlength=network.size), out=floor_ptr[1:])
    most = max(order.size, 1)
    assignment = np.full(network.size, -1, np.int64)
    per_cluster = [np.zeros(most, np.int64) for _ in range(4)]
    chains = [
        np.full(network.size, -1, np.int64),
        np.zeros(in_source.size, np.int64),
        np.zeros(in_source.size, np.int64),
    ]
    bounds = np.array([[row.inputs, row.outputs, row.synapses] for row in rows], np.int64)
    place = _place.for_work(20 * (in_source.size + order.size))
    count = place(
        order, in_ptr, in_source, synapses, floor_ptr, floor_source, bounds, _LOOK_BACK,
        (assignment, *per_cluster, *chains),
    )  # fmt: skip
    if count < 0:
        neuron = -1 - int(count)
        width, cells = int(in_ptr[neuron + 1] - in_ptr[neuron]), int(synapses[neuron])
        raise InputError(
            f"neuron {neuron} of network {network.name!r}",
            f"at most {rows[-1].inputs} inputs and {rows[-1].synapses} synapses on one crossbar",
            f"{width} inputs and {cells} synapses",
            "unroll its fan-in, or choose a platform with larger crossbars",
        )
    return Clustering(assignment.astype(np.int32), int(count), "greedy")


def _distinct_inputs(network: SpikingNetwork) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """(indptr, sources) of the distinct inputs of each neuron, and its synapses."""
    pairs = np.unique(network.targets.astype(np.int64) * network.size + network.sources())
    target, source = pairs // max(network.size, 1), pairs % max(network.size, 1)
    indptr = np.zeros(network.size + 1, np.int64)
    np.cumsum(np.bincount(target, minlength=network.size), out=indptr[1:])
    return indptr, source, network.fan_in()


def _levels(size: int, pre: NDArray[np.int64], post: NDArray[np.int64]) -> NDArray[np.int64]:
    """Longest path (in synapses) from a source to each neuron of an acyclic graph, front by front."""
    by_source = np.argsort(pre, kind="stable")
    out_ptr = np.zeros(size + 1, np.int64)
    np.cumsum(np.bincount(pre, minlength=size), out=out_ptr[1:])
    out_target = post[by_source]
    waiting = np.bincount(post, minlength=size)
    level = np.zeros(size, np.int64)
    front = np.flatnonzero(waiting == 0)
    depth = 0
    while front.size:
        level[front] = depth
        lengths = out_ptr[front + 1] - out_ptr[front]
        offsets = np.repeat(out_ptr[front] - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
        reached, times = np.unique(out_target[np.arange(lengths.sum()) + offsets], return_counts=True)
        waiting[reached] -= times
        front = reached[waiting[reached] == 0]
        depth += 1
    return level
