"""K-periodic scheduling: exact on public graphs, equal to expansion, proven by schedules and cycles, quick."""

from __future__ import annotations

import random
import time
from fractions import Fraction
from itertools import product
from math import gcd, lcm

import pytest
from dataflow_cases import any_graphs, assert_expected, public_graphs, rate_chain
from hypothesis import given, settings
from sdf_graphs import expanded_period, read, rows, sdf

from mapper.analysis.answers import GraphStatus
from mapper.analysis.cycles import ratio_or_block
from mapper.analysis.cycles.ratio_or_block import solve_edges
from mapper.analysis.engines import k_periodic as k_periodic_module
from mapper.analysis.engines import unfolding
from mapper.analysis.engines.k_periodic import TooManyFiringsError, k_periodic, k_periodic_schedule
from mapper.analysis.repetition import repetition_vector
from mapper.errors import DeadlockError, InconsistentError


def assert_cycle(graph, answer):
    """The critical cycle is one of firings that wait for each other, and as slow as the answer says."""
    steps, channels = answer.critical_cycle, rows(graph)
    assert bool(steps) == (answer.period > 0)
    assert sum(step.time for step in steps) == answer.period * sum(step.tokens for step in steps)
    counts = repetition_vector(graph)
    common = 1
    if any(step.time != graph.execution_times[step.actor] for step in steps):
        # In short: iterations of the cycle's own actors, each step for all its likes in an iteration of the graph.
        common = gcd(*(counts[step.actor] for step in steps))
    for step, following in zip(steps, (*steps[1:], *steps[:1]), strict=True):
        a, b, p, c, tokens = channels[step.channel]
        assert (a, b, step.time) == (step.actor, following.actor, common * int(graph.execution_times[a]))
        # The last token that the firing takes was made by the firing before it, so many iterations ago.
        last = c * (following.firing + step.tokens * counts[b] // common + 1) - tokens - 1
        assert 0 <= step.firing < counts[a] // common
        assert step.tokens >= 0
        assert last // p == step.firing


def assert_schedule(graph, schedules):
    """No firing of two rounds of the schedule takes a token before it is made."""
    where = {v: (schedule, i) for schedule in schedules for i, v in enumerate(schedule.actors)}
    for a, b, p, c, tokens in rows(graph):
        schedule, i = where[a]
        _, j = where[b]
        rounds = lcm(
            Fraction(len(schedule.starts[i]), schedule.repetitions[i]).denominator,
            Fraction(len(schedule.starts[j]), schedule.repetitions[j]).denominator,
        )
        assert rounds > 0
        for n in range(2 * schedule.repetitions[j]):
            producer = (c * (n + 1) - tokens - 1) // p
            if producer >= 0:
                ready = schedule.start(i, producer) + int(graph.execution_times[a])
                assert schedule.start(j, n) >= ready
    assert all(start >= 0 for schedule in schedules for phases in schedule.starts for start in phases)


def test_every_public_graph(data):
    seen = 0
    for graph, expected in public_graphs(data):
        answer = k_periodic(graph)
        assert_expected(answer, expected)
        if answer.status is GraphStatus.OK:
            assert_cycle(graph, answer)
        seen += 1
    assert seen > 100


def test_short_and_spelled_out_cycles_agree(data, monkeypatch):
    graph, _ = read(data / "dataflow" / "throughput" / "h263decoder__buf1.json")
    short = k_periodic(graph)
    monkeypatch.setattr(k_periodic_module, "_SPELLED_OUT", 10**6)
    long = k_periodic(graph)
    for answer in (short, long):
        assert_cycle(graph, answer)
    assert (
        len(short.critical_cycle) == len(long.critical_cycle) == 1188
    )  # one actor fires once: there is nothing to gather
    graph, _ = read(data / "dataflow" / "throughput" / "h263decoder.json")
    assert len(k_periodic(graph).critical_cycle) == 594
    assert_cycle(graph, k_periodic(graph))
    monkeypatch.undo()
    assert len(k_periodic(graph).critical_cycle) == 1
    assert_cycle(graph, k_periodic(graph))


@given(any_graphs())
@settings(max_examples=500)
def test_equals_expansion_or_reports_the_deadlock(graph):
    answer = k_periodic(graph)
    try:
        expected = expanded_period(graph)
    except DeadlockError:
        assert answer.status is GraphStatus.DEADLOCK
        assert_blocked(graph, answer.critical_cycle)
        with pytest.raises(DeadlockError):
            k_periodic_schedule(graph)
        return
    assert answer.period == expected
    assert_cycle(graph, answer)
    schedules = k_periodic_schedule(graph)
    assert tuple(schedule.period for schedule in schedules) == answer.component_periods
    assert tuple(s for schedule in schedules for phases in schedule.starts for s in phases) == answer.potentials
    assert_schedule(graph, schedules)


def assert_blocked(graph, steps):
    """Each firing of the cycle waits for the one before it: too few tokens even if all earlier ones have fired."""
    channels = rows(graph)
    assert steps
    for step, following in zip(steps, (*steps[1:], *steps[:1]), strict=True):
        a, b, p, c, tokens = channels[step.channel]
        assert (a, b) == (step.actor, following.actor)
        assert tokens + p * step.firing < c * (following.firing + 1)


def test_actors_without_time_are_neither_dead_nor_special():
    # The ring has no token to spare in a 1-periodic schedule although nothing in it takes time.
    ring = [(0, 1, 2, 3, 0), (1, 0, 3, 2, 4)]
    assert k_periodic(sdf([0, 0], ring)).infinite
    assert k_periodic(sdf([0, 0], [(0, 1, 2, 3, 0), (1, 0, 3, 2, 3)])).status is GraphStatus.DEADLOCK
    assert k_periodic(sdf([0, 0, 7], [*ring, (0, 2, 1, 3, 0), (2, 0, 3, 1, 3)])).period == 7
    assert k_periodic(sdf([0], [(0, 0, 2, 2, 1)])).status is GraphStatus.DEADLOCK


def test_overlap_and_missing_cycles():
    assert k_periodic(sdf([4, 5], [(0, 1, 2, 3, 0)])).infinite
    assert k_periodic(sdf([4, 5], [(0, 1, 2, 3, 0)])).critical_cycle == ()
    assert k_periodic(sdf([7], [(0, 0, 1, 1, 3)])).period == Fraction(7, 3)
    assert k_periodic(sdf([7], [(0, 0, 2, 2, 7), (0, 0, 1, 1, 4)])).period == Fraction(7, 3)
    assert k_periodic(sdf([], [])).infinite


def test_components_have_their_own_iterations():
    graph = sdf([3, 4, 1], [(0, 0, 1, 1, 1), (1, 2, 2, 1, 0), (2, 1, 1, 2, 2)])
    answer = k_periodic(graph)
    assert answer.component_periods == (Fraction(3), Fraction(5))
    assert answer.period == 5


def test_inconsistent_graphs_say_so():
    graph = sdf([1, 1], [(0, 1, 2, 1, 0), (1, 0, 1, 1, 5)])
    answer = k_periodic(graph)
    assert (answer.status, answer.throughput) == (GraphStatus.INCONSISTENT, None)
    assert answer.explanation
    with pytest.raises(InconsistentError):
        k_periodic_schedule(graph)


@pytest.mark.parametrize(("stages", "slack"), list(product((3, 12, 30), (1, 2, 7))))
def test_long_chains_of_rate_changes_are_not_expanded(stages, slack):
    graph = rate_chain(stages, slack=slack)
    k_periodic(rate_chain(2))
    began = time.perf_counter()
    answer = k_periodic(graph)
    assert time.perf_counter() - began < 1
    # Each channel of capacity 10 k: k firings of the producer and ten of the consumer each follow one another at best
    # as in that pair alone; a pair further down the chain repeats more often.
    pairs = [
        expanded_period(sdf(graph.execution_times[v : v + 2], [(0, 1, 10, 1, 0), (1, 0, 1, 10, 10 * slack)])) * 10**v
        for v in range(stages)
    ]
    assert answer.period >= max(pairs)
    if stages == 3:
        assert answer.period == expanded_period(graph)
    assert_cycle(graph, answer)
    if stages == 3:
        assert_schedule(graph, k_periodic_schedule(graph))


def test_rates_and_times_beyond_64_bits_in_total():
    big = 2**40
    loops = [(v, v, 1, 1, 1) for v in range(3)]
    rings = [(0, 1, big, 1, 0), (1, 0, 1, big, 4 * big), (1, 2, big, 1, 0), (2, 1, 1, big, 4 * big)]
    answer = k_periodic(sdf([big, 3, 5], loops + rings))
    assert answer.period == 5 * big**2
    (schedule,) = k_periodic_schedule(sdf([big, 3, 5], loops + rings))
    assert schedule.circuit == (2,)
    assert schedule.start(2, big**2) == schedule.start(2, 0) + 5 * big**2
    assert k_periodic(sdf([2**62, 2**62], [(0, 1, 1, 1, 0), (1, 0, 1, 1, 1)])).period == 2**63


def test_a_deadlock_of_many_firings_is_found_at_once():
    big = 10**9
    graph = sdf([1, 1, 1], [(0, 1, big, 1, 0), (1, 0, 1, big, big - 1), (1, 2, 1, 1, 0)])
    began = time.perf_counter()
    answer = k_periodic(graph)
    assert time.perf_counter() - began < 1
    assert answer.status is GraphStatus.DEADLOCK
    assert_blocked(graph, answer.critical_cycle)
    assert "lacks 1 token(s)" in answer.explanation


def test_too_many_constraints_are_refused(monkeypatch):
    monkeypatch.setattr(unfolding, "MAX_EDGES", 5)
    ring = [(0, 1, 7, 11, 0), (1, 0, 11, 7, 19)]
    with pytest.raises(TooManyFiringsError):
        k_periodic(sdf([1, 1], ring))


def test_compiled_and_plain_solvers_agree(monkeypatch):
    rng = random.Random(5)
    for _ in range(60):
        n = rng.randint(1, 8)
        edges = [
            (rng.randrange(n), rng.randrange(n), rng.randint(0, 9), rng.randint(-1, 4))
            for _ in range(rng.randint(1, 20))
        ]
        columns = list(zip(*edges, strict=True))
        monkeypatch.setattr(ratio_or_block, "_LARGE", 0)
        first = solve_edges(n, *columns)
        monkeypatch.undo()
        second = solve_edges(n, *columns)
        assert (first.potentials is None) == (second.potentials is None)
        for answer in (first, second):
            if answer.circuit:
                heads = [columns[1][e] for e in answer.circuit]
                assert [columns[0][e] for e in answer.circuit] == [heads[-1], *heads[:-1]]
                assert answer.time == sum(columns[2][e] for e in answer.circuit)
                assert answer.tokens == sum(columns[3][e] for e in answer.circuit)
            if answer.potentials is None:
                assert answer.tokens <= 0
                continue
            assert Fraction(first.time, first.tokens) == Fraction(second.time, second.tokens)
            x, ratio = answer.potentials, Fraction(answer.time, answer.tokens)
            assert all(x[b] >= x[a] + answer.scale * (t - ratio * h) for a, b, t, h in edges)
