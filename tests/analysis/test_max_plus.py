"""The max-plus view: eigenvalues equal expansion and execution, vectors and bounds hold, transients are true."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sdf_graphs import counts_of, expanded_period, play, read, rows, sdf, sdf_graphs

from mapper.analysis.answers import GraphStatus
from mapper.analysis.engines.state_space import NoRecurrenceError, state_space
from mapper.analysis.max_plus import eigenvalue as module
from mapper.analysis.max_plus.matrix import analyse, max_plus
from mapper.analysis.max_plus.symbolic import NEVER, play_iteration
from mapper.errors import DeadlockError, InputError

TOO_MANY_TOKENS = 2000


def test_public_graphs(data):
    seen = 0
    for path in sorted((data / "dataflow" / "throughput").glob("*.json")):
        graph, case = read(path)
        if graph.initial_tokens.sum() > TOO_MANY_TOKENS:
            continue
        answer = max_plus(graph)
        expected = case["expected"]["throughput"]
        got = "infinite" if answer.infinite else str(answer.throughput)
        assert got == expected, path.name
        seen += 1
    assert seen > 100


@given(sdf_graphs())
@settings(max_examples=300)
def test_eigenvalue_equals_expansion_and_execution(graph):
    answer = max_plus(graph)
    try:
        expected = expanded_period(graph)
    except DeadlockError:
        assert answer.status is GraphStatus.DEADLOCK
        return
    assert answer.period == expected
    assert answer.component_periods == state_space(graph).component_periods


@given(sdf_graphs(max_actors=4, live=True))
@settings(max_examples=200)
def test_vectors_bounds_and_transient(graph):
    counts, _ = counts_of(graph)
    answers = analyse(graph)
    fed = {b for _, b, *_ in rows(graph)}
    playable = len(fed) == len(counts) and all(min(answer.growth[:-1]) > 0 for answer in answers)
    for answer in answers:
        matrix, rate = answer.matrix.tolist(), answer.eigenvalue
        finite = [[(u, e) for u, e in enumerate(row) if e > NEVER // 2] for row in matrix]
        for row, p, v in zip(finite, answer.potentials, answer.eigenvector, strict=True):
            assert all(e + answer.potentials[u] <= rate + p for u, e in row)
            terms = [e + answer.eigenvector[u] for u, e in row if answer.eigenvector[u] is not None]
            assert (max(terms) == rate + v) if v is not None else not terms
        assert any(v is not None for v in answer.eigenvector)

        # Iterate by hand, far beyond the transient.
        orbit = answer.transient()
        x, history = [0] * len(matrix), []
        for _ in range(orbit.transient + 3 * orbit.cyclicity + 1):
            history.append(x)
            x = [max(e + x[u] for u, e in row) for row in finite]
        for k in range(orbit.transient, orbit.transient + 2 * orbit.cyclicity):
            grown = [b - a for a, b in zip(history[k], history[k + orbit.cyclicity], strict=True)]
            assert grown == [orbit.cyclicity * growth for growth in answer.growth]

        # Bounds against the real execution, where it can be played.
        if playable:
            starts, _, _ = play(graph, int(4 * rate))
            for k in range(1, 4):
                ends = [starts[v][: k * counts[v]] for v in answer.actors]
                if all(len(e) == k * counts[v] for e, v in zip(ends, answer.actors, strict=True)):
                    times = graph.execution_times
                    end = max(
                        max(e[(k - 1) * counts[v] :]) + int(times[v]) for e, v in zip(ends, answer.actors, strict=True)
                    )
                    low, high = answer.makespan_bounds(k)
                    assert low <= end <= high
                    assert k > 1 or end == answer.makespan
                    if k <= len(orbit.outputs[0]):
                        assert orbit.outputs[0][k - 1] == end


@given(st.integers(1, 7), st.randoms(use_true_random=False))
@settings(max_examples=150)
def test_karp_and_powers_agree_with_each_other_and_with_enumeration(n, rng):
    weights = np.full((n, n), -1_000_000, np.int64)
    for v in range(n):
        weights[v, (v + 1) % n] = rng.randint(0, 9)
        for u in range(n):
            if rng.random() < 0.3:
                weights[v, u] = rng.randint(0, 9)
    karp = module._by_karp(weights, -1_000_000)
    best, walk = Fraction(0), np.where(np.eye(n), 0, -1_000_000).astype(np.int64)
    for steps in range(1, n + 1):  # the heaviest closed walk of each length up to n
        walk = (weights[:, :, None] + walk[None, :, :]).max(axis=1)
        heaviest = int(np.diag(walk).max())
        if heaviest >= 0:
            best = max(best, Fraction(heaviest, steps))
    assert karp == best
    assert module._by_powers(weights) in (None, karp)


def test_tokens_of_one_firing_share_a_row():
    graph = sdf([4, 1], [(0, 1, 6, 1, 0), (1, 0, 1, 6, 6)])
    iteration = play_iteration(graph, [1, 6], [0, 1])
    assert len(iteration.groups) == 1
    assert analyse(graph)[0].eigenvalue == 5
    assert analyse(graph)[0].eigenvector[0] == 0


def test_parts_of_different_pace_have_their_own_growth():
    graph = sdf([2, 5], [(0, 0, 1, 1, 1), (0, 1, 1, 1, 0), (1, 1, 1, 1, 1)])
    (answer,) = analyse(graph)
    assert set(answer.growth) == {0, 2, 5}
    assert answer.transient().transient >= 1


def test_a_late_transient_is_found():
    # The loop through the second actor is a little slower, but starts far behind: 100 iterations until it rules.
    graph = sdf([100, 1, 101], [(0, 0, 1, 1, 1), (0, 1, 1, 1, 0), (1, 2, 1, 1, 0), (2, 1, 1, 1, 1)])
    (answer,) = analyse(graph)
    assert answer.eigenvalue == 102
    with pytest.raises(NoRecurrenceError):
        answer.transient(max_iterations=1)


def test_limits_are_errors_with_a_cure():
    with pytest.raises(InputError, match="another engine"):
        analyse(sdf([1], [(0, 0, 1, 1, 10**6)]))
    with pytest.raises(InputError, match="coarser"):
        analyse(sdf([2**61], [(0, 0, 1, 1, 1)]))


def test_long_times_are_exact():
    big = 2**58
    graph = sdf([big, big - 1], [(0, 1, 1, 1, 0), (1, 0, 1, 1, 2), (0, 0, 1, 1, 1)])
    (answer,) = analyse(graph)
    assert answer.eigenvalue == big
    three = sdf([big, big - 1, 5], [(0, 1, 1, 1, 0), (1, 2, 1, 1, 0), (2, 0, 1, 1, 3)])
    assert analyse(three)[0].eigenvalue == Fraction(2 * big + 4, 3)
    assert analyse(three)[0].transient().cyclicity % 3 == 0


@given(sdf_graphs(max_actors=4, live=True))
@settings(max_examples=60)
def test_times_that_leave_64_bits_change_nothing(graph):
    assume(graph.execution_times.max() > 0)
    factor = 2**50
    larger = sdf([int(t) * factor for t in graph.execution_times], rows(graph))
    for small, large in zip(analyse(graph), analyse(larger), strict=True):
        assert large.eigenvalue == factor * small.eigenvalue
        assert large.makespan == factor * small.makespan
        assert large.transient().transient == small.transient().transient
        assert large.potentials == tuple(factor * p for p in small.potentials)
