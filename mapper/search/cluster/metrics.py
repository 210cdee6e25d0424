"""What a clustering costs: clusters, axons, packets, and the load of each cluster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.compiled import kernel
from mapper.errors import InputError
from mapper.lower.traffic import recorded_spikes
from mapper.model.clustering import Clustering
from mapper.model.network import SpikingNetwork
from mapper.search.cluster.distinct_rows import all_rows
from mapper.search.cluster.params import Objective

__all__ = ["ClusterFigures", "cost", "measure"]


@dataclass(frozen=True, eq=False)
class ClusterFigures:
    """The figures of one clustering; packets and events are those of the whole recording.

    Attributes
    ----------
    clusters
        Clusters used.
    packets
        One for each spike and each destination cluster other than the sender's own, input neurons included.
    packets_between_clusters
        The same without what input neurons send.
    axons, neurons, synapses : int64, shape (clusters,)
        What each cluster holds: distinct sources (those inside it too), neurons, synapses.
    arriving : int64, shape (clusters,)
        Packets that each cluster's rows take: the spikes of its axons (those inside it too).
    events : int64, shape (clusters,)
        Synaptic events of each cluster: spikes times the synapses they pass there.
    """

    clusters: int
    packets: int
    packets_between_clusters: int
    axons: NDArray[np.int64]
    neurons: NDArray[np.int64]
    synapses: NDArray[np.int64]
    arriving: NDArray[np.int64]
    events: NDArray[np.int64]

    @property
    def demand(self) -> NDArray[np.int64]:
        """(axons, neurons, synapses) of each cluster, int64, shape (clusters, 3)."""
        return np.stack([self.axons, self.neurons, self.synapses], axis=1)


@kernel
def _count(start, indptr, targets, assignment, is_input, spikes, last, axons, synapses, arriving, events):  # type: ignore[no-untyped-def]
    """Fill the loads of each cluster by the rows of the neurons from ``start`` on; ``last`` holds -1 at first.

    Returns (packets, those sent by inputs).
    """
    packets = 0
    by_inputs = 0
    for row in range(len(indptr) - 1):
        i = start + row
        home = assignment[i]
        reached = 0
        for e in range(indptr[row], indptr[row + 1]):
            c = assignment[targets[e]]
            synapses[c] += 1
            events[c] += spikes[i]
            if last[c] != i:
                last[c] = i
                axons[c] += 1
                arriving[c] += spikes[i]
                if c != home:
                    reached += 1
        packets += reached * spikes[i]
        if is_input[i]:
            by_inputs += reached * spikes[i]
    return packets, by_inputs


def measure(network: SpikingNetwork, clustering: Clustering) -> ClusterFigures:
    """Count what ``clustering`` costs, in one pass over the synapses and with memory per cluster only.

    Without recorded spikes every neuron is taken to spike once per window.

    Raises
    ------
    InputError
        The clustering is one of another network.

    Examples
    --------
    >>> net = SpikingNetwork.from_edges("v", 4, [0, 0, 0, 1], [1, 2, 3, 3], is_input=[1, 0, 0, 0],
    ...                                 spike_counts=[5, 2, 0, 0])
    >>> figures = measure(net, Clustering([-1, 0, 1, 1], 2))
    >>> figures.packets, figures.packets_between_clusters, figures.axons.tolist(), figures.events.tolist()
    (12, 2, [1, 2], [5, 12])
    """
    assignment = clustering.assignment
    if assignment.size != network.size or ((assignment < 0) != network.is_input).any():
        raise InputError(
            f"clustering of network {network.name!r}",
            f"a cluster for each of its {network.neuron_count} neurons and for no input",
            f"{assignment.size} entries, {int((assignment >= 0).sum())} with a cluster",
            "cluster this network",
        )
    axons, synapses, arriving, events = (np.zeros(clustering.count, np.int64) for _ in range(4))
    last = np.full(clustering.count, -1, np.int64)
    count = _count.for_work(8 * (network.synapse_count + network.size))
    spikes, packets, by_inputs = recorded_spikes(network), 0, 0
    for start, rows in all_rows(network):
        sent = count(
            start, rows.indptr, rows.targets, assignment, network.is_input, spikes,
            last, axons, synapses, arriving, events,
        )  # fmt: skip
        packets, by_inputs = packets + int(sent[0]), by_inputs + int(sent[1])
    return ClusterFigures(
        clusters=clustering.count,
        packets=packets,
        packets_between_clusters=packets - by_inputs,
        axons=axons,
        neurons=clustering.sizes(),
        synapses=synapses,
        arriving=arriving,
        events=events,
    )


def cost(figures: ClusterFigures, objective: Objective = "balanced") -> tuple[int, int, int]:
    """What a search minimises, compared as tuples.

    ``clusters`` and ``packets`` put that figure first and the other second. ``balanced`` minimises the product of
    clusters and packets (each plus one, so that a figure of zero does not hide the other): a clustering with 2 % more
    clusters is worth it if it saves 2 % of the packets. The packets are all that travel, those of inputs too: they
    load the same links. Packets between clusters break ties.

    Examples
    --------
    >>> net = SpikingNetwork.from_edges("chain", 3, [0, 1], [1, 2])
    >>> cost(measure(net, Clustering([0, 0, 1], 2)))
    (6, 2, 1)
    """
    clusters, packets, between = figures.clusters, figures.packets, figures.packets_between_clusters
    if objective == "clusters":
        return clusters, packets, between
    if objective == "packets":
        return packets, clusters, between
    return (clusters + 1) * (packets + 1), clusters, between
