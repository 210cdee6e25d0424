"""Lower bounds hold for every clustering there is: found by enumeration on tiny networks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from cases import networks
from enumeration import legal_partitions
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.model.network import SpikingNetwork
from mapper.search.cluster import bounds
from mapper.search.cluster.bounds import best_cluster_bound, cluster_bounds, packet_bound, packing_bound
from mapper.search.cluster.limits import Limits
from mapper.search.cluster.metrics import measure


@given(
    networks(max_neurons=7), st.integers(3, 7), st.integers(1, 4), st.integers(6, 20), st.none() | st.integers(1, 15)
)
@settings(max_examples=160)
def test_no_clustering_is_below_the_bounds(network, inputs, outputs, synapses, buffer):
    limits = Limits(inputs, outputs, synapses, buffer)
    fewest, least, least_between = math.inf, math.inf, math.inf
    for clustering in legal_partitions(network, limits):
        figures = measure(network, clustering)
        fewest = min(fewest, figures.clusters)
        least, least_between = min(least, figures.packets), min(least_between, figures.packets_between_clusters)
    packets, between = packet_bound(network, limits)
    if fewest < math.inf:
        for bound in cluster_bounds(network, limits):
            assert bound.value <= fewest, bound
        assert packets <= least and between <= least_between


@given(st.lists(st.integers(1, 20), max_size=8))
@settings(max_examples=200)
def test_packing_bound_is_at_most_the_best_packing(sizes):
    capacity = 20
    fewest = len(sizes)
    for bins in range(len(sizes) + 1):
        places = fill(sizes, [capacity] * bins)
        if any(True for _ in places):
            fewest = bins
            break
    bound = packing_bound(np.array(sizes, np.int64), capacity)
    assert -(-sum(sizes) // capacity) <= bound <= fewest


def fill(sizes, room):
    """Yields once for each way to pack the sizes (largest first) into the room left."""
    sizes = sorted(sizes, reverse=True)
    if not sizes:
        yield True
        return
    for left in sorted({r for r in room if r >= sizes[0]}):
        rest = list(room)
        rest.remove(left)
        yield from fill(sizes[1:], [*rest, left - sizes[0]])


@pytest.mark.parametrize(
    ("sizes", "capacity", "expected"),
    [
        ([51] * 4 + [1], 100, 4),  # no two of the large ones share: beyond the sum's 3
        ([34] * 6, 100, 3),  # two to a bin
        ([26] * 9, 100, 3),
        ([60, 60, 40, 40], 100, 2),
        ([], 100, 0),
    ],
)
def test_packing_bound_is_exact_where_arithmetic_says_so(sizes, capacity, expected):
    assert packing_bound(np.array(sizes, np.int64), capacity) == expected


def test_wide_neurons_with_inputs_of_their_own_take_a_cluster_each():
    """Four neurons of five private inputs on eight rows: the rows alone would allow three clusters."""
    network = SpikingNetwork.from_edges("wide", 24, np.arange(20), 20 + np.arange(20) // 5, is_input=np.arange(24) < 20)
    best = best_cluster_bound(network, Limits(8, 4, 64))
    assert (best.name, best.value) == ("disjoint inputs", 4)


def test_packets_that_buffers_have_no_room_for_take_further_clusters():
    """Two sources of 30 packets a window, each with four targets, two to a cluster: two rows each, 120 packets."""
    pre, post = np.repeat([0, 1], 4), 2 + np.arange(8)
    network = SpikingNetwork.from_edges(
        "busy", 10, pre, post, is_input=np.arange(10) < 2, spike_counts=[60, 60, *[0] * 8], windows=2
    )
    by_name = {bound.name: bound.value for bound in cluster_bounds(network, Limits(8, 2, 64, buffer=30))}
    assert by_name["buffer"] == 4
    assert best_cluster_bound(network, Limits(8, 4, 64, buffer=30)).value == 2
    assert "buffer" not in {bound.name for bound in cluster_bounds(network, Limits(8, 2, 64))}


def test_limits_in_turn_are_added_up():
    network = SpikingNetwork.from_edges("alone", 10, [], [])
    places = [Limits(4, 5, 9), Limits(4, 3, 9), Limits(4, 1, 9)]
    assert cluster_bounds(network, places)[0].value == 4
    assert cluster_bounds(network, Limits(4, 2**62, 9))[0].value == 1


def test_huge_networks_skip_the_disjoint_inputs(monkeypatch):
    network = SpikingNetwork.from_edges("pair", 2, [0], [1])
    monkeypatch.setattr(bounds, "_MOST_SYNAPSES", 0)
    assert [bound.name for bound in cluster_bounds(network, Limits(1, 1, 1))] == ["neurons", "synapses", "axons"]
