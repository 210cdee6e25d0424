"""Every method, on random networks, limits and both meanings of an iteration, against the rules by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from cases import interrupt_at
from clustering_rules import assert_legal, available, clustering_cases, layers_near, recount
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.compiled import kernel
from mapper.errors import InputError
from mapper.lower.semantics import Iteration
from mapper.model.network import SpikingNetwork
from mapper.search.cluster.limits import Limits
from mapper.search.cluster.methods import CLUSTER_METHODS, cluster, method_named
from mapper.search.cluster.metrics import measure
from mapper.search.cluster.params import ClusterParams
from mapper.search.cluster.repair import repair
from mapper.stop import MaxRuntime

#: Methods that are slow for what they are; they get fewer examples.
FEW = {"hypergraph": 25, "exact": 25, "refine": 40, "metis": 60}


@pytest.mark.parametrize("name", CLUSTER_METHODS)
def test_no_method_ever_returns_an_illegal_clustering(name):
    available(name)

    @given(clustering_cases(), st.integers(0, 5), st.sampled_from(["balanced", "clusters", "packets"]))
    @settings(max_examples=FEW.get(name, 100))
    def holds(case, seed, objective):
        network, limits, iteration = case
        params = ClusterParams(iteration, seed, MaxRuntime(0.02), objective=objective)
        found = method_named(name)(network, limits, params)
        assert found.method == name
        assert_legal(network, found, limits, iteration)
        needs, packets, between = recount(network, found)
        figures = measure(network, found)
        assert (figures.packets, figures.packets_between_clusters) == (packets, between)
        assert figures.demand.tolist() == [list(need) for need in needs]

    holds()


@pytest.mark.parametrize("iteration", list(Iteration))
@pytest.mark.parametrize("name", sorted(set(CLUSTER_METHODS) - {"exact"}))
def test_compiled_kernels_are_legal_and_repeat_by_seed(name, iteration, monkeypatch):
    available(name)
    monkeypatch.setattr(kernel, "THRESHOLD", 0)
    network, limits = layers_near(4, 30), Limits(24, 16, 200)
    # Generous time for the methods that end by themselves; those that do not are compared in their own tests.
    ends = name in ("maxshare", "sequential", "random", "kl", "firstfit", "nextfit")
    params = ClusterParams(iteration, 7, MaxRuntime(60 if ends else 0.2))
    found = cluster(network, limits, name, params)
    assert_legal(network, found, limits, iteration)
    if ends:
        assert cluster(network, limits, name, params).assignment.tolist() == found.assignment.tolist()


def test_a_neuron_that_exceeds_the_limits_is_named():
    network = SpikingNetwork.from_edges("wide", 5, [0, 1, 2, 3], [4, 4, 4, 4])
    for name in set(CLUSTER_METHODS):
        available(name)
        with pytest.raises(InputError, match=r"neuron 4 .*3 inputs"):
            method_named(name)(network, Limits(3, 4, 16), ClusterParams(stop=MaxRuntime(0.1)))


def test_unknown_methods_are_refused_with_the_known_ones():
    with pytest.raises(InputError, match="maxshare"):
        cluster(layers_near(4, 30), Limits(24, 16, 200), "nonsense")


@pytest.mark.parametrize("name", CLUSTER_METHODS)
def test_networks_without_synapses_or_neurons(name):
    available(name)
    params = ClusterParams(stop=MaxRuntime(0.05))
    lonely = SpikingNetwork.from_edges("lonely", 5, [], [])
    found = cluster(lonely, Limits(2, 2, 4), name, params)
    assert found.count >= 3
    assert max(found.sizes()) <= 2
    inputs = SpikingNetwork.from_edges("inputs", 3, [], [], is_input=[True] * 3)
    assert cluster(inputs, Limits(2, 2, 4), name, params).count == 0


@given(clustering_cases(), st.integers(1, 6), st.integers(0, 99))
@settings(max_examples=150)
def test_repair_makes_any_partition_legal(case, parts, seed):
    network, limits, iteration = case
    labels = np.random.default_rng(seed).integers(0, parts, network.size)
    assert_legal(network, repair(network, limits, labels, ClusterParams(iteration), "x"), limits, iteration)


@given(clustering_cases(), st.integers(0, 5))
@settings(max_examples=60)
def test_repair_needs_no_more_clusters_than_a_legal_partition_has(case, seed):
    network, limits, iteration = case
    if not isinstance(limits, Limits) or iteration is Iteration.FRAME:
        return  # there, the order of the clusters matters
    legal = method_named("random")(network, limits, ClusterParams(iteration, seed))
    again = repair(network, limits, legal.assignment, ClusterParams(iteration, objective="clusters"), "x")
    assert again.count <= legal.count


def test_kernighan_lin_separates_two_groups_that_talk_among_themselves():
    """Two groups of eight, interleaved: exchanging finds the cut of a single synapse."""
    pre = [a for a in range(16) for b in range(16) if a != b and a % 2 == b % 2]
    post = [b for a in range(16) for b in range(16) if a != b and a % 2 == b % 2]
    network = SpikingNetwork.from_edges("talk", 16, [*pre, 0], [*post, 1], spike_counts=[5] * 16)
    params = ClusterParams(Iteration.TIMESTEP, stop=MaxRuntime(5))
    found = cluster(network, Limits(16, 8, 200), "kl", params)
    assert found.count == 2
    assert measure(network, found).packets == 5


def test_sequential_starts_a_cluster_with_each_layer():
    network = layers_near(4, 30)
    found = cluster(network, Limits(1000, 30, 10_000), "sequential")
    assert found.sizes().tolist() == [30, 10, 30, 10, 30, 10]


@pytest.mark.parametrize("events", [1, 3])
@pytest.mark.parametrize("name", ["grow", "refine", "kl", "metis", "hypergraph"])
def test_ctrl_c_leaves_a_legal_clustering(name, events):
    """The interrupt comes out of the progress callback, as it would out of any line around it."""
    available(name)
    seen = []
    network, limits = layers_near(4, 30), Limits(24, 16, 200)
    params = ClusterParams(seed=7, stop=MaxRuntime(0.3), progress=interrupt_at(events, seen))
    assert_legal(network, cluster(network, limits, name, params), limits, Iteration.FRAME)
    assert seen
