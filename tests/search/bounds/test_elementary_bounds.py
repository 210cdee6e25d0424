"""Elementary bounds: never above any mapping's period, nor the optimum found by enumeration; tight in cases by hand."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from bound_cases import mixed, random_mapping
from cases import application, applications, platforms
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import exists_below

from mapper.errors import DeadlockError
from mapper.evaluator import mapping_period
from mapper.model.platform import Platform, TileClass, Timing
from mapper.model.topology import Bus, Mesh
from mapper.search.bounds import best_bound, elementary_bounds


@given(mixed(platforms(), applications(max_clusters=7)), st.integers(0, 10**6))
@settings(max_examples=300)
def test_no_mapping_is_faster(case, seed):
    app, platform = case
    bounds = elementary_bounds(app, platform)
    rng = np.random.default_rng(seed)
    for _ in range(30):
        mapping = random_mapping(rng, app, platform)
        if mapping is None:
            continue
        try:
            period = mapping_period(app, mapping, platform)
        except DeadlockError:
            continue
        for bound in bounds:
            assert bound.value <= period, bound


@given(applications(max_clusters=4), platforms(arbitrations=("tdm",)))
@settings(max_examples=100)
@pytest.mark.parametrize("pipelined", [False, True])
def test_enumeration_finds_nothing_below(pipelined, app, platform):
    for bound in elementary_bounds(app, platform):
        assert not exists_below(app, platform, bound.value, pipelined=pipelined), bound


def chip(topology, buffer_iterations=1, kind=None, **timing):
    kind = kind or TileClass("tile", 4, 4, clusters_per_crossbar=None)
    classes = np.zeros(topology.tiles, np.int32)
    return Platform("chip", topology, (kind,), classes, timing=Timing(**timing), buffer_iterations=buffer_iterations)


def values(app, platform):
    return {bound.name: bound.value for bound in elementary_bounds(app, platform)}


ONE_EACH = TileClass("tile", 4, 4)


def test_load_is_rounded_up():
    assert values(application([3, 4, 4], [], [], []), chip(Mesh(2, 1)))["load"] == 6


def test_clusters_that_only_one_tile_holds_load_it():
    app = application([5, 5, 9], [], [], [], demand=[[3, 1, 1], [3, 1, 1], [1, 1, 1]])
    kinds = (TileClass("large", 4, 4, clusters_per_crossbar=None), TileClass("small", 2, 2, clusters_per_crossbar=None))
    platform = Platform("chip", Mesh(3, 1), kinds, [0, 1, 1])
    assert values(app, platform)["load"] == 10


def test_more_clusters_than_crossbars_reprogram():
    # Four clusters on two tiles of one crossbar: three on one tile reprogram three times, two and two four times.
    found = values(application([10] * 4, [], [], []), chip(Mesh(2, 1), reprogram_ps=4))
    assert found["load"] == 26


def test_three_long_clusters_on_two_tiles():
    assert values(application([9, 8, 7, 1], [], [], []), chip(Mesh(2, 1)))["shared tile"] == 15


def test_packets_that_cannot_stay_at_home_are_handled():
    app = application([10, 10], [(0, 1)], [6], [0])
    assert values(app, chip(Mesh(2, 1), kind=ONE_EACH, inject_ps=2, eject_ps=3))["slowest actor"] == 28
    # With room for both the partner's ten are cheaper than eighteen of ejecting.
    assert values(app, chip(Mesh(2, 1), inject_ps=2, eject_ps=3))["slowest actor"] == 20


def test_neighbours_take_turns_with_their_transfers_where_each_has_a_tile():
    app = application([10, 20], [(0, 1)], [6], [0])
    found = values(app, chip(Mesh(2, 1), kind=ONE_EACH, setup_ps=5, hop_ps=7, packet_ps=1))
    assert found["unlimited resources"] == 10 + (5 + 7 + 6) + 20 + 7


def test_triangle_of_neighbours_takes_turns():
    app = application([10, 20, 30], [(0, 1), (1, 2), (0, 2)], [1, 1, 1], [0, 0, 0])
    assert values(app, chip(Mesh(3, 1)))["unlimited resources"] == 60


def test_five_neighbours_in_a_ring_fire_two_at_a_time():
    # 0 -> 1 -> 2 -> 3 and 0 -> 4 -> 3: at most two of five fire together, 5 * 10 / 2.
    app = application([10] * 5, [(0, 1), (1, 2), (2, 3), (0, 4), (4, 3)], [0] * 5, [0] * 5)
    assert values(app, chip(Mesh(5, 1)))["unlimited resources"] == 25


def test_slow_round_trips_join_clusters_on_a_tile():
    # A hop there and back is slower than any pair on one tile, the lot of them is slower still: 40 against 20 + 2 * 9.
    app = application([10] * 4, [(0, 1), (1, 2), (2, 3)], [0] * 3, [0] * 3)
    assert values(app, chip(Mesh(4, 1), hop_ps=9))["round trips"] == 38
    assert values(app, chip(Mesh(4, 1), hop_ps=12))["round trips"] == 40


def test_a_triangle_shares_a_tile_or_pays_for_two_transfers():
    app = application([10, 20, 30], [(0, 1), (1, 2), (0, 2)], [0, 0, 0], [0, 0, 0])
    # Two iterations of buffer. One tile 60; {1, 2} 50; {0, 2} 40; three tiles (60 + 3 * 9) / 2 = 43.5; {0, 1} has the
    # cycle 0 -> 1 -> 2 -> 0 with two transfers and two tokens: (60 + 2 * 9) / 2 = 39.
    assert values(app, chip(Mesh(3, 1), buffer_iterations=2, hop_ps=9))["short cycle"] == 39
    assert values(app, chip(Mesh(3, 1), kind=ONE_EACH, hop_ps=1))["short cycle"] == 63


def test_inputs_leave_over_two_links():
    # Packets for four clusters of 30 each; a kept cluster takes its time on the corner's tile.
    app = application([50] * 4, [(4, b) for b in range(4)], [30] * 4, [0] * 4, has_input=True)
    # One kept: 90 over two links is 45 < 50; none kept: 60. Fractions: (120 - 30 x) / 2 <= λ, 50 x <= λ.
    assert values(app, chip(Mesh(2, 2), packet_ps=1))["outlet"] == 47
    assert values(app, chip(Bus(4), packet_ps=1))["outlet"] == 75


@given(applications(max_clusters=5), platforms())
@settings(max_examples=50)
def test_best_is_the_largest(app, platform):
    assert best_bound(app, platform).value == max(bound.value for bound in elementary_bounds(app, platform))


def test_two_hops_more_than_the_longest_time_change_nothing():
    app = application([10], [], [], [])
    assert best_bound(app, chip(Mesh(1, 1))).name == "slowest actor"
    assert best_bound(app, chip(Mesh(1, 1))).value == Fraction(10)
