"""The seats found in a partial mapping are those that keep the target, as each one tried by itself tells."""

from __future__ import annotations

import numpy as np
from cases import applications
from hypothesis import given, settings
from hypothesis import strategies as st
from partial_cases import (
    SETTINGS,
    all_is_well,
    chips,
    is_schedulable,
    order_edges,
    partial_mapping,
    pool,
    rounds,
    seated,
    seated_edges,
    weights,
)

from mapper.search.ejection.partial import (
    AFTER_WHOM,
    AT,
    BEFORE_WHOM,
    BOTH,
    HELD_TOKENS,
    LEAST,
    MOST,
    PERIOD,
    close,
    lift,
    put_back,
)
from mapper.search.ejection.seats import EVERYWHERE, find_seats, take_a_seat

#: Tokens on either side of a seat that are tried: more than the channels of these small cases can ask for.
WINDOW = 20


def seats_one_by_one(app, chip, t, s, v):
    """Tokens from the one before that keep the target, by tile and the one before (-1: nobody), each tried."""
    period, n = int(s.about[PERIOD]), len(s.node)
    busy = app.graph.execution_times.tolist()
    found = {}
    for p, order in enumerate(rounds(s)):
        if not t.allowed[v, p] or len(order) >= chip.slots[p]:
            continue
        channels = seated_edges(app, chip, s, {v: p})[: -len(order_edges(app, s)) or None]
        for a in order or [-1]:
            if a < 0:
                matrices, trials = [weights(n, channels, period)], [0]
            else:
                b = order[(order.index(a) + 1) % len(order)]
                both = int(s.node[a, HELD_TOKENS])
                others = [edge for edge in order_edges(app, s) if edge[0] != a]
                trials = list(range(-WINDOW, both + WINDOW + 1))
                if not t.cost[-1]:
                    trials = list(range(both + 1))
                matrices = [
                    weights(n, [*channels, *others, (a, v, busy[a], k), (v, b, busy[v], both - k)], period)
                    for k in trials
                ]
            legal = is_schedulable(np.array(matrices)) if trials else []
            if any(legal):
                found[p, a] = {k for k, yes in zip(trials, legal, strict=True) if yes}
    return found


@given(app=applications(min_clusters=4, max_clusters=7, max_time=20), chip=chips(), **SETTINGS)
@settings(max_examples=300)
def test_every_seat_that_keeps_the_target_and_no_other(app, chip, pipelined, tenths, seed, steps, leave):
    case = partial_mapping(app, chip, pipelined, tenths, seed, steps, leave)
    if case is None:
        return
    t, s = case
    for v in pool(s):
        expected = seats_one_by_one(app, chip, t, s, v)
        count = find_seats(t, s, s.ways[0], v, EVERYWHERE)
        found = {}
        for place in s.seats[:count]:
            p, a = int(place[AT]), int(place[AFTER_WHOM])
            assert (p, a) not in found
            found[p, a] = set(range(place[LEAST], place[MOST] + 1))
            if a >= 0:
                order = rounds(s)[p]
                assert place[BEFORE_WHOM] == order[(order.index(a) + 1) % len(order)]
                assert place[BOTH] == s.node[a, HELD_TOKENS]
        assert found.keys() == expected.keys()
        for where, tokens in found.items():
            assert tokens
            assert tokens <= expected[where]
            both = 0 if where[1] < 0 else int(s.node[where[1], HELD_TOKENS])
            bounded = -WINDOW not in expected[where] and both + WINDOW not in expected[where]
            if bounded:
                assert tokens == expected[where]
        for p in range(chip.tiles):
            here = find_seats(t, s, s.ways[0], v, p)
            assert here == sum(q == p for q, _ in expected)
            assert set(s.seats[:here, AT].tolist()) <= {p}


@given(app=applications(min_clusters=4, max_clusters=7, max_time=20), chip=chips(), **SETTINGS)
@settings(max_examples=150)
def test_who_sits_down_leaves_everything_as_if_recomputed(app, chip, pipelined, tenths, seed, steps, leave):
    case = partial_mapping(app, chip, pipelined, tenths, seed, steps, leave)
    if case is None:
        return
    t, s = case
    all_is_well(app, chip, t, s)
    waiting = pool(s)
    while waiting:
        v = waiting.pop()
        count = find_seats(t, s, s.ways[0], v, EVERYWHERE)
        if count:
            take_a_seat(t, s, s.ways[0], v, count)
            s.pool[: len(waiting)], s.about[1] = waiting, len(waiting)
            all_is_well(app, chip, t, s)
        else:
            break


@given(app=applications(min_clusters=4, max_clusters=7, max_time=20), chip=chips(), data=st.data(), **SETTINGS)
@settings(max_examples=100)
def test_taken_out_on_trial_and_put_back(app, chip, data, pipelined, tenths, seed, steps, leave):
    case = partial_mapping(app, chip, pipelined, tenths, seed, steps, leave)
    if case is None:
        return
    t, s = case
    clusters = [v for v in seated(s) if not app.is_input[v]]
    leaving = data.draw(st.lists(st.sampled_from(clusters), unique=True, max_size=8)) if clusters else []
    node, tile = s.node.copy(), s.tile.copy()
    for place, v in enumerate(leaving):
        lift(t, s, v, place)
        orders = [[u for u in order if u not in leaving[: place + 1]] for order in rounds_of(node, tile)]
        assert [set(order) for order in rounds(s)] == [set(order) for order in orders]
        assert close(t, s) == -1
        assert all(sum(s.node[u, HELD_TOKENS] for u in order) == 1 for order in orders if order)
    for place in range(len(leaving) - 1, -1, -1):
        put_back(t, s, leaving[place], place)
    assert np.array_equal(s.node, node)
    assert np.array_equal(s.tile, tile)


def rounds_of(node, tile):
    """Orders of a copy of the tables."""
    found = []
    for head, held, _ in tile.tolist():
        order, v = [], head
        for _ in range(held):
            order.append(v)
            v = int(node[v, 2])
        found.append(order)
    return found
