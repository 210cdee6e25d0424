"""Reports on dataflow graphs: exact figures in JSON, a readable cycle in text."""

import json
from fractions import Fraction

import numpy as np
import pytest

from mapper.analysis.answers import CriticalStep, GraphStatus, Throughput
from mapper.model.sdf import SDFGraph
from mapper.report.dataflow import cycle_lines, throughput_line, throughput_object, throughput_text

#: Left fires twice an iteration: 2 tokens to right, 1 back with 2 waiting.
GRAPH = SDFGraph(
    "duo",
    ("left", "right"),
    np.array([3, 4]),
    np.array([0, 1, 0]),
    np.array([1, 0, 0]),
    np.array([1, 2, 1]),
    np.array([2, 1, 1]),
    np.array([0, 2, 1]),
)
CYCLE = (CriticalStep(0, 0, 3, 0, 2), CriticalStep(0, 1, 3, 0, 0), CriticalStep(1, 0, 4, 1, 1))
OK = Throughput(GraphStatus.OK, Fraction(10), "howard", "6 firings", (Fraction(10),), CYCLE)
KEYS = {"graph", "status", "throughput", "period", "critical_cycle", "repetition_vector", "engine", "seconds"}


def test_object_of_a_live_graph():
    made = throughput_object(GRAPH, OK, 0.25, (2, 1))
    assert set(made) >= KEYS
    assert (made["graph"], made["status"], made["throughput"], made["period"]) == ("duo", "ok", "1/10", "10")
    assert made["repetition_vector"] == {"left": 2, "right": 1}
    assert (made["engine"], made["seconds"]) == ("howard", 0.25)
    back = {"index": 1, "source": "right", "target": "left"}
    assert made["critical_cycle"][2] == {"actor": "right", "firing": 0, "time": 4, "tokens": 1, "channel": back}
    assert sum(step["time"] for step in made["critical_cycle"]) == 10
    assert json.loads(throughput_line(GRAPH, OK, 0.25, (2, 1))) == made


@pytest.mark.parametrize(
    ("answer", "throughput", "period"),
    [
        (Throughput(GraphStatus.OK, Fraction(0), "e"), "infinite", "0"),
        (Throughput(GraphStatus.OK, Fraction(2, 7), "e"), "7/2", "2/7"),
        (Throughput(GraphStatus.OK, Fraction(1, 3), "e"), "3", "1/3"),
        (Throughput(GraphStatus.DEADLOCK, None, "e"), "0", None),
        (Throughput(GraphStatus.INCONSISTENT, None, "e"), None, None),
    ],
)
def test_throughput_as_text(answer, throughput, period):
    made = throughput_object(GRAPH, answer, 0, None)
    assert (made["throughput"], made["period"], made["status"]) == (throughput, period, str(answer.status))
    assert made["repetition_vector"] is None
    line = throughput_line(GRAPH, answer, 0, None)
    assert "\n" not in line
    assert json.loads(line) == made


def test_text_shows_the_cycle_as_a_path():
    assert throughput_text(GRAPH, OK, (2, 1)).splitlines() == [
        "duo: 2 actors, 3 channels, 3 firings per iteration",
        "throughput  1/10 iterations per time unit (0.1)",
        "period      10",
        "engine      howard (6 firings)",
        "critical cycle: time 10 / tokens 1 = 10",
        "  left #0 --time 3, tokens 0--> left #1",
        "  left #1 --time 3, tokens 0--> right #0",
        "  right #0 --time 4, tokens 1--> left #0",
    ]


def test_text_of_the_other_answers():
    missing = "channel 1 right -> left holds 1 of the 2 tokens that firing 1 of left takes"
    steps = (CriticalStep(0, 1, 0, 0, 0), CriticalStep(1, 0, 0, 0, 1))
    deadlock = Throughput(GraphStatus.DEADLOCK, None, "howard", critical_cycle=steps, explanation=missing)
    text = throughput_text(GRAPH, deadlock, (2, 1))
    assert "deadlock: throughput 0" in text
    assert missing in text
    assert "blocking cycle" in text
    assert text.endswith("  right #0 --time 0, tokens 0--> left #1")
    rates = "channel 0 asks for 2 firings of left, channel 1 for 3"
    text = throughput_text(GRAPH, Throughput(GraphStatus.INCONSISTENT, None, "howard", explanation=rates))
    assert "inconsistent" in text
    assert rates in text
    assert "infinite" in throughput_text(GRAPH, Throughput(GraphStatus.OK, Fraction(0), "howard"), (2, 1))
    two = Throughput(GraphStatus.OK, Fraction(9, 2), "howard", "", (Fraction(9, 2), Fraction(0)))
    text = throughput_text(GRAPH, two, (2, 1))
    assert "period      9/2 (4.5)" in text
    assert "components  2, with periods 9/2, 0" in text


def test_firings_in_a_row_stand_in_one_line():
    steps = (*(CriticalStep(0, k, 3, 0, 2) for k in range(593)), CriticalStep(0, 593, 3, 1, 2))
    answer = Throughput(GraphStatus.OK, Fraction(3 * 594), "howard", critical_cycle=steps)
    assert cycle_lines(GRAPH, answer) == [
        "critical cycle: time 1782 / tokens 1 = 1782",
        "  left #0..592 (593 firings) --time 3, tokens 0, each--> left #593",
        "  left #593 --time 3, tokens 1--> left #0",
    ]


def test_long_cycles_are_cut():
    steps = (*(CriticalStep(k % 2, k // 2, 1, 0, k % 2) for k in range(99)), CriticalStep(1, 49, 1, 1, 1))
    answer = Throughput(GraphStatus.OK, Fraction(100), "howard", critical_cycle=steps)
    lines = cycle_lines(GRAPH, answer, most_steps=7)
    assert len(lines) == 1 + 7 + 1
    assert lines[-1] == "  ... and 93 more lines (100 steps in all)"


def test_numbers_of_any_length():
    """Chains of rate changes have repetition vectors of thousands of digits, which Python prints on request only."""
    large = 10**6000
    answer = Throughput(GraphStatus.OK, Fraction(large, 3), "k-periodic")
    line = throughput_line(GRAPH, answer, 0, (large, 1))
    assert f'"throughput": "3/1{"0" * 6000}"' in line
    assert f'"left": 1{"0" * 6000}' in line
    assert "1" + "0" * 6000 in throughput_text(GRAPH, answer, (large, 1))
    with pytest.raises(ValueError, match="digits"):
        str(large)  # the limit stands again
