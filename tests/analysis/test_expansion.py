"""Expansion into firings: token by token it says the same, with far fewer edges."""

from __future__ import annotations

import numpy as np
import pytest
from dataflow_cases import any_graphs, serial_graphs
from hypothesis import given, settings
from hypothesis import strategies as st
from sdf_graphs import counts_of, expanded_period, firing_edges, rows, sdf

from mapper.analysis import tier
from mapper.analysis.cycles.cycle_ratio import max_cycle_ratio
from mapper.analysis.engines import expansion as module
from mapper.analysis.engines.expansion import expand
from mapper.errors import DeadlockError, MapperError


@pytest.fixture(params=["plain", "compiled"])
def either_way(request, monkeypatch):
    monkeypatch.setattr(tier, "_spent", float("inf") if request.param == "compiled" else float("-inf"))


def edges_of(made):
    columns = (made.sources, made.targets, made.times, made.tokens, made.channels)
    return list(zip(*(column.tolist() for column in columns), strict=True))


@given(any_graphs())
@settings(max_examples=150)
@pytest.mark.usefixtures("either_way")
def test_each_firing_waits_for_the_last_token_it_takes(graph):
    counts, _ = counts_of(graph)
    token_by_token, firings = firing_edges(graph, counts)
    made = expand(graph, counts, range(graph.actor_count))
    assert [made.firing(node) for node in range(made.nodes)] == firings
    last = {}
    for a, b, time, back, channel in token_by_token:  # later tokens of the same firing overwrite earlier ones
        last[b, channel] = (a, b, time, back, channel)
    assert sorted(edges_of(made)) == sorted(last.values())


@given(st.one_of(any_graphs(), serial_graphs()))
@settings(max_examples=150)
@pytest.mark.usefixtures("either_way")
def test_the_fewest_edges_keep_period_and_deadlock(graph):
    counts, _ = counts_of(graph)
    made = expand(graph, counts, range(graph.actor_count), fewest=True)
    assert set(edges_of(made)) <= set(edges_of(expand(graph, counts, range(graph.actor_count)))) or any(
        a == b for a, b, *_ in rows(graph)
    )
    columns = (made.sources, made.targets, made.times, made.tokens)
    try:
        expected = expanded_period(graph)
    except DeadlockError:
        with pytest.raises(DeadlockError):
            max_cycle_ratio(made.nodes, *columns)
        return
    answer = max_cycle_ratio(made.nodes, *columns)
    assert (answer.ratio if answer else 0) == expected


@pytest.mark.usefixtures("either_way")
def test_a_component_alone():
    graph = sdf([1, 2, 3, 4], [(0, 2, 1, 1, 5), (3, 1, 2, 1, 0), (1, 3, 1, 2, 4)])
    made = expand(graph, (1, 2, 1, 1), [1, 3])
    assert made.nodes == 3
    assert edges_of(made) == [(2, 0, 4, 0, 1), (2, 1, 4, 0, 1), (1, 2, 2, 2, 2)]
    assert [made.firing(node) for node in range(3)] == [(1, 0), (1, 1), (3, 0)]


def test_as_many_edges_as_the_slower_end_fires():
    graph = sdf([1, 1], [(0, 1, 100, 1, 0), (1, 1, 1, 1, 1), (1, 0, 1, 100, 250)])
    assert expand(graph, (1, 100), range(2)).channels.size == 100 + 100 + 1
    assert np.bincount(expand(graph, (1, 100), range(2), fewest=True).channels).tolist() == [1, 100, 1]


def test_too_many_firings_are_refused(monkeypatch):
    monkeypatch.setattr(module, "MOST_FIRINGS", 1000)
    with pytest.raises(MapperError, match="1001 firings in an iteration"):
        expand(sdf([1, 1], [(0, 1, 1000, 1, 0)]), (1, 1000), range(2))
    with pytest.raises(MapperError, match="1800 waits in an iteration"):
        expand(sdf([1, 1], [(0, 1, 900, 1, 0)] * 2), (1, 900), range(2))
