"""A partition of the network into clusters as flat arrays, kept up to date while a few clusters change."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mapper.compiled import kernel
from mapper.model.clustering import Clustering
from mapper.model.network import SpikingNetwork
from mapper.search.cluster.metrics import measure
from mapper.search.cluster.refine.flat import Flat, is_forward

__all__ = ["Partition", "clustering_of", "partition_of"]

Ints = NDArray[np.int64]

#: Up to so many clusters it is known at any time which leads to which: 16 MB.
_MOST_LEADS = 4096


class Partition(NamedTuple):
    """What changes. Room is kept for k clusters, of which those with columns are in use.

    Attributes
    ----------
    home : int32, shape (n,)
        Cluster of each neuron, -1 for inputs.
    head, following
        Members of a cluster as a chain: ``head[c]``, then ``following[v]``, up to -1.
    load : shape (k, 5)
        Axons, columns, synapses, packets for the axons and synaptic events of each cluster.
    packets : shape (k,)
        What it receives from elsewhere.
    weight : float64, shape (k,)
        Sum of its members' weights.
    limits : shape (k, 5)
        What each cluster may hold of them.
    place, order : shape (k,)
        ``order`` lists the clusters so that forward pairs lead to the same or a later one; ``place`` is its inverse.
    leads : bool, shape (k, k), or (0, 0) where nothing is forward or there are too many clusters
        Whether a forward pair leads from one cluster to another.
    """

    home: NDArray[np.int32]
    head: NDArray[np.int32]
    following: NDArray[np.int32]
    load: Ints
    packets: Ints
    weight: NDArray[np.float64]
    limits: Ints
    place: Ints
    order: Ints
    leads: NDArray[np.bool_]


def partition_of(flat: Flat, clustering: Clustering, limits: Ints, spare: int) -> Partition:
    """The clustering's arrays, with room for ``spare`` more clusters.

    Parameters
    ----------
    limits : int64, shape (at least 1, 5)
        Of each cluster in turn; the last row's hold for all further ones.
    """
    n, k = flat.cells.size, clustering.count + spare
    framed = flat.component.size > 0
    tracked = framed and k <= _MOST_LEADS
    part = Partition(
        home=clustering.assignment.copy(),
        head=np.full(k, -1, np.int32),
        following=np.full(n, -1, np.int32),
        load=np.zeros((k, 5), np.int64),
        packets=np.zeros(k, np.int64),
        weight=np.zeros(k),
        limits=limits[np.minimum(np.arange(k), len(limits) - 1)],
        place=np.arange(k),
        order=np.arange(k),
        leads=np.zeros((k, k) if tracked else (0, 0), np.bool_),
    )
    work = 10 * (flat.in_source.size + n + k)
    _load.for_work(work)(flat, part, np.full(n, -1, np.int32))
    if framed:
        _sort.for_work(work)(flat, part, np.zeros(k, np.int64))
    return part


@kernel
def _load(flat, part, seen):  # type: ignore[no-untyped-def]
    """Fill the chains and what each cluster holds. ``seen`` holds -1 for each neuron."""
    for i in range(len(part.home)):
        v = len(part.home) - 1 - i
        c = part.home[v]
        if c >= 0:
            part.following[v] = part.head[c]
            part.head[c] = v
            part.load[c, 1] += 1
            part.load[c, 2] += flat.cells[v]
            part.load[c, 4] += flat.events[v]
            part.weight[c] += flat.weight[v]
    for c in range(len(part.head)):
        v = part.head[c]
        while v >= 0:
            for e in range(flat.in_ptr[v], flat.in_ptr[v + 1]):
                s = flat.in_source[e]
                if seen[s] != c:
                    seen[s] = c
                    part.load[c, 0] += 1
                    part.load[c, 3] += flat.spikes[s]
                    if part.home[s] != c:
                        part.packets[c] += flat.spikes[s]
            v = part.following[v]


@kernel
def _sort(flat, part, waiting):  # type: ignore[no-untyped-def]
    """Order the clusters along the forward pairs, and note which leads to which. ``waiting`` holds zeros."""
    tracked = len(part.leads) > 0
    for t in range(len(part.home)):
        for e in range(flat.in_ptr[t], flat.in_ptr[t + 1]):
            s = flat.in_source[e]
            a, b = part.home[s], part.home[t]
            if a >= 0 and a != b and is_forward(flat, s, t):
                waiting[b] += 1
                if tracked:
                    part.leads[a, b] = True
    done = 0
    for c in range(len(waiting)):
        if waiting[c] == 0:
            part.order[done] = c
            done += 1
    i = 0
    while i < done:
        c = part.order[i]
        part.place[c] = i
        i += 1
        v = part.head[c]
        while v >= 0:
            for e in range(flat.out_ptr[v], flat.out_ptr[v + 1]):
                t = flat.out_target[e]
                b = part.home[t]
                if b != c and is_forward(flat, v, t):
                    waiting[b] -= 1
                    if waiting[b] == 0:
                        part.order[done] = b
                        done += 1
            v = part.following[v]


def clustering_of(network: SpikingNetwork, part: Partition, home: NDArray[np.int32]) -> Clustering | None:
    """The clusters that ``home`` uses, numbered without gaps; ``None`` if limits differ and forbid that.

    With one limit for all they are numbered in their order; otherwise each gets a place that it fits.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_bipartite_matching

    used = np.unique(home[home >= 0])
    used = used[np.argsort(part.place[used], kind="stable")]
    number = np.full(len(part.head), -1, np.int32)
    number[used] = np.arange(used.size)
    found = Clustering(np.where(home >= 0, number[home], -1).astype(np.int32), int(used.size), "refine")
    limits = part.limits[: used.size, :4]
    if (part.limits == part.limits[0]).all():
        return found
    figures = measure(network, found)
    need = np.column_stack([figures.demand, figures.arriving])
    fits = (need[:, None, :] <= limits[None, :, :]).all(axis=2)
    match = maximum_bipartite_matching(csr_array(np.asarray(fits)), perm_type="column")
    if (match < 0).any():
        return None
    return Clustering(np.where(home >= 0, match[found.assignment], -1).astype(np.int32), found.count, "refine")
