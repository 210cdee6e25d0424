"""Objectives, limits, fronts and pictures as a user types them."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from click.testing import CliRunner

from mapper.cli.main import main
from mapper.cli.quantity import energy_fj, rate_hz, time_ps
from mapper.errors import InputError

FAST = ("-p", "dynapse", "--time-limit", 15, "--workers", 1, "--cluster-method", "sequential")


def run(*arguments, code=0):
    outcome = CliRunner().invoke(main, [str(a) for a in arguments])
    assert outcome.exit_code == code, f"{outcome.output}\n{outcome.exception!r}"
    assert "Traceback" not in outcome.output
    return outcome


def run_json(*arguments, code=0):
    return json.loads(run(*arguments, "--json", code=code).stdout)


def value(answer, goal):
    return next(Fraction(g["value"]) for g in answer["goals"] if g["goal"] == goal)


def test_the_order_of_goals_matters_and_is_proven():
    """Least energy first costs period, and the other way round; both are proven."""
    energy = run_json("map", "mlp_digits", *FAST, "--objective", "energy,period")
    period = run_json("map", "mlp_digits", *FAST, "--objective", "period,energy")
    assert energy["status"] == period["status"] == "OPTIMAL"
    assert value(energy, "energy") <= value(period, "energy")
    assert value(period, "period") <= value(energy, "period")
    assert energy["energy_fj"] == value(energy, "energy")
    assert period["period_ps"] == str(value(period, "period"))


def test_limits_are_kept_or_proven_impossible(tmp_path):
    path = tmp_path / "r.json"
    run("map", "mlp_digits", *FAST, "--objective", "period,tiles", "--max-tiles", 1, "-o", path, "--quiet")
    answer = json.loads(path.read_text())
    assert answer["limits"] == {"tiles": "1"}
    assert answer["evaluation"]["tiles_used"] == 1
    assert "goals and limits" in run("check", path).stdout
    assert run_json("evaluate", path)["as_stored"] is True
    text = run("map", "mlp_digits", *FAST, "--max-energy", "1pJ", code=1).stdout
    assert "none stays within the limits" in text
    run("map", "mlp_digits", *FAST, "--min-throughput", "1 GHz", code=1)


def test_the_text_names_goals_and_limits():
    text = run("map", "mlp_digits", *FAST, "--objective", "tiles,latency", "--max-latency", "1s").stdout
    for words in ("limits       latency <= 1 s", "objective    tiles 1: proven least", "then latency"):
        assert words in text


def test_a_front_is_written_checked_and_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    path, picture = tmp_path / "front.json", tmp_path / "front.svg"
    answer = run_json("map", "mlp_digits", *FAST, "--pareto", "period,energy", "-o", path, "--plot", picture)
    assert answer["complete"] is True
    points = [(value(point, "period"), value(point, "energy")) for point in answer["points"]]
    assert points == sorted(points)
    assert [e for _, e in points] == sorted((e for _, e in points), reverse=True)
    assert run_json("check", path, "--network", "mlp_digits")["status"] == "complete"
    assert picture.read_text().lstrip().startswith("<?xml")
    content = json.loads(path.read_text())
    content["axes"] = ["period"]
    path.write_text(json.dumps(content))
    run("check", path, code=2)


def test_the_trace_is_drawn_the_same_again(tmp_path):
    pytest.importorskip("matplotlib")
    from mapper.io.result import read_result
    from mapper.report.progress_pictures import picture_trace

    first, again = tmp_path / "a.svg", tmp_path / "b.svg"
    path = tmp_path / "r.json"
    run("map", "mlp_digits", *FAST, "--objective", "period,energy", "-o", path, "--plot", first, "--quiet")
    picture_trace(read_result(path), again)
    assert first.read_bytes() == again.read_bytes()
    plain = tmp_path / "c.svg"
    run("map", "mlp_digits", *FAST, "--method", "greedy", "--plot", plain, "--quiet")
    assert "proven bound" in plain.read_text()
    run("map", "mlp_digits", *FAST, "--plot", tmp_path / "c.txt", code=2)


@pytest.mark.parametrize(
    "wrong",
    [
        ("--objective", "speed"),
        ("--objective", "period,period"),
        ("--pareto", "period"),
        ("--pareto", "period,energy,tiles"),
        ("--pareto", "period,energy", "--objective", "energy"),
        ("--min-throughput", "0"),
        ("--min-throughput", "3 m/s"),
        ("--max-energy", "-3"),
        ("--max-latency", "soon"),
        ("--max-tiles", "0"),
    ],
)
def test_nonsense_is_bad_input(wrong):
    run("map", "mlp_digits", *FAST, *wrong, code=2)


def test_units_are_read_exactly():
    assert time_ps("-", "1.5us") == 1_500_000
    assert time_ps("-", "0.1") == Fraction(1, 10)
    assert energy_fj("-", "12 µJ") == 12 * 10**9
    assert rate_hz("-", "2.5kHz") == 2500
    assert rate_hz("-", "1e3") == 1000
    for wrong in ("", "kHz", "1 kHz 2", "nan", "inf", "1e999"):
        with pytest.raises(InputError):
            rate_hz("-", wrong)
