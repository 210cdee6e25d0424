"""What sizing buffers is made of: who is given room, each constraint, the local search's count, bounds."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from cases import application, applications
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sized_cases import SIZED, begin, pair, solve, tight_platforms, uneven

from mapper.check.mapping import check_capacities
from mapper.evaluator import mapping_period
from mapper.model.mapping import Mapping
from mapper.model.platform import Platform, TileClass, Timing
from mapper.model.result import Bound
from mapper.model.topology import Bus
from mapper.search.bounds.cuts import violated_cuts
from mapper.search.bounds.master import build_master
from mapper.search.bounds.raising import raise_bound
from mapper.search.buffers import with_sized_buffers
from mapper.search.cpsat import placement, transfers
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
from mapper.stop import MaxRuntime


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
