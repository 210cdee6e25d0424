"""Expansion and policy iteration: exact on the public graphs, equal to brute force, with certificates that hold."""

from __future__ import annotations

from fractions import Fraction

import pytest
from dataflow_cases import any_graphs, assert_expected, public_graphs, unbalanced_graphs
from hypothesis import given, settings
from sdf_graphs import counts_of, expanded_period, firing_edges, rows, sdf

from mapper.analysis import tier
from mapper.analysis.answers import GraphStatus
from mapper.analysis.engines.howard import howard
from mapper.errors import DeadlockError


@pytest.fixture(params=["plain", "compiled"])
def either_way(request, monkeypatch):
    monkeypatch.setattr(tier, "_spent", float("inf") if request.param == "compiled" else float("-inf"))


def assert_certified(graph, answer):
    """The critical cycle has the period's ratio along edges that exist; the potentials forbid a shorter period."""
    counts, parts = counts_of(graph)
    edges, firings = firing_edges(graph, counts)
    steps = answer.critical_cycle
    for step, following in zip(steps, (*steps[1:], *steps[:1]), strict=True):
        a, b, p, c, held = rows(graph)[step.channel]
        assert (step.actor, following.actor) == (a, b)
        made = held + p * (step.firing + 1)  # tokens when this firing has ended
        taken = c * (following.firing + 1 + step.tokens * counts[b])
        assert made - p < taken, "the following firing does not wait for this one"
        assert step.time == graph.execution_times[a]
    if steps:
        assert answer.period == Fraction(sum(s.time for s in steps), sum(s.tokens for s in steps))
    # Potentials come component by component, actor by actor.
    order = [(v, k) for part in parts for v in part for k in range(counts[v])]
    start = dict(zip(order, answer.potentials, strict=True))
    period = dict(zip((v for v, _ in order), (None for _ in order), strict=True))
    for part, own in zip(parts, answer.component_periods, strict=True):
        period.update(dict.fromkeys(part, own))
    last = {}
    for a, b, time, back, channel in edges:
        last[b, channel] = a, time, back
    for (b, _), (a, time, back) in last.items():
        u, v = firings[a], firings[b]
        assert start[v] >= start[u] + time - period[v[0]] * back


@given(any_graphs())
@settings(max_examples=200)
@pytest.mark.usefixtures("either_way")
def test_equals_expansion_token_by_token_with_certificates(graph):
    answer = howard(graph)
    try:
        expected = expanded_period(graph)
    except DeadlockError:
        assert answer.status is GraphStatus.DEADLOCK
        assert answer.period is None
        assert answer.critical_cycle
        assert all(step.tokens == 0 for step in answer.critical_cycle)
        return
    assert answer.status is GraphStatus.OK
    assert answer.period == expected
    assert_certified(graph, answer)


@given(unbalanced_graphs())
@settings(max_examples=20)
def test_inconsistent_graphs_have_no_throughput(graph):
    answer = howard(graph)
    assert answer.status is GraphStatus.INCONSISTENT
    assert answer.throughput is None
    assert "its rates" in answer.explanation


def test_public_graphs(data):
    seen = 0
    for graph, expected in public_graphs(data):
        assert_expected(howard(graph), expected)
        seen += 1
    assert seen == 172


def test_components_have_periods_of_their_own():
    graph = sdf([2, 3, 7], [(0, 0, 1, 1, 1), (1, 2, 2, 1, 0), (2, 2, 1, 1, 1)])
    answer = howard(graph)
    assert answer.component_periods == (2, 14)
    assert answer.period == 14
    assert len(answer.potentials) == 4


def test_nothing_at_all():
    assert howard(sdf([], [])).infinite
