"""Is every cluster within its limits, and are the clusters of a frame convex? Counted anew, for networks of any size.

What a cluster needs is counted by sparse matrix products, some millions of synapses at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.errors import CheckError
from mapper.lower.semantics import Iteration, feedback_rule
from mapper.model.clustering import Clustering
from mapper.model.network import SpikingNetwork
from mapper.model.platform import UNLIMITED

__all__ = ["check_cluster_limits", "check_convex", "cluster_demand"]

_KINDS = ("axons", "neurons", "synapses", "packets in its buffer")


def check_cluster_limits(
    network: SpikingNetwork, clustering: Clustering, limits: NDArray[np.int64], iteration: Iteration
) -> NDArray[np.int64]:
    """Every neuron in one cluster, cluster c within row c of the limits (the last row's hold on), frames convex.

    Parameters
    ----------
    limits : int64, shape (at least 1, 3 or 4)
        Most axons, neurons and synapses, and possibly packets that the axons may bring in one window.

    Returns
    -------
    int64, shape (clusters, 3), or (clusters, 4) if packets are limited
        What each cluster needs; of packets, the mean over the windows, rounded up.

    Raises
    ------
    CheckError
        Names the rule and the cluster.
    """
    need = cluster_demand(network, clustering)
    rows = np.asarray(limits, np.int64)
    if (rows[:, 3:] == UNLIMITED).all():
        rows = rows[:, :3]
    else:
        need = np.column_stack([need, _arriving(network, clustering)])
    allowed = rows[np.minimum(np.arange(clustering.count), len(rows) - 1)]
    wrong = np.flatnonzero((need > allowed).any(axis=1))
    if wrong.size:
        c = int(wrong[0])
        needs = ", ".join(f"{n} {kind}" for n, kind in zip(need[c], _KINDS, strict=False))
        raise CheckError("cluster limits", f"cluster {c} needs {needs}; allowed are {allowed[c].tolist()}")
    if iteration is Iteration.FRAME:
        check_convex(network, clustering)
    return need


def cluster_demand(network: SpikingNetwork, clustering: Clustering) -> NDArray[np.int64]:
    """(axons, neurons, synapses) of each cluster, int64, shape (clusters, 3).

    Raises
    ------
    CheckError
        A neuron without a cluster, or an input in one.
    """
    assignment, count = clustering.assignment, clustering.count
    if assignment.size != network.size or ((assignment < 0) != network.is_input).any():
        raise CheckError("clustering", "not every neuron (and no input) has exactly one cluster")
    axons, synapses = np.zeros(count + 1, np.int64), np.zeros(count + 1, np.int64)
    for _, reached in _reached(network, clustering):
        axons += np.bincount(reached.indices, minlength=count + 1)
        synapses += np.bincount(reached.indices, reached.data, minlength=count + 1).astype(np.int64)
    neurons = np.bincount(assignment[assignment >= 0], minlength=count)
    return np.stack([axons[:count], neurons, synapses[:count]], axis=1)


def _arriving(network: SpikingNetwork, clustering: Clustering) -> NDArray[np.int64]:
    """Packets of one window for the axons of each cluster, rounded up, int64, shape (clusters,)."""
    spikes, count = network.spike_counts, clustering.count
    if spikes is None:
        spikes = np.full(network.size, network.windows, np.int64)
    total = np.zeros(count + 1, np.int64)
    for start, reached in _reached(network, clustering):
        sent = spikes[start : start + reached.shape[0]]
        np.add.at(total, reached.indices, np.repeat(sent, np.diff(reached.indptr)))
    result: NDArray[np.int64] = -(-total[:count] // network.windows)
    return result


def _reached(network: SpikingNetwork, clustering: Clustering, forward: bool = False) -> Iterator[tuple[int, Any]]:
    """Block by block: the first of some neurons in turn, and how many synapses these have into each cluster.

    Sparse matrices (neurons x clusters, the inputs' column last); ``forward``: only of synapses that are not feedback.
    """
    from scipy.sparse import csr_array

    n, k = network.size, clustering.count
    home = np.where(network.is_input, k, clustering.assignment)
    member = csr_array((np.ones(n, np.int32), (np.arange(n), home)), shape=(n, k + 1))
    rule = feedback_rule(network) if forward else None
    for start, rows in network.pieces():
        ones = np.ones(rows.targets.size, np.int32)
        if rule:
            ones[rule(rows.sources(start), rows.targets)] = 0
        found = csr_array((ones, rows.targets, rows.indptr.astype(np.int32)), shape=(rows.indptr.size - 1, n)) @ member
        found.eliminate_zeros()
        yield start, found


def check_convex(network: SpikingNetwork, clustering: Clustering) -> None:
    """Forward channels between clusters close no circle.

    Raises
    ------
    CheckError
        Names the clusters of a circle.
    """
    import networkx as nx
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    home, k = clustering.assignment.astype(np.int64), clustering.count
    found = [np.zeros(0, np.int64)]
    for start, reached in _reached(network, clustering, forward=True):
        a, b = np.repeat(home[start : start + reached.shape[0]], np.diff(reached.indptr)), reached.indices
        crossing = (a >= 0) & (a != b)
        found.append(np.unique(a[crossing] * k + b[crossing]))
    edges = np.unique(np.concatenate(found))
    if edges.size == 0:
        return
    pairs = np.stack([edges // k, edges % k])
    quotient = csr_array((np.ones(edges.size), (pairs[0], pairs[1])), shape=(k, k))
    parts, _ = connected_components(quotient, connection="strong")
    if parts < k:  # a component of several clusters holds a circle
        cycle = " -> ".join(str(edge[0]) for edge in nx.find_cycle(nx.DiGraph(pairs.T.tolist())))
        raise CheckError("convex clusters", f"feed-forward channels close the circle {cycle}: deadlock")
