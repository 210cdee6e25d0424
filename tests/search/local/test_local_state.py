"""The annealing's arrays tell what the lowered mapping tells, at the beginning and after any number of moves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from cases import TOPOLOGIES, applications, platforms
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import route

from mapper.check.mapping import check_capacities, check_liveness, check_orders
from mapper.evaluator import mapping_period
from mapper.lower.transfers import route_channels
from mapper.model.application import Application
from mapper.search.bounds import best_bound
from mapper.search.greedy import search_greedily
from mapper.search.incumbent import Incumbent
from mapper.search.local.anneal import ACCEPTED, COUNTS, DICE, anneal
from mapper.search.local.period import period
from mapper.search.local.state import (
    BUFFERED,
    DURATION,
    HELD,
    load_state,
    make_state,
    read_mapping,
    take_snapshot,
)
from mapper.search.local.tables import HOPS, NEXT_LINK, NEXT_TILE, _ways, make_tables
from mapper.stop import MaxRuntime


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=str)
def test_single_steps_are_the_routes(topology):
    way = _ways(topology, steps=True)
    for p in range(topology.tiles):
        for q in range(topology.tiles):
            links, at = [], p
            while at != q:
                links.append(topology.links[way[NEXT_LINK, at, q]])
                at = way[NEXT_TILE, at, q]
            assert links == route(topology, p, q)
            assert len(links) == way[HOPS, p, q]


def begin(app, platform, pipelined):
    """Tables, state and greedy mapping; no mapping, no test."""
    incumbent = Incumbent(app, platform, best_bound(app, platform), MaxRuntime(10))
    search_greedily(incumbent)
    if incumbent.mapping is None:
        return None
    t = make_tables(app, platform, pipelined=pipelined)
    s = make_state(t, len(platform.topology.links))
    load_state(s, app, incumbent.mapping, platform)
    return incumbent, t, s


@given(applications(max_clusters=6), platforms())
@settings(max_examples=60)
def test_a_loaded_mapping_reads_back_with_its_period(app, platform):
    case = begin(app, platform, pipelined=True)
    if case is None:
        return
    incumbent, t, s = case
    again = read_mapping(take_snapshot(s, 0.0))
    assert again.orders == incumbent.mapping.orders
    assert np.array_equal(again.binding, incumbent.mapping.binding)
    assert np.array_equal(again.retiming, incumbent.mapping.retiming)
    assert period.python(t, s, math.inf) == float(incumbent.period)


@given(applications(max_clusters=6), platforms(), st.fractions(0, 2))
@settings(max_examples=60)
def test_an_evaluation_may_end_once_the_period_is_too_long(app, platform, share):
    case = begin(app, platform, pipelined=True)
    if case is None:
        return
    incumbent, t, s = case
    enough = float(incumbent.period * share)
    reached = period.python(t, s, enough)
    if incumbent.period > enough:
        assert enough < reached <= float(incumbent.period)
    else:
        assert reached == float(incumbent.period)


def moved(app, platform, pipelined, seed, moves):
    """The state after so many hot moves, none of which is aimed at anything; its period as the kernel says."""
    case = begin(app, platform, pipelined)
    if case is None:
        return None
    _, t, s = case
    counts = np.zeros(COUNTS, np.int64)
    best = take_snapshot(s, math.inf)
    dice = np.random.default_rng(seed).random((moves, DICE))
    reached = anneal.python(t, s, best, dice, 30.0, 30.0, -1.0, np.zeros((2, 5), np.int64), np.zeros(2), counts)
    return s, reached, best, int(counts[ACCEPTED])


@given(applications(max_clusters=6), platforms(), st.booleans(), st.integers(0, 9))
@settings(max_examples=80)
def test_after_many_moves_everything_is_as_if_lowered_anew(app, platform, pipelined, seed):
    case = moved(app, platform, pipelined, seed, 40)
    if case is None:
        return
    s, reached, best, _ = case
    mapping = read_mapping(take_snapshot(s, 0.0))
    check_capacities(app, mapping, platform)
    check_orders(app, mapping, platform)
    check_liveness(app, mapping, platform)
    assert reached == float(mapping_period(app, mapping, platform))
    assert best.value[0] == float(mapping_period(app, read_mapping(best), platform)) <= reached
    assert pipelined or not mapping.retiming.any()
    transfers = route_channels(app, mapping.binding, platform)
    assert np.array_equal(s.link, transfers.loads_ps)
    assert np.array_equal(s.node[:, DURATION], app.graph.execution_times + transfers.busy_ps)
    assert s.tile[:, HELD].tolist() == [len(order) for order in mapping.orders]
    fresh = make_state(make_tables(app, platform, pipelined=pipelined), s.link.size)
    load_state(fresh, app, mapping, platform)
    assert np.array_equal(s.tile[:, BUFFERED], fresh.tile[:, BUFFERED])


def test_moves_are_accepted_and_retime():
    """The property above is not empty."""
    from cases import application

    from mapper.model.platform import Platform, TileClass, Timing
    from mapper.model.topology import Mesh

    app: Application = application([4, 5, 6, 7], [(0, 1), (1, 2), (2, 3)], [1, 2, 3], [0, 0, 0], has_input=False)
    kind = TileClass("t", 4, 4, clusters_per_crossbar=None)
    chip = Platform("p", Mesh(2, 1), (kind,), np.zeros(2, np.int32), timing=Timing(hop_ps=1, packet_ps=1))
    s, _, best, accepted = moved(app, chip, True, 1, 200)
    assert accepted > 50
    assert read_mapping(take_snapshot(s, 0.0)).retiming.any() or read_mapping(best).retiming.any()
