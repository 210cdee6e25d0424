"""Growing: legal in every way it can be told to grow, never worse than the simple rules, the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from clustering_rules import assert_legal, clustering_cases, recount
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.compiled import kernel
from mapper.lower.semantics import Iteration
from mapper.model.clustering import Clustering
from mapper.model.network import SpikingNetwork
from mapper.search.cluster import grow
from mapper.search.cluster.first_fit import TooManyComparisonsError, first_fit, next_fit
from mapper.search.cluster.grow import cluster_by_first_fit, cluster_by_growing, cluster_by_next_fit
from mapper.search.cluster.grow_run import Configuration, Grower
from mapper.search.cluster.incidence import Incidence
from mapper.search.cluster.limits import Limits, limit_rows
from mapper.search.cluster.metrics import cost, measure
from mapper.search.cluster.order import ORDERS, SeedOrders
from mapper.search.cluster.params import ClusterParams
from mapper.search.cluster.twins import contract
from mapper.stop import MaxRuntime

configurations = st.builds(
    Configuration,
    traffic=st.floats(0, 1),
    frontier=st.booleans(),
    inside=st.booleans(),
    lazy=st.booleans(),
    eager=st.integers(0, 3),
    patience=st.integers(1, 4),
    ahead=st.integers(0, 4),
    overdue=st.sampled_from([0.3, 0.7, float("inf")]),
    settle=st.integers(1, 3),
)


@given(clustering_cases(), configurations, st.integers(1, 3), st.sampled_from(ORDERS), st.integers(0, 9))
@settings(max_examples=400)
def test_every_configuration_grows_legal_clusters_and_counts_their_packets(case, how, most, order, seed):
    network, limits, iteration = case
    rows = limit_rows(limits, network.windows)
    most = min(most, int(rows[:, 1].min()))
    graph = contract(Incidence.of(network, iteration), most, int(rows[:, 2].min()))
    grower = Grower(graph, rows)
    grown = grower.run(SeedOrders(graph, grower.waiting).get(order, np.random.default_rng(seed)), how)
    clustering = Clustering(grown.assignment[graph.vertex_of], grown.clusters)
    assert_legal(network, clustering, limits, iteration)
    _, packets, between = recount(network, clustering)
    assert (grown.packets, grown.packets - grown.packets_by_inputs) == (packets, between)


def test_broad_vertices_seed_before_those_that_add_a_few_sums_up():
    """Fan-ins 2, 8, 1, 3: at least a quarter of eight are the first, second and fourth."""
    pre, post = np.concatenate([np.arange(k) for k in (2, 8, 1, 3)]), np.repeat([8, 9, 10, 11], (2, 8, 1, 3))
    network = SpikingNetwork.from_edges("mixed", 12, pre, post, is_input=np.arange(12) < 8)
    graph = contract(Incidence.of(network, Iteration.TIMESTEP), 1, 99)
    grower = Grower(graph, limit_rows(Limits(8, 1, 99)))
    order = SeedOrders(graph, grower.waiting).get("broad", np.random.default_rng(0))
    assert order.tolist() == [8, 9, 11, 10]
    how = Configuration(frontier=False)
    told, untold = (grower.run(order, how, tally) for tally in (True, False))
    assert untold.assignment[order].tolist() == told.assignment[order].tolist() == [0, 1, 2, 3]
    assert (told.packets, untold.packets) == (14, 0)


@given(clustering_cases(), st.sampled_from(["balanced", "clusters", "packets"]), st.integers(0, 3))
@settings(max_examples=150)
def test_growing_is_never_worse_than_first_fit_and_next_fit(case, objective, seed):
    network, limits, iteration = case
    params = ClusterParams(iteration, seed, MaxRuntime(0.01), objective=objective)
    price = cost(measure(network, cluster_by_growing(network, limits, params)), objective)
    for rule in (cluster_by_first_fit, cluster_by_next_fit):
        assert price <= cost(measure(network, rule(network, limits, params)), objective)


def first_fit_by_hand(network, limits):
    """Neurons by id, clusters by descending utilisation, with sets; returns the assignment and the inputs held."""
    held, columns, cells, order, home = [], [], [], [], {}
    inputs = [set(network.sources()[network.targets == v].tolist()) for v in range(network.size)]
    spikes = [network.windows] * network.size if network.spike_counts is None else network.spike_counts.tolist()
    most = sum(spikes) if limits.buffer is None else limits.buffer * network.windows
    for v in np.flatnonzero(~network.is_input).tolist():
        needs = network.targets.tolist().count(v)
        for c in order:
            room = len(held[c] | inputs[v]) <= limits.inputs and columns[c] < limits.outputs
            room = room and sum(spikes[s] for s in held[c] | inputs[v]) <= most
            if room and cells[c] + needs <= limits.synapses:
                break
        else:
            c = len(held)
            held.append(set())
            columns.append(0)
            cells.append(0)
            order.append(c)
        held[c] |= inputs[v]
        columns[c] += 1
        cells[c] += needs
        home[v] = c
        order.remove(c)
        use = [len(h) / limits.inputs + k / limits.outputs for h, k in zip(held, columns, strict=True)]
        order.insert(sum(use[d] >= use[c] for d in order), c)
    return home


@given(clustering_cases())
@settings(max_examples=200)
def test_first_fit_does_what_its_definition_says(case):
    network, limits, _ = case
    if not isinstance(limits, Limits):
        return
    found = cluster_by_first_fit(network, limits, ClusterParams(Iteration.TIMESTEP)).assignment
    assert {v: c for v, c in enumerate(found.tolist()) if c >= 0} == first_fit_by_hand(network, limits)


def local(n=3000, degree=12, seed=4):
    """Neurons on a ring, each with near sources and one far one."""
    rng = np.random.default_rng(seed)
    post = np.repeat(np.arange(n), degree)
    pre = (post + np.tile(np.arange(degree) - degree // 2, n)) % n
    far = rng.random(pre.size) < 1 / degree
    pre[far] = rng.integers(0, n, far.sum())
    return SpikingNetwork.from_edges("ring", n, pre, post, spike_counts=rng.integers(0, 20, n))


def renumbered(network, seed):
    new = np.random.default_rng(seed).permutation(network.size)
    return SpikingNetwork.from_edges(
        "renumbered",
        network.size,
        new[network.sources()],
        new[network.targets],
        spike_counts=network.spike_counts[np.argsort(new)],
    )


def test_the_numbering_of_a_recurrent_network_hardly_matters():
    network, limits = local(), Limits(64, 64, 4096)
    packets = [measure(net, cluster_by_growing(net, limits)).packets for net in (network, renumbered(network, 1))]
    assert max(packets) <= 1.05 * min(packets)
    assert (
        max(packets)
        < 0.8 * measure(renumbered(network, 1), cluster_by_first_fit(renumbered(network, 1), limits)).packets
    )


def test_huge_networks_are_grown_once_lazily_and_as_well(monkeypatch):
    network, limits = renumbered(local(), 2), Limits(64, 64, 4096)
    full = measure(network, cluster_by_growing(network, limits))
    monkeypatch.setattr(grow, "HUGE", 1000)
    once = cluster_by_growing(network, limits)
    figures = measure(network, once)
    assert (figures.axons <= 64).all()
    assert figures.clusters <= 1.1 * full.clusters
    assert figures.packets <= 1.15 * full.packets


def test_twins_share_clusters_and_the_network_shrinks():
    """Forty groups of fifty neurons with equal inputs: one cluster holds a group and nothing else."""
    pre = np.concatenate([np.tile(np.arange(10 * g, 10 * g + 10), 50) for g in range(40)])
    post = 400 + np.repeat(np.arange(2000), 10)
    network = SpikingNetwork.from_edges("groups", 2400, pre, post, is_input=np.arange(2400) < 400)
    assert contract(Incidence.of(network, Iteration.FRAME), 50, 10**6).vertices == 400 + 40
    assert cluster_by_growing(network, Limits(10, 50, 500)).count == 40


@pytest.mark.parametrize("threshold", [0, 10**9])
def test_plain_and_compiled_loops_repeat_by_seed(threshold, monkeypatch):
    monkeypatch.setattr(kernel, "THRESHOLD", threshold)
    network, limits = local(300, 8), Limits(24, 16, 512)
    params = ClusterParams(Iteration.TIMESTEP, 5, MaxRuntime(0.05))
    first = cluster_by_growing(network, limits, params)
    assert_legal(network, first, limits, Iteration.TIMESTEP)
    assert cluster_by_growing(network, limits, params).assignment.tolist() == first.assignment.tolist()


def test_time_spent_compiling_before_the_first_clustering_changes_nothing(monkeypatch):
    network, limits, params = local(300, 8), Limits(24, 16, 512), ClusterParams(Iteration.TIMESTEP, 5, MaxRuntime(0.05))
    usual = cluster_by_growing(network, limits, params)
    clock, plain = [0.0], Grower.run

    def slow_at_first(*arguments):
        clock[0] = 600.0
        return plain(*arguments)

    monkeypatch.setattr(Grower, "run", slow_at_first)
    monkeypatch.setattr(grow.time, "thread_time", lambda: clock[0])
    assert cluster_by_growing(network, limits, params).assignment.tolist() == usual.assignment.tolist()


def test_kernels_are_compiled_once_for_networks_with_twins_and_without():
    alike = SpikingNetwork.from_edges("alike", 30, np.tile(np.arange(10), 20), np.repeat(np.arange(10, 30), 10))
    for iteration in Iteration:
        kinds = set()
        for most in (1, 10):
            graph = contract(Incidence.of(alike, iteration), most, 999)
            kinds.add(tuple((array.dtype, array.flags.writeable) for array in vars(graph).values()))
        assert graph.vertices < 30
        assert len(kinds) == 1


def test_refusals_name_the_vertex():
    network = SpikingNetwork.from_edges("v", 4, [0, 0, 1], [2, 3, 3], is_input=[1, 1, 0, 0])
    graph = contract(Incidence.of(network, Iteration.FRAME), 1, 9)
    for rule in (first_fit, next_fit):
        for limits in (Limits(1, 4, 9), Limits(2, 4, 9, buffer=1)):
            with pytest.raises(ValueError, match=r"^3$"):
                rule(graph, np.array([2, 3]), limit_rows(limits))


def test_first_fit_is_given_up_when_it_takes_too_many_comparisons(monkeypatch):
    """Pairs of equal neurons, each pair with inputs of its own: only first fit has to look back."""
    pre = np.repeat(np.arange(20), 2)
    network = SpikingNetwork.from_edges("pairs", 60, pre, 20 + np.arange(40), is_input=np.arange(60) < 20)
    graph = contract(Incidence.of(network, Iteration.TIMESTEP), 1, 9)
    order, rows = np.arange(20, 60), limit_rows(Limits(1, 2, 9))
    assert first_fit(graph, order, rows, most=10**6)[1] == 20
    with pytest.raises(TooManyComparisonsError):
        first_fit(graph, order, rows, most=100)
    monkeypatch.setattr(grow, "_COMPARISONS", 0)
    params = ClusterParams(Iteration.TIMESTEP, stop=MaxRuntime(0.0))
    assert cluster_by_growing(network, Limits(1, 2, 9), params).count == 20
