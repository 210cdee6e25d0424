"""Static orders: the bound period equals a play of the processors, extracted orders are whole and live."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sdf_graphs import counts_of, expanded_period, rows, sdf, sdf_graphs

from mapper.analysis.answers import GraphStatus
from mapper.analysis.orders.static_order import extract_orders, ordered_throughput
from mapper.errors import DeadlockError, InputError


def bounded(graph):
    """The same graph with a back edge on every channel, so that every state returns, and no firing without time."""
    channels = rows(graph)
    counts, _ = counts_of(graph)
    back = [(b, a, c, p, 2 * p * counts[a]) for a, b, p, c, _ in channels]
    return sdf([max(1, int(t)) for t in graph.execution_times], channels + back)


def played_periods(graph, orders):
    """Time per iteration of each component by playing the processors until the state returns; None if they stop."""
    channels, times = rows(graph), graph.execution_times.tolist()
    counts, parts = counts_of(graph)
    owner = {v: p for p, order in enumerate(orders) for v in order}
    tokens, started = [c[4] for c in channels], [0] * len(times)
    pointer, busy, under_way, now, seen = [0] * len(orders), [False] * len(orders), [], 0, {}
    while True:
        moved = True
        while moved:
            moved = False
            for v in range(len(times)):
                p = owner.get(v)
                mine = p is None or (not busy[p] and orders[p][pointer[p]] == v)
                if mine and all(tokens[c] >= row[3] for c, row in enumerate(channels) if row[1] == v):
                    moved = True
                    started[v] += 1
                    under_way.append((now + times[v], v))
                    for c, row in enumerate(channels):
                        if row[1] == v:
                            tokens[c] -= row[3]
                    if p is not None:
                        busy[p] = True
                        pointer[p] = (pointer[p] + 1) % len(orders[p])
        if not under_way:
            return None
        state = (tuple(tokens), tuple(pointer), tuple(sorted((t - now, v) for t, v in under_way)))
        if state in seen:
            then, before = seen[state]
            return tuple(Fraction((now - then) * counts[part[0]], started[part[0]] - before[part[0]]) for part in parts)
        seen[state] = now, started[:]
        now = min(under_way)[0]
        for end in [entry for entry in under_way if entry[0] == now]:
            under_way.remove(end)
            for c, row in enumerate(channels):
                if row[0] == end[1]:
                    tokens[c] += row[2]
            if end[1] in owner:
                busy[owner[end[1]]] = False


@given(sdf_graphs(max_actors=4, max_time=4, live=True), st.data())
@settings(max_examples=100)
def test_any_order_equals_its_play(graph, draw):
    graph = bounded(graph)
    if any(a == b for a, b, *_ in rows(graph)) and len(graph.actors) == 1:
        return
    counts, parts = counts_of(graph)
    processors = draw.draw(st.lists(st.integers(-1, 1), min_size=len(counts), max_size=len(counts)))
    rounds = draw.draw(st.integers(1, 2))
    # Play needs every actor to be slowed down by something.
    fed = {b for _, b, *_ in rows(graph)}
    processors = [p if v in fed else max(p, 0) for v, p in enumerate(processors)]
    orders = []
    for p in range(2):
        firings = [v for v, q in enumerate(processors) for _ in range(counts[v] * rounds) if q == p]
        if firings:
            orders.append(draw.draw(st.permutations(firings)))
    answer = ordered_throughput(graph, orders)
    expected = played_periods(graph, orders)
    if answer.status is GraphStatus.DEADLOCK:
        assert expected is None or None in answer.component_periods
        return
    assert answer.component_periods == expected
    assert answer.period == max(expected)
    assert len(parts) == len(expected)
    total_time, total_tokens = (sum(getattr(s, key) for s in answer.critical_cycle) for key in ("time", "tokens"))
    assert total_time == answer.period * total_tokens > 0


@given(sdf_graphs(max_actors=5, live=True), st.data(), st.integers(1, 2))
@settings(max_examples=150)
def test_extracted_orders_are_whole_live_and_no_better_than_the_graph(graph, draw, iterations):
    counts, _ = counts_of(graph)
    processors = draw.draw(st.lists(st.integers(-1, 2), min_size=len(counts), max_size=len(counts)))
    orders = extract_orders(graph, processors, iterations)
    for p, order in enumerate(orders):
        wanted = {v: counts[v] * iterations for v, q in enumerate(processors) if q == p}
        assert Counter(order) == wanted
    answer = ordered_throughput(graph, orders)
    assert answer.status is GraphStatus.OK
    assert answer.period >= expanded_period(graph)
    for order in orders:
        load = sum(int(graph.execution_times[v]) for v in order)
        assert answer.period * iterations >= load


def test_known_orders():
    # One iteration: a once, b twice; together on one processor 2 + 2 * 3.
    ring = sdf([2, 3], [(0, 1, 2, 1, 0), (1, 0, 1, 2, 4)])
    together = ordered_throughput(ring, [[0, 1, 1]])
    assert together.period == 8
    assert [(step.actor, step.firing) for step in together.critical_cycle] in (
        [(0, 0), (1, 0), (1, 1)],
        [(1, 0), (1, 1), (0, 0)],
        [(1, 1), (0, 0), (1, 0)],
    )
    assert ordered_throughput(ring, [[0], [1, 1]]).period == 6
    assert ordered_throughput(ring, [[0]]).period == Fraction(5, 2)


def test_a_bad_order_deadlocks_with_its_cycle():
    ring = sdf([2, 3], [(0, 1, 2, 1, 0), (1, 0, 1, 2, 2)])
    answer = ordered_throughput(ring, [[1, 0, 1]])
    assert answer.status is GraphStatus.DEADLOCK
    assert {step.actor for step in answer.critical_cycle} == {0, 1}
    assert all(step.tokens == 0 for step in answer.critical_cycle)
    assert "a0[0]" in answer.explanation


def test_components_on_one_processor_wait_for_each_other():
    two = sdf([2, 5], [(0, 0, 1, 1, 1), (1, 1, 1, 1, 1)])
    answer = ordered_throughput(two, [[0, 1, 0]])
    assert answer.component_periods == (Fraction(9, 2), Fraction(9))


def test_orders_that_are_no_rounds_are_refused():
    ring = sdf([2, 3], [(0, 1, 2, 1, 0), (1, 0, 1, 2, 2)])
    for orders in ([[0, 1]], [[0], [0, 1, 1]], [[7]], [[1]]):
        with pytest.raises(InputError):
            ordered_throughput(ring, orders)
    with pytest.raises(InputError):
        extract_orders(ring, [0])
    with pytest.raises(DeadlockError):
        extract_orders(sdf([2, 3], [(0, 1, 1, 1, 0), (1, 0, 1, 1, 0)]), [0, 0])
