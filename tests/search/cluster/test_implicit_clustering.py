"""An implicit network is clustered, checked and measured as the explicit one is, without being written out."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from implicit_cases import implicit_networks

from mapper.check.clusters import check_cluster_limits, cluster_demand
from mapper.check.network import check_application
from mapper.compiled import kernel
from mapper.errors import CheckError, InputError
from mapper.lower.application import build_application
from mapper.lower.semantics import Iteration, feedback_synapses
from mapper.mapping_run import fingerprint
from mapper.model import blocks as blocks_module
from mapper.model.blocks import Block, Blocks
from mapper.model.clustering import Clustering
from mapper.model.network import Population, SpikingNetwork
from mapper.model.platform import Platform, TileClass, Timing
from mapper.model.stencil import Stencil, Taps
from mapper.model.topology import Mesh
from mapper.report.network import network_summary
from mapper.report.pictures import traffic_matrix
from mapper.search.cluster import bounds as bounds_module
from mapper.search.cluster import grow as grow_module
from mapper.search.cluster.bounds import cluster_bounds, packet_bound
from mapper.search.cluster.incidence import Incidence
from mapper.search.cluster.limits import Limits, limit_rows
from mapper.search.cluster.methods import cluster
from mapper.search.cluster.metrics import measure
from mapper.search.cluster.params import ClusterParams
from mapper.search.cluster.run import report_clustering
from mapper.search.cluster.twins import contract
from mapper.search.cluster.unroll import unroll_fan_in
from mapper.stop import MaxRuntime


@pytest.fixture(scope="module", autouse=True)
def a_few_synapses_at_a_time():
    kept, blocks_module.MOST = blocks_module.MOST, 7
    yield
    blocks_module.MOST = kept


def is_written_out(network):
    return bool({"targets", "weights", "delays"} & set(vars(network)))


def same(one, other):
    """Equal arrays and numbers in all fields."""
    for field in fields(one):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name), err_msg=field.name)


@given(implicit_networks(), st.sampled_from(list(Iteration)), st.integers(1, 4), st.integers(1, 40))
@settings(max_examples=150)
def test_lists_and_twins_are_those_of_the_explicit_network(network, iteration, most, cells):
    explicit = replace(network)
    network = network.with_spikes(np.arange(network.size))
    explicit = explicit.with_spikes(np.arange(network.size))
    vars(network).pop("targets", None)
    lists, expected = Incidence.of(network, iteration), Incidence.of(explicit, iteration)
    for key in ("pairs", "fan_in", "synapses", "spikes", "fingerprint", "component", "population"):
        np.testing.assert_array_equal(getattr(lists, key), getattr(expected, key), err_msg=key)
    same(contract(lists, most, cells), contract(expected, most, cells))
    np.testing.assert_array_equal(lists.out_ptr, expected.out_ptr)
    np.testing.assert_array_equal(lists.out_target, expected.out_target)


@given(implicit_networks(recurrent=False), st.sampled_from(list(Iteration)), st.data())
@settings(max_examples=80)
def test_figures_of_a_layered_network_need_no_lists(network, iteration, data):
    explicit = replace(network)
    for key in ("targets", "weights", "delays"):
        vars(network).pop(key, None)
    homes = data.draw(st.lists(st.integers(0, 2), min_size=network.neuron_count, max_size=network.neuron_count))
    _, homes = np.unique(homes, return_inverse=True)
    assignment = np.full(network.size, -1)
    assignment[~network.is_input] = homes
    clustering = Clustering(assignment, int(homes.max()) + 1)
    limits = Limits(20, 20, 100)
    same(measure(network, clustering), measure(explicit, clustering))
    np.testing.assert_array_equal(clustering.demand(network), measure(explicit, clustering).demand)
    np.testing.assert_array_equal(cluster_demand(network, clustering), measure(explicit, clustering).demand)
    assert packet_bound(network, limits) == packet_bound(explicit, limits)
    assert network_summary(network) == network_summary(explicit)
    assert fingerprint(network) == fingerprint(explicit) or network.delayed  # delays are written out
    convex = [True, True]
    for i, one in enumerate((network, explicit)):
        try:
            check_cluster_limits(one, clustering, np.array([[999, 999, 999]]), iteration)
        except CheckError:
            convex[i] = False
    assert convex[0] == convex[1]
    platform = Platform("p", Mesh(2, 2), (TileClass("t", 999, 999, 9999),), np.zeros(4, int), timing=Timing())
    applications = [build_application(one, clustering, platform.timing, iteration) for one in (network, explicit)]
    for key in ("sources", "targets", "production", "execution_times", "initial_tokens"):
        np.testing.assert_array_equal(*(getattr(one.graph, key) for one in applications), err_msg=key)
    check_application(network, clustering, applications[0], platform)
    assert "targets" not in vars(network)
    assert cluster_bounds(network, limits) == cluster_bounds(explicit, limits)


@given(implicit_networks(), st.sampled_from(list(Iteration)), st.integers(2, 6))
@settings(max_examples=40)
def test_clusters_and_trees_are_those_of_the_explicit_network(network, iteration, inputs):
    explicit = replace(network)
    for key in ("targets", "weights", "delays"):
        vars(network).pop(key, None)
    trees = [unroll_fan_in(one, inputs) for one in (network, explicit)]
    assert not is_written_out(network)
    for key in ("indptr", "targets", "is_input", "weights", "delays", "spike_counts"):
        np.testing.assert_array_equal(*(getattr(one.network, key) for one in trees), err_msg=key)
    params = ClusterParams(iteration, stop=MaxRuntime(0.001))
    found = [cluster(one.network, Limits(inputs, 4, 60), "grow", params) for one in trees]
    np.testing.assert_array_equal(found[0].assignment, found[1].assignment)
    same(measure(trees[0].network, found[0]), measure(trees[1].network, found[1]))
    np.testing.assert_array_equal(feedback_synapses(network), feedback_synapses(explicit))


def pyramid():
    """Three convolutions of 3 x 3 over 12 x 12 and a dense layer, as wide as a small VGG's."""
    to, tap = (a.ravel() for a in np.indices((12, 3)))
    inside = (to + tap - 1 >= 0) & (to + tap - 1 < 12)
    axis = Taps(12, 12, (to + tap - 1)[inside], tap[inside], to[inside])
    one = Taps(1, 1, [0], [0], [0])
    channels, area = (3, 16, 16, 8), 144
    ends = np.cumsum([0, *(c * area for c in channels), 10]).tolist()
    kernels = [np.ones((b, a, 3, 3), np.float32) for a, b in pairwise(channels)]
    blocks = [Block(ends[i], ends[i + 1], Stencil(weights, axis, axis)) for i, weights in enumerate(kernels)]
    blocks.append(Block(ends[3], ends[4], Stencil(np.ones((10, 8 * area, 1, 1), np.float32), one, one)))
    populations = tuple(Population(f"p{i}", a, b) for i, (a, b) in enumerate(pairwise(ends)))
    return SpikingNetwork.from_blocks(
        "pyramid", populations, Blocks(ends[-1], tuple(blocks)), np.arange(ends[-1]) < 432
    )


@pytest.mark.parametrize("iteration", list(Iteration))
def test_a_huge_network_of_twins_is_clustered_without_its_synapses(iteration, monkeypatch):
    monkeypatch.setattr(blocks_module, "MOST", 20_000)
    monkeypatch.setattr(grow_module, "HUGE", 100_000)  # "beyond ten million pairs"
    monkeypatch.setattr(bounds_module, "_MOST_SYNAPSES", 100_000)
    monkeypatch.setattr(kernel, "THRESHOLD", 10**9)
    network = pyramid()
    limits, params = Limits(1200, 300, 10**6), ClusterParams(iteration, stop=MaxRuntime(0.001))
    report, unrolled = report_clustering(network, limits, "grow", params)
    found = report.clustering
    assert unrolled is network
    assert traffic_matrix(network, report).sum() == report.packets > 0
    assert not is_written_out(network)
    assert report.packets == measure(replace(network), found).packets
    assert network.synapse_count > 400_000
    check_cluster_limits(replace(network), found, limit_rows(limits), iteration)
    np.testing.assert_array_equal(found.assignment, cluster(replace(network), limits, "grow", params).assignment)


def test_a_neuron_too_wide_is_named_without_writing_out():
    network = pyramid()
    with pytest.raises(InputError, match=r"neuron 6192 .* fan-in of 1152"):
        unroll_fan_in(network, 1000, unroll=False)
    assert not is_written_out(network)
