"""Neurons, and groups of neurons that stay together, as the vertices that clustering places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.lower.semantics import Iteration, feedback_synapses
from mapper.model.network import SpikingNetwork
from mapper.search.cluster.place import Vertices

__all__ = ["NeuronVertices", "contract", "neuron_vertices"]


@dataclass(frozen=True, eq=False)
class NeuronVertices:
    """One vertex for each neuron (those of inputs have no sources and are never placed).

    ``level`` (int64, shape (n,)): the longest forward path to each neuron in synapses; 0 everywhere in timestep mode.
    """

    vertices: Vertices
    level: NDArray[np.int64]


def neuron_vertices(network: SpikingNetwork, iteration: Iteration) -> NeuronVertices:
    """The neurons as vertices, with their forward predecessors in frame mode."""
    size = network.size
    in_ptr, in_source = _distinct(size, network.sources(), network.targets)
    before_ptr, before = np.zeros(size + 1, np.int64), np.zeros(0, np.int64)
    level = np.zeros(size, np.int64)
    if iteration is Iteration.FRAME:
        forward = ~feedback_synapses(network)
        pre, post = network.sources()[forward].astype(np.int64), network.targets[forward].astype(np.int64)
        level = _levels(size, pre, post)
        kept = ~network.is_input[pre]
        before_ptr, before = _distinct(size, pre[kept], post[kept])
    columns = np.where(network.is_input, 0, 1).astype(np.int64)
    vertices = Vertices(in_ptr, in_source, columns, network.fan_in(), before_ptr, before, size)
    return NeuronVertices(vertices, level)


def contract(vertices: Vertices, group: NDArray[np.int64], count: int) -> Vertices:
    """One vertex for each group 0 .. count - 1; vertices with group -1 vanish.

    Examples
    --------
    >>> net = SpikingNetwork.from_edges("v", 4, [0, 1, 2], [2, 2, 3])
    >>> pair = contract(neuron_vertices(net, Iteration.FRAME).vertices, np.array([-1, -1, 0, 0]), 1)
    >>> pair.in_source.tolist(), pair.columns.tolist(), pair.before.tolist()
    ([0, 1, 2], [2], [])
    """
    placed = group >= 0
    into = np.repeat(group, np.diff(vertices.in_ptr))
    in_ptr, in_source = _distinct(count, vertices.in_source[into >= 0], into[into >= 0], vertices.sources)
    after = np.repeat(group, np.diff(vertices.before_ptr))
    earlier = group[vertices.before]
    crossing = (after >= 0) & (earlier >= 0) & (after != earlier)
    before_ptr, before = _distinct(count, earlier[crossing], after[crossing])
    columns, synapses = (
        np.bincount(group[placed], values[placed], minlength=count).astype(np.int64)
        for values in (vertices.columns, vertices.synapses)
    )
    return Vertices(in_ptr, in_source, columns, synapses, before_ptr, before, vertices.sources)


def _distinct(
    size: int, source: NDArray[np.integer], target: NDArray[np.integer], span: int | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(indptr over targets, sources) of the distinct pairs; sources are below ``span`` (default: ``size``)."""
    width = max(size if span is None else span, 1)
    pairs = np.unique(target.astype(np.int64) * width + source)
    indptr = np.zeros(size + 1, np.int64)
    np.cumsum(np.bincount(pairs // width, minlength=size), out=indptr[1:])
    return indptr, pairs % width


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
