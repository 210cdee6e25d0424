"""The rules of a legal clustering and its packets, by dictionaries and sets, and random cases to hold methods to."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from cases import networks
from hypothesis import strategies as st

from mapper.lower.semantics import Iteration, feedback_synapses
from mapper.model.clustering import Clustering
from mapper.model.network import Population, SpikingNetwork
from mapper.search.cluster.limits import Limits
from mapper.search.cluster.unroll import unroll_fan_in


def available(name):
    """A method's name, if what it needs is installed; else the test is skipped."""
    for method, library in (("metis", "pymetis"), ("hypergraph", "mtkahypar")):
        if name == method:
            pytest.importorskip(library)
    return name


def layers_near(layers, most, width=40, **recording):
    """Layers, each neuron with twelve inputs near it in the layer before, and fewer than ``most`` spikes."""
    rng = np.random.default_rng(3)
    pre, post = [], []
    for layer in range(layers - 1):
        for i in range(width):
            near = rng.choice(np.arange(i - 8, i + 9) % width, 12, replace=False)
            pre += (layer * width + near).tolist()
            post += [(layer + 1) * width + i] * 12
    populations = tuple(Population(f"l{k}", k * width, (k + 1) * width) for k in range(layers))
    size = layers * width
    return SpikingNetwork.from_edges(
        "layers", size, pre, post, is_input=np.arange(size) < width, populations=populations,
        spike_counts=rng.integers(0, most, size), **recording,
    )  # fmt: skip


def recount(network, clustering):
    """(needs of each cluster, packets, packets between clusters) from synapse lists."""
    home = clustering.assignment.tolist()
    pairs = list(zip(network.sources().tolist(), network.targets.tolist(), strict=True))
    sources = {c: {a for a, b in pairs if home[b] == c} for c in range(clustering.count)}
    needs = [(len(sources[c]), home.count(c), sum(home[b] == c for _, b in pairs)) for c in range(clustering.count)]
    spikes = [network.windows] * network.size if network.spike_counts is None else network.spike_counts.tolist()
    sent = {a: {home[b] for x, b in pairs if x == a} - {home[a]} for a in range(network.size)}
    packets = sum(spikes[a] * len(sent[a]) for a in sent)
    return needs, packets, sum(spikes[a] * len(sent[a]) for a in sent if home[a] >= 0)


def packets_for_rows(network, clustering):
    """Spikes over the recording of each cluster's distinct sources, wherever these are."""
    home = clustering.assignment.tolist()
    pairs = set(zip(network.sources().tolist(), network.targets.tolist(), strict=True))
    spikes = [network.windows] * network.size if network.spike_counts is None else network.spike_counts.tolist()
    return [sum(spikes[a] for a in {a for a, b in pairs if home[b] == c}) for c in range(clustering.count)]


def heaviest(network):
    """Packets of a window that the neuron with the most of them takes, rounded up."""
    alone = Clustering(np.arange(network.size), network.size)
    return -(-max(packets_for_rows(network, alone), default=0) // network.windows)


def assert_legal(network, clustering, limits, iteration):
    """Each cluster within its row of limits, every neuron placed, and in frame mode an acyclic quotient."""
    rows = [limits] if isinstance(limits, Limits) else list(limits)
    needs, _, _ = recount(network, clustering)
    arriving = packets_for_rows(network, clustering)
    for c, (axons, neurons, synapses) in enumerate(needs):
        row = rows[min(c, len(rows) - 1)]
        assert row.buffer is None or arriving[c] <= row.buffer * network.windows
        assert axons <= row.inputs
        assert 1 <= neurons <= row.outputs
        assert synapses <= row.synapses
    home = clustering.assignment.tolist()
    assert all((home[i] == -1) == bool(network.is_input[i]) for i in range(network.size))
    if iteration is Iteration.FRAME:
        quotient = nx.DiGraph()
        for a, b, back in zip(network.sources(), network.targets, feedback_synapses(network), strict=True):
            if not back and home[a] not in (-1, home[b]):
                quotient.add_edge(home[a], home[b])
        assert nx.is_directed_acyclic_graph(quotient)


@st.composite
def clustering_cases(draw, max_neurons=14):
    """(unrolled network, limits that its neurons fit, iteration); buffers are limited in half of the cases."""
    inputs = draw(st.integers(2, 7))
    network = unroll_fan_in(draw(networks(max_neurons=max_neurons)), inputs).network
    widest = max(int(network.fan_in().max(initial=0)), 1)
    buffers = st.none()
    if draw(st.sampled_from([True, False])):
        spikes = np.random.default_rng(draw(st.integers(0, 99))).integers(0, 10, network.size)
        network = replace(network, spike_counts=spikes)
        packets = max(heaviest(network), 1)
        buffers = st.integers(packets, packets + 5)
    rows = [
        Limits(
            draw(st.integers(inputs, 8)),
            draw(st.integers(1, 6)),
            draw(st.integers(widest, 3 * widest)),
            draw(buffers),
        )
        for _ in range(draw(st.sampled_from([1, 1, 1, 3])))
    ]
    return network, rows[0] if len(rows) == 1 else rows, draw(st.sampled_from(list(Iteration)))
