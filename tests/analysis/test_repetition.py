"""Repetition vectors: balanced, smallest, per component, beyond 64 bits; conflicts are named."""

from __future__ import annotations

from math import gcd

import pytest
from dataflow_cases import any_graphs, public_graphs, rate_chain, unbalanced_graphs
from hypothesis import given, settings
from sdf_graphs import counts_of, rows, sdf

from mapper.analysis import tier
from mapper.analysis.repetition import balance, repetition_vector, weak_components
from mapper.errors import InconsistentError


@pytest.fixture(params=["plain", "compiled"])
def either_way(request, monkeypatch):
    monkeypatch.setattr(tier, "_spent", float("inf") if request.param == "compiled" else float("-inf"))


def check(graph):
    counts = repetition_vector(graph)
    assert all(p * counts[a] == c * counts[b] for a, b, p, c, _ in rows(graph))
    expected, parts = counts_of(graph)
    assert list(counts) == expected
    assert weak_components(graph) == parts
    assert all(gcd(*(counts[v] for v in part)) == 1 for part in parts)
    _, labels, number = balance(graph)
    assert number == len(parts)
    assert all(labels[v] == k for k, part in enumerate(parts) for v in part)


@given(any_graphs())
@settings(max_examples=150)
@pytest.mark.usefixtures("either_way")
def test_balanced_and_smallest(graph):
    check(graph)


@given(unbalanced_graphs())
@pytest.mark.usefixtures("either_way")
def test_a_contradiction_names_its_channel(graph):
    with pytest.raises(InconsistentError) as caught:
        repetition_vector(graph)
    channel = caught.value.channel
    a, b, p, c, _ = rows(graph)[channel]
    assert f"channel {channel} (a{a} -> a{b})" in str(caught.value)
    assert f"{p} x firings of a{a} = {c} x firings of a{b}" in str(caught.value)


@pytest.mark.usefixtures("either_way")
def test_beyond_64_bits():
    graph = rate_chain(40)
    assert repetition_vector(graph) == tuple(10**k for k in range(41))
    down = sdf([1, 1, 1], [(0, 1, 1, 2**62, 0), (2, 1, 1, 3**38, 0)])
    assert repetition_vector(down) == (2**62, 1, 3**38)


@pytest.mark.usefixtures("either_way")
def test_a_self_loop_must_balance_itself():
    with pytest.raises(InconsistentError, match="channel 1 "):
        repetition_vector(sdf([1, 1], [(0, 1, 2, 1, 0), (1, 1, 3, 2, 9)]))


@pytest.mark.usefixtures("either_way")
def test_public_graphs(data):
    seen = 0
    for graph, expected in public_graphs(data):
        vector = expected.get("repetition_vector")
        if vector is not None:
            assert dict(zip(graph.actors, repetition_vector(graph), strict=True)) == vector
            seen += 1
    assert seen > 150
