"""Balanced clusters are as even as asked, legal, and refused where there are none."""

from __future__ import annotations

import numpy as np
import pytest
from clustering_rules import assert_legal, packets_for_rows
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.errors import InputError
from mapper.lower.semantics import Iteration
from mapper.model.clustering import Clustering
from mapper.model.network import SpikingNetwork
from mapper.model.platform import UNLIMITED
from mapper.search.cluster.limits import Limits
from mapper.search.cluster.metrics import measure
from mapper.search.cluster.params import ClusterParams
from mapper.search.cluster.refine.balance import imbalance, spread
from mapper.search.cluster.refine.flat import flatten
from mapper.search.cluster.refine.search import refine
from mapper.stop import MaxRuntime

TIMESTEP = Iteration.TIMESTEP


def fans(neurons=60, seed=1):
    """Neurons of two kinds: six quiet sources each, or two busy ones."""
    rng = np.random.default_rng(seed)
    pre, post = [], []
    for i in range(neurons):
        sources = rng.choice(20, 6, replace=False) if i % 2 else 20 + rng.choice(8, 2, replace=False)
        pre += sources.tolist()
        post += [28 + i] * sources.size
    size = 28 + neurons
    spikes = np.where(np.arange(size) < 20, 1, 30)
    return SpikingNetwork.from_edges("fans", size, pre, post, is_input=np.arange(size) < 28, spike_counts=spikes)


def excess(values):
    """Largest over mean, minus one, in plain arithmetic."""
    return max(values) * len(values) / sum(values) - 1


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_synapses_and_events_are_even(share):
    network, limits = fans(), Limits(28, 20, 100)
    params = ClusterParams(TIMESTEP, stop=MaxRuntime(1), objective="packets")
    free = measure(network, refine(network, limits, params))
    assert max(excess(free.synapses.tolist()), excess(free.events.tolist())) > 0.3  # the kinds stay apart
    even = refine(network, limits, ClusterParams(TIMESTEP, stop=MaxRuntime(1), balance=share))
    assert_legal(network, even, limits, TIMESTEP)
    figures = measure(network, even)
    assert max(excess(figures.synapses.tolist()), excess(figures.events.tolist())) <= share + 1e-9
    assert imbalance(figures.events) == pytest.approx(excess(figures.events.tolist()))


@given(st.integers(0, 1000), st.integers(2, 6), st.booleans(), st.booleans(), st.sampled_from([0.1, 0.25, 1.0]))
@settings(max_examples=60)
def test_what_is_spread_is_within_the_limits(seed, count, scarce_rows, scarce_room, share):
    network = fans(24, seed)
    flat = flatten(network, TIMESTEP)
    home = np.full(network.size, -1, np.int32)
    home[28:] = np.random.default_rng(seed).integers(0, count, 24)
    home[28 : 28 + count] = np.arange(count)
    room = 130 if scarce_room else UNLIMITED
    found = spread(flat, home, np.array([[12 if scarce_rows else 28, 24, 96, room, UNLIMITED]]), share)
    if found is None or (found[0] == home).all():  # a start is taken to be legal, which this one need not be
        return
    clustering = Clustering(found[0], len(found[1]))
    figures = measure(network, clustering)
    assert (figures.demand <= [12 if scarce_rows else 28, 24, 96]).all()
    assert max(packets_for_rows(network, clustering)) <= room
    assert max(excess(figures.synapses.tolist()), excess(figures.events.tolist())) <= share + 1e-9
    assert (figures.demand <= found[1][:, :3]).all() and (figures.events <= found[1][:, 4]).all()


def test_two_clusters_of_one_kind_each_are_mixed():
    network = fans(24)
    flat = flatten(network, TIMESTEP)
    home = np.full(network.size, -1, np.int32)
    home[28:] = np.arange(24) % 2  # one kind each
    found = spread(flat, home, np.array([[28, 24, 96, UNLIMITED, UNLIMITED]]), 0.1)
    assert found is not None and len(found[1]) == 2
    kinds = [np.bincount(np.arange(24) % 2, found[0][28:] == c).tolist() for c in (0, 1)]
    assert kinds[0] == kinds[1] == [6, 6]


def test_what_cannot_be_even_is_refused():
    """One neuron holds most of the synapses."""
    network = SpikingNetwork.from_edges("one", 12, [*range(8), 0, 1], [*[8] * 8, 9, 10], is_input=np.arange(12) < 8)
    with pytest.raises(InputError, match="balance of network 'one'"):
        refine(network, Limits(8, 2, 8), ClusterParams(TIMESTEP, stop=MaxRuntime(0.1), balance=0.1))
    with pytest.raises(InputError, match="share of at least 0"):
        ClusterParams(balance=-0.1)


def test_frames_that_are_even_already_are_kept():
    network = SpikingNetwork.from_edges("chain", 5, [0, 1, 2, 3], [1, 2, 3, 4], is_input=[1, 0, 0, 0, 0])
    found = refine(network, Limits(2, 2, 2), ClusterParams(stop=MaxRuntime(0.2), balance=0.0))
    assert_legal(network, found, Limits(2, 2, 2), Iteration.FRAME)
    assert measure(network, found).synapses.tolist() == [2, 2]
