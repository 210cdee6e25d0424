"""Packets between clusters: a hypergraph metric, one packet per spike and destination cluster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.lower.semantics import Iteration, initial_iterations
from mapper.model.clustering import Clustering
from mapper.model.network import SpikingNetwork

__all__ = ["Traffic", "count_traffic", "recorded_spikes"]


@dataclass(frozen=True, eq=False)
class Traffic:
    """Channels between clusters, over the whole recording, sorted by (source, target, initial iterations).

    ``sources`` holds the cluster of the sender, or ``clustering.count`` for the inputs taken together.
    """

    sources: NDArray[np.int64]
    targets: NDArray[np.int64]
    initial: NDArray[np.int64]
    spikes: NDArray[np.int64]


def recorded_spikes(network: SpikingNetwork) -> NDArray[np.int64]:
    """Spike totals over the recording; without one, every neuron is taken to spike once per window."""
    if network.spike_counts is None:
        return np.full(network.size, network.windows, np.int64)
    return network.spike_counts


def count_traffic(network: SpikingNetwork, clustering: Clustering, iteration: Iteration) -> Traffic:
    """Count the packets each cluster (and the inputs) sends to each other cluster over the recording.

    A neuron that reaches a cluster through several synapses sends it one packet per spike, on the channel with the
    fewest initial iterations among them (the earliest need). Spikes that stay in their cluster cost none.
    """
    k, n = clustering.count, network.size
    home = np.where(network.is_input, k, clustering.assignment).astype(np.int64)
    found = [(np.zeros(0, np.int64), np.zeros(0, np.int64))]
    for pre, post, initial in initial_iterations(network, iteration):
        into = home[post]
        leaving = home[pre] != into
        pairs, where = np.unique(pre[leaving].astype(np.int64) * (k + 1) + into[leaving], return_inverse=True)
        first = np.full(pairs.size, np.iinfo(np.int64).max, np.int64)
        np.minimum.at(first, where, initial[leaving])
        found.append((pairs, first))
    distinct, earliest = (np.concatenate(parts) for parts in zip(*found, strict=True))
    sender, target = distinct // (k + 1), distinct % (k + 1)
    columns = np.stack([home[sender] if n else sender, target, earliest])
    channels, channel = np.unique(columns, axis=1, return_inverse=True)
    spikes = np.zeros(channels.shape[1], np.int64)
    np.add.at(spikes, channel.ravel(), recorded_spikes(network)[sender])
    return Traffic(channels[0], channels[1], channels[2], spikes)
