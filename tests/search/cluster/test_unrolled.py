"""Unrolling chosen by trial, platforms with unlike tiles, and what a report says of them."""

from __future__ import annotations

import numpy as np
import pytest
from clustering_rules import assert_legal

import mapper
from mapper.errors import InputError
from mapper.lower.semantics import Iteration
from mapper.model.network import Population, SpikingNetwork
from mapper.model.platform import Platform, TileClass
from mapper.model.topology import Bus
from mapper.search.cluster import methods
from mapper.search.cluster.limits import Limits
from mapper.search.cluster.methods import method_named
from mapper.search.cluster.params import ClusterParams
from mapper.search.cluster.run import cluster_for_platform, report_clustering
from mapper.search.cluster.unroll import unroll_fan_in
from mapper.search.cluster.unrolled import choose_unrolling, cluster_unrolled
from mapper.stop import MaxRuntime

FAST = ClusterParams(stop=MaxRuntime(0.05))


def test_the_cheapest_way_of_unrolling_is_taken():
    network, limits = mapper.read_network("mlp_mnist"), Limits(128, 128, 16384)
    costs = {}
    for scheme in ("balanced", "channels", "full", "direct"):
        tree = unroll_fan_in(network, 128, scheme=scheme).network
        found = cluster_unrolled(network, limits, "maxshare", FAST, scheme=scheme)
        home, spikes = found.clustering.assignment.tolist(), tree.spike_counts.tolist()
        sent = {(a, home[b]) for a, b in zip(tree.sources().tolist(), tree.targets.tolist(), strict=True)}
        between = sum(spikes[a] for a, c in sent if home[a] not in (c, -1))
        costs[scheme] = (found.clustering.count + 1) * (between + 1)
    unrolled, scheme = choose_unrolling(network, limits, FAST)
    assert costs[scheme] == min(costs.values())
    assert unrolled.partial.sum() == unroll_fan_in(network, 128, scheme=scheme).partial.sum()
    assert len(set(costs.values())) > 1


def test_nothing_is_tried_where_nothing_is_wide():
    network = mapper.read_network("mlp_mnist")
    unrolled, scheme = choose_unrolling(network, Limits(1000, 128, 100_000), FAST)
    assert unrolled.network is network
    assert scheme == "balanced"


def unlike_chip():
    """One large and two small crossbars."""
    kinds = tuple(TileClass(f"t{n}", n, n, n * n, clusters_per_crossbar=1) for n in (16, 6))
    return Platform("unlike", Bus(3), kinds, np.array([0, 1, 1], np.int32))


@pytest.mark.parametrize("method", ["grow", "maxshare", "refine"])
def test_clusters_are_cut_for_unlike_tiles_where_common_limits_are_too_tight(method):
    layers = (Population("in", 0, 6), Population("a", 6, 20), Population("b", 20, 26))
    pre = [a for b in range(14) for a in (b % 6, (b + 1) % 6)] + [
        6 + (2 * b + k) % 14 for b in range(6) for k in range(3)
    ]
    post = [6 + b for b in range(14) for _ in range(2)] + [20 + b for b in range(6) for _ in range(3)]
    network = SpikingNetwork.from_edges("two", 26, pre, post, is_input=np.arange(26) < 6, populations=layers)
    found, limits = cluster_for_platform(network, unlike_chip(), method, FAST)
    assert found.clustering.count <= 3
    assert [row.inputs for row in limits] == [16, 6, 6]
    assert_legal(network, found.clustering, list(limits), Iteration.FRAME)
    report, _ = report_clustering(network, unlike_chip(), method, FAST)
    assert report.crossbars == 3
    assert report.feasible


def test_clusters_come_first_where_crossbars_are_few():
    """A method that wastes crossbars unless it is told to save them is told so, if the chip has too few."""
    seen = []

    def method(network, limits, params):
        seen.append(params.objective)
        return method_named("maxshare" if params.objective == "clusters" else "sequential")(network, limits, params)

    network = mapper.read_network("mlp_digits")
    kind = TileClass("t", 256, 64, clusters_per_crossbar=1)
    chip = Platform("few", Bus(2), (kind,), np.zeros(2, np.int32))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(methods, "method_named", lambda name: method)
        found, _ = cluster_for_platform(network, chip, "grow", FAST, scheme="balanced")
    assert seen[:2] == ["balanced", "clusters"]
    assert found.clustering.count == 2


def test_bad_names_are_refused():
    network = mapper.read_network("mlp_digits")
    with pytest.raises(InputError, match="unrolling scheme"):
        cluster_unrolled(network, Limits(32, 32, 1024), scheme="bushy")
    with pytest.raises(InputError, match="cluster method"):
        cluster_unrolled(network, Limits(32, 32, 1024), "magic")
    with pytest.raises(InputError, match="fan-in"):
        cluster_unrolled(network, Limits(32, 32, 1024), unroll=False)
