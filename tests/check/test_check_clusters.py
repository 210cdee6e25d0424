"""The checker of cluster limits accepts exactly what the definition, by brute force, calls legal."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from cases import networks, partitions
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.check.clusters import check_cluster_limits, check_convex, cluster_demand
from mapper.errors import CheckError
from mapper.lower.semantics import Iteration, feedback_synapses
from mapper.model import blocks
from mapper.model.clustering import Clustering
from mapper.model.network import SpikingNetwork


def needs(network, clustering):
    home = clustering.assignment.tolist()
    into = [[] for _ in range(clustering.count)]
    for a, b in zip(network.sources().tolist(), network.targets.tolist(), strict=True):
        into[home[b]].append(a)
    return [[len(set(sources)), home.count(c), len(sources)] for c, sources in enumerate(into)]


def arriving(network, clustering):
    """Packets of one window for each cluster's rows, rounded up."""
    home = clustering.assignment.tolist()
    pairs = list(zip(network.sources().tolist(), network.targets.tolist(), strict=True))
    spikes = [network.windows] * network.size if network.spike_counts is None else network.spike_counts.tolist()
    totals = [sum(spikes[a] for a in {a for a, b in pairs if home[b] == c}) for c in range(clustering.count)]
    return [math.ceil(Fraction(total, network.windows)) for total in totals]


def reaches_itself(network, clustering):
    """Whether some cluster's forward channels lead back to it: closure by repeated squaring of a dense matrix."""
    home, k = clustering.assignment, clustering.count
    leads = np.zeros((k, k), bool)
    for a, b, back in zip(network.sources(), network.targets, feedback_synapses(network), strict=True):
        if not back and home[a] >= 0 and home[a] != home[b]:
            leads[home[a], home[b]] = True
    for _ in range(k):
        leads |= leads @ leads
    return bool(leads.diagonal().any())


@given(networks(max_neurons=10), st.data(), st.sampled_from(list(Iteration)), st.integers(1, 30), st.booleans())
@settings(max_examples=300)
def test_the_checker_and_the_definition_agree(network, data, iteration, block, buffered):
    clustering = data.draw(partitions(network, most=3))
    row = st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(4, 20), st.integers(1, 25))
    limits = np.array(data.draw(st.lists(row, min_size=1, max_size=3)))
    expected = needs(network, clustering)
    if buffered:
        full = [[*need, n] for need, n in zip(expected, arriving(network, clustering), strict=True)]
    else:
        limits, full = limits[:, :3], expected
    legal = all((np.array(need) <= limits[min(c, len(limits) - 1)]).all() for c, need in enumerate(full))
    legal = legal and (iteration is Iteration.TIMESTEP or not reaches_itself(network, clustering))
    kept, blocks.MOST = blocks.MOST, block
    try:
        assert cluster_demand(network, clustering).tolist() == expected
        found = check_cluster_limits(network, clustering, limits, iteration)
        assert legal
        assert found.tolist() == full
    except CheckError:
        assert not legal
    finally:
        blocks.MOST = kept


def test_messages_name_the_rule_and_the_cluster():
    chain = SpikingNetwork.from_edges("chain", 3, [0, 1], [1, 2])
    around = Clustering([0, 1, 0], 2)
    with pytest.raises(CheckError, match=r"convex clusters: .*0 -> 1|1 -> 0"):
        check_convex(chain, around)
    with pytest.raises(CheckError, match=r"cluster limits: cluster 0 needs 1 axons, 2 neurons, 1 synapses"):
        check_cluster_limits(chain, around, np.array([[1, 1, 1]]), Iteration.TIMESTEP)
    with pytest.raises(CheckError, match=r"cluster 0 needs .*1 synapses, 1 packets in its buffer"):
        check_cluster_limits(chain, around, np.array([[1, 1, 9, 9]]), Iteration.TIMESTEP)
    with pytest.raises(CheckError, match="exactly one cluster"):
        cluster_demand(chain, Clustering([0, 0, -1], 1))
