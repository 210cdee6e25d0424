"""Merged networks say the same as the network they stand for."""

from __future__ import annotations

import numpy as np
from cases import networks
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.lower.semantics import Iteration, feedback_synapses
from mapper.lower.traffic import recorded_spikes
from mapper.model.network import SpikingNetwork
from mapper.search.cluster.incidence import Incidence
from mapper.search.cluster.twins import contract


def twin_rich(draw):
    """A few lists of inputs, each held by several neurons."""
    lists = draw(st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=4), min_size=1, max_size=3))
    owner = draw(st.lists(st.integers(0, len(lists) - 1), min_size=1, max_size=12))
    pre = [s for v in owner for s in lists[v]]
    post = [6 + i for i, v in enumerate(owner) for _ in lists[v]]
    inputs = draw(st.integers(0, 6))
    neuron = st.integers(6, 5 + len(owner))
    loops = draw(st.lists(st.tuples(neuron, neuron), max_size=3))
    pre, post = pre + [a for a, _ in loops], post + [b for _, b in loops]
    counts = draw(st.lists(st.integers(0, 9), min_size=6 + len(owner), max_size=6 + len(owner)))
    return SpikingNetwork.from_edges(
        "twins", 6 + len(owner), pre, post, is_input=np.arange(6 + len(owner)) < inputs, spike_counts=counts
    )


@st.composite
def cases(draw):
    network = twin_rich(draw) if draw(st.booleans()) else draw(networks(max_neurons=12))
    return network, draw(st.integers(1, 4)), draw(st.integers(1, 9)), draw(st.sampled_from(list(Iteration)))


@given(cases())
@settings(max_examples=400)
def test_vertices_hold_twins_and_nets_carry_what_their_sources_do(case):
    network, most, cells, iteration = case
    graph = contract(Incidence.of(network, iteration), most, cells)
    n, vertex = network.size, graph.vertex_of.tolist()
    pairs = set(zip(network.sources().tolist(), network.targets.tolist(), strict=True))
    inputs = [{a for a, b in pairs if b == v} for v in range(n)]
    synapses = np.bincount(network.targets, minlength=n)
    spikes = recorded_spikes(network)
    for k in range(graph.vertices):
        members = [v for v in range(n) if vertex[v] == k]
        assert len(members) == graph.columns[k]
        assert len(members) == 1 or (len(members) <= most and synapses[members].sum() <= cells)
        assert all(inputs[v] == inputs[members[0]] for v in members)
        assert graph.synapses[k] == synapses[members].sum()
        assert graph.width[k] == len(inputs[members[0]])
        assert graph.placeable[k] == (not network.is_input[members[0]])
        nets = graph.in_net[graph.in_ptr[k] : graph.in_ptr[k + 1]]
        assert graph.weight[nets].sum() == graph.width[k]
        assert graph.spikes[nets].sum() == spikes[sorted(inputs[members[0]])].sum()
    assert graph.weight.sum() == n
    pins = {
        (int(h), int(t)) for h, t in zip(np.repeat(graph.home, np.diff(graph.out_ptr)), graph.out_vertex, strict=True)
    }
    sent = {(vertex[a], vertex[b]) for a, b in pairs if not network.is_input[a]}
    assert {(a, b) for a, b in pins if graph.placeable[a]} == sent


@given(cases())
@settings(max_examples=300)
def test_merged_pins_are_forward_if_and_only_if_their_synapses_are(case):
    network, most, cells, _ = case
    graph = contract(Incidence.of(network, Iteration.FRAME), most, cells)
    if graph.component.size == 0:
        assert feedback_synapses(network).all()
        return
    for a, b, back in zip(network.sources(), network.targets, feedback_synapses(network), strict=True):
        u, v = graph.vertex_of[a], graph.vertex_of[b]
        if u != v and not network.is_input[a]:
            forward = graph.component[u] != graph.component[v] or graph.population[v] > graph.population[u]
            assert forward == (not back)
