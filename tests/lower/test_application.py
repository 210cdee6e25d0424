"""Traffic, execution times and demands against counts made neuron by neuron and spike by spike."""

from __future__ import annotations

import networkx as nx
import numpy as np
from cases import networks, partitions
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.lower.application import build_application
from mapper.lower.semantics import Iteration, feedback_synapses
from mapper.model.clustering import Clustering
from mapper.model.platform import Timing


def brute_force_feedback(network):
    """By definition: both ends reach each other, and the population does not come later."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(network.size))
    pairs = list(zip(network.sources().tolist(), network.targets.tolist(), strict=True))
    graph.add_edges_from(pairs)
    population = network.population_of()
    return [
        nx.has_path(graph, b, a) and (a == b or nx.has_path(graph, a, b)) and population[b] <= population[a]
        for a, b in pairs
    ]


@given(networks())
def test_feedback_is_decided_on_neurons_and_leaves_an_acyclic_rest(network):
    feedback = feedback_synapses(network)
    assert feedback.tolist() == brute_force_feedback(network)
    forward = ~feedback
    rest = nx.DiGraph(zip(network.sources()[forward].tolist(), network.targets[forward].tolist(), strict=True))
    assert nx.is_directed_acyclic_graph(rest)


def ceil(total, parts):
    return (total + parts - 1) // parts


@given(networks(), st.data(), st.sampled_from(list(Iteration)))
@settings(max_examples=150)
def test_application_equals_a_recount_neuron_by_neuron(network, data, iteration):
    internal = [i for i in range(network.size) if not network.is_input[i]]
    clustering = data.draw(partitions(network))
    assignment = clustering.assignment
    timing = Timing(base_ps=1000, per_input_event_ps=3, per_synaptic_event_ps=5, per_output_spike_ps=7, per_step_ps=11)
    app = build_application(network, clustering, timing, iteration)

    frame = iteration is Iteration.FRAME
    parts = network.windows * (1 if frame else network.steps)
    feedback = brute_force_feedback(network) if frame else None
    earliest, axons, synapses = {}, {}, {}
    for s, (a, b) in enumerate(zip(network.sources().tolist(), network.targets.tolist(), strict=True)):
        delay = 1 if network.delays is None else max(1, int(network.delays[s]))
        tokens = int(feedback[s]) if frame else delay
        into = int(assignment[b])
        axons.setdefault(into, set()).add(a)
        synapses.setdefault(into, []).append(a)
        if network.is_input[a] or assignment[a] != into:
            earliest[a, into] = min(tokens, earliest.get((a, into), tokens))
    totals = {}
    for (a, into), tokens in earliest.items():
        sender = clustering.count if network.is_input[a] else int(assignment[a])
        key = (sender, into, tokens)
        totals[key] = totals.get(key, 0) + int(network.spike_counts[a])

    graph = app.graph
    found = dict(
        zip(
            zip(graph.sources.tolist(), graph.targets.tolist(), app.delay_iterations.tolist(), strict=True),
            app.packets.tolist(),
            strict=True,
        )
    )
    assert found == {key: ceil(total, parts) for key, total in totals.items()}
    assert (graph.initial_tokens == graph.production * app.delay_iterations).all()

    spikes = network.spike_counts.tolist()
    for c in range(clustering.count):
        members = [i for i in internal if assignment[i] == c]
        heard = ceil(sum(spikes[a] for a in axons.get(c, ())), parts)
        synaptic = ceil(sum(spikes[a] for a in synapses.get(c, ())), parts)
        fired = ceil(sum(spikes[i] for i in members), parts)
        steps = network.steps if frame else 1
        assert graph.execution_times[c] == 1000 + 3 * heard + 5 * synaptic + 7 * fired + 11 * steps
        assert app.demand[c].tolist() == [len(axons.get(c, ())), len(members), len(synapses.get(c, ()))]
        assert (app.synaptic_events[c], app.output_spikes[c]) == (synaptic, fired)
    assert app.is_input.sum() == (network.input_count > 0)


@given(networks(recorded=False))
def test_without_a_recording_every_neuron_spikes_once_a_window(network):
    clustering = Clustering(np.where(network.is_input, -1, 0), 1)
    app = build_application(network, clustering, Timing(per_output_spike_ps=1))
    assert app.graph.execution_times[0] == network.neuron_count
