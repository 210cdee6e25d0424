"""Buffer sizing: the public fronts exactly, small graphs against trying every distribution, honest when stopped."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import product
from math import gcd

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sdf_graphs import expanded_period, play, read, rows, sdf, sdf_graphs

from mapper.analysis.buffers.bounded import BoundedGraph, with_capacities
from mapper.analysis.buffers.front import pareto_front, smallest_buffers
from mapper.analysis.engines.state_space import state_space
from mapper.errors import DeadlockError, InconsistentError, InfeasibleError, InputError
from mapper.stop import Gap, MaxRuntime

PAIR = sdf([2, 3], [(0, 1, 1, 1, 0), (0, 0, 1, 1, 1), (1, 1, 1, 1, 1)])


def bounded_period(graph, channels, capacities):
    """Period with capacities, by expansion; None for a deadlock."""
    extra = [
        (b, a, c, p, k - t) for (a, b, p, c, t), k in zip((rows(graph)[x] for x in channels), capacities, strict=True)
    ]
    try:
        return expanded_period(sdf(graph.execution_times, rows(graph) + extra))
    except DeadlockError:
        return None


def brute_front(graph, channels, largest):
    """(size, period, distributions) of every Pareto point among totals up to ``largest``."""
    floors = [rows(graph)[c][4] for c in channels]
    best, points = None, []
    for size in range(sum(floors), largest + 1):
        spare = size - sum(floors)
        rated = {}
        for extra in product(range(spare + 1), repeat=len(channels)):
            if sum(extra) == spare:
                capacities = tuple(f + e for f, e in zip(floors, extra, strict=True))
                period = bounded_period(graph, channels, capacities)
                if period is not None:
                    rated[capacities] = period
        fastest = min(rated.values(), default=None)
        if fastest is not None and (best is None or fastest < best):
            best = fastest
            points.append((size, best, tuple(sorted(d for d, period in rated.items() if period == best))))
    return points


def as_tuples(front):
    return [(point.total_size, point.period, point.distributions) for point in front.points]


@pytest.mark.parametrize("name", ["dac06_example", "samplerate", "h263decoder"])
def test_public_fronts(data, name):
    graph, case = read(data / "dataflow" / "buffers" / f"{name}.json")
    front = pareto_front(graph)
    assert front.complete
    assert list(front.channels) == case["sized_channels"]
    assert [(p.total_size, str(p.throughput), list(map(list, p.distributions))) for p in front.points] == [
        (p["total_size"], p["throughput"][0], sorted(p["distributions"])) for p in case["pareto"]
    ]
    for point in front.points[:: max(1, len(front.points) // 4)]:
        least = smallest_buffers(graph, point.throughput)
        assert as_tuples(least) == [(point.total_size, point.period, point.distributions)]
        bounded = with_capacities(graph, front.channels, point.distributions[0])
        assert state_space(bounded).throughput == point.throughput


@given(sdf_graphs(max_actors=3, max_time=4), st.data())
@settings(max_examples=120)
def test_front_equals_trying_everything(graph, data):
    ordinary = [c for c, row in enumerate(rows(graph)) if row[0] != row[1]]
    channels = ordinary[:2]
    assume(channels)
    try:
        unbounded = expanded_period(graph)
    except DeadlockError:
        front = pareto_front(graph, channels=channels)
        assert (front.points, front.complete, front.unbounded_period) == ((), True, None)
        with pytest.raises(InfeasibleError):
            smallest_buffers(graph, Fraction(1, 10**6), channels=channels)
        return
    if unbounded == 0:
        graph = sdf(graph.execution_times, [*rows(graph), *((v, v, 1, 1, 1) for v in range(graph.actor_count))])
        unbounded = expanded_period(graph)
    front = pareto_front(graph, channels=channels)
    assert front.complete
    assert front.unbounded_period == unbounded
    assert front.points[-1].period == unbounded
    largest = front.points[-1].total_size
    assume(largest - sum(rows(graph)[c][4] for c in channels) <= 25)
    expected = brute_front(graph, channels, largest)
    # Space that no firing can use is not counted: capacities differ from the tokens by whole steps of the rates.
    for _, _, distributions in expected:
        for capacities in distributions:
            for c, capacity in zip(channels, capacities, strict=True):
                _, _, p, k, tokens = rows(graph)[c]
                assert (capacity - tokens) % gcd(p, k) == 0
    assert as_tuples(front) == expected
    target = data.draw(st.fractions(unbounded, max(expected[0][1], unbounded))) or unbounded
    if target > 0:
        least = smallest_buffers(graph, 1 / target, channels=channels)
        size = next(size for size, period, _ in expected if period <= target)
        assert least.points[0].total_size == size
        assert least.complete
        periods = [bounded_period(graph, channels, d) for d in least.points[0].distributions]
        assert max(periods) == least.points[0].period <= target
        if size == expected[-1][0]:
            assert set(expected[-1][2]) <= set(least.points[0].distributions)
    if unbounded > 0:
        with pytest.raises(InfeasibleError):
            smallest_buffers(graph, 2 / unbounded, channels=channels)


@given(sdf_graphs(max_actors=3, max_time=4), st.data())
@settings(max_examples=150)
def test_limits_hold_until_a_need_is_met(graph, data):
    channels = [c for c, row in enumerate(rows(graph)) if row[0] != row[1]][:2]
    assume(channels)
    bounded = BoundedGraph(graph, channels)
    capacities = [
        low + step * data.draw(st.integers(0, 3)) for low, step in zip(bounded.least, bounded.steps, strict=True)
    ]
    limit = bounded.evaluate(capacities)
    assert limit.period == bounded_period(graph, channels, capacities)
    assert limit.holds(capacities)
    needs = dict(limit.needs)
    larger = [
        needs[i] - step if i in needs else capacity + 3 * step
        for i, (capacity, step) in enumerate(zip(capacities, bounded.steps, strict=True))
    ]
    assert limit.holds(larger)
    period = bounded_period(graph, channels, larger)
    assert period is None if limit.period is None else (period is None or period >= limit.period)


def test_space_is_claimed_at_the_start_and_released_at_the_end():
    # With room for one token the two actors take turns; played step by step the channel never holds more than its room.
    front = pareto_front(PAIR)
    assert as_tuples(front) == [(1, 5, ((1,),)), (2, 3, ((2,),))]
    for point in front.points:
        starts, _, space = play(with_capacities(PAIR, front.channels, point.distributions[0]), 200)
        assert space[0] <= point.total_size
        assert [b - a for a, b in zip(starts[1][-9:], starts[1][-8:], strict=False)] == [point.period] * 8


def test_components_and_channels_of_choice():
    two = sdf([2, 3, 4, 1], [*rows(PAIR), (2, 3, 1, 1, 0), (2, 2, 1, 1, 1)])
    assert [(p.total_size, p.period) for p in pareto_front(two).points] == [(2, 5), (4, 4)]
    assert pareto_front(two).points[1].distributions == ((2, 2),)
    only = pareto_front(two, channels=[3])
    assert as_tuples(only) == [(1, 5, ((1,),)), (2, 4, ((2,),))]
    assert only.channels == (3,)
    for wrong in ([9], [0, 0], [-1]):
        with pytest.raises(ValueError, match="channels"):
            pareto_front(two, channels=wrong)


def test_nothing_to_size_and_no_time():
    assert as_tuples(pareto_front(sdf([4], [(0, 0, 1, 1, 1)]))) == [(0, 4, ((),))]
    (point,) = pareto_front(sdf([0, 0], [(0, 1, 2, 3, 0)])).points
    assert (point.total_size, point.throughput, point.distributions) == (4, None, ((4,),))


def test_endless_fronts_need_a_stop():
    free = sdf([2, 3], [(0, 1, 1, 1, 0)])
    with pytest.raises(InputError, match="self-loop"):
        pareto_front(free)
    front = pareto_front(free, stop=MaxRuntime(0.2))
    assert not front.complete
    assert [p.period for p in front.points[:4]] == [5, Fraction(5, 2), Fraction(5, 3), Fraction(5, 4)]
    assert smallest_buffers(free, 2).points[0].distributions == ((10,),)


def test_a_stopped_search_returns_what_it_has(data):
    graph, _ = read(data / "dataflow" / "throughput" / "mp3playback.json")
    seen = []
    front = pareto_front(graph, stop=MaxRuntime(0.3), progress=seen.append)
    assert not front.complete
    assert front.points
    assert front.points[-1].total_size <= front.explored_size
    assert seen
    assert all(event.stage == "buffers" for event in seen)
    nothing = pareto_front(graph, stop=MaxRuntime(0))
    assert (nothing.points, nothing.complete) == ((), False)
    assert (smallest_buffers(graph, Fraction(1, 120000), stop=MaxRuntime(0)).complete) is False
    rough = pareto_front(PAIR, stop=Gap(0.7))
    assert [p.period for p in rough.points] == [5]


def test_the_least_buffers_for_full_speed_are_found_directly(data):
    graph, _ = read(data / "dataflow" / "throughput" / "mp3playback.json")
    front = smallest_buffers(graph, Fraction(1, 120000))
    (point,) = front.points
    assert front.evaluations < 10
    assert state_space(with_capacities(graph, front.channels, point.distributions[0])).period == 120000
    # Smaller by one step of any channel is too slow, so the distribution is minimal whatever the total.
    for i, step in enumerate(BoundedGraph(graph, front.channels).steps):
        less = list(point.distributions[0])
        less[i] -= step
        if less[i] < graph.initial_tokens[front.channels[i]]:
            continue
        answer = state_space(with_capacities(graph, front.channels, less))
        assert answer.period is None or answer.period > 120000


def test_wrong_requests():
    with pytest.raises(ValueError, match="throughput"):
        smallest_buffers(PAIR, 0)
    with pytest.raises(ValueError, match="initial tokens"):
        with_capacities(sdf([1, 1], [(0, 1, 1, 1, 3)]), [0], [2])
    with pytest.raises(InconsistentError):
        pareto_front(sdf([1, 1], [(0, 1, 2, 1, 0), (1, 0, 1, 1, 5)]))


def test_spread_of_sizes_in_examples():
    # Initial tokens count as used space, and rates with a common factor make larger steps.
    graph = sdf([3, 1], [(0, 1, 4, 6, 5), (0, 0, 1, 1, 1), (1, 1, 1, 1, 1)])
    assert as_tuples(pareto_front(graph)) == brute_front(graph, [0], 40)


def test_data_file_states_these_semantics(data):
    case = json.loads((data / "dataflow" / "buffers" / "dac06_example.json").read_text())
    assert "claimed at firing start of producer, released at firing end of consumer" in case["semantics"]
