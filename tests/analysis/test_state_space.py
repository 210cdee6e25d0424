"""State-space execution: exact on public graphs, equal to expansion, and to naive play for the fill of channels."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sdf_graphs import counts_of, expanded_period, play, read, rows, sdf, sdf_graphs

from mapper.analysis.answers import GraphStatus
from mapper.analysis.cycles.strong import strong_components
from mapper.analysis.engines.execution import executions
from mapper.analysis.engines.machine import BLOCKED, PAUSED, REACHED, Machine
from mapper.analysis.engines.state_space import NoRecurrenceError, state_space
from mapper.compiled import kernel
from mapper.errors import DeadlockError


def test_every_public_graph(data):
    seen = 0
    for path in sorted((data / "dataflow" / "throughput").glob("*.json")):
        graph, case = read(path)
        expected = case["expected"]
        answer = state_space(graph)
        if expected["deadlock"]:
            assert answer.status is GraphStatus.DEADLOCK, path.name
            assert answer.throughput == 0
        elif expected["throughput"] == "infinite":
            assert answer.infinite, path.name
        else:
            assert answer.throughput == Fraction(expected["throughput"]), path.name
        if answer.status is GraphStatus.OK and expected["repetition_sum"] < 3000:
            assert max(execution.period for execution in executions(graph)) == answer.period, path.name
        seen += 1
    assert seen > 100


@given(sdf_graphs())
@settings(max_examples=400)
def test_equals_expansion_or_reports_the_deadlock(graph):
    answer = state_space(graph)
    try:
        expected = expanded_period(graph)
    except DeadlockError:
        assert answer.status is GraphStatus.DEADLOCK
        channels = rows(graph)
        cycle = answer.critical_cycle
        for step, following in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
            assert channels[step.channel][:2] == (step.actor, following.actor)
        with pytest.raises(DeadlockError):
            executions(graph)
        return
    assert answer.period == expected
    assert len(answer.component_periods) == len(counts_of(graph)[1])
    assert max(execution.period for execution in executions(graph)) == expected


@given(sdf_graphs(max_actors=5, live=True))
@settings(max_examples=120)
def test_transient_period_and_fill_equal_naive_play(graph):
    answers = executions(graph)
    assume(all(sum(len(r.actors) for r in e.rhythms) == len(e.actors) for e in answers))
    settled = max(execution.transient_time for execution in answers)
    horizon = settled + 3 * max(r.period_time for e in answers for r in e.rhythms)
    assume(horizon < 150)
    starts, tokens, space = play(graph, horizon)
    for execution in answers:
        for c, most, most_space in zip(execution.channels, execution.most_tokens, execution.most_space, strict=True):
            idle = graph.sources[c] == graph.targets[c] and graph.execution_times[graph.sources[c]] == 0
            if most is not None and not idle:
                assert (most, most_space) == (tokens[c], space[c])
        for rhythm in execution.rhythms:
            for v, count in zip(rhythm.actors, rhythm.firings, strict=True):
                inside = [t for t in starts[v] if rhythm.transient_time < t <= horizon - rhythm.period_time]
                after = [t for t in starts[v] if rhythm.transient_time + rhythm.period_time < t <= horizon]
                assert [t + rhythm.period_time for t in inside] == after
                first = [t for t in inside if t <= rhythm.transient_time + rhythm.period_time]
                assert len(first) == count


def test_open_channels_grow_and_the_others_are_bounded():
    # A source at pace 2 feeds a worker at pace 5 with its own feedback; a sink follows it at once.
    graph = sdf([2, 5, 1], [(0, 0, 1, 1, 1), (0, 1, 1, 1, 0), (1, 1, 1, 1, 1), (1, 2, 1, 1, 0)])
    (execution,) = executions(graph)
    assert execution.period == 5
    assert execution.most_tokens == (1, None, 1, 1)
    assert execution.most_space == (2, None, 2, 2)
    assert [rhythm.period for rhythm in execution.rhythms] == [5, 2]


def test_starvation_by_a_channel_that_grows_slowly():
    # The worker could begin 10 firings at once but finds few tokens: only much later does supply stop to matter.
    graph = sdf([20, 21], [(0, 0, 1, 1, 1), (0, 1, 1, 1, 0), (1, 1, 1, 1, 1)])
    (execution,) = executions(graph)
    starts, _, _ = play(graph, 3000)
    assert execution.period == 21
    assert execution.transient_time >= starts[1][0]


def test_zero_time_cycles_are_infinite_or_dead_never_endless():
    ring = [(0, 1, 1, 1, 0), (1, 0, 1, 1, 1)]
    assert state_space(sdf([0, 0], ring)).infinite
    assert state_space(sdf([0, 0], [(0, 1, 2, 3, 1), (1, 0, 3, 2, 1)])).status is GraphStatus.DEADLOCK
    assert state_space(sdf([0], [(0, 0, 2, 2, 1)])).status is GraphStatus.DEADLOCK
    # The zero-time ring is paced by a third actor that takes time.
    paced = sdf([0, 0, 7], [*ring, (0, 2, 1, 2, 0), (2, 0, 2, 1, 2)])
    assert state_space(paced).period == 7
    (free,) = executions(sdf([0, 0], ring))
    assert (free.rhythms, free.period, free.most_tokens) == ((), 0, (None, None))


def test_components_have_their_own_iterations():
    graph = sdf([3, 4, 1], [(0, 0, 1, 1, 1), (1, 2, 2, 1, 0), (2, 1, 1, 2, 2)])
    answer = state_space(graph)
    assert answer.component_periods == (Fraction(3), Fraction(5))
    assert answer.period == 5


def test_inconsistent_graphs_say_so():
    answer = state_space(sdf([1, 1], [(0, 1, 2, 1, 0), (1, 0, 1, 1, 5)]))
    assert answer.status is GraphStatus.INCONSISTENT
    assert answer.throughput is None
    assert answer.explanation


def test_the_limit_is_kept():
    ring = sdf([3, 5, 2], [(0, 1, 1, 1, 0), (1, 2, 1, 1, 0), (2, 0, 1, 1, 2), (0, 0, 1, 1, 1), (1, 1, 1, 1, 1)])
    with pytest.raises(NoRecurrenceError):
        state_space(ring, max_batches=3)


def test_times_beyond_64_bits_in_total():
    big = 2**62
    graph = sdf([big, big - 1], [(0, 1, 1, 1, 0), (1, 0, 1, 1, 1)])
    assert state_space(graph).period == 2 * big - 1
    assert executions(graph)[0].period == 2 * big - 1


@given(sdf_graphs(max_actors=5, live=True), st.integers(1, 5))
@settings(max_examples=60)
def test_compiled_and_plain_machines_move_alike(graph, jumps):
    assume(state_space(graph).status is GraphStatus.OK)
    assume(all(sum(len(r.actors) for r in e.rhythms) == len(e.actors) for e in executions(graph)))
    machines = [Machine(graph.execution_times.tolist(), rows(graph)) for _ in range(2)]
    threshold = kernel.THRESHOLD
    for k in range(1, jumps + 1):
        looks = []
        for machine, limit in zip(machines, (threshold, 0), strict=True):
            kernel.THRESHOLD = limit
            try:
                status = machine.advance({0: 3 * k}, 500 * k)
            finally:
                kernel.THRESHOLD = threshold
            looks.append((status, machine.now, machine.batches, machine.started, machine.state()))
            looks[-1] += (machine.most_tokens, machine.most_space)
        assert looks[0] == looks[1]
        assert looks[0][0] in (REACHED, PAUSED, BLOCKED)


def test_the_pool_of_firings_grows():
    # One firing a time unit, each of which takes 1000: a thousand are under way at different ages.
    graph = sdf([1, 1000], [(0, 0, 1, 1, 1), (0, 1, 1, 1, 0)])
    (execution,) = executions(graph)
    assert execution.period == 1
    assert execution.transient_time == 1000
    assert execution.most_space == (2, 1001)


def test_strong_components_come_in_order():
    parts = strong_components(6, [0, 1, 2, 2, 4, 4], [1, 0, 1, 3, 4, 2])
    assert sorted(map(sorted, parts)) == [[0, 1], [2], [3], [4], [5]]
    place = {v: p for p, part in enumerate(parts) for v in part}
    assert place[4] < place[2] < place[3]
    assert place[2] < place[0]


def test_long_single_rate_rings_stay_fast():
    n = 2000
    graph = sdf([1 + v % 7 for v in range(n)], [(v, (v + 1) % n, 1, 1, 1 if v % 4 == 0 else 0) for v in range(n)])
    began = time.perf_counter()
    assert state_space(graph).period == Fraction(sum(1 + v % 7 for v in range(n)), n // 4)
    assert time.perf_counter() - began < 20
