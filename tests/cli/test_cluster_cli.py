"""`mapper cluster` as a user types it."""

from __future__ import annotations

import json
import sys

import pytest
from click.testing import CliRunner

from mapper.cli.main import main
from mapper.io.clustering import read_clustering
from mapper.search.cluster.methods import CLUSTER_METHODS

FAST = ("--time-limit", "0.05")


def run(*arguments, code=0):
    outcome = CliRunner().invoke(main, [str(a) for a in ("cluster", *arguments)])
    assert outcome.exit_code == code, f"{outcome.output}\n{outcome.exception!r}"
    assert "Traceback" not in outcome.output
    return outcome


def run_json(*arguments, code=0):
    return json.loads(run(*arguments, "--json", code=code).stdout)


def test_for_a_platform():
    answer = run_json("mlp_mnist", "--platform", "dynapse", *FAST)
    assert 12 <= answer["lower_bound"] <= answer["clusters"] <= 15
    assert answer["feasible"] is True
    assert answer["limits"] == {"axons": 128, "neurons": 128, "synapses": 16384}
    assert answer["unrolling"] in ("balanced", "channels", "full", "direct")


def test_for_limits_and_a_stored_start(tmp_path):
    path = tmp_path / "c.npz"
    limits = ("--inputs", 40, "--outputs", 30, "--synapses", 1000)
    answer = run_json("mlp_digits", *limits, *FAST, "-o", path, "--seed", 3)
    stored = read_clustering(path)
    assert stored.clustering.count == answer["clusters"]
    assert (stored.demand <= [40, 30, 1000]).all()
    text = run("mlp_digits", *limits, *FAST, "-m", "maxshare").stdout
    for word in ("clusters", "axons", "packets", "between clusters", "unrolled", "used"):
        assert word in text


def test_buffers_are_a_fourth_limit_on_request(tmp_path):
    path = tmp_path / "c.json"
    limits = ("lsm_ecg", "--inputs", 64, "--outputs", 64, "-m", "maxshare", *FAST)
    free, scarce = run_json(*limits), run_json(*limits, "--buffer", 1800, "-o", path)
    assert "buffer" not in free["limits"] and "buffer" not in free["mean_utilisation"]
    assert scarce["limits"] == {"axons": 64, "neurons": 64, "synapses": 4096, "buffer": 1800}
    assert 0 < scarce["mean_utilisation"]["buffer"] <= 1
    assert free["clusters"] < scarce["clusters"] and scarce["lower_bound"] >= free["lower_bound"]
    stored = read_clustering(path)
    assert stored.demand.shape == (scarce["clusters"], 4) and (stored.demand[:, 3] <= 1800).all()
    assert "1800 packets" in run(*limits, "--buffer", 1800).stdout
    assert "larger buffer" in run(*limits, "--buffer", 1, code=2).stderr
    on_chip = run_json("lsm_ecg", "-p", "dynapse", "--buffer", 3500, "-m", "maxshare", *FAST)
    assert on_chip["limits"]["buffer"] == 3500


def test_a_stored_clustering_is_improved(tmp_path):
    first, better = tmp_path / "first.json", tmp_path / "better.json"
    limits = ("--inputs", 40, "--outputs", 30)
    before = run_json("mlp_digits", *limits, "-m", "random", "--unrolling", "direct", "-o", first)
    after = run_json("mlp_digits", *limits, "-m", "refine", "--start", first, "--time-limit", 0.3, "-o", better)
    assert after["unrolling"] == "direct"
    assert (
        after["clusters"] * after["packets_between_clusters"] < before["clusters"] * before["packets_between_clusters"]
    )
    again = run("mlp_digits", "--inputs", 30, "--outputs", 30, "-m", "refine", "--start", first, code=2)
    assert "clustering to start from" in again.stderr


def test_even_loads_on_request():
    limits = ("--inputs", 64, "--outputs", 64, "-m", "refine", "--time-limit", 0.5, "--iteration", "timestep")
    free, even = run_json("lsm_ecg", *limits), run_json("lsm_ecg", *limits, "--balance", 0.3)
    assert max(even["imbalance"].values()) <= 0.3 < max(free["imbalance"].values())
    run("lsm_ecg", *limits, "--balance", "nan", code=2)


def test_compare_shows_all_methods(tmp_path):
    pytest.importorskip("matplotlib")
    files = [tmp_path / "best.json", tmp_path / "used.svg", tmp_path / "traffic.png"]
    chosen = "maxshare,sequential,random"
    rows = run_json(
        "lsm_ecg", "--inputs", 64, "--outputs", 64, "--compare", "--methods", chosen, *FAST,
        "-o", files[0], "--picture", files[1], "--traffic", files[2],
    )  # fmt: skip
    assert [row["method"] for row in rows] == chosen.split(",")
    assert all(row["feasible"] for row in rows)
    assert all(file.stat().st_size for file in files)
    costs = [(row["clusters"] + 1) * (row["packets_between_clusters"] + 1) for row in rows]
    assert read_clustering(files[0]).method == rows[costs.index(min(costs))]["method"]


def test_compare_goes_on_without_what_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "pymetis", None)
    rows = run_json("mlp_digits", "--inputs", 64, "--outputs", 64, "--compare", "--methods", "maxshare,metis", *FAST)
    assert rows[0]["feasible"] is True
    assert rows[1]["feasible"] is False
    assert "mapper[partition]" in rows[1]["error"]
    shown = run("mlp_digits", "--inputs", 64, "--outputs", 64, "--compare", "--methods", "maxshare,metis", *FAST)
    assert "mapper[partition]" in shown.stdout
    run("mlp_digits", "--inputs", 64, "--outputs", 64, "-m", "metis", code=2)


def test_iteration_and_unrolling_are_passed_on():
    wide = ("mlp_digits", "--inputs", 32, "--outputs", 64, *FAST, "-m", "maxshare")
    units = {how: run_json(*wide, "--unrolling", how)["partial_units"] for how in ("balanced", "direct", "chain")}
    assert units["balanced"] > units["direct"]
    assert run_json(*wide, "--unrolling", "chain")["unrolling"] == "chain"
    assert run_json(*wide, "--iteration", "timestep")["iteration"] == "timestep"
    assert "fan-in of 100" in run(*wide, "--no-unroll", "--inputs", 64, code=2).stderr


def test_edge_lists_can_say_what_their_inputs_are(tmp_path):
    path = tmp_path / "net.csv"
    path.write_text("pre,post\n0,2\n1,2\n2,3\n")
    limits = ("--inputs", 4, "--outputs", 4)
    assert run_json(path, *limits, "--inputs", "sources", *FAST)["packets"] == 2
    assert run_json(path, *limits, *FAST)["packets"] == 0


def test_too_few_crossbars_end_with_code_1(tmp_path):
    chip = tmp_path / "tiny.yaml"
    chip.write_text(
        "{name: tiny, topology: {kind: bus, tiles: 1},"
        " tile_classes: [{name: t, inputs: 64, outputs: 64, clusters_per_crossbar: 1}]}"
    )
    assert run_json("mlp_digits", "-p", chip, *FAST, code=1)["feasible"] is False


@pytest.mark.parametrize(
    "arguments",
    [
        ("mlp_digits",),
        ("mlp_digits", "--inputs", 64),
        ("mlp_digits", "-p", "dynapse", "--outputs", 64),
        ("mlp_digits", "--inputs", "many", "--outputs", 64),
        ("mlp_digits", "--inputs", 64, "--outputs", 64, "-m", "magic"),
        ("mlp_digits", "--inputs", 64, "--outputs", 64, "--buffer", 0),
        ("mlp_digits", "--inputs", 64, "--outputs", 64, "--compare", "--methods", "maxshare,magic"),
        ("mlp_digits", "--inputs", 64, "--outputs", 64, "--methods", "maxshare"),
        ("mlp_digits", "--inputs", 64, "--outputs", 64, "--picture", "x.bmp"),
        ("mlp_digits", "--inputs", 64, "--outputs", 64, "-o", "/no/such/folder/c.json"),
        ("mlp_digits", "--inputs", 64, "--outputs", 64, "--start", "/no/such/c.json"),
        ("mlp_digits", "--inputs", 64, "--outputs", 64, "--time-limit", "nan"),
        ("no_such_network", "--inputs", 64, "--outputs", 64),
    ],
)
def test_bad_input_ends_with_code_2(arguments):
    run(*arguments, code=2)


def test_help_names_every_method():
    text = run("--help").stdout
    for name in CLUSTER_METHODS:
        assert name in text
