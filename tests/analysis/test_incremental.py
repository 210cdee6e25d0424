"""Evaluations one after another equal evaluations from scratch, whatever changed in between."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from graphs import bound_graph, event_graphs
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.analysis.cycles.cycle_ratio import max_cycle_ratio, period_of
from mapper.analysis.cycles.incremental import OrderEvaluator
from mapper.errors import DeadlockError


def from_scratch(nodes, edges, orders):
    every = list(edges) + [(a, b, w, t) for (b, _), (a, w, t) in orders.items()]
    try:
        answer = max_cycle_ratio(nodes, *(list(column) for column in zip(*every, strict=True)))
    except DeadlockError:
        return None
    return answer.ratio if answer else Fraction(0)


@given(event_graphs(max_nodes=8), st.data(), st.sampled_from([0, 20, 45]))
@settings(max_examples=60)
def test_any_sequence_of_changes(case, data, bits):
    nodes, edges = case
    edges = [(a, b, w << bits, t) for a, b, w, t in edges]
    graph = OrderEvaluator(nodes, *zip(*edges, strict=True), slots=2)
    orders = {}
    node, time = st.integers(0, nodes - 1), st.integers(0, 60)
    for _ in range(data.draw(st.integers(1, 12))):
        kind = data.draw(st.sampled_from(["order", "order", "free", "time", "times"]))
        if kind == "order":
            b, slot, a = data.draw(node), data.draw(st.integers(0, 1)), data.draw(node)
            orders[b, slot] = a, data.draw(time) << bits, data.draw(st.integers(0, 2))
            graph.set_order(b, *orders[b, slot], slot)
        elif kind == "free" and orders:
            b, slot = data.draw(st.sampled_from(sorted(orders)))
            del orders[b, slot]
            graph.set_order(b, -1, 0, 0, slot)
        elif kind == "time":
            e = data.draw(st.integers(0, len(edges) - 1))
            edges[e] = (*edges[e][:2], data.draw(time) << bits, edges[e][3])
            graph.set_time(e, edges[e][2])
        elif kind == "times":
            edges = [(a, b, data.draw(time) << bits, t) for a, b, _, t in edges]
            graph.set_times([edge[2] for edge in edges])
        expected = from_scratch(nodes, edges, orders)
        assert graph.period() == expected
        if expected:
            assert_critical(
                graph.critical_cycle(), expected, list(edges) + [(a, b, *r) for (b, _), (a, *r) in orders.items()]
            )


def assert_critical(cycle, ratio, edges):
    """A closed walk, along which the best parallel edges have the ratio."""
    assert all(a[1] == b[0] for a, b in zip(cycle, cycle[1:] + cycle[:1], strict=True))
    n, d = ratio.numerator, ratio.denominator
    assert sum(max(d * w - n * t for a, b, w, t in edges if (a, b) == ends) for ends in cycle) == 0


def test_a_long_local_search_with_deadlocks():
    rng = np.random.default_rng(11)
    nodes, tiles = 40, 5
    ends = np.sort(rng.integers(0, nodes, (120, 2)), axis=1)
    ends = ends[ends[:, 0] < ends[:, 1]]
    durations = rng.integers(1, 10**6, nodes)
    edges = [(v, v, int(durations[v]), 1) for v in range(nodes)]
    edges += [(int(a), int(b), int(durations[a]), 0) for a, b in ends]
    edges += [(int(b), int(a), int(durations[b]), int(rng.integers(1, 4))) for a, b in ends[::2]]
    graph = OrderEvaluator(nodes, *zip(*edges, strict=True))
    order = np.arange(nodes)
    tile = rng.integers(0, tiles, nodes)
    seen = set()
    for _ in range(400):
        i = int(rng.integers(nodes - 1))
        order[i : i + 2] = order[i : i + 2][::-1]
        before, times, tokens = np.full(nodes, -1), np.zeros(nodes, int), np.zeros(nodes, int)
        for k in range(tiles):
            mine = [v for v in order if tile[v] == k]
            for place, v in enumerate(mine):
                before[v], times[v], tokens[v] = mine[place - 1], durations[mine[place - 1]], int(place == 0)
        graph.set_orders(before, times, tokens)
        orders = {(v, 0): (int(before[v]), int(times[v]), int(tokens[v])) for v in range(nodes)}
        expected = from_scratch(nodes, edges, orders)
        assert graph.period() == expected
        seen.add(expected)
        if expected is None:
            order[i : i + 2] = order[i : i + 2][::-1]
    assert len(seen) > 10
    assert None in seen


@given(event_graphs())
@settings(max_examples=30)
def test_starts_from_a_bound_graph(case):
    nodes, edges = case
    graph = bound_graph(nodes, edges)
    assert OrderEvaluator.of(graph).period() == period_of(graph).ratio


def test_potentials_that_leave_64_bits_start_anew():
    graph = OrderEvaluator(2, [0, 1, 0, 1], [1, 0, 0, 1], [1, 1, 1, 1], [1, 1, 1, 3])
    assert graph.period() == 1
    for power in (30, 59, 61, 3, 62, 10):
        graph.set_times([2**power - 1, 2**power, 7, 2**power])
        assert graph.period() == max(Fraction(2 ** (power + 1) - 1, 2), 7)
        assert graph.critical_cycle() in ([(0, 1), (1, 0)], [(1, 0), (0, 1)], [(0, 0)])


@pytest.mark.parametrize("slots", [1, 3])
def test_empty_slots_say_nothing(slots):
    graph = OrderEvaluator(2, [0], [1], [5], [0], slots)
    assert graph.period() == 0
    assert graph.critical_cycle() == []
