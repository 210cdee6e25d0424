"""The nightly comparison of engines must itself notice faults: it is run here with engines that err on purpose."""

import importlib
import json
import sys
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

from mapper.analysis.answers import CriticalStep, GraphStatus, Throughput
from mapper.errors import MapperError
from mapper.io.dataflow.plain import graph_from_dict

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.fixture(scope="module")
def fuzz():
    sys.path.insert(0, str(SCRIPTS))
    try:
        yield importlib.import_module("fuzz_dataflow")
    finally:
        sys.path.remove(str(SCRIPTS))


def honest(graph):
    """Stands for an engine: any function of the graph that all engines share."""
    return Throughput(GraphStatus.OK, Fraction(int(graph.execution_times.sum()) + 1), "honest")


def errs_on_parallel_channels(graph):
    pairs = list(zip(graph.sources.tolist(), graph.targets.tolist(), strict=True))
    answer = honest(graph)
    return Throughput(answer.status, answer.period + (len(set(pairs)) < len(pairs)), "wrong")


def run(fuzz, monkeypatch, capsys, engines, *options):
    monkeypatch.setattr(fuzz, "chosen_engines", lambda names: engines)
    code = fuzz.main(["--count", "120", *options])
    return code, capsys.readouterr().out


def test_agreement_is_summarised(fuzz, monkeypatch, capsys):
    code, out = run(fuzz, monkeypatch, capsys, {"one": honest, "two": honest})
    assert code == 0
    assert "120 graphs" in out
    assert "buffered 20, live 20, parts 20, serial 20, tight 20, unbalanced 20" in out
    assert "fewer than two" not in out


def test_a_disagreement_is_shrunk_and_written(fuzz, monkeypatch, capsys, tmp_path):
    path = tmp_path / "found.json"
    engines = {"one": honest, "two": errs_on_parallel_channels}
    code, out = run(fuzz, monkeypatch, capsys, engines, "--out", str(path))
    assert code == 1
    assert "DISAGREEMENT: period: one says 1, two says 2" in out
    found = graph_from_dict(json.loads(path.read_text()))
    # The least graph with two channels between the same actors, without any time.
    assert found.channel_count == 2
    assert found.actor_count <= 2
    assert found.execution_times.sum() == 0


def test_declining_is_counted_and_crashing_is_a_fault(fuzz, monkeypatch, capsys):
    def declines(graph):
        raise MapperError("too large")

    def crashes(graph):
        return 1 // 0

    code, out = run(fuzz, monkeypatch, capsys, {"one": honest, "two": declines})
    assert code == 0
    assert "declined 120" in out
    assert "120 graphs were answered by fewer than two engines" in out
    code, out = run(fuzz, monkeypatch, capsys, {"one": honest, "two": crashes})
    assert code == 1
    assert "two CRASHED: ZeroDivisionError" in out


@pytest.mark.parametrize(
    "answer",
    [
        Throughput(GraphStatus.OK, None, "e"),
        Throughput(GraphStatus.DEADLOCK, Fraction(1), "e"),
        Throughput(GraphStatus.OK, Fraction(3), "e", "", (Fraction(2), Fraction(1))),
        Throughput(GraphStatus.OK, Fraction(3), "e", critical_cycle=(CriticalStep(0, 0, 3, 2),)),
        Throughput(GraphStatus.OK, Fraction(3), "e", critical_cycle=(CriticalStep(0, 0, 0, 0),)),
    ],
)
def test_answers_that_contradict_themselves(fuzz, answer):
    assert fuzz.fault({"only": answer}).startswith("only:")
    assert not fuzz.fault({"only": Throughput(GraphStatus.OK, Fraction(3), "e", "", (Fraction(3), Fraction(1)))})


def test_the_same_seed_draws_the_same_graphs(fuzz):
    graphs = importlib.import_module("fuzzing.graphs")
    for kind in graphs.KINDS:
        one, two = (graphs.draw(Random("5/1"), kind, graphs.Limits()) for _ in range(2))
        assert one.execution_times.tolist() == two.execution_times.tolist()
        assert one.initial_tokens.tolist() == two.initial_tokens.tolist()
        assert one.actor_count <= 12


def test_too_few_engines(fuzz):
    with pytest.raises(SystemExit, match="at least two"):
        fuzz.chosen_engines("howard")
    with pytest.raises(SystemExit, match="unknown engine"):
        fuzz.chosen_engines("abacus")
