"""The best known clusterings of the benchmark networks: they speak of these networks, and can be true."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mapper.lower.semantics import Iteration
from mapper.search.cluster.bounds import best_cluster_bound, packet_bound
from mapper.search.cluster.methods import cluster
from mapper.search.cluster.metrics import measure
from mapper.search.cluster.params import ClusterParams
from mapper.search.cluster.unroll import unroll_fan_in
from mapper.solve import fingerprint
from mapper.stop import MaxRuntime

PROJECT = Path(__file__).resolve().parents[3]
KNOWN = json.loads((PROJECT / "instances" / "best_known_clusterings.json").read_text())["rows"]
SMALL = ("mlp 128", "lenet 128", "lenet 256", "edge 128", "edge 256")


@pytest.fixture(scope="module")
def networks():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(PROJECT / "scripts"))
        from benching.cluster_rows import ROWS

        rows = {row.name: row for row in ROWS}
    return {name: (unroll_fan_in(rows[name].network(), rows[name].limits.fan_in).network, rows[name]) for name in SMALL}


@pytest.mark.parametrize("iteration", list(Iteration))
@pytest.mark.parametrize("name", SMALL)
def test_fixtures_speak_of_the_networks_and_keep_their_bounds(networks, name, iteration):
    network, row = networks[name]
    entry = KNOWN[f"{name}, {iteration}"]
    assert entry["network"] == fingerprint(network), "the generator changed: run scripts/bench_clustering.py --update"
    least = packet_bound(network, row.limits)
    for goal in ("clusters", "packets"):
        found = entry[goal]
        assert entry["lower_bound"] <= found["clusters"]
        assert best_cluster_bound(network, row.limits).value <= found["clusters"]
        assert found["packets"] >= least[0]
        assert found["packets_between_clusters"] >= least[1]
        assert f"'{name}'" in found["command"]
    assert entry["clusters"]["clusters"] <= entry["packets"]["clusters"]
    assert entry["packets"]["packets_between_clusters"] <= entry["clusters"]["packets_between_clusters"]


@pytest.mark.parametrize("name", ["mlp 128", "edge 256"])
def test_growing_comes_near_the_best_known_and_not_below_the_bound(networks, name):
    network, row = networks[name]
    params = ClusterParams(Iteration.TIMESTEP, stop=MaxRuntime(1.0))
    figures = measure(network, cluster(network, row.limits, "grow", params))
    entry = KNOWN[f"{name}, timestep"]
    assert entry["lower_bound"] <= figures.clusters <= 1.25 * entry["clusters"]["clusters"]
    assert figures.packets >= packet_bound(network, row.limits)[0]
