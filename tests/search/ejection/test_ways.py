"""Tables of longest ways equal Bellman and Ford's, whatever the kernels add to them or leave out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapper.search.ejection.ways import (
    ABSENT,
    NONE,
    add_edge,
    first_without,
    next_without,
    pass_through,
    pass_through_all,
    put_between,
)


def bellman_ford(n, edges):
    """Longest ways as a matrix of numbers, ``None`` where there is none; fails on a circle longer than 0."""
    table = []
    for source in range(n):
        best = [None] * n
        best[source] = 0
        for _ in range(n):
            for (a, b), time in edges.items():
                if best[a] is not None and (best[b] is None or best[a] + time > best[b]):
                    best[b] = best[a] + time
        assert best[source] == 0
        table.append(best)
    return table


@st.composite
def graphs(draw, least=1, most=9):
    """Edges whose circles are all at most 0 long: times below differences of random start times."""
    n = draw(st.integers(least, most))
    starts = draw(st.lists(st.integers(-40, 40), min_size=n, max_size=n))
    ends = [(a, b) for a in range(n) for b in range(n) if a != b]
    chosen = draw(st.lists(st.sampled_from(ends), unique=True, max_size=3 * n)) if ends else []
    return n, {(a, b): starts[b] - starts[a] - draw(st.sampled_from([0, 0, 1, 5, 60])) for a, b in chosen}


def one_edge_ways(n, edges):
    ways = np.full((n, n), NONE, np.int32)
    np.fill_diagonal(ways, 0)
    for (a, b), time in edges.items():
        ways[a, b] = time
    return ways


def closed(n, edges):
    ways = one_edge_ways(n, edges)
    pass_through_all(ways, np.arange(n), 0, n, np.zeros((2, n), np.int32))
    return ways


def agree(ways, table, among):
    for i in among:
        for j in among:
            assert (ways[i, j] == table[i][j]) if table[i][j] is not None else (ways[i, j] <= ABSENT)


@given(graphs())
def test_through_everyone_in_turn(graph):
    n, edges = graph
    agree(closed(n, edges), bellman_ford(n, edges), range(n))


@given(graphs(), st.data())
def test_through_one_or_two_whatever_the_order(graph, data):
    n, edges = graph
    ways = one_edge_ways(n, edges)
    left = data.draw(st.permutations(range(n)))
    while left:
        k = left.pop()
        other = left.pop() if left and data.draw(st.booleans()) else k
        pass_through(ways, k, other, np.zeros((2, n), np.int32))
    agree(ways, bellman_ford(n, edges), range(n))


@given(graphs(least=2), st.data())
def test_one_edge_more(graph, data):
    n, edges = graph
    if not edges:
        return
    extra = data.draw(st.sampled_from(sorted(edges)))
    without = {ends: time for ends, time in edges.items() if ends != extra}
    ways = closed(n, without)
    add_edge(ways, *extra, edges[extra], np.zeros((2, n), np.int32))
    agree(ways, bellman_ford(n, edges), range(n))


@given(graphs(), st.data())
def test_one_actor_more_whatever_its_row_and_column_held(graph, data):
    n, edges = graph
    v = data.draw(st.integers(0, n - 1))
    ways = closed(n, {ends: time for ends, time in edges.items() if v not in ends})
    rubbish = data.draw(st.integers(-99, 99))
    ways[v, :] = ways[:, v] = rubbish
    into, out = np.full((2, n), NONE, np.int32)
    for (a, b), time in edges.items():
        if b == v:
            into[a] = time
        if a == v:
            out[b] = time
    put_between(ways, v, into, out, np.zeros((2, n), np.int32))
    agree(ways, bellman_ford(n, edges), range(n))


def each_without(n, edges, left_out, present):
    """Visit the ways without each of ``left_out``, through all ``present`` and the others that are left out in turn."""
    levels = np.zeros((n.bit_length() + 3, n, n), np.int32)
    stack = np.zeros((2 * len(levels), 5), np.int64)
    rows, nodes = np.zeros((2, n), np.int32), np.array([*left_out, *[0] * n], np.int64)[: max(n, 1)]
    levels[1] = one_edge_ways(n, edges)
    pass_through_all(levels[1], np.array(present, np.int64), 0, len(present), rows)
    size = first_without(stack, len(left_out))
    for _ in range(2 * n + 1):
        place, level, size = next_without(levels, nodes, stack, size, rows)
        if place < 0:
            return
        yield int(nodes[place]), levels[level]
        if size == 0:
            return
    pytest.fail("it goes on after everyone was left out")


@given(graphs(), st.data())
def test_everyone_is_left_out_once(graph, data):
    n, edges = graph
    order = data.draw(st.permutations(range(n)))
    left_out, present = order[: (split := data.draw(st.integers(1, n)))], order[split:]
    visited = []
    for u, ways in each_without(n, edges, left_out, present):
        visited.append(u)
        others = [v for v in range(n) if v != u]
        agree(ways, bellman_ford(n, {ends: time for ends, time in edges.items() if u not in ends}), others)
        ways[:] = 77  # whoever tries things on a level spoils it
    assert visited == left_out


def test_distances_too_great_to_matter_stay_within_32_bits():
    """A chain of the longest waits there are: sums fall below any way, and never round the corner."""
    n, far = 40, ABSENT + 1
    ways = closed(n, {(a, a + 1): far for a in range(n - 1)})
    assert ways.min() >= NONE
    assert (np.triu(ways, 2)[0, 2:] <= ABSENT).all()
    assert ways[0, 1] == far
