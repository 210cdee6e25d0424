"""Greedy clusters are legal, convex where they must be, and shared inputs are used."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from cases import networks, partitions
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.check.network import check_clustering
from mapper.compiled import kernel
from mapper.errors import CheckError, InputError
from mapper.lower.semantics import Iteration, feedback_synapses
from mapper.model.network import SpikingNetwork
from mapper.model.platform import Platform, TileClass
from mapper.model.topology import Mesh
from mapper.search.cluster.greedy import cluster_greedily
from mapper.search.cluster.limits import Limits
from mapper.search.cluster.unroll import unroll_fan_in


def chip(inputs, outputs, synapses):
    return Platform("chip", Mesh(1, 1), (TileClass("t", inputs, outputs, synapses),), np.zeros(1, np.int32))


def assert_legal(network, clustering, limits, iteration):
    """Sizes by sets, convexity by networkx on the quotient."""
    home = clustering.assignment.tolist()
    pairs = list(zip(network.sources().tolist(), network.targets.tolist(), strict=True))
    for c in range(clustering.count):
        assert len({a for a, b in pairs if home[b] == c}) <= limits.inputs
        assert 1 <= home.count(c) <= limits.outputs
        assert sum(home[b] == c for _, b in pairs) <= limits.synapses
    assert all((home[i] == -1) == bool(network.is_input[i]) for i in range(network.size))
    if iteration is Iteration.FRAME:
        forward = ~feedback_synapses(network)
        quotient = nx.DiGraph(
            (home[a], home[b]) for (a, b), f in zip(pairs, forward, strict=True) if f and home[a] not in (-1, home[b])
        )
        assert nx.is_directed_acyclic_graph(quotient)


@given(networks(), st.integers(2, 6), st.integers(1, 6), st.integers(8, 30), st.sampled_from(list(Iteration)))
@settings(max_examples=300)
def test_clusters_are_legal(network, inputs, outputs, synapses, iteration):
    unrolled = unroll_fan_in(network, inputs).network
    limits = Limits(inputs, outputs, synapses)
    if int(unrolled.fan_in().max(initial=0)) > synapses:
        with pytest.raises(InputError, match="synapses"):
            cluster_greedily(unrolled, limits, iteration)
        return
    clustering = cluster_greedily(unrolled, limits, iteration)
    assert_legal(unrolled, clustering, limits, iteration)
    check_clustering(unrolled, clustering, chip(inputs, outputs, synapses), iteration)


@given(networks(max_neurons=10), st.data(), st.sampled_from(list(Iteration)))
@settings(max_examples=200)
def test_the_checker_and_the_definition_agree_on_any_partition(network, data, iteration):
    """The checker accepts exactly the partitions that the definition, by brute force, calls legal."""
    clustering, limits = data.draw(partitions(network, most=3)), Limits(4, 4, 12)
    try:
        assert_legal(network, clustering, limits, iteration)
        legal = True
    except AssertionError:
        legal = False
    try:
        check_clustering(network, clustering, chip(4, 4, 12), iteration)
        accepted = True
    except CheckError:
        accepted = False
    assert accepted == legal


def test_compiled_and_plain_kernels_agree(monkeypatch):
    rng = np.random.default_rng(5)
    network = SpikingNetwork.from_edges("random", 400, rng.integers(0, 400, 2500), rng.integers(0, 400, 2500))
    plain = cluster_greedily(network, Limits(40, 20, 400))
    monkeypatch.setattr(kernel, "THRESHOLD", 0)
    assert cluster_greedily(network, Limits(40, 20, 400)).assignment.tolist() == plain.assignment.tolist()


def test_neurons_that_share_inputs_share_clusters():
    """Two interleaved groups with inputs of their own: the utilisation-aware rule separates them."""
    pre = [a for b in range(8) for a in ((0, 1, 2) if b % 2 else (3, 4, 5))]
    post = [6 + b for b in range(8) for _ in range(3)]
    network = SpikingNetwork.from_edges("two", 14, pre, post, is_input=np.arange(14) < 6)
    clustering = cluster_greedily(network, Limits(3, 4, 12))
    assert clustering.count == 2
    assert len(set(clustering.assignment[6::2].tolist())) == 1


def test_the_mnist_network_needs_at_least_thirteen_clusters_and_gets_close():
    import mapper

    network = mapper.read_network("mlp_mnist")
    clustering = cluster_greedily(unroll_fan_in(network, 128).network, Limits(128, 128, 16384))
    distinct_inputs = 784 + 700 + 100  # image, partial sums, hidden neurons: each needs a row somewhere
    assert -(-distinct_inputs // 128) == 13 <= clustering.count <= 14
