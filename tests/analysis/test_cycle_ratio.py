"""The maximum cycle ratio: three unrelated ways agree, certificates hold, deadlock has a witness."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from graphs import bound_graph, brute_force_ratio, event_graphs
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.analysis.cycles.cycle_ratio import max_cycle_ratio, period_of
from mapper.analysis.cycles.schedule import earliest_starts
from mapper.analysis.engines.self_timed import self_timed
from mapper.compiled import kernel
from mapper.errors import DeadlockError, InputError


def columns(edges):
    return [list(column) for column in zip(*edges, strict=True)]


def assert_certified(edges, answer):
    """The cycle is a closed walk of that ratio and the potentials forbid a larger one."""
    chosen = [edges[e] for e in answer.cycle]
    assert all(a[1] == b[0] for a, b in zip(chosen, chosen[1:] + chosen[:1], strict=True))
    assert Fraction(sum(e[2] for e in chosen), sum(e[3] for e in chosen)) == answer.ratio
    n, d, x = answer.ratio.numerator, answer.ratio.denominator, answer.potentials
    assert all(x[b] >= x[a] + d * time - n * tokens for a, b, time, tokens in edges)


@given(event_graphs())
@settings(max_examples=300)
def test_equals_enumeration_and_self_timed_execution(case):
    nodes, edges = case
    answer = max_cycle_ratio(nodes, *columns(edges))
    assert answer.ratio == brute_force_ratio(edges)
    assert answer.ratio == self_timed(bound_graph(nodes, edges)).period
    assert_certified(edges, answer)


@given(event_graphs(max_nodes=12), st.integers(1, 10**15))
@settings(max_examples=50)
def test_scales_exactly_beyond_64_bits(case, factor):
    nodes, edges = case
    answer = max_cycle_ratio(nodes, *columns(edges))
    larger = [(a, b, time * factor, tokens) for a, b, time, tokens in edges]
    assert max_cycle_ratio(nodes, *columns(larger)).ratio == answer.ratio * factor


def test_compiled_and_plain_kernels_agree(monkeypatch):
    rng = np.random.default_rng(3)
    nodes = 300
    a, b = rng.integers(0, nodes, (2, 1500))
    edges = [(v, v, int(w), 1) for v, w in enumerate(rng.integers(0, 1000, nodes))]
    edges += [
        (int(p), int(q), int(w), 1 if p >= q else 0) for p, q, w in zip(a, b, rng.integers(0, 1000, 1500), strict=True)
    ]
    plain = max_cycle_ratio(nodes, *columns(edges))
    monkeypatch.setattr(kernel, "THRESHOLD", 0)
    compiled = max_cycle_ratio(nodes, *columns(edges))
    assert compiled.ratio == plain.ratio
    assert_certified(edges, compiled)


@given(st.integers(1, 6), st.data())
@settings(max_examples=300)
def test_graphs_in_pieces_equal_enumeration(nodes, data):
    """Few edges and very different token counts: parts that do not touch, nodes without a cycle, slow self-loops."""
    node = st.integers(0, nodes - 1)
    drawn = data.draw(
        st.lists(st.tuples(node, node, st.integers(0, 9), st.sampled_from([0, 1, 2, 3, 105])), min_size=1, max_size=9)
    )
    edges = [(a, b, time, tokens if a < b else max(tokens, 1)) for a, b, time, tokens in drawn]
    answer = max_cycle_ratio(nodes, *columns(edges))
    expected = brute_force_ratio(edges)
    assert (answer is None) == (expected is None)
    if answer is not None:
        assert answer.ratio == expected
        assert_certified(edges, answer)


def test_a_slower_part_beside_a_slow_self_loop():
    answer = max_cycle_ratio(3, [2, 1, 2, 0, 0], [2, 2, 1, 0, 0], [5, 2, 5, 3, 3], [105, 3, 3, 3, 2])
    assert answer.ratio == Fraction(3, 2)


def test_deadlock_names_the_cycle():
    with pytest.raises(DeadlockError) as caught:
        max_cycle_ratio(4, [0, 1, 2, 3], [1, 2, 1, 3], [1, 1, 1, 1], [0, 0, 0, 1])
    assert caught.value.cycle == (1, 2)


def test_no_cycle_and_no_time():
    assert max_cycle_ratio(3, [0, 1], [1, 2], [5, 5], [0, 1]) is None
    timeless = max_cycle_ratio(2, [0, 1], [1, 0], [0, 0], [1, 0])
    assert timeless.ratio == 0
    assert sorted(timeless.cycle) == [0, 1]


@given(event_graphs(), st.fractions(0, 5))
@settings(max_examples=100)
def test_earliest_starts_are_a_tight_schedule(case, slack):
    nodes, edges = case
    graph = bound_graph(nodes, edges)
    period = period_of(graph).ratio + slack
    start = earliest_starts(graph, period, (0,))
    assert min(start) == 0
    assert all(start[b] >= start[a] + time - period * tokens for a, b, time, tokens in edges)


def test_a_period_that_is_too_short_is_refused():
    graph = bound_graph(1, [(0, 0, 7, 1)])
    assert earliest_starts(graph, Fraction(7), (0,)) == (0,)
    with pytest.raises(InputError):
        earliest_starts(graph, Fraction(13, 2), (0,))


@given(event_graphs(max_nodes=10), st.integers(0, 50))
@settings(max_examples=150)
def test_compiled_equals_enumeration_whatever_the_size_of_the_times(case, bits):
    nodes, edges = case
    edges = [(a, b, (time << bits) + time % 3, tokens) for a, b, time, tokens in edges]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "THRESHOLD", 0)
        answer = max_cycle_ratio(nodes, *columns(edges))
    assert answer.ratio == brute_force_ratio(edges)
    assert_certified(edges, answer)


@pytest.mark.parametrize("bits", [0, 35, 40, 60])
def test_a_ring_of_rings_beyond_64_bits(bits):
    """Potentials leave 64 bits in the compiled kernel, which then hands over to Python's integers."""
    rng = np.random.default_rng(5)
    nodes = 400
    edges = [(v, (v + 1) % nodes, int(rng.integers(1, 1 << 20)) << bits, 1 + v % 97) for v in range(nodes)]
    edges += [(v, (v * v + 7) % nodes, int(rng.integers(1, 1 << 20)) << bits, 1 + v % 89) for v in range(nodes)]
    plain = max_cycle_ratio(nodes, *columns(edges))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "THRESHOLD", 0)
        compiled = max_cycle_ratio(nodes, *columns(edges))
    assert_certified(edges, plain)
    assert_certified(edges, compiled)
    assert plain.ratio == compiled.ratio
