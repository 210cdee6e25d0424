"""Packets, axons and loads against a recount with dicts and sets, and against the measured hand mapping."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from cases import networks, partitions
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.errors import InputError
from mapper.lower.semantics import Iteration
from mapper.lower.traffic import count_traffic
from mapper.model.clustering import Clustering
from mapper.model.network import SpikingNetwork
from mapper.search.cluster import metrics
from mapper.search.cluster.metrics import cost, measure


@given(networks(), st.data())
@settings(max_examples=150)
def test_figures_equal_a_recount(network, data):
    clustering = data.draw(partitions(network))
    home, spikes = clustering.assignment.tolist(), network.spike_counts.tolist()
    pairs = list(zip(network.sources().tolist(), network.targets.tolist(), strict=True))
    figures = measure(network, clustering)
    remote = {(a, home[b]) for a, b in pairs if home[a] != home[b]}
    assert figures.packets == sum(spikes[a] for a, _ in remote)
    assert figures.packets_between_clusters == sum(spikes[a] for a, _ in remote if not network.is_input[a])
    held, events, members = Counter(home[b] for _, b in pairs), Counter(), Counter(home)
    for a, b in pairs:
        events[home[b]] += spikes[a]
    for c in range(clustering.count):
        axons = len({a for a, b in pairs if home[b] == c})
        assert figures.demand[c].tolist() == [axons, members[c], held[c]]
        assert figures.events[c] == events[c]


@given(networks(recorded=False), st.data())
@settings(max_examples=40)
def test_packets_are_those_of_the_channels(network, data):
    clustering = data.draw(partitions(network))
    traffic = count_traffic(network, clustering, Iteration.TIMESTEP)
    figures = measure(network, clustering)
    assert figures.packets == traffic.spikes.sum()
    assert figures.packets_between_clusters == traffic.spikes[traffic.sources < clustering.count].sum()


def test_the_hand_mapping_sends_the_packets_measured_on_the_chip(data):
    edges = np.load(data / "clustering" / "dvs_gesture_edges_spikes.npz")
    spikes = edges["spikes_100"]
    network = SpikingNetwork.from_edges("dvs", spikes.size, edges["src"], edges["dst"], spike_counts=spikes)
    figures = measure(network, Clustering(edges["cluster_stock"], 49))
    assert (figures.clusters, figures.packets_between_clusters, figures.packets) == (49, 295_322, 295_322)


def test_compiled_and_plain_counts_agree(monkeypatch):
    rng = np.random.default_rng(2)
    network = SpikingNetwork.from_edges(
        "random", 200, rng.integers(0, 200, 2000), rng.integers(20, 200, 2000), is_input=np.arange(200) < 20
    )
    clustering = Clustering(np.where(np.arange(200) < 20, -1, rng.integers(0, 9, 200)), 9)
    plain = measure(network, clustering)
    monkeypatch.setattr(metrics.kernel, "THRESHOLD", 0)
    compiled = measure(network, clustering)
    assert (plain.packets, plain.packets_between_clusters) == (compiled.packets, compiled.packets_between_clusters)
    assert (plain.demand == compiled.demand).all() and (plain.events == compiled.events).all()


def test_objectives_rank_as_they_say():
    """Two clusters and three packets against three clusters and nine packets."""
    network = SpikingNetwork.from_edges("six", 3, [0, 0, 1, 2], [1, 2, 2, 0], spike_counts=[3, 3, 0])
    few, many = measure(network, Clustering([0, 1, 1], 2)), measure(network, Clustering([0, 1, 2], 3))
    assert (few.packets, many.packets) == (3, 9)
    assert cost(few, "clusters") < cost(many, "clusters")
    assert cost(few, "packets") == (3, 2, 3) and cost(few) == (12, 2, 3)


def test_a_clustering_of_another_network_is_refused():
    network = SpikingNetwork.from_edges("pair", 2, [0], [1])
    with pytest.raises(InputError, match="2 neurons"):
        measure(network, Clustering([0, 0, 0], 1))
    with pytest.raises(InputError, match="with a cluster"):
        measure(network, Clustering([-1, 0], 1))
