"""Neurons with equal inputs become one vertex, sources with equal targets one net: what growing works on."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mapper.compiled import kernel
from mapper.model.arrays import frozen_array
from mapper.search.cluster.distinct_rows import DistinctRows
from mapper.search.cluster.incidence import Incidence, transpose

__all__ = ["Hypergraph", "contract"]

#: A share of vertices to neurons above which merging does not pay.
_FEW = 0.9


@dataclass(frozen=True, eq=False)
class Hypergraph:
    """Vertices to place, and nets that carry spikes to them.

    With V vertices, N nets and p pins (net, vertex):

    Attributes
    ----------
    vertex_of : int32, shape (neurons,)
        Each neuron's vertex. Inputs have vertices too, never placed.
    columns, synapses, width : int64, shape (V,)
        Neurons of a vertex, their synapses, and the axons they need (the weight of their nets).
    placeable : bool, shape (V,)
    home : int32, shape (N,)
        The vertex whose neurons send a net's spikes.
    weight, spikes : int64, shape (N,)
        Neurons of a net, and their spikes.
    out_ptr, out_vertex : int64 (N + 1,), int32 (p,)
        The vertices of each net.
    in_ptr, in_net : int64 (V + 1,), int32 (p,)
        The nets of each vertex.
    component, population : int32, shape (V,), or (0,) where every clustering is convex
    """

    vertex_of: NDArray[np.int32]
    columns: NDArray[np.int64]
    synapses: NDArray[np.int64]
    width: NDArray[np.int64]
    placeable: NDArray[np.bool_]
    home: NDArray[np.int32]
    weight: NDArray[np.int64]
    spikes: NDArray[np.int64]
    out_ptr: NDArray[np.int64]
    out_vertex: NDArray[np.int32]
    in_ptr: NDArray[np.int64]
    in_net: NDArray[np.int32]
    component: NDArray[np.int32]
    population: NDArray[np.int32]

    def __post_init__(self) -> None:
        # All read-only, because a kernel is compiled anew for every mixture of those that are and those that are not.
        for field in fields(self):
            array = getattr(self, field.name)
            object.__setattr__(self, field.name, frozen_array(field.name, array, array.dtype))

    @cached_property
    def own(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """(indptr int64 (V + 1,), nets int32 (N,)): the nets a vertex sends; made at first use."""
        ptr = np.zeros(self.vertices + 1, np.int64)
        np.cumsum(np.bincount(self.home, minlength=self.vertices), out=ptr[1:])
        return ptr, np.argsort(self.home, kind="stable").astype(np.int32)

    @property
    def vertices(self) -> int:
        return self.columns.size

    @property
    def nets(self) -> int:
        return self.home.size


@kernel
def _fingerprints(start, out_ptr, out_target, vertex_of, code, last, prints):  # type: ignore[no-untyped-def]
    """Exclusive or of the codes of the distinct vertices of each source from ``start`` on."""
    for row in range(len(out_ptr) - 1):
        s = start + row
        mixed = 0
        for e in range(out_ptr[row], out_ptr[row + 1]):
            v = vertex_of[out_target[e]]
            if last[v] != s:
                last[v] = s
                mixed ^= code[v]
        prints[s] = mixed


@kernel
def _gather(nets, row, out_ptr, out_target, vertex_of, last, size, ptr, out_vertex):  # type: ignore[no-untyped-def]
    """Distinct vertices of some nets, each read off its source's row. Called twice: to count, and to fill."""
    for net in nets:
        pins = 0
        for e in range(out_ptr[row[net]], out_ptr[row[net] + 1]):
            v = vertex_of[out_target[e]]
            if last[v] != net:
                last[v] = net
                if len(out_vertex) > 0:
                    out_vertex[ptr[net] + pins] = v
                pins += 1
        size[net] = pins


def _numbered(*keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Group of each row of equal keys, numbered by first appearance (64-bit hashes of the rows are compared)."""
    mixed = np.zeros(keys[0].size, np.uint64)
    for key in keys:
        mixed = (mixed ^ key.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    _, first, group = np.unique(mixed, return_index=True, return_inverse=True)
    rank = np.empty(first.size, np.int64)
    rank[np.argsort(first)] = np.arange(first.size)
    return rank[group]


def _leaders(group: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """First member of each group."""
    first = np.empty(count, np.int64)
    first[group[::-1]] = np.arange(group.size)[::-1]
    return first


def _groups(lists: Incidence, most: int, cells: int) -> NDArray[np.int64]:
    """Vertex of each neuron: twins together, up to ``most`` columns and ``cells`` synapses a vertex."""
    n = lists.size
    alone = np.where(lists.is_input, 1 + np.arange(n), 0)
    keys = [alone, lists.fingerprint, lists.synapses]
    if not lists.any_order:
        # Within a component the population decides which synapses are feedback.
        cyclic = np.bincount(lists.component)[lists.component] > 1
        keys += [np.where(cyclic, number, -1) for number in (lists.component, lists.population)]
    group = _numbered(*keys)
    sizes = np.bincount(group)
    if int(sizes.max(initial=1)) == 1:
        return group
    # Cut each group into parts of nearly equal size that fit.
    by_group = np.argsort(group, kind="stable")
    start = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    rank = np.empty(n, np.int64)
    rank[by_group] = np.arange(n) - start[group[by_group]]
    room = np.maximum(np.minimum(most, cells // np.maximum(lists.synapses, 1)), 1)
    parts = -(-sizes[group] // room)
    return _numbered(group, rank * parts // sizes[group])


def contract(lists: Incidence, most: int, cells: int) -> Hypergraph:
    """Merge twins (equal sets of sources) into vertices of at most ``most`` neurons and ``cells`` synapses.

    Twins take one set of rows however many they are, and a path from one to the other would close a circle, so they
    never hinder convexity. Then the sources of one vertex (or of the inputs) that reach the same vertices become one
    net. A network with few twins keeps its neurons as they are, and its own arrays.

    Examples
    --------
    >>> from mapper.lower.semantics import Iteration
    >>> from mapper.model.network import SpikingNetwork
    >>> net = SpikingNetwork.from_edges("full", 5, [0, 0, 0, 1, 1, 1], [2, 3, 4] * 2, is_input=[1, 1, 0, 0, 0])
    >>> graph = contract(Incidence.of(net, Iteration.FRAME), 2, 100)
    >>> graph.vertex_of.tolist(), graph.columns.tolist(), graph.width.tolist(), graph.weight.tolist()
    ([0, 1, 2, 2, 3], [1, 1, 2, 1], [0, 0, 2, 2], [2, 2, 1])
    """
    n = lists.size
    group = _groups(lists, most, cells) if most > 1 else np.arange(n)
    count = int(group.max(initial=-1)) + 1
    if count > _FEW * n:
        return _as_is(lists)
    vertex_of = group.astype(np.int32)
    first = _leaders(group, count)
    distinct = DistinctRows(lists.network)
    work = 8 * (distinct.size + n)
    code = np.random.default_rng(1).integers(1, np.iinfo(np.int64).max, count)
    prints, last = np.empty(n, np.int64), np.full(count, -1, np.int32)
    for start, rows in distinct:
        _fingerprints.for_work(work)(start, rows.indptr, rows.targets, vertex_of, code, last, prints)
    net_of = _numbered(np.where(lists.is_input, -1, group), prints[distinct.leader])
    nets = int(net_of.max(initial=-1)) + 1
    leader = _leaders(net_of, nets)
    ptr, out_vertex = _pins(distinct, leader, vertex_of, count, work)
    spikes = np.zeros(nets, np.int64)
    np.add.at(spikes, net_of, lists.spikes)
    columns = np.bincount(group, minlength=count)
    ordered = not lists.any_order
    return Hypergraph(
        vertex_of,
        columns,
        lists.synapses[first] * columns,
        lists.fan_in[first],
        ~lists.is_input[first],
        group[leader].astype(np.int32),
        np.bincount(net_of, minlength=nets),
        spikes,
        ptr,
        out_vertex,
        *transpose(ptr, out_vertex, np.bincount(out_vertex, minlength=count)),
        lists.component[first] if ordered else lists.component,
        lists.population[first] if ordered else lists.population,
    )


def _pins(
    distinct: DistinctRows, leader: NDArray[np.int64], vertex_of: NDArray[np.int32], count: int, work: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """(indptr, vertices) of the nets, each with the targets of its ``leader``."""
    source = distinct.leader[leader]
    order = np.argsort(source, kind="stable")
    ptr, size, out_vertex = np.zeros(leader.size + 1, np.int64), np.zeros(leader.size, np.int64), np.empty(0, np.int32)
    last = np.empty(count, np.int32)
    for _ in range(2):
        last.fill(-1)
        for start, rows in distinct:
            among = np.searchsorted(source[order], [start, start + rows.indptr.size - 1])
            nets = order[among[0] : among[1]]
            args = (nets, source - start, rows.indptr, rows.targets, vertex_of, last, size, ptr, out_vertex)
            _gather.for_work(work)(*args)
        np.cumsum(size, out=ptr[1:])
        out_vertex = np.empty(int(ptr[-1]), np.int32) if out_vertex.size == 0 else out_vertex
    return ptr, out_vertex


def _as_is(lists: Incidence) -> Hypergraph:
    n = lists.size
    same, one = np.arange(n, dtype=np.int32), np.ones(n, np.int64)
    return Hypergraph(
        same,
        one,
        lists.synapses,
        lists.fan_in,
        ~lists.is_input,
        same,
        one,
        lists.spikes,
        lists.out_ptr,
        lists.out_target,
        *lists.incoming,
        lists.component,
        lists.population,
    )
