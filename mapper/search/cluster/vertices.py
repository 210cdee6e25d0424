"""Neurons, and groups of neurons that stay together, as the vertices that clustering places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.compiled import kernel
from mapper.lower.semantics import Iteration
from mapper.model.network import SpikingNetwork
from mapper.search.cluster.incidence import Incidence
from mapper.search.cluster.place import Vertices

__all__ = ["NeuronVertices", "contract", "neuron_vertices"]


@dataclass(frozen=True, eq=False)
class NeuronVertices:
    """One vertex for each neuron (those of inputs have no sources and are never placed).

    ``level`` (int64, shape (n,)): the longest forward path to each neuron from one that only inputs (or nobody) feed,
    in synapses; 0 everywhere in timestep mode.
    """

    vertices: Vertices
    level: NDArray[np.int64]


def neuron_vertices(network: SpikingNetwork, iteration: Iteration) -> NeuronVertices:
    """The neurons as vertices, with their forward predecessors in frame mode."""
    lists = Incidence.of(network, iteration)
    size = network.size
    in_ptr, in_source = lists.incoming
    before_ptr, before = np.zeros(size + 1, np.int64), np.zeros(0, np.int32)
    level = np.zeros(size, np.int64)
    if not lists.any_order:
        target = np.repeat(np.arange(size, dtype=np.int32), lists.fan_in)
        kept = lists.is_forward(in_source, target)
        before = in_source[kept]
        waiting = np.bincount(target[kept], minlength=size)
        np.cumsum(waiting, out=before_ptr[1:])
        ready = np.flatnonzero(waiting == 0)
        queue = np.zeros(size, np.int64)
        queue[: ready.size] = ready
        run = _levels.for_work(5 * lists.out_target.size)
        run(lists.out_ptr, lists.out_target, lists.forward(), waiting, queue, ready.size, level)
    columns = np.where(network.is_input, 0, 1).astype(np.int64)
    vertices = Vertices(in_ptr, in_source, columns, lists.synapses, before_ptr, before, size)
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


@kernel
def _levels(out_ptr, out_target, forward, waiting, queue, ready, level):  # type: ignore[no-untyped-def]
    """Longest forward path to each neuron; the first ``ready`` of ``queue`` wait for none."""
    done = 0
    while done < ready:
        v = queue[done]
        done += 1
        for e in range(out_ptr[v], out_ptr[v + 1]):
            if forward[e]:
                t = out_target[e]
                level[t] = max(level[t], level[v] + 1)
                waiting[t] -= 1
                if waiting[t] == 0:
                    queue[ready] = t
                    ready += 1
