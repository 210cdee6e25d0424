"""What clustering reads of a network equals what sets, networkx and the definition of feedback say."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from cases import networks
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.compiled import kernel
from mapper.lower.semantics import Iteration, feedback_synapses
from mapper.model.network import SpikingNetwork
from mapper.search.cluster.components import strong_components
from mapper.search.cluster.incidence import Incidence


@given(networks(max_neurons=12))
@settings(max_examples=200)
def test_distinct_pairs_equal_those_of_sets(network):
    lists = Incidence.of(network, Iteration.FRAME)
    pairs = set(zip(network.sources().tolist(), network.targets.tolist(), strict=True))
    assert sorted(zip(lists.sources().tolist(), lists.out_target.tolist(), strict=True)) == sorted(pairs)
    ptr, sources = lists.incoming
    inputs = [frozenset(sources[ptr[v] : ptr[v + 1]].tolist()) for v in range(network.size)]
    assert inputs == [frozenset(a for a, b in pairs if b == v) for v in range(network.size)]
    assert lists.fan_in.tolist() == [len(s) for s in inputs] == np.diff(ptr).tolist()
    assert lists.synapses.tolist() == [network.targets.tolist().count(v) for v in range(network.size)]
    for u in range(network.size):
        for v in range(u):
            assert (lists.fingerprint[u] == lists.fingerprint[v]) == (inputs[u] == inputs[v])


@given(networks(max_neurons=12))
@settings(max_examples=200)
def test_forward_pairs_are_those_that_are_not_feedback(network):
    lists = Incidence.of(network, Iteration.FRAME)
    found = zip(lists.sources().tolist(), lists.out_target.tolist(), lists.forward().tolist(), strict=True)
    assert not network.is_input.all()
    back = zip(network.sources().tolist(), network.targets.tolist(), feedback_synapses(network).tolist(), strict=True)
    expected = {(a, b) for a, b, feedback in back if not feedback and not network.is_input[a]}
    assert {(a, b) for a, b, forward in found if forward} == expected
    assert not Incidence.of(network, Iteration.TIMESTEP).forward().any()


@pytest.mark.parametrize("edges", [0, 300, 600, 900, 5000])
@pytest.mark.parametrize("compiled", [False, True])
def test_strong_components_equal_networkx(edges, compiled, monkeypatch):
    monkeypatch.setattr(kernel, "THRESHOLD", 0 if compiled else 10**9)
    rng = np.random.default_rng(edges)
    network = SpikingNetwork.from_edges("random", 500, rng.integers(0, 500, edges), rng.integers(0, 500, edges))
    component, count = strong_components(network.indptr, network.targets)
    graph = nx.DiGraph()
    graph.add_nodes_from(range(500))
    graph.add_edges_from(zip(network.sources().tolist(), network.targets.tolist(), strict=True))
    labels = np.zeros(500, np.int64)
    expected = 0
    for expected, members in enumerate(nx.strongly_connected_components(graph), 1):
        labels[list(members)] = expected
    assert count == expected
    assert np.unique(np.stack([component, labels]), axis=1).shape[1] == count  # one label for each, and back
    pre = network.sources()
    assert (component[pre] >= component[network.targets]).all()


@given(st.integers(1, 40))
def test_a_deep_chain_needs_no_recursion(links):
    n = 100 * links
    network = SpikingNetwork.from_edges("chain", n, np.arange(n - 1), np.arange(1, n))
    component, count = strong_components(network.indptr, network.targets)
    assert count == n
    assert component.tolist() == list(range(n - 1, -1, -1))
