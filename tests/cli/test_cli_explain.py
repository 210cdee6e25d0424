"""`mapper explain` as a user types it."""

from __future__ import annotations

import json
from fractions import Fraction

from click.testing import CliRunner

from mapper.cli.main import main


def run(*arguments, code=0):
    outcome = CliRunner().invoke(main, [str(a) for a in arguments])
    assert outcome.exit_code == code, f"{outcome.output}\n{outcome.exception!r}"
    return outcome.stdout


def test_explain_says_what_limits_and_what_helps(tmp_path):
    path = tmp_path / "result.json"
    run("map", "lsm_ecg", "--platform", "dfsynthesizer-2x2", "--method", "greedy", "-o", path, "--quiet")
    stored = json.loads(path.read_text())
    answer = json.loads(run("explain", path, "--json"))
    assert answer["period_ps"] == stored["evaluation"]["period_ps"]
    assert len(answer["limit"]["cycle"]) == len(stored["evaluation"]["critical_cycle"])
    assert {"buffers", "hops", "setup", "crossbars", "tile"} <= {relief["key"] for relief in answer["reliefs"]}
    assert all(Fraction(r["period_ps"]) <= Fraction(answer["period_ps"]) for r in answer["reliefs"])
    text = run("explain", path)
    assert all(word in text for word in ("limited by", "reliefs", "weak side", "one more tile"))


def test_explain_needs_a_mapping(tmp_path):
    path = tmp_path / "none.json"
    path.write_text("{}")
    run("explain", path, code=2)
