"""Liveness with a witness: agrees with playing the graph; the witness stands still and lacks what it says."""

from __future__ import annotations

import time

import pytest
from dataflow_cases import any_graphs, bounded_graphs, public_graphs, rate_chain
from hypothesis import given, settings
from hypothesis import strategies as st
from sdf_graphs import counts_of, rows, sdf

from mapper.analysis import deadlock
from mapper.analysis.deadlock import deadlock_on, find_deadlock
from mapper.analysis.repetition import repetition_vector


def play_untimed(graph, channels, rounds):
    """Fire whatever can, each actor at most ``rounds`` times its count: (firings, tokens held)."""
    counts, _ = counts_of(graph)
    table = {c: rows(graph)[c] for c in channels}
    held = {c: row[4] for c, row in table.items()}
    fired = [0] * graph.actor_count
    moved = True
    while moved:
        moved = False
        for v, count in enumerate(counts):
            into = [c for c, row in table.items() if row[1] == v]
            if fired[v] < rounds * count and all(held[c] >= table[c][3] for c in into):
                fired[v] += 1
                moved = True
                for c, (a, b, p, rate, _) in table.items():
                    held[c] += (p if a == v else 0) - (rate if b == v else 0)
    return fired, held


@pytest.fixture(params=["played", "scheduled"])
def either_way(request, monkeypatch):
    if request.param == "scheduled":
        monkeypatch.setattr(deadlock, "_BATCHES_EACH", 0)
        monkeypatch.setattr(deadlock, "_ALL_FIRINGS", 0)


@given(st.one_of(any_graphs(), bounded_graphs()))
@settings(max_examples=200)
@pytest.mark.usefixtures("either_way")
def test_agrees_with_playing_one_iteration(graph):
    counts = repetition_vector(graph)
    fired, _ = play_untimed(graph, range(graph.channel_count), 1)
    stuck = find_deadlock(graph, counts)
    assert (stuck is None) == (fired == list(counts))
    if stuck is None:
        return
    # The witness: a circle of channels, at rest when played alone, with exactly these firings and missing tokens.
    table = [rows(graph)[c] for c in stuck.channels]
    assert [row[0] for row in table] == list(stuck.actors)
    assert [row[1] for row in table] == [*stuck.actors[1:], stuck.actors[0]]
    alone, held = play_untimed(graph, stuck.channels, 1)
    assert [alone[v] for v in stuck.actors] == list(stuck.firings)
    assert [row[3] - held[c] for c, row in zip(stuck.channels, table, strict=True)] == list(stuck.missing)
    assert all(lack > 0 for lack in stuck.missing)
    for v in stuck.actors:
        assert graph.actors[v] in stuck.explain(graph)
    assert [step.channel for step in stuck.steps(graph)] == list(stuck.channels)


def test_public_graphs(data):
    dead = 0
    for graph, expected in public_graphs(data):
        stuck = find_deadlock(graph, repetition_vector(graph))
        assert (stuck is not None) == expected["deadlock"], graph.name
        dead += stuck is not None
    assert dead == 4


@pytest.mark.parametrize("factor", [10, 7])
def test_a_trillion_firings_are_not_played(factor):
    begin = time.perf_counter()
    live = rate_chain(13, factor=factor)
    counts = repetition_vector(live)
    assert sum(counts) > 10**11 or factor == 7
    assert find_deadlock(live, counts) is None
    tight = sdf(live.execution_times, [*rows(live)[:-1], (*rows(live)[-1][:4], factor - 1)])
    stuck = find_deadlock(tight, counts)
    assert stuck is not None
    assert set(stuck.actors) == {12, 13}
    assert stuck.missing[stuck.channels.index(25)] == 1
    assert time.perf_counter() - begin < 5


def test_a_single_rate_ring():
    graph = sdf([1, 1, 1], [(0, 1, 2, 2, 1), (1, 2, 1, 1, 0), (2, 0, 3, 3, 2), (2, 0, 1, 1, 9)])
    stuck = find_deadlock(graph, (1, 1, 1))
    assert stuck.actors == (0, 1, 2)
    assert stuck.channels == (0, 1, 2)
    assert stuck.missing == (1, 1, 1)
    assert "firing 0 of a1 lacks 1 token(s) from a0" in stuck.explain(graph)


def test_channels_that_complete_their_iteration_are_no_deadlock():
    graph = sdf([1, 1], [(0, 1, 2, 3, 0), (1, 0, 3, 2, 4), (0, 0, 1, 1, 0)])
    assert deadlock_on(graph, (3, 2), (0, 1)) is None
    assert deadlock_on(graph, (3, 2), (2,)).missing == (1,)
