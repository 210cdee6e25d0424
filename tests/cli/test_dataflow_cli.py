"""The dataflow commands: JSON Lines, statuses, errors that leave the other files alone."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from mapper.cli.main import main

PAIR = {
    "name": "pair",
    "actors": [{"name": "a", "execution_time": 2}, {"name": "b", "execution_time": 3}],
    "channels": [
        {"source": "a", "target": "b", "production": 2, "consumption": 3, "initial_tokens": 0},
        {"source": "b", "target": "a", "production": 3, "consumption": 2, "initial_tokens": 6},
        {"source": "a", "target": "a", "production": 1, "consumption": 1, "initial_tokens": 1},
        {"source": "b", "target": "b", "production": 1, "consumption": 1, "initial_tokens": 1},
    ],
}


def run(*arguments, code=0):
    outcome = CliRunner().invoke(main, [str(a) for a in arguments])
    assert outcome.exit_code == code, f"{outcome.output}\n{outcome.exception!r}"
    return outcome


@pytest.fixture
def graphs(tmp_path):
    """A live, a dead and an inconsistent graph."""
    dead = {**PAIR, "name": "dead", "channels": [{**c, "initial_tokens": 0} for c in PAIR["channels"]]}
    extra = {"source": "a", "target": "b", "production": 1, "consumption": 1, "initial_tokens": 0}
    wrong = {**PAIR, "name": "wrong", "channels": [*PAIR["channels"], extra]}
    paths = []
    for content in (PAIR, dead, wrong):
        path = tmp_path / f"{content['name']}.json"
        path.write_text(json.dumps(content))
        paths.append(path)
    return paths


@pytest.mark.parametrize("engine", ["auto", "howard", "state-space", "k-periodic"])
def test_one_object_a_line_whatever_the_engine(graphs, engine):
    lines = run("throughput", *graphs, "--engine", engine, "--json").stdout.splitlines()
    answers = [json.loads(line) for line in lines]
    assert [a["status"] for a in answers] == ["ok", "deadlock", "inconsistent"]
    assert [a["throughput"] for a in answers] == ["1/8", "0", None]
    assert answers[0]["repetition_vector"] == {"a": 3, "b": 2}
    needed = {"graph", "status", "throughput", "period", "critical_cycle", "repetition_vector", "engine", "seconds"}
    assert all(needed <= set(a) for a in answers)


def test_text_says_what_happened(graphs):
    text = run("throughput", *graphs).stdout
    assert "1/8" in text
    assert "deadlock" in text
    assert "inconsistent" in text


def test_a_bad_file_does_not_stop_the_others(graphs, tmp_path):
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    outcome = run("throughput", broken, graphs[0], "--json", code=2)
    statuses = [json.loads(line)["status"] for line in outcome.stdout.splitlines()]
    assert statuses == ["error", "ok"]
    assert "broken.json" in outcome.stderr


def test_latency_and_conversion(graphs, tmp_path):
    answer = json.loads(run("latency", graphs[0], "--source", "a", "--sink", "b", "--json").stdout)
    assert answer["makespan"] >= answer["first"] > 0
    for suffix in ("xml", "dot"):
        target = tmp_path / f"pair.{suffix}"
        run("convert", graphs[0], target)
        converted = json.loads(run("throughput", target, "--json").stdout)
        assert converted["throughput"] == "1/8"
    run("latency", graphs[0], "--source", "a", "--sink", "z", code=2)
    run("latency", graphs[0], "--source", "a", "--sink", "b", "--period", "soon", code=2)
    run("convert", graphs[0], tmp_path / "pair.doc", code=2)


def test_public_graphs(data):
    expected = json.loads((data / "dataflow" / "throughput" / "h263decoder.json").read_text())["expected"]
    answer = json.loads(run("throughput", data / "dataflow" / "throughput" / "h263decoder.json", "--json").stdout)
    assert answer["throughput"] == expected["throughput"]
    assert answer["repetition_vector"] == expected["repetition_vector"]


def test_buffers_front_and_single_throughput(data):
    path = data / "dataflow" / "buffers" / "dac06_example.json"
    expected = json.loads(path.read_text())["pareto"]
    answer = json.loads(run("buffers", path, "--pareto", "--json").stdout)
    assert answer["complete"] is True
    assert [(p["total_size"], p["throughput"]) for p in answer["pareto"]] == [
        (p["total_size"], p["throughput"][0]) for p in expected
    ]
    found = [sorted(p["distributions"]) for p in answer["pareto"]]
    assert found == [sorted(p["distributions"]) for p in expected]
    one = json.loads(run("buffers", path, "--throughput", expected[1]["throughput"][0], "--json").stdout)
    assert [p["total_size"] for p in one["pareto"]] == [expected[1]["total_size"]]
    assert str(expected[0]["total_size"]) in run("buffers", path).stdout


def test_buffers_without_time_is_partial(data):
    path = data / "dataflow" / "buffers" / "h263decoder.json"
    answer = json.loads(run("buffers", path, "--time-limit", 0, "--json", code=3).stdout)
    assert answer["complete"] is False


@pytest.mark.parametrize("rate", ["soon", "0", "-1/2", "1/0"])
def test_senseless_throughputs_are_bad_input(graphs, rate):
    run("buffers", graphs[0], f"--throughput={rate}", code=2)
    run("buffers", graphs[0], "--throughput=1/8", "--pareto", code=2)


def test_a_throughput_beyond_reach_ends_with_code_1(graphs):
    run("buffers", graphs[0], "--throughput=1/2", code=1)


def test_answers_are_verified_on_request(graphs):
    text = run("throughput", *graphs, "--check").stdout
    assert "ok  critical cycle: no schedule is faster" in text
    assert "ok  start times: a period of 8 is reached" in text
