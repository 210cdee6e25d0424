"""The door to the engines: what auto chooses and says, what never loads Numba."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import pytest
from dataflow_cases import any_graphs, assert_expected, public_graphs, rate_chain
from hypothesis import given, settings
from sdf_graphs import expanded_period, rows, sdf

from mapper.analysis import tier
from mapper.analysis.answers import GraphStatus
from mapper.analysis.throughput import ENGINES, throughput
from mapper.errors import DeadlockError, InputError


@given(any_graphs())
@settings(max_examples=100)
def test_every_engine_says_the_same(graph):
    answers = [throughput(graph, engine) for engine in (*ENGINES, "auto")]
    try:
        expected = expanded_period(graph)
    except DeadlockError:
        assert {answer.status for answer in answers} == {GraphStatus.DEADLOCK}
        return
    assert {answer.period for answer in answers} == {expected}
    assert len({answer.component_periods for answer in answers}) == 1


def test_public_graphs(data):
    for graph, expected in public_graphs(data):
        assert_expected(throughput(graph), expected)


def test_auto_says_what_it_chose_and_why(monkeypatch):
    monkeypatch.setattr(tier, "_spent", float("-inf"))
    single = throughput(sdf([1, 2], [(0, 1, 1, 1, 0), (1, 0, 3, 3, 3)]))
    assert (single.engine, single.period) == ("howard", 3)
    assert "every actor fires once" in single.reason
    few = throughput(sdf([1, 2], [(0, 1, 2, 1, 0), (1, 0, 1, 2, 2)]))
    assert (few.engine, few.period) == ("howard", 3)
    assert "3 firings" in few.reason
    many = throughput(rate_chain(12))
    assert many.engine == "k-periodic"
    assert "1111111111111 firings" in many.reason
    wide = sdf([1] * 41, [(0, v, 300, 1, 0) for v in range(1, 41)] * 5 + [(v, v, 1, 1, 1) for v in range(41)])
    assert throughput(wide).engine == "howard"
    assert throughput(wide).period == 300
    wrong = throughput(sdf([1], [(0, 0, 1, 2, 5)]))
    assert wrong.status is GraphStatus.INCONSISTENT


def test_a_chain_is_as_slow_as_its_slowest_pair():
    """With the buffers of ``rate_chain`` each pair of neighbours decides alone, which small expansions show."""
    graph = rate_chain(12)
    pairs = [
        expanded_period(sdf(graph.execution_times[v : v + 2], [(0, 1, 10, 1, 0), (1, 0, 1, 10, 20)])) * 10**v
        for v in range(12)
    ]
    assert throughput(graph).period == max(pairs)
    assert isinstance(throughput(graph).period, Fraction)


def test_engines_by_name():
    graph = sdf([4], [(0, 0, 1, 1, 3)])
    assert throughput(graph, "state_space").engine == throughput(graph, "state-space").engine == "state-space"
    assert throughput(graph, "k_periodic").reason == "asked for"
    with pytest.raises(InputError, match="howard, state-space, k-periodic"):
        throughput(graph, "guess")


def test_small_graphs_never_load_numba_and_scipy():
    program = (
        "import sys\n"
        "from mapper.model.sdf import SDFGraph\n"
        "from mapper.analysis.throughput import throughput\n"
        "n = 100\n"
        "ring = SDFGraph('ring', tuple(map(str, range(n))), [1] * n, list(range(n)), [*range(1, n), 0],\n"
        "                [1] * n, [1] * n, [0] * (n - 1) + [4])\n"
        "pair = SDFGraph('pair', ('a', 'b'), [1, 2], [0, 1], [1, 0], [99, 1], [1, 99], [0, 120])\n"
        "print(throughput(ring).period, throughput(pair).engine)\n"
        "print(sorted({'numba', 'scipy', 'networkx', 'ortools', 'h5py'} & set(sys.modules)))\n"
    )
    made = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert made.stdout.split("\n")[:2] == ["25 howard", "[]"]


def test_compiled_loops_are_used_once_much_was_done(monkeypatch):
    monkeypatch.setattr(tier, "_spent", 0.0)
    assert not tier.compiled_pays(1000)
    assert tier.compiled_pays(10**6)
    assert tier.compiled_pays(1)
    monkeypatch.setattr(tier, "_spent", 0.0)
    jobs = 0
    while not tier.compiled_pays(1000):
        jobs += 1
    assert 100 < jobs < 10**5


def test_the_answer_stays_readable_when_certificates_are_lazy():
    graph = sdf([2, 3], [(0, 1, 1, 1, 0), (1, 0, 1, 1, 1)])
    answer = throughput(graph, "howard")
    assert [(step.actor, step.time, step.tokens) for step in answer.critical_cycle] in (
        [(0, 2, 0), (1, 3, 1)],
        [(1, 3, 1), (0, 2, 0)],
    )
    start = answer.potentials
    assert all(start[b] >= start[a] + (2, 3)[a] - 5 * tokens for a, b, _, _, tokens in rows(graph))
