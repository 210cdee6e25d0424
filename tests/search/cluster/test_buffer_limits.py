"""The fourth limit of a cluster: packets for its rows, by method, by platform, and where it cannot be kept."""

from __future__ import annotations

import numpy as np
import pytest
from clustering_rules import assert_legal, available, heaviest, layers_near, packets_for_rows

import mapper
from mapper.compiled import kernel
from mapper.errors import InputError
from mapper.lower.semantics import Iteration
from mapper.model.network import SpikingNetwork
from mapper.model.platform import UNLIMITED, Platform, TileClass
from mapper.model.topology import Bus
from mapper.search.cluster import run
from mapper.search.cluster.limits import Limits, limit_rows, limits_of_rows
from mapper.search.cluster.methods import CLUSTER_METHODS, cluster, method_named
from mapper.search.cluster.params import ClusterParams
from mapper.search.cluster.run import cluster_for_platform, report_clustering
from mapper.search.cluster.unrolled import cluster_unrolled
from mapper.stop import MaxRuntime

FAST = ClusterParams(stop=MaxRuntime(0.1))

#: Methods that end by themselves, so that equal seeds mean equal clusterings.
ENDING = ("grow", "maxshare", "firstfit", "nextfit", "sequential", "random", "kl")


def layered(windows=5, **choices):
    """Three layers of unlike activity."""
    return layers_near(3, 60, windows=windows, **choices)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("iteration", list(Iteration))
@pytest.mark.parametrize("name", sorted(set(CLUSTER_METHODS) - {"exact"}))
def test_a_scarce_buffer_is_kept_and_costs_clusters(name, iteration, compiled, monkeypatch):
    available(name)
    if compiled:
        monkeypatch.setattr(kernel, "THRESHOLD", 0)
    network = layered(width=40 if compiled else 20)
    least = heaviest(network)
    params = ClusterParams(iteration, 7, MaxRuntime(0.05))
    scarce, free = Limits(60, 30, 900, least + 5), Limits(60, 30, 900)
    found = cluster(network, scarce, name, params)
    assert_legal(network, found, scarce, iteration)
    assert found.count > cluster(network, free, name, params).count


@pytest.mark.parametrize("name", ENDING)
def test_a_buffer_with_room_for_everything_changes_nothing(name):
    network = layered()
    params = ClusterParams(seed=4, stop=MaxRuntime(20.0 if name == "kl" else 0.02))
    roomy, free = Limits(24, 16, 200, int(network.spike_counts.sum())), Limits(24, 16, 200)
    one, two = (method_named(name)(network, limits, params).assignment.tolist() for limits in (roomy, free))
    assert one == two


@pytest.mark.parametrize("name", CLUSTER_METHODS)
def test_a_neuron_whose_packets_have_no_room_is_named(name):
    """Neuron 4 hears 5 + 8 packets in two windows: more than six in each."""
    available(name)
    network = SpikingNetwork.from_edges(
        "loud", 5, [0, 1, 0, 1], [3, 3, 4, 2], spike_counts=[5, 8, 0, 0, 0], windows=2, is_input=[1, 1, 0, 0, 0]
    )
    with pytest.raises(InputError, match=r"neuron 3 .*at most 6 packets .*2 inputs that send 13 .*larger buffer"):
        method_named(name)(network, Limits(3, 4, 16, 6), FAST)
    assert cluster(network, Limits(3, 4, 16, 7), name, FAST).count >= 1


def test_packets_of_a_source_inside_the_cluster_count_once():
    """A neuron that feeds itself and its only neighbour through several synapses takes one row."""
    network = SpikingNetwork.from_edges("self", 2, [0, 0, 0], [0, 1, 1], spike_counts=[9, 0])
    params = ClusterParams(Iteration.TIMESTEP)
    assert cluster(network, Limits(4, 4, 9, 9), "maxshare", params).count == 1
    with pytest.raises(InputError, match=r"neuron [01] "):
        cluster(network, Limits(4, 4, 9, 8), "maxshare", params)


def test_rows_of_limits_there_and_back():
    given = [Limits(4, 3, 9, 7), Limits(2, 2, 4)]
    assert limit_rows(given, 10).tolist() == [[4, 3, 9, 70], [2, 2, 4, UNLIMITED]]
    assert limits_of_rows(limit_rows(given, 10), 10) == given
    assert limit_rows(Limits(1, 1, 1, 10**12), 10**12)[0, 3] == UNLIMITED
    with pytest.raises(ValueError, match="limit on buffer"):
        Limits(1, 1, 1, 0)


def chip(packets, tiles=20, iterations=2, kinds=(40,)):
    """Tiles of one crossbar, classes in turn, whose buffers hold so many packets."""
    classes = tuple(TileClass(f"t{n}", n, n, n * n, buffer_packets=packets) for n in kinds)
    numbers = np.arange(tiles) * len(kinds) // tiles
    return Platform("chip", Bus(tiles), classes, numbers, buffer_iterations=iterations)


def test_limits_of_a_platform_are_what_its_buffers_hold_of_an_iteration():
    assert Limits.of(chip(100, iterations=3)).buffer is None
    assert Limits.of(chip(100, iterations=3), 1).buffer == 33
    assert Limits.of(chip(100, iterations=3), 50).buffer == 1650
    assert Limits.of(chip(2, iterations=3), 50).buffer is None
    assert Limits.of(chip(None), 1).buffer is None
    places = Limits.by_slot(chip(100, tiles=3, kinds=(40, 20)), 1)
    assert [(place.inputs, place.buffer) for place in places] == [(40, 50), (40, 50), (20, 50)]


@pytest.mark.parametrize("iteration", list(Iteration))
def test_clusters_are_cut_to_a_platforms_buffers(iteration):
    """A window has four steps, so that in timestep mode a buffer for a step's packets does for four times as many."""
    network = layered(steps=4)
    params = ClusterParams(iteration, stop=MaxRuntime(0.05))
    room = heaviest(network) + 20
    packets = 2 * (room if iteration is Iteration.FRAME else -(-room // 4))
    found, limits = cluster_for_platform(network, chip(packets, 80), "grow", params)
    allowed = packets // 2 * (1 if iteration is Iteration.FRAME else 4)
    assert [row.buffer for row in limits] == [allowed]
    assert max(packets_for_rows(network, found.clustering)) <= allowed * network.windows
    free, _ = cluster_for_platform(network, chip(None), "grow", params)
    assert max(packets_for_rows(network, free.clustering)) > allowed * network.windows


@pytest.mark.parametrize(("spare", "tiles"), [(-1, 20), (0, 4)])
def test_buffers_do_not_cut_where_a_neuron_exceeds_them_or_crossbars_run_out(spare, tiles):
    network = layered()
    packets = 2 * (heaviest(network) + spare)
    found, limits = cluster_for_platform(network, chip(packets, tiles), "grow", FAST)
    assert [row.buffer for row in limits] == [None]
    assert found.clustering.count <= 4
    free, _ = cluster_for_platform(network, chip(None, tiles), "grow", FAST)
    assert found.clustering.count == free.clustering.count


def test_clusters_cut_to_buffers_make_a_mapping_possible(monkeypatch):
    """With a crossbar a tile and inputs at the port, larger clusters find no tile whose buffer holds their packets."""
    network = layered(width=40, windows=1)
    platform = chip(2 * (heaviest(network) + 5), 80)
    options = {"method": "greedy", "stop": MaxRuntime(5), "cluster_stop": MaxRuntime(0.05)}
    assert mapper.map_network(network, platform, **options).mapping is not None
    plain = run._kinds(platform, 1, None)[-1:]
    assert plain[0][0].buffer is None
    monkeypatch.setattr(run, "_kinds", lambda *_: plain)
    assert mapper.map_network(network, platform, **options).mapping is None


def test_a_buffer_that_is_asked_for_is_kept():
    network, room = layered(), heaviest(layered())
    report, unrolled = report_clustering(network, chip(None, 4), "grow", FAST, buffer=room)
    assert report.limits[:, 3].tolist() == [room]
    assert report.clustering.count > 4 and not report.feasible
    totals = packets_for_rows(unrolled, report.clustering)
    assert report.demand[:, 3].tolist() == [-(-total // network.windows) for total in totals]
    with pytest.raises(InputError, match="larger buffer"):
        report_clustering(network, chip(None, 4), "grow", FAST, buffer=room - 1)
    plain, _ = report_clustering(network, chip(None, 4), "grow", FAST)
    assert plain.limits.shape == (1, 3) and plain.demand.shape[1] == 3


def test_a_way_of_unrolling_that_leaves_a_neuron_too_loud_is_not_chosen():
    """Six busy inputs on four rows: two sums of three are quiet, one sum and three inputs are not."""
    network = SpikingNetwork.from_edges(
        "wide", 7, range(6), [6] * 6, is_input=[1] * 6 + [0], spike_counts=[9] * 6 + [0], steps=9
    )
    with pytest.raises(InputError, match="larger buffer"):
        cluster_unrolled(network, Limits(4, 4, 16, 27), "maxshare", FAST, scheme="direct")
    found = cluster_unrolled(network, Limits(4, 4, 16, 27), "maxshare", FAST)
    assert found.scheme != "direct"
    assert max(packets_for_rows(found.unrolled.network, found.clustering)) <= 27
