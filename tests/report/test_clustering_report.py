"""Clusterings as JSON, text, table and pictures, and in files."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from cases import networks, partitions
from hypothesis import given, settings
from hypothesis import strategies as st

import mapper
from mapper.errors import InputError
from mapper.io.clustering import read_clustering, write_clustering
from mapper.model.clustered import ClusteringReport
from mapper.model.network import SpikingNetwork
from mapper.report import pictures
from mapper.report.clustering import clustering_summary, clustering_table, clustering_text
from mapper.report.pictures import picture_traffic, picture_utilisation, traffic_matrix
from mapper.search.cluster.limits import Limits
from mapper.search.cluster.params import ClusterParams
from mapper.search.cluster.run import report_clustering
from mapper.stop import MaxRuntime


@pytest.fixture(scope="module", params=[None, 1800])
def clustered(request):
    """A report and its network, with buffers limited and without."""
    params = ClusterParams(stop=MaxRuntime(0.1))
    limits = Limits(40, 30, 1200, request.param)
    report, network = report_clustering(mapper.read_network("mlp_digits"), limits, "maxshare", params)
    assert report.demand.shape[1] == (3 if request.param is None else 4)
    return report, network


def fields(report):
    return {
        key: values.tolist() if isinstance(values, np.ndarray) else values
        for key, values in vars(report).items()
        if key != "clustering"
    } | {"assignment": report.clustering.assignment.tolist(), "count": report.clustering.count}


@pytest.mark.parametrize("name", ["c.json", "c.npz"])
def test_a_clustering_is_the_same_after_writing_and_reading(clustered, tmp_path, name):
    write_clustering(clustered[0], tmp_path / name)
    assert fields(read_clustering(tmp_path / name)) == fields(clustered[0])
    write_clustering(read_clustering(tmp_path / name), tmp_path / f"again-{name}")
    assert (tmp_path / f"again-{name}").read_bytes() == (tmp_path / name).read_bytes()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", "other"),
        ("version", 2),
        ("packets", "many"),
        ("packets", -1),
        ("clusters", 1),
        ("assignment", [0, "x"]),
        ("assignment", [[0], [1, 2]]),
        ("demand", [[1, 2]]),
        ("limits", [[0, 1, 1]]),
        ("method", 3),
        ("origin", None),
    ],
)
def test_damaged_files_are_bad_input(clustered, tmp_path, key, value):
    path = tmp_path / "c.json"
    write_clustering(clustered[0], path)
    content = json.loads(path.read_text())
    content[key] = value
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"c\.json"):
        read_clustering(path)
    del content[key]
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"c\.json"):
        read_clustering(path)
    path.write_text("{")
    with pytest.raises(InputError, match=r"c\.json"):
        read_clustering(path)


def test_the_summary_adds_up(clustered):
    report, network = clustered
    summary = clustering_summary(report)
    needed = {
        "method",
        "clusters",
        "axons",
        "packets",
        "packets_between_clusters",
        "lower_bound",
        "seconds",
        "feasible",
    }
    assert needed <= set(summary)
    home = report.clustering.assignment.tolist()
    pairs = {(a, home[b]) for a, b in zip(network.sources().tolist(), network.targets.tolist(), strict=True)}
    assert summary["axons"] == len(pairs)
    spikes = network.spike_counts.tolist()
    assert summary["packets"] == sum(spikes[a] for a, c in pairs if home[a] != c)
    assert summary["packets_between_clusters"] == sum(spikes[a] for a, c in pairs if home[a] not in (c, -1))
    into = [home[b] for b in network.targets.tolist()]
    held = [into.count(c) for c in range(report.clustering.count)]
    heard = [
        sum(spikes[a] for a, c in zip(network.sources().tolist(), into, strict=True) if c == k)
        for k in range(len(held))
    ]
    for key, loads in (("synapses", held), ("events", heard)):
        assert summary["imbalance"][key] == pytest.approx(max(loads) * len(loads) / sum(loads) - 1, abs=1e-4)
    assert summary["lower_bound"] <= summary["clusters"] == report.clustering.count
    assert summary["mean_utilisation"]["neurons"] == pytest.approx(len(network.targets) and sum(
        c >= 0 for c in home) / 30 / report.clustering.count, abs=1e-4)  # fmt: skip
    partial = [i for i in range(network.size) if report.origin[i] < 0]
    assert summary["partial_units"] == len(partial) == network.size - 174
    only = [
        c for c in range(report.clustering.count) if all(report.origin[i] < 0 for i, h in enumerate(home) if h == c)
    ]
    assert summary["partial_clusters"] == len(only)
    fed = {home[b] for a, b in zip(network.sources().tolist(), network.targets.tolist(), strict=True) if a in partial}
    assert summary["combiner_clusters"] == len(fed)


def test_a_platform_with_too_few_crossbars_is_said_to_be(clustered):
    small = replace(clustered[0], crossbars=2)
    assert not clustering_summary(small)["feasible"]
    assert "has 2 crossbars" in clustering_text(small)
    assert clustering_summary(clustered[0])["feasible"]
    over = replace(clustered[0], limits=np.array([[40, 1, 1200, 1800]])[:, : clustered[0].limits.shape[1]])
    assert not over.feasible


def test_the_table_shows_methods_and_failures(clustered):
    from rich.console import Console

    console = Console(width=200, record=True, file=io.StringIO())
    console.print(clustering_table([clustered[0]], {"metis": "not installed"}))
    text = console.export_text()
    assert "maxshare" in text
    assert "metis: not installed" in text
    assert "1.000" in text


@given(networks(), st.data(), st.integers(1, 3))
@settings(max_examples=60)
def test_the_traffic_matrix_equals_a_recount(network, data, step):
    clustering = data.draw(partitions(network))
    k = clustering.count
    zeros = np.zeros((k, 3), int)
    report = ClusteringReport(
        "x", "", "frame", "none", clustering, np.arange(network.size), [[9, 9, 9]], zeros, zeros[:, 0], 0, 0, 0, ""
    )
    home, spikes = clustering.assignment.tolist(), network.spike_counts.tolist()
    groups = -(-k // step)
    expected = [[0] * groups for _ in range(groups + 1)]
    for a, c in {(a, home[b]) for a, b in zip(network.sources().tolist(), network.targets.tolist(), strict=True)}:
        if home[a] != c:
            expected[groups if home[a] < 0 else home[a] // step][c // step] += spikes[a]
    assert traffic_matrix(network, report, step).tolist() == expected


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_pictures_are_drawn_and_repeat(clustered, tmp_path, ending):
    pytest.importorskip("matplotlib")
    report, network = clustered
    for name in ("a", "b"):
        picture_utilisation(report, tmp_path / f"u{name}.{ending}")
        picture_traffic(report, network, tmp_path / f"t{name}.{ending}")
    magic = b"<?xml" if ending == "svg" else b"\x89PNG"
    for kind in "ut":
        first, second = ((tmp_path / f"{kind}{name}.{ending}").read_bytes() for name in "ab")
        assert first.startswith(magic)
        assert first == second
    if ending == "svg":
        text = (tmp_path / "ua.svg").read_text()
        assert "mlp_digits" in text
        assert ("buffer" in text) == (report.limits.shape[1] == 4)


def test_pictures_of_many_clusters_stay_small(clustered, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    sizes = []
    original = pictures.traffic_matrix
    monkeypatch.setattr(pictures, "_MOST_CELLS", 3)
    monkeypatch.setattr(pictures, "traffic_matrix", lambda *a: sizes.append(original(*a)) or sizes[-1])
    picture_traffic(*clustered, tmp_path / "t.png")
    assert sizes[0].shape[1] <= 3 < clustered[0].clustering.count


def test_pictures_name_what_is_missing(clustered, tmp_path, monkeypatch):
    import sys

    with pytest.raises(InputError, match=r"\.svg, \.png"):
        picture_utilisation(clustered[0], tmp_path / "u.bmp")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(InputError, match=r"mapper\[plot\]"):
        picture_utilisation(clustered[0], tmp_path / "u.svg")


def test_networks_without_neurons_have_a_report(tmp_path):
    pytest.importorskip("matplotlib")
    network = SpikingNetwork.from_edges("none", 2, [], [], is_input=[True, True])
    report, unrolled = report_clustering(network, Limits(2, 2, 4), "maxshare")
    assert clustering_summary(report)["clusters"] == 0
    picture_utilisation(report, tmp_path / "u.svg")
    picture_traffic(report, unrolled, tmp_path / "t.svg")
    write_clustering(report, tmp_path / "c.json")
    assert read_clustering(tmp_path / "c.json").clustering.count == 0
