"""The commands as a user types them: exit codes, JSON keys, files, clear errors."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from click.testing import CliRunner

from mapper.cli.main import main
from mapper.shipped import shipped


def run(*arguments, code=0):
    outcome = CliRunner().invoke(main, [str(a) for a in arguments])
    assert outcome.exit_code == code, f"{outcome.output}\n{outcome.exception!r}"
    assert "Traceback" not in outcome.output
    return outcome


def run_json(*arguments, code=0):
    return json.loads(run(*arguments, "--json", code=code).stdout)


@pytest.fixture(scope="module")
def result_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("cli") / "result.json"
    run("map", "lsm_ecg", "--platform", "dynapse", "--method", "cpsat", "--time-limit", 20, "-o", path, "--quiet")
    return path


def test_map_prints_what_machines_need():
    answer = run_json("map", "mlp_digits", "--platform", "dynapse", "--method", "greedy")
    needed = {
        *("status", "period_ps", "throughput_hz", "bound_ps", "gap", "latency_ps", "energy_fj", "packets", "clusters"),
        *("tiles_used", "binding", "orders", "critical_cycle", "seconds"),
    }
    assert needed <= set(answer)
    assert Fraction(answer["period_ps"]) >= Fraction(answer["bound_ps"]) > 0
    assert answer["throughput_hz"] == pytest.approx(1e12 / float(Fraction(answer["period_ps"])))
    assert sorted(c for order in answer["orders"].values() for c in order) == ["c0", "c1"]


def test_map_prints_what_people_need():
    text = run("map", "mlp_digits", "--platform", "dynapse", "--method", "greedy").stdout
    for word in ("status", "period", "throughput", "bound", "gap", "latency", "energy", "packets", "limited by"):
        assert word in text


def test_quiet_says_nothing(tmp_path):
    path = tmp_path / "r.json"
    outcome = run("map", "mlp_digits", "-p", "dynapse", "--method", "greedy", "--quiet", "-o", path)
    assert outcome.output == ""
    assert path.is_file()


@pytest.mark.parametrize("iteration", ["frame", "timestep"])
def test_both_iterations(iteration):
    answer = run_json("map", "lsm_ecg", "-p", "dynapse", "--method", "greedy", "--iteration", iteration)
    assert answer["iteration"] == iteration


def test_check_and_evaluate_confirm_a_result(result_file):
    assert run_json("check", result_file)["passed"] is True
    assert "traffic" in run("check", result_file, "--network", "lsm_ecg").stdout
    assert run_json("evaluate", result_file)["as_stored"] is True
    assert "confirmed" in run("evaluate", result_file).stdout


def test_a_network_under_another_name_is_still_the_same(result_file, tmp_path):
    for suffix in (".nir", ".counts.npz"):
        (tmp_path / f"renamed{suffix}").write_bytes(shipped("instances", "lsm_ecg").with_suffix(suffix).read_bytes())
    copy, counts = tmp_path / "renamed.nir", tmp_path / "renamed.counts.npz"
    assert "traffic" in run("check", result_file, "--network", copy, "--spikes", counts).stdout


def test_a_result_file_is_the_same_after_reading_and_writing(result_file, tmp_path):
    import mapper

    mapper.write_result(mapper.read_result(result_file), tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == result_file.read_bytes()


def test_a_forged_result_fails_the_check(result_file, tmp_path):
    content = json.loads(result_file.read_text())
    content["evaluation"]["energy_fj"] -= 1
    forged = tmp_path / "forged.json"
    forged.write_text(json.dumps(content))
    outcome = run("check", forged, code=1)
    assert "energy" in outcome.stderr
    assert run_json("evaluate", forged, code=1)["as_stored"] is False
    assert run("check", result_file, "--network", "mlp_digits", code=1).stderr.startswith("error: network")


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content.update(version=99),
        lambda content: content.update(format="other"),
        lambda content: content.pop("mapping"),
        lambda content: content["mapping"].update(binding="x"),
        lambda content: content["evaluation"].update(period_ps="1/0"),
        lambda content: content["evaluation"].update(period_ps=None),
        lambda content: content["application"].update(channels=[[1, 2]]),
        lambda content: content["application"]["channels"][0].__setitem__(0, 10**30),
        lambda content: content["platform"].update(name=3),
        lambda content: content.update(status="GREAT"),
        lambda content: content.update(seconds="abc"),
        lambda content: content.update(statistics=None),
        lambda content: content.update(method=17),
        lambda content: content["evaluation"].update(energy_fj=1.5),
        lambda content: content["network"].update(neurons="many"),
    ],
)
def test_damaged_results_are_bad_input(result_file, tmp_path, damage):
    content = json.loads(result_file.read_text())
    damage(content)
    path = tmp_path / "damaged.json"
    path.write_text(json.dumps(content))
    assert str(path) in run("check", path, code=2).stderr


@pytest.mark.parametrize(
    "forge",
    [
        lambda content: content["bound"].update(period_ps="1000000000000000"),
        lambda content: content["mapping"]["binding"].__setitem__(0, (content["mapping"]["binding"][0] + 1) % 4),
        lambda content: content["evaluation"].update(period_ps="1"),
        lambda content: content["evaluation"].update(critical_link=999, critical_cycle=[]),
        lambda content: content.update(status="FEASIBLE"),
        lambda content: content["network"].update(synapses=1),
        lambda content: content["clustering"]["origin"].reverse(),
    ],
)
def test_forged_results_end_with_code_1_and_the_rule(result_file, tmp_path, forge):
    content = json.loads(result_file.read_text())
    forge(content)
    path = tmp_path / "forged.json"
    path.write_text(json.dumps(content))
    assert run("check", path, "--network", "lsm_ecg", code=1).stderr.startswith("error: ")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": "mapper-result"}', "\udcff"])
def test_files_that_are_no_results_are_bad_input(tmp_path, text):
    path = tmp_path / "no.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    run("check", path, code=2)
    run("evaluate", path, code=2)


def test_compare_shows_every_method_and_writes_the_best(tmp_path):
    path = tmp_path / "best.json"
    chosen = ("--methods", "greedy,cpsat", "--cluster-method", "maxshare", "--time-limit", 20)
    rows = run_json("compare", "lsm_ecg", "-p", "dynapse", *chosen, "-o", path)
    assert [row["method"] for row in rows] == ["greedy", "cpsat"]
    assert Fraction(rows[1]["period_ps"]) < Fraction(rows[0]["period_ps"])
    assert json.loads(path.read_text())["method"] == "cpsat"
    table = run("compare", "mlp_digits", "-p", "dynapse", "--methods", "greedy").stdout
    assert "greedy" in table
    assert "period" in table
    run("compare", "mlp_digits", "-p", "dynapse", "--methods", "magic", code=2)


def test_info_counts():
    answer = run_json("info", "mlp_mnist")
    expected = {"inputs": 784, "neurons": 110, "synapses": 79400, "max_fan_in": 784, "spikes": 1273337}
    assert {key: answer[key] for key in expected} == expected
    assert [p["size"] for p in answer["populations"]] == [784, 100, 10]
    assert sum(b["neurons"] for b in answer["fan_in_histogram"]) == 110
    assert "largest fan-in 784" in run("info", "mlp_mnist").stdout


def test_info_of_a_real_convolutional_network(data):
    path = data / "nir" / "cnn_sinabs.nir"
    composed, kept = run_json("info", path), run_json("info", path, "--pooling", "neurons")
    assert (composed["inputs"], composed["neurons"], composed["synapses"]) == (2312, 8970, 1_122_848)
    assert kept["synapses"] == 843_296


def test_profile_writes_counts_that_map_reads(tmp_path):
    frames, counts = tmp_path / "frames.npz", tmp_path / "counts.npz"
    np.savez(frames, frames=np.random.default_rng(1).random((3, 64)))
    answer = run_json("profile", "mlp_digits", "--input", frames, "--steps", 20, "--seed", 2, "-o", counts)
    assert answer["windows"] == 3
    assert answer["steps"] == 20
    again = tmp_path / "again.npz"
    run("profile", "mlp_digits", "--input", frames, "--steps", 20, "--seed", 2, "-o", again, "--quiet")
    assert counts.read_bytes() == again.read_bytes()
    assert run_json("info", "mlp_digits", "--spikes", counts)["spikes"] == answer["spikes"]
    run("map", "mlp_digits", "-p", "dynapse", "--method", "greedy", "--spikes", counts)


def test_platforms_instances_and_schema():
    assert {"dynapse", "loihi"} <= {p["name"] for p in run_json("platforms")}
    assert run_json("platforms", "loihi")["tiles"] == 128
    assert {"mlp_mnist", "lsm_ecg"} <= {n["name"] for n in run_json("instances")}
    assert json.loads(run("schema", "platform").stdout)["title"] == "PlatformFile"
    assert "truenorth" in run("platforms").stdout
    assert "lenet_digits" in run("instances").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("map", "mlp_mnst", "-p", "dynapse"),
        ("map", "mlp_mnist", "-p", "dynaps"),
        ("map", "mlp_mnist", "-p", "dynapse", "--no-unroll"),
        ("map", "mlp_mnist", "-p", "dynapse", "--input-shape", "x"),
        ("map", "mlp_mnist", "-p", "dynapse", "--spikes", "nowhere.npz"),
        ("map", "mlp_mnist", "-p", "dynapse", "-o", "/no/such/folder/r.json"),
        ("map", "mlp_mnist"),
        ("map", "mlp_mnist", "-p", "dynapse", "--time-limit", "soon"),
        ("map", "mlp_mnist", "-p", "dynapse", "--time-limit", "nan"),
        ("map", "mlp_mnist", "-p", "dynapse", "--gap", "nan"),
        ("map", "mlp_mnist", "-p", "dynapse", "--seed", "99999999999999"),
        ("map", "mlp_mnist", "-p", "dynapse", "-o", "/tmp"),
        ("info", ""),
        ("info", "/no/such/file.nir"),
        ("check", "/no/such/file.json"),
        ("profile", "mlp_mnist", "--input", "/no/such/frames.npz", "-o", "x.npz"),
        ("schema", "nonsense"),
        ("nonsense",),
    ],
)
def test_bad_input_ends_with_code_2(arguments):
    run(*arguments, code=2)


def test_errors_are_json_for_machines():
    answer = json.loads(run("map", "nosuch", "-p", "dynapse", "--json", code=2).stdout)
    assert answer["error"] == "InputError"
    assert "mlp_mnist" in answer["fix"]


def test_infeasible_ends_with_code_1(tmp_path):
    chip = tmp_path / "tiny.yaml"
    chip.write_text(
        "{name: tiny, topology: {kind: bus, tiles: 1}, tile_classes: [{name: t, inputs: 128, outputs: 128}]}"
    )
    answer = run_json("map", "lenet_digits", "-p", chip, code=1)
    assert answer["status"] == "INFEASIBLE"
    assert answer["period_ps"] is None
    assert "no mapping of these clusters exists" in run("map", "lenet_digits", "-p", chip, code=1).stdout


def test_stopped_without_a_solution_ends_with_code_3(tmp_path):
    """Greedy cannot tell whether buffers could be kept; with no time nothing can."""
    chip = tmp_path / "tight.yaml"
    chip.write_text(
        "{name: tight, topology: {kind: bus, tiles: 2},"
        " tile_classes: [{name: t, inputs: 128, outputs: 128, buffer_packets: 1}]}"
    )
    assert run_json("map", "mlp_digits", "-p", chip, "--time-limit", 0, code=3)["status"] == "UNKNOWN"


@pytest.mark.parametrize(
    "command",
    [
        *("map", "compare", "evaluate", "check", "info", "profile", "platforms", "instances", "schema"),
        *("cluster", "throughput", "latency", "buffers", "convert"),
    ],
)
def test_every_help_has_an_example_and_both_outputs(command):
    text = run(command, "--help").stdout
    assert f"mapper {command}" in text
    assert "--json" in text
    assert "--quiet" in text


def test_the_installed_command_runs_in_its_own_process():
    found = subprocess.run(
        [sys.executable, "-m", "mapper", "info", "mlp_digits", "--json"], capture_output=True, text=True, check=True
    )
    assert json.loads(found.stdout)["neurons"] == 110
