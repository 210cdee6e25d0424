"""Latency: self-timed against naive play, periodic against longest paths over single firings."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sdf_graphs import counts_of, firing_edges, play, rows, sdf, sdf_graphs

from mapper.analysis.latency import latency
from mapper.analysis.max_plus.matrix import analyse
from mapper.errors import DeadlockError, InputError


def connected_pairs(graph):
    reach = {(a, b) for a, b, *_ in rows(graph)} | {(v, v) for v in range(len(graph.actors))}
    for k in range(len(graph.actors)):
        reach |= {(a, b) for a, x in reach if x == k for y, b in reach if y == k}
    return sorted(reach)


def naive_periodic(graph, source, sink, period):
    counts, _ = counts_of(graph)
    edges, firings = firing_edges(graph, counts)
    begin = [Fraction(0) if v == source else None for v, _ in firings]
    for _ in range(len(firings) + 1):
        for a, b, time, back, _ in edges:
            if begin[a] is not None:
                least = begin[a] + time - back * period
                begin[b] = least if begin[b] is None else max(begin[b], least)
    # The first source firing really comes at 0, and nothing moves any more.
    assert min(begin[i] for i, (v, _) in enumerate(firings) if v == source) == 0
    for a, b, time, back, _ in edges:
        assert begin[a] is None or begin[b] >= begin[a] + time - back * period
    ends = [begin[i] for i, (v, _) in enumerate(firings) if v == sink and begin[i] is not None]
    return max(ends) + int(graph.execution_times[sink])


@given(sdf_graphs(max_actors=4, live=True), st.data(), st.fractions(0, 3, max_denominator=4))
@settings(max_examples=200)
def test_periodic_latency_is_a_longest_path(graph, draw, slack):
    source, sink = draw.draw(st.sampled_from(connected_pairs(graph)))
    answer = latency(graph, source, sink)
    assert answer.periodic == naive_periodic(graph, source, sink, answer.period)
    longer = latency(graph, source, sink, answer.period + slack)
    assert longer.periodic == naive_periodic(graph, source, sink, answer.period + slack)


@given(sdf_graphs(max_actors=4, live=True), st.data())
@settings(max_examples=150)
def test_self_timed_latency_equals_naive_play(graph, draw):
    counts, _ = counts_of(graph)
    views = analyse(graph)
    assume(len({b for _, b, *_ in rows(graph)}) == len(counts))
    assume(all(min(view.growth[:-1]) > 0 for view in views))
    source, sink = draw.draw(st.sampled_from(connected_pairs(graph)))
    answer = latency(graph, source, sink)
    view = next(view for view in views if source in view.actors)
    orbit = view.transient()
    iterations = orbit.transient + 2 * orbit.cyclicity + 4
    horizon = int(view.eigenvalue * (iterations + 2)) + 20
    assume(horizon < 200)
    starts, _, _ = play(graph, horizon)
    time = int(graph.execution_times[sink])
    delays = []
    for k in range(iterations):
        begun, done = starts[source][k * counts[source]], starts[sink][(k + 1) * counts[sink] - 1] + time
        delays.append(done - begun)
    assert answer.first == delays[0]
    assert answer.makespan == max(starts[v][counts[v] - 1] + int(graph.execution_times[v]) for v in view.actors)
    if answer.worst is not None:
        assert answer.worst >= max(delays)
        assert answer.worst == answer.settled or answer.worst in delays
        assert max(delays[-2 * orbit.cyclicity :]) <= answer.settled
    else:
        paces = [Fraction(starts[v][-1], len(starts[v])) * counts[v] for v in (source, sink)]
        assert paces[0] < paces[1]


def test_a_source_that_outruns_its_sink():
    graph = sdf([2, 3], [(0, 0, 1, 1, 1), (0, 1, 2, 1, 0), (1, 1, 1, 1, 1)])
    answer = latency(graph, 0, 1)
    assert (answer.first, answer.worst, answer.settled) == (8, None, None)
    assert (answer.periodic, answer.period, answer.makespan) == (8, 6, 8)


def test_feedback_bounds_it_and_the_worst_is_not_the_first():
    graph = sdf([2, 3], [(0, 0, 1, 1, 1), (0, 1, 1, 1, 0), (1, 1, 1, 1, 1), (1, 0, 1, 1, 3)])
    answer = latency(graph, 0, 1)
    # Starts of a: 0 2 4 6, then one for each end of b (5, 8, 11, ...); b runs back to back from 2 on.
    assert answer.first == 5
    assert answer.worst == answer.settled == 9
    assert answer.periodic == 5


def test_old_tokens_make_it_negative():
    graph = sdf([4, 1], [(0, 0, 1, 1, 1), (0, 1, 1, 1, 5), (1, 1, 1, 1, 1)])
    assert latency(graph, 0, 1).periodic == 4 + 1 - 5 * 4


def test_errors():
    graph = sdf([1, 1, 1], [(0, 1, 1, 1, 0), (2, 2, 1, 1, 1)])
    with pytest.raises(InputError, match="path"):
        latency(graph, 1, 0)
    with pytest.raises(InputError, match="path"):
        latency(graph, 0, 2)
    ring = sdf([2, 3], [(0, 1, 1, 1, 0), (1, 0, 1, 1, 1)])
    with pytest.raises(InputError, match="at least 5"):
        latency(ring, 0, 1, Fraction(4))
    with pytest.raises(DeadlockError):
        latency(sdf([2, 3], [(0, 1, 1, 1, 0), (1, 0, 1, 1, 0)]), 0, 1)
