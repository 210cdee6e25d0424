"""Sensitivity: every figure re-evaluated by brute force on a changed graph."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sdf_graphs import expanded_period, rows, sdf, sdf_graphs

from mapper.analysis.orders.static_order import extract_orders, ordered_throughput
from mapper.analysis.sensitivity import sensitivity
from mapper.errors import DeadlockError


def with_times(graph, times):
    return sdf(times, rows(graph))


def with_tokens(graph, channel, tokens):
    changed = rows(graph)
    changed[channel] = (*changed[channel][:4], tokens)
    return sdf(graph.execution_times.tolist(), changed)


def period_or_none(graph):
    try:
        return expanded_period(graph)
    except DeadlockError:
        return None


@given(sdf_graphs(max_actors=4, live=True))
@settings(max_examples=120)
def test_actors(graph):
    answer = sensitivity(graph)
    times = graph.execution_times.tolist()
    assert answer.period == expanded_period(graph)
    for v, room in enumerate(answer.actors):
        without = [0 if u == v else t for u, t in enumerate(times)]
        assert room.best_period == expanded_period(with_times(graph, without))
        assert room.critical == (room.growth == 0)
        if room.growth is None:
            far = [t + 10**6 * (u == v) for u, t in enumerate(times)]
            assert expanded_period(with_times(graph, far)) == answer.period
            continue
        scale = room.growth.denominator
        longest = [scale * t + room.growth.numerator * (u == v) for u, t in enumerate(times)]
        assert expanded_period(with_times(graph, longest)) == scale * answer.period
        longest[v] += 1
        assert expanded_period(with_times(graph, longest)) > scale * answer.period


@given(sdf_graphs(max_actors=3, live=True))
@settings(max_examples=100)
def test_channels(graph):
    answer = sensitivity(graph)
    for c, room in enumerate(answer.channels):
        tokens = int(graph.initial_tokens[c])
        same = [t for t in range(tokens + 1) if period_or_none(with_tokens(graph, c, t)) == answer.period]
        assert room.spare_tokens == tokens - same[0]
        assert same == list(range(same[0], tokens + 1))
        # Unlimited tokens are a limit that a cycle through the channel alone never reaches.
        plenty = expanded_period(with_tokens(graph, c, tokens + 20_000))
        assert plenty == room.best_period or room.best_period < plenty < Fraction(1, 8)
        later = [expanded_period(with_tokens(graph, c, tokens + k)) for k in range(1, 40)]
        gains = [k for k, period in enumerate(later, 1) if period < answer.period]
        if gains:
            assert room.first_gain == gains[0]
        elif room.first_gain is not None:
            assert room.first_gain >= 40
        assert (room.first_gain is None) == (room.best_period == answer.period)
        assert room.first_gain is None or room.critical
        # The delay: an actor in the channel that takes that long for each token.
        a, b, p, q, _ = rows(graph)[c]
        if room.delay is not None and a != b:
            scale = room.delay.denominator
            for extra in (0, 1):
                split = rows(graph)
                split[c] = (a, len(graph.actors), p, 1, tokens)
                split.append((len(graph.actors), b, 1, q, 0))
                times = [scale * t for t in graph.execution_times.tolist()] + [room.delay.numerator + extra]
                changed = expanded_period(sdf(times, split))
                assert (changed == scale * answer.period) == (extra == 0)


@given(sdf_graphs(max_actors=4, live=True), st.data())
@settings(max_examples=80)
def test_processors(graph, draw):
    n = len(graph.actors)
    processors = draw.draw(st.lists(st.integers(-1, 1), min_size=n, max_size=n))
    orders = [order for order in extract_orders(graph, processors) if order]
    answer = sensitivity(graph, orders)
    times = graph.execution_times.tolist()
    assert answer.period == ordered_throughput(graph, orders).period
    for p, (order, room) in enumerate(zip(orders, answer.processors, strict=True)):
        stilled = [0 if v in order else t for v, t in enumerate(times)]
        assert room.best_period == ordered_throughput(with_times(graph, stilled), orders).period
        others = [o for i, o in enumerate(orders) if i != p]
        assert room.period_without_order == ordered_throughput(graph, others).period
        if room.slowdown is not None:
            fine = 10**6
            scale = room.slowdown.denominator
            for extra in (0, 1):
                share = (scale + room.slowdown.numerator) * fine + extra
                slowed = [t * share if v in order else t * scale * fine for v, t in enumerate(times)]
                period = ordered_throughput(with_times(graph, slowed), orders).period
                assert (period == scale * fine * answer.period) == (extra == 0)


def test_a_worked_example():
    # Two rings through a: with b 7 / 1, with c 9 / 2.
    graph = sdf([3, 4, 6], [(0, 1, 1, 1, 0), (1, 0, 1, 1, 1), (0, 2, 1, 1, 0), (2, 0, 1, 1, 2)])
    answer = sensitivity(graph)
    assert answer.period == 7
    assert [room.critical for room in answer.actors] == [True, True, False]
    assert [room.growth for room in answer.actors] == [0, 0, 5]
    assert [room.best_period for room in answer.actors] == [4, Fraction(9, 2), 7]
    assert [room.critical for room in answer.channels] == [True, True, False, False]
    assert [room.first_gain for room in answer.channels] == [1, 1, None, None]
    assert [room.best_period for room in answer.channels] == [Fraction(9, 2), Fraction(9, 2), 7, 7]
    assert [room.spare_tokens for room in answer.channels] == [0, 0, 0, 0]
    assert [room.delay for room in answer.channels] == [0, 0, 5, 5]


def test_an_infinite_throughput_has_no_room():
    answer = sensitivity(sdf([0, 5], [(0, 0, 1, 1, 1), (0, 1, 1, 1, 0)]))
    assert answer.period == 0
    assert [room.growth for room in answer.actors] == [0, None]


def test_deadlock_is_an_error():
    with pytest.raises(DeadlockError):
        sensitivity(sdf([1, 1], [(0, 1, 1, 1, 0), (1, 0, 1, 1, 0)]))
