"""Whatever the walk does to a partial mapping, its tables are those of who has a seat, and the target is kept."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from cases import application, applications
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from partial_cases import (
    all_is_well,
    chips,
    greedy_start,
    loaded_chain,
    longest_ways,
    partial_mapping,
    pool,
    seated,
    seated_edges,
    weights,
)
from reference import bound_edges, has_schedule
from tiny_cases import chain_of

from mapper.model.mapping import Mapping
from mapper.search.ejection.force import seat_anyway, seat_by_force
from mapper.search.ejection.partial import (
    HELD_TOKENS,
    PENALTY,
    PERIOD,
    POOLED,
    close,
    lift,
    load_partial,
    make_partial,
    put_back,
)
from mapper.search.ejection.pool import (
    BLIND,
    CHANGES,
    COUNTS,
    MANY,
    PAIRS,
    SEATS,
    SINGLES,
    TRIALS,
    into_pool,
    leave_blindly,
    make_feasible,
    seat_the_pool,
)
from mapper.search.ejection.seats import EVERYWHERE, find_partners, find_seats
from mapper.search.ejection.walk import change_places, walk
from mapper.search.local.tables import IS_INPUT, make_tables

CASE = {
    "app": applications(min_clusters=4, max_clusters=7, max_time=20),
    "chip": chips(),
    "pipelined": st.booleans(),
    "tenths": st.integers(4, 11),
    "seed": st.integers(0, 99),
}


@given(**CASE, leave=st.integers(0, 2))
@settings(max_examples=100)
def test_a_walk_keeps_its_tables(app, chip, pipelined, tenths, seed, leave):
    case = partial_mapping(app, chip, pipelined, tenths, seed, 12, leave)
    if case is not None:
        all_is_well(app, chip, *case)


@given(**CASE, steps=st.integers(0, 4))
@settings(max_examples=100)
def test_each_kind_of_step_keeps_its_tables(app, chip, pipelined, tenths, seed, steps):
    case = partial_mapping(app, chip, pipelined, tenths, seed, steps, 1)
    if case is None:
        return
    t, s = case
    counts = np.zeros(COUNTS, np.int64)
    for step in (seat_by_force, change_places, seat_anyway, leave_blindly):
        if step is seat_anyway:
            if pool(s):
                seat_anyway(t, s, s.pool[0], 0, counts)
        elif step is not seat_by_force or pool(s):
            step(t, s, counts)
        all_is_well(app, chip, t, s)


@given(**CASE)
@settings(max_examples=60)
def test_only_what_stands_in_the_way_leaves(app, chip, pipelined, tenths, seed):
    incumbent = greedy_start(app, chip)
    if incumbent.mapping is None:
        return
    t = make_tables(app, chip, pipelined=pipelined)
    s = make_partial(t, seed)
    target = max(1, -(-incumbent.period * tenths // 10))
    load_partial(t, s, incumbent.mapping, int(target))
    make_feasible(t, s)
    all_is_well(app, chip, t, s)
    assert bool(pool(s)) == slow(app, chip, incumbent, int(target))


def slow(app, chip, incumbent, target):
    """Whether the incumbent's mapping, its links aside, does not keep the target."""
    mapping = incumbent.mapping
    binding = dict(enumerate(mapping.binding.tolist()))
    edges, _ = bound_edges(app, binding, mapping.orders, chip, dict(enumerate(mapping.retiming.tolist())))
    return not has_schedule(binding, edges, Fraction(target))


def cheapest_to_miss(t, s, v, penalty):
    """Those of least penalty, one or one and a partner of v, without whom it has a seat, all ways filled anew."""
    clusters = [u for u in seated(s) if not t.actor[u, IS_INPUT]]
    partners = [u for u in s.near[: find_partners(t, s, v)].tolist() if u in clusters]
    found = {}
    for leaving in [{u} for u in clusters] + [{u, w} for u in partners for w in clusters if w != u]:
        for place, u in enumerate(sorted(leaving)):
            lift(t, s, u, place)
        close(t, s)
        if find_seats(t, s, s.ways[0], v, EVERYWHERE) > 0:
            found[frozenset(leaving)] = sum(penalty[u] for u in leaving)
        for place, u in reversed(list(enumerate(sorted(leaving)))):
            put_back(t, s, u, place)
    close(t, s)
    return {leaving for leaving, cost in found.items() if cost == min(found.values())}


@given(**CASE, leave=st.integers(1, 2), penalties=st.lists(st.integers(1, 9), min_size=8, max_size=8))
@settings(max_examples=150)
def test_those_leave_that_are_missed_least(app, chip, pipelined, tenths, seed, leave, penalties):
    case = partial_mapping(app, chip, pipelined, tenths, seed, 3, leave)
    assume(case is not None)
    t, s = case
    counts = np.zeros(COUNTS, np.int64)
    seat_the_pool(t, s, counts)
    assume(pool(s))
    s.about[POOLED] = 1  # who is to be seated is drawn
    s.node[:, PENALTY] = penalty = (penalties * len(s.node))[: len(s.node)]
    (v,) = pool(s)
    penalty[v] += 1
    expected = cheapest_to_miss(t, s, v, penalty)
    seat_by_force(t, s, counts)
    assert s.node[:, PENALTY].tolist() == penalty
    if expected:
        assert set(pool(s)) in expected
        assert counts[SINGLES if len(pool(s)) == 1 else PAIRS] == 1
    else:
        assert counts[[MANY, BLIND]].sum() == 1


@given(**CASE)
@settings(max_examples=150)
def test_who_is_late_is_on_a_circle_that_takes_too_long(app, chip, pipelined, tenths, seed):
    incumbent = greedy_start(app, chip)
    assume(incumbent.mapping is not None)
    t = make_tables(app, chip, pipelined=pipelined)
    s = make_partial(t, seed)
    load_partial(t, s, incumbent.mapping, max(1, int(incumbent.period) * tenths // 12))
    late = close(t, s)
    edges = [edge for edge in seated_edges(app, chip, s) if edge[0] != edge[1]]  # the tile's load is another matter
    table = longest_ways(weights(len(s.node), edges, int(s.about[PERIOD])))
    assert table[late, late] > 0 if late >= 0 else (np.diagonal(table) <= 0).all()


@pytest.mark.parametrize("pipelined", [False, True])
def test_every_kind_of_step_happens(pipelined):
    """The properties above are not empty: a target below the bound asks for all that one or two clusters can give."""
    app, chip, t, s = loaded_chain(14, pipelined, 0.9, 3)
    counts = np.zeros(COUNTS, np.int64)
    walk(t, s, 180, counts)
    all_is_well(app, chip, t, s)
    assert pool(s)
    assert counts[[SEATS, TRIALS, SINGLES, PAIRS, CHANGES]].min() > 3
    # Whoever sits by force, or tries to, is counted.
    assert (s.node[:, PENALTY] - 1).sum() == counts[[SINGLES, PAIRS, MANY, BLIND]].sum()


def test_a_cluster_slower_than_the_target_is_left_without_a_seat():
    """Whatever leaves for it, it cannot sit; nothing hangs, and the others stay legal."""
    app, chip, t, s = loaded_chain(8, True, 1.0, 1)
    s.about[PERIOD] = app.graph.execution_times.max() - 1
    make_feasible(t, s)
    slowest = {v for v in range(8) if app.graph.execution_times[v] > s.about[PERIOD]}
    walk(t, s, 60, np.zeros(COUNTS, np.int64))
    assert slowest <= set(pool(s))
    all_is_well(app, chip, t, s)


@pytest.mark.parametrize("pipelined", [False, True])
def test_compiled_and_plain_code_walk_the_same_way(pipelined):
    states = []
    for run in (walk.python, walk.jitted()):
        *_, t, s = loaded_chain(12, pipelined, 0.9, 5)
        counts = np.zeros(COUNTS, np.int64)
        run(t, s, 45, counts)
        there = seated(s)
        states.append((s.node[there].tolist(), s.tile.tolist(), counts.tolist(), s.dice[0], sorted(pool(s))))
    assert states[0] == states[1]
    assert states[0][2][CHANGES] > 0
    assert pipelined or all(node[HELD_TOKENS] in (0, 1) for node in states[0][0])


def test_nobody_is_tried_where_two_cannot_make_room():
    """It feeds 40 that fill four tiles, and three of one tile have to leave: only a tile is cleared, one of eight."""
    channels = [(0, b) for b in range(1, 41)]
    app = application([170] + [50] * 40, channels, [1] * 40, [0] * 40)
    chip = replace(chain_of(2)[1], buffer_iterations=3)
    t = make_tables(app, chip, pipelined=False)
    s = make_partial(t, 1)
    orders = ((*range(1, 11), 0), tuple(range(11, 21)), tuple(range(21, 31)), tuple(range(31, 41)))
    binding = np.array([0] + [tile for tile in range(4) for _ in range(10)], np.int32)
    load_partial(t, s, Mapping.plain(binding, orders), 520)
    into_pool(t, s, 0)
    assert close(t, s) == -1
    all_is_well(app, chip, t, s)
    counts = np.zeros(COUNTS, np.int64)
    seat_by_force(t, s, counts)
    all_is_well(app, chip, t, s)
    assert 0 not in pool(s)
    assert counts[MANY] == 1
    assert 1 <= counts[TRIALS] <= 8


@pytest.mark.parametrize("pipelined", [False, True])
def test_ways_lead_through_the_inputs(pipelined):
    """Clusters that share nothing but inputs of one iteration wait for each other through them."""
    app = application([9, 14, 6, 11, 8, 13], [(6, b) for b in range(6)], [2] * 6, [0] * 6, has_input=True)
    chip = replace(chain_of(2)[1], buffer_iterations=1)
    incumbent = greedy_start(app, chip)
    t = make_tables(app, chip, pipelined=pipelined)
    s = make_partial(t, 1)
    load_partial(t, s, incumbent.mapping, int(incumbent.period) + 3)
    make_feasible(t, s)
    counts = np.zeros(COUNTS, np.int64)
    for _ in range(12):
        change_places(t, s, counts)
        all_is_well(app, chip, t, s)
    assert counts[CHANGES] > 6
