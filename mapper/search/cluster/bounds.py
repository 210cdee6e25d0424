"""Proven lower bounds for every clustering of a network: on its clusters, and on its packets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.compiled import kernel
from mapper.lower.semantics import Iteration
from mapper.lower.traffic import recorded_spikes
from mapper.model.network import SpikingNetwork
from mapper.model.platform import UNLIMITED
from mapper.search.cluster.distinct_rows import all_rows
from mapper.search.cluster.incidence import Incidence
from mapper.search.cluster.limits import Limits, limit_rows

__all__ = ["ClusterBound", "best_cluster_bound", "cluster_bounds", "packet_bound", "packing_bound"]

#: Step functions tried on the sizes of what must be packed.
_MOST_STEPS = 64

#: Beyond so many synapses the search for disjoint inputs is left out: it takes memory, and rarely gains there.
_MOST_SYNAPSES = 20_000_000


@dataclass(frozen=True)
class ClusterBound:
    """No legal clustering has fewer than ``value`` clusters; ``name`` and ``reason`` say why."""

    value: int
    name: str
    reason: str


def cluster_bounds(network: SpikingNetwork, limits: Limits | Sequence[Limits]) -> list[ClusterBound]:
    """Lower bounds on the number of clusters, each from one kind of resource.

    - *neurons*: every neuron takes a column.
    - *synapses*: they must be packed neuron by neuron into the cells of the clusters.
    - *axons*: a source with d targets takes at least ceil(d / N_out) rows in all, because a cluster holds at most
      N_out of its targets; the rows must fit N_in per cluster.
    - *buffer*: each of these rows takes the source's packets, which must fit the clusters' buffers; only if all of
      these are limited.
    - *disjoint inputs*: neurons that share no source with one another cannot share a row, so their fan-ins must be
      packed into the rows of the clusters, together with one row for each source none of them uses.

    Parameters
    ----------
    limits
        Of every cluster, or of each in turn (the last one's hold for all further clusters).

    Examples
    --------
    >>> net = SpikingNetwork.from_edges("fan", 7, [0, 0, 0, 1, 2, 3], [4, 5, 6, 4, 5, 6], is_input=[1] * 4 + [0] * 3)
    >>> [(bound.name, bound.value) for bound in cluster_bounds(net, Limits(3, 2, 9))]
    [('neurons', 2), ('synapses', 1), ('axons', 2), ('disjoint inputs', 2)]
    """
    axons, columns, cells, buffers = limit_rows(limits, network.windows).T
    fan_in = network.fan_in()
    targets = _distinct_targets(network)
    widest = int(columns.max())
    needed = int((-(-targets // widest)).sum())
    neurons, synapses = network.neuron_count, network.synapse_count
    bounds = [
        ClusterBound(
            _places(columns, neurons),
            "neurons",
            f"{neurons} neurons, at most {widest} in a cluster",
        ),
        ClusterBound(
            max(_places(cells, synapses), packing_bound(fan_in, int(cells.max()))),
            "synapses",
            f"{synapses} synapses, at most {cells.max()} in a cluster",
        ),
        ClusterBound(
            _places(axons, needed),
            "axons",
            f"{needed} rows for {np.count_nonzero(targets)} sources, at most {axons.max()} in a cluster",
        ),
    ]
    if buffers.max() < UNLIMITED:
        packets = int(-(-targets // widest) @ recorded_spikes(network))
        reason = f"{packets} packets for the rows over the recording, room for at most {buffers.max()} in a cluster"
        bounds.append(ClusterBound(_places(buffers, packets), "buffer", reason))
    if synapses <= _MOST_SYNAPSES:
        items = _disjoint_items(network, targets)
        reason = (
            f"{np.count_nonzero(items > 1)} neurons without common sources, at most {axons.max()} rows in a cluster"
        )
        bounds.append(ClusterBound(packing_bound(items, int(axons.max())), "disjoint inputs", reason))
    return bounds


def best_cluster_bound(network: SpikingNetwork, limits: Limits | Sequence[Limits]) -> ClusterBound:
    """The largest of :func:`cluster_bounds`; among equals the first."""
    return max(cluster_bounds(network, limits), key=lambda bound: bound.value)


def packet_bound(network: SpikingNetwork, limits: Limits | Sequence[Limits]) -> tuple[int, int]:
    """Lower bounds on (packets, packets between clusters) over the recording.

    A source and its d distinct targets occupy at least ceil(columns / N_out) clusters and at least
    ceil(synapses into the targets / cells); one of them may be the source's own, the others get a packet per spike.

    Examples
    --------
    >>> net = SpikingNetwork.from_edges("fan", 5, [0] * 4, [1, 2, 3, 4], spike_counts=[7, 0, 0, 0, 0])
    >>> packet_bound(net, Limits(4, 2, 8))
    (14, 14)
    """
    _, columns, cells, _ = limit_rows(limits).max(axis=0).tolist()
    targets, held, with_itself = _reach(network)
    itself = ~network.is_input & ~with_itself
    fewest = np.maximum(-(-(targets + itself) // columns), -(-held // cells))
    packets = np.where(network.is_input, fewest, np.maximum(fewest - 1, 0)) * recorded_spikes(network)
    return int(packets.sum()), int(packets[~network.is_input].sum())


def packing_bound(sizes: NDArray[np.int64], capacity: int) -> int:
    """Lower bound on the bins of ``capacity`` that hold items of the given sizes (each at most ``capacity``).

    Dual feasible functions f map sizes so that whatever fits a bin still does: the ceiling of the sum of f(size) /
    f(capacity) is a bound (Fekete and Schepers, Mathematical Programming 91, 2001). Used are, with x = size / capacity:
    for thresholds t <= 1/2, f = 0 below t, 1 above 1 - t, and x between; for steps k, f = floor((k + 1) x) / k, or x
    where (k + 1) x is whole.

    Examples
    --------
    >>> packing_bound(np.array([6, 6, 6, 4, 4]), 10)
    3
    >>> packing_bound(np.array([34] * 5), 100)
    3
    """
    size, count = np.unique(np.minimum(sizes[sizes > 0], capacity), return_counts=True)
    if size.size == 0:
        return 0
    best = -(-int(size @ count) // capacity)
    thresholds = np.unique(np.minimum(size, capacity - size + 1))
    for t in thresholds[(thresholds > 0) & (2 * thresholds <= capacity)].tolist():
        mapped = np.where(size > capacity - t, capacity, np.where(size < t, 0, size))
        best = max(best, -(-int(mapped @ count) // capacity))
    # The largest steps of each kind: k of them fit a bin, so k + 1 do not.
    for k in np.unique(capacity // size)[:_MOST_STEPS].tolist():
        whole = (size * (k + 1)) % capacity == 0
        # In units of capacity / (k (k + 1)).
        mapped = np.where(whole, size * (k + 1) // capacity * k, (size * (k + 1) // capacity) * (k + 1))
        best = max(best, -(-int(mapped @ count) // (k * (k + 1))))
    return best


def _places(capacity: NDArray[np.int64], need: int) -> int:
    """Fewest places in turn whose capacities add up to ``need``; the last one's repeats."""
    total = np.cumsum(capacity.astype(object))  # exact: capacities may stand for "no limit"
    reached = np.flatnonzero(total >= need)
    if need == 0:
        return 0
    if reached.size:
        return int(reached[0]) + 1
    return int(capacity.size - (int(total[-1]) - need) // int(capacity[-1]))


def _distinct_targets(network: SpikingNetwork) -> NDArray[np.int64]:
    return _reach(network)[0]


@kernel
def _count_reach(start, indptr, targets, fan_in, last, count, held, with_itself):  # type: ignore[no-untyped-def]
    """For each neuron from ``start`` on: distinct targets, synapses into them, and whether it is one.

    ``last`` holds -1 for each at first.
    """
    for row in range(len(indptr) - 1):
        i = start + row
        for e in range(indptr[row], indptr[row + 1]):
            t = targets[e]
            if last[t] != i:
                last[t] = i
                count[i] += 1
                held[i] += fan_in[t]
                if t == i:
                    with_itself[i] = True


def _reach(network: SpikingNetwork) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    count, held = np.zeros(network.size, np.int64), np.zeros(network.size, np.int64)
    with_itself = np.zeros(network.size, np.bool_)
    run = _count_reach.for_work(5 * (network.synapse_count + network.size))
    last, fan_in = np.full(network.size, -1, np.int64), network.fan_in()
    for start, rows in all_rows(network):
        run(start, rows.indptr, rows.targets, fan_in, last, count, held, with_itself)
    return count, held, with_itself


@kernel
def _choose_disjoint(order, in_ptr, in_source, taken, width):  # type: ignore[no-untyped-def]
    """Choose neurons that share no source, first come first served; ``width`` gets their distinct sources."""
    for v in order:
        free = True
        for e in range(in_ptr[v], in_ptr[v + 1]):
            if taken[in_source[e]]:
                free = False
                break
        if free:
            for e in range(in_ptr[v], in_ptr[v + 1]):
                if not taken[in_source[e]]:
                    taken[in_source[e]] = True
                    width[v] += 1


def _disjoint_items(network: SpikingNetwork, targets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows that cannot be shared: the fan-ins of neurons with disjoint sources, and 1 for every other source used."""
    in_ptr, in_source = Incidence.of(network, Iteration.TIMESTEP).incoming
    fan_in = np.diff(in_ptr)
    order = np.argsort(-fan_in, kind="stable")
    order = order[fan_in[order] > 0]
    taken, width = np.zeros(network.size, np.bool_), np.zeros(network.size, np.int64)
    _choose_disjoint.for_work(4 * in_source.size)(order, in_ptr, in_source, taken, width)
    others = np.ones(int(np.count_nonzero((targets > 0) & ~taken)), np.int64)
    return np.concatenate([width[width > 0], others])
