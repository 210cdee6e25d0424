"""Buffers as part of the decision: the optimum of exhaustive search, never worse than fixed ones, always legal."""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from cases import application, applications, platforms
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from reference import exists_below, held_by, is_below

from mapper.check.mapping import check_capacities
from mapper.errors import CheckError, InputError
from mapper.evaluator import mapping_period
from mapper.model.mapping import BufferChoice, Mapping, OrderSemantics
from mapper.model.platform import Platform, TileClass, Timing
from mapper.model.result import Bound, Status
from mapper.model.topology import Bus, Mesh
from mapper.search.bounds import best_bound
from mapper.search.bounds.cuts import violated_cuts
from mapper.search.bounds.master import build_master
from mapper.search.bounds.raising import raise_bound
from mapper.search.buffers import with_sized_buffers
from mapper.search.cpsat import placement, transfers
from mapper.search.cpsat.search import search_exactly
from mapper.search.cpsat.variables import make_variables
from mapper.search.feasibility import why_infeasible
from mapper.search.greedy import search_greedily
from mapper.search.incumbent import Incumbent
from mapper.search.local.anneal import COUNTS, DICE, anneal
from mapper.search.local.state import BUFFERED, TILE, load_state, make_state, read_mapping, take_snapshot
from mapper.search.local.tables import make_tables, take_buffers
from mapper.search.objectives.starts import offer_starts
from mapper.search.ordering import order_by_list_scheduling
from mapper.search.solver import make_solver
from mapper.search.strategy import METHODS, search
from mapper.stop import MaxRuntime

PLAIN, PIPELINED = OrderSemantics
FIXED, SIZED = BufferChoice
STEP = Fraction(1, 10**9)


def begin(app, platform, semantics=PIPELINED, buffers=SIZED, seconds=30.0, **more):
    arguments = (app, platform, best_bound(app, platform), MaxRuntime(seconds))
    return Incumbent(*arguments, semantics=semantics, buffers=buffers, **more)


def solve(app, platform, semantics=PIPELINED, buffers=SIZED):
    incumbent = begin(app, platform, semantics, buffers)
    search_greedily(incumbent)
    search_exactly(incumbent, seed=1, workers=1)
    return incumbent


def sizes(app, platform):
    """Everything that the channels could hold."""
    most = held_by(app, platform)
    return product(*(range(w + 1, high + 1) for w, high in zip(app.delay_iterations.tolist(), most, strict=True)))


def assert_optimal(app, platform, semantics):
    """The search's mapping has the period it claims, and no size of buffers, binding or order has a smaller one."""
    incumbent = solve(app, platform, semantics)
    pipelined = semantics is PIPELINED
    if incumbent.infeasible:
        everywhere = (exists_below(app, platform, Fraction(10**9), buffers=list(held)) for held in sizes(app, platform))
        assert not any(everywhere)
        return incumbent
    mapping, period = incumbent.mapping, incumbent.period
    assert incumbent.outcome().status is Status.OPTIMAL
    check_capacities(app, mapping, platform)
    binding, retiming = (dict(enumerate(column.tolist())) for column in (mapping.binding, mapping.retiming))
    orders, held = [list(order) for order in mapping.orders], mapping.buffers.tolist()
    assert is_below(app, binding, orders, platform, period + STEP, retiming, held)
    assert not is_below(app, binding, orders, platform, period, retiming, held)
    for held in sizes(app, platform):
        assert not exists_below(app, platform, period, pipelined=pipelined, buffers=list(held))
    return incumbent


@st.composite
def tight_platforms(draw):
    """Buffers that hold a few packets."""
    platform = draw(platforms(max_tiles=3, arbitrations=("tdm",)))
    kind = replace(platform.tile_classes[0], buffer_packets=draw(st.integers(1, 12)))
    return replace(platform, tile_classes=(kind,), buffer_iterations=draw(st.sampled_from([2, 2, 3])))


@pytest.mark.parametrize("semantics", OrderSemantics)
@given(app=applications(max_clusters=3), platform=tight_platforms())
@settings(max_examples=60, deadline=None)
def test_optimum_equals_enumeration(semantics, app, platform):
    assume(app.packets.size <= 3)
    assert_optimal(app, platform, semantics)


def chain(seed):
    """Four clusters in a row with a jump and feedback, on three tiles with room for some of their buffers."""
    rng = np.random.default_rng(seed)
    channels = [(0, 1), (1, 2), (2, 3), (0, 2), (3, 1)]
    app = application(rng.integers(5, 15, 4).tolist(), channels, rng.integers(1, 4, 5).tolist(), [0, 0, 0, 0, 1])
    kind = TileClass("t", 4, 4, clusters_per_crossbar=2, buffer_packets=int(rng.integers(4, 8)))
    timing = Timing(setup_ps=2, hop_ps=3, packet_ps=1)
    return app, Platform("chip", Mesh(3, 1), (kind,), np.zeros(3, np.int32), timing=timing, buffer_iterations=2)


@pytest.mark.parametrize("seed", range(6))
def test_optimum_of_four_clusters(seed):
    for semantics in OrderSemantics:
        assert_optimal(*chain(seed), semantics)


def test_often_faster_than_fixed_buffers_and_never_slower():
    gains = 0
    for seed in range(12):
        fixed, sized = (solve(*chain(seed), PIPELINED, buffers) for buffers in BufferChoice)
        assert sized.proven
        assert fixed.period is None or sized.period <= fixed.period
        gains += fixed.period is None or sized.period < fixed.period
    assert gains >= 4


def pair(room):
    """Two clusters that do not fit one tile, and a channel of three packets between them."""
    app = application([10, 20], [(0, 1)], [3], [0])
    kind = TileClass("t", 4, 4, clusters_per_crossbar=1, buffer_packets=room)
    return app, Platform("p", Bus(2), (kind,), np.zeros(2, np.int32), timing=Timing(setup_ps=5), buffer_iterations=2)


@pytest.mark.parametrize("method", METHODS)
def test_infeasible_with_fixed_buffers_and_solved_with_sized_ones(method):
    """Room for five of six packets: the channel has to hold one iteration, and its round trip is the period."""
    app, chip = pair(5)
    fixed = begin(app, chip, buffers=FIXED, seconds=3.0)
    search(fixed, method, workers=1)
    assert fixed.mapping is None
    assert fixed.infeasible or method in ("greedy", "local")
    sized = begin(app, chip, seconds=3.0)
    search(sized, method, workers=1)
    assert sized.mapping.buffers.tolist() == [1]
    assert sized.period == 10 + 5 + 20
    assert sized.proven or method != "cpsat"


@pytest.mark.parametrize(("room", "period"), [(5, 35), (6, 20)])
def test_room_is_given_to_critical_cycles(room, period):
    app, chip = pair(room)
    mapping = Mapping.plain(np.array([0, 1]), ((0,), (1,)))
    *_, last = with_sized_buffers(app, mapping, chip)
    assert mapping_period(app, last, chip) == period


@pytest.mark.parametrize(("room", "held", "period"), [(3, [1, 1, 1], 45), (4, [1, 2, 1], 35), (5, [2, 2, 1], 30)])
def test_what_room_there_is_goes_where_it_counts(room, held, period):
    """Three producers of one consumer: the slowest round trip gets the first iteration more, then the next."""
    app = application([20, 30, 10, 10], [(0, 3), (1, 3), (2, 3)], [1, 1, 1], [0, 0, 0])
    kind = TileClass("t", 4, 4, clusters_per_crossbar=1, buffer_packets=room)
    chip = Platform("p", Bus(4), (kind,), np.zeros(4, np.int32), timing=Timing(setup_ps=5), buffer_iterations=2)
    first, *more = with_sized_buffers(app, Mapping.plain(np.arange(4), ((0,), (1,), (2,), (3,))), chip)
    assert first.buffers.tolist() == [1, 1, 1]
    last = [first, *more][-1]
    assert (last.buffers.tolist(), mapping_period(app, last, chip)) == (held, period)


def test_more_than_the_tile_can_hold_is_nothing():
    app, chip = pair(2)
    mapping = Mapping.plain(np.array([0, 1]), ((0,), (1,)))
    assert list(with_sized_buffers(app, mapping, chip)) == []
    assert begin(app, chip).offer(mapping, "test") is None
    assert "unless buffers are sized" in why_infeasible(app, chip)
    assert "sized" not in why_infeasible(app, chip, sized=True)
    full = replace(mapping, buffers=np.array([2]))
    assert list(with_sized_buffers(app, full, pair(5)[1])) == []


@given(app=applications(max_clusters=5), platform=tight_platforms(), seed=st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_every_method_offers_legal_mappings_only(app, platform, seed):
    """And a bound that no other method's mapping is below."""
    found = []
    for method in METHODS:
        incumbent = begin(app, platform, seconds=1.0)
        search(incumbent, method, seed, workers=1)
        found.append(incumbent)
        if incumbent.mapping is not None:
            check_capacities(app, incumbent.mapping, platform)
            assert mapping_period(app, incumbent.mapping, platform) == incumbent.period
    periods = [incumbent.period for incumbent in found if incumbent.period is not None]
    assert all(incumbent.bound.value <= min(periods, default=incumbent.bound.value) for incumbent in found)
    assert not (periods and any(incumbent.infeasible for incumbent in found))


@given(app=applications(max_clusters=6), platform=tight_platforms(), seed=st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_local_search_counts_the_buffers_it_is_given(app, platform, seed):
    """After hot moves the mapping is legal with the buffers it began with, and as fast as the kernel says."""
    incumbent = begin(app, platform)
    search_greedily(incumbent)
    assume(incumbent.mapping is not None)
    held = incumbent.mapping.buffers
    t = make_tables(app, platform, pipelined=True)
    take_buffers(t, app, incumbent.mapping, platform)
    s = make_state(t, len(platform.topology.links))
    load_state(s, app, incumbent.mapping, platform)
    dice, memory, counts = np.random.default_rng(seed).random((40, DICE)), np.zeros((2, 5), np.int64), np.zeros(COUNTS)
    best = take_snapshot(s, float("inf"))
    anneal.python(t, s, best, dice, 30.0, 30.0, -1.0, memory, np.zeros(2), counts.astype(np.int64))
    moved = replace(read_mapping(best), buffers=held)
    check_capacities(app, moved, platform)
    tile, used = s.node[:, TILE], [0] * platform.tiles
    for a, b, n, h in zip(app.graph.sources, app.graph.targets, app.packets.tolist(), held.tolist(), strict=True):
        used[tile[b]] += n * h if tile[a] != tile[b] else 0
    assert s.tile[:, BUFFERED].tolist() == used
    assert best.value[0] == float(mapping_period(app, moved, platform))


@pytest.mark.parametrize(
    ("room", "held", "tiles", "expected"),
    [
        (6, 2, [0, 1], True),
        (5, 2, [0, 1], False),
        (5, 2, [1, 1], True),
        (3, 1, [0, 1], True),
        (2, 1, [0, 1], False),
    ],
)
def test_the_limit_counts_what_is_held(room, held, tiles, expected):
    app, chip = pair(room)
    v = make_variables(app, chip, upper_ps=1000, sized=True)
    placement.limit_buffers(v)
    v.model.add(v.capacity[0] == held)
    assert fits(v, tiles) == expected


@pytest.mark.parametrize(("held", "start", "expected"), [(1, 0, False), (2, 0, True), (1, 6, True), (1, 5, False)])
def test_space_is_waited_for_by_what_is_held(held, start, expected):
    """Producer at ``start``, consumer 10 + 5 later, for 20, a period of 29 or, if two are held, twice that."""
    app, chip = pair(9)
    v = make_variables(app, chip, target=Fraction(29 if held == 1 else 18), sized=True)
    for constraint in (transfers.measure_ways, transfers.wait_for_space):
        constraint(v)
    v.model.add(v.capacity[0] == held)
    v.model.add(v.start[0] == v.ps(start))
    v.model.add(v.start[1] == v.ps(15))
    assert fits(v, [0, 1]) == expected


def fits(v, tiles):
    for actor, tile in enumerate(tiles):
        v.model.add(v.on[actor][tile] == 1)
        for other, literal in v.on[actor].items():
            if other != tile:
                v.model.add(literal == 0)
    solver = make_solver(1, 1)
    return solver.status_name(solver.solve(v.model)) in ("OPTIMAL", "FEASIBLE")


@given(app=applications(max_clusters=5), platform=tight_platforms())
@settings(max_examples=60, deadline=None)
def test_the_master_allows_the_period_of_every_mapping(app, platform):
    incumbent = begin(app, platform)
    offer_starts(incumbent)
    assume(incumbent.mapping is not None and incumbent.period > 0)
    cuts = violated_cuts(app, incumbent.mapping.binding, platform, Fraction(0), 10)
    v = build_master(app, platform, incumbent.period, cuts, sized=True)
    solver = make_solver(1, 1)
    assert solver.status_name(solver.solve(v.model)) in ("OPTIMAL", "FEASIBLE")


def uneven(seed):
    """Two tiles whose room for buffers rules out bindings where each channel holds two iterations, not one."""
    rng = np.random.default_rng(seed)
    channels = [(0, 1), (1, 2), (0, 3), (2, 4), (3, 4)]
    app = application(rng.integers(5, 30, 5).tolist(), channels, rng.integers(1, 5, 5).tolist(), [0] * 5)
    kind = TileClass("t", 4, 4, clusters_per_crossbar=None, buffer_packets=int(rng.integers(3, 9)))
    return app, Platform("chip", Bus(2), (kind,), np.zeros(2, np.int32), timing=Timing(setup_ps=1), buffer_iterations=2)


@pytest.mark.parametrize("seed", range(12))
def test_bounds_on_bindings_hold_for_every_size(seed):
    """From a poor mapping and no bound: what packing and the master prove is not above the optimum."""
    app, chip = uneven(seed)
    best = solve(app, chip)
    assert best.proven
    incumbent = Incumbent(app, chip, Bound(Fraction(0), "load"), MaxRuntime(20), buffers=SIZED)
    together = tuple(order_by_list_scheduling(app, np.zeros(5, np.int32), chip)[0])
    incumbent.offer(Mapping.plain(np.zeros(5, np.int32), (together, ())), "all on one tile")
    raise_bound(incumbent, 5.0)
    assert 0 < incumbent.bound.value <= best.period


@pytest.mark.parametrize("goal", ["energy", "tiles", "latency"])
def test_other_goals_take_sized_buffers_too(goal):
    from mapper.search.objectives.steps import Task, pursue

    for seed in range(4):
        app, chip = chain(seed)
        tasks = [
            Task(app, chip, MaxRuntime(20), 0.0, (goal, "period"), workers=1, buffers=buffers)
            for buffers in BufferChoice
        ]
        (_, fixed, _), (outcome, sized, _) = (pursue(replace(task, began=time.perf_counter())) for task in tasks)
        check_capacities(app, outcome.mapping, chip)
        assert fixed[0].value is None or sized[0].value <= fixed[0].value
        assert sized[0].proven or goal == "latency"


def test_buffers_are_refused_where_they_are_fixed_or_impossible():
    app, chip = pair(9)
    mapping = Mapping(np.array([0, 1]), ((0,), (1,)), np.zeros(2, np.int64), np.array([1]))
    with pytest.raises(CheckError, match="fixed"):
        begin(app, chip, buffers=FIXED).offer(mapping, "test")
    for held in ([3], [1, 1]):
        with pytest.raises(InputError, match="buffer"):
            mapping_period(app, replace(mapping, buffers=np.array(held)), chip)
    with pytest.raises(ValueError, match="buffers"):
        replace(mapping, buffers=np.array([0]))
