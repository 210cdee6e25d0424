"""The network's arrays: what is refused, what is kept, what it costs."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from cases import networks
from hypothesis import given
from hypothesis import strategies as st

from mapper.model.arrays import frozen_array
from mapper.model.clustering import Clustering
from mapper.model.network import Population, SpikingNetwork
from mapper.model.neurons import NeuronModel


@given(st.integers(1, 8), st.data())
def test_synapses_in_any_order_are_all_kept(neurons, data):
    node = st.integers(0, neurons - 1)
    edges = data.draw(st.lists(st.tuples(node, node), max_size=30))
    weights = np.arange(len(edges), dtype=np.float32)
    network = SpikingNetwork.from_edges(
        "n", neurons, [a for a, _ in edges], [b for _, b in edges], weights=weights, delays=np.arange(len(edges))
    )
    found = zip(network.sources().tolist(), network.targets.tolist(), network.weights.tolist(), strict=True)
    assert sorted(found) == sorted((a, b, float(i)) for i, (a, b) in enumerate(edges))
    assert network.delays.tolist() == [int(w) for w in network.weights]


@given(networks())
def test_incoming_is_the_transpose(network):
    indptr, sources = network.incoming()
    transposed = [(int(a), b) for b in range(network.size) for a in sources[indptr[b] : indptr[b + 1]]]
    assert sorted(transposed) == sorted(zip(network.sources().tolist(), network.targets.tolist(), strict=True))
    assert all((np.diff(sources[indptr[b] : indptr[b + 1]]) >= 0).all() for b in range(network.size))
    assert network.fan_in().tolist() == np.diff(indptr).tolist()


def test_ten_million_synapses_cost_no_more_than_their_arrays():
    synapses, neurons = 10_000_000, 100_000
    indptr = np.linspace(0, synapses, neurons + 1).astype(np.int64)
    targets = np.random.default_rng(1).integers(0, neurons, synapses, dtype=np.int32)
    weights = np.ones(synapses, np.float32)
    tracemalloc.start()
    network = SpikingNetwork(
        "large", (Population("all", 0, neurons),), indptr, targets, np.zeros(neurons, bool), weights=weights
    )
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert np.shares_memory(network.targets, targets)
    assert np.shares_memory(network.weights, weights)
    assert held < 1_000_000
    assert peak < synapses * 8


def good():
    return {
        "name": "n",
        "populations": (Population("p", 0, 3),),
        "indptr": np.array([0, 1, 2, 2]),
        "targets": np.array([1, 2], np.int32),
        "is_input": np.array([True, False, False]),
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"indptr": np.array([0, 2, 1, 2])}, "indptr"),
        ({"indptr": np.array([0, 1, 2, 3])}, "indptr"),
        ({"indptr": np.array([], np.int64)}, "indptr"),
        ({"targets": np.array([1, 3])}, "targets"),
        ({"targets": np.array([1, -1])}, "targets"),
        ({"targets": np.array([1.0, 2.0])}, "integers"),
        ({"targets": np.array([1, 2**40])}, "fit int32"),
        ({"targets": np.array([1, 0])}, "receive no synapse"),
        ({"is_input": np.array([True])}, "is_input"),
        ({"weights": np.ones(3)}, "weights"),
        ({"delays": np.array([0, -1])}, "delays"),
        ({"spike_counts": np.array([1, 2])}, "spike_counts"),
        ({"spike_counts": np.array([1, 2, -3])}, "spike_counts"),
        ({"steps": 0}, "steps"),
        ({"windows": 0}, "windows"),
        ({"populations": (Population("p", 0, 2),)}, "populations"),
        ({"populations": (Population("p", 0, 1), Population("p", 1, 3))}, "distinct"),
        ({"populations": (Population("p", 1, 3),)}, "start 0"),
    ],
)
def test_what_does_not_fit_is_refused(changes, message):
    SpikingNetwork(**good())
    with pytest.raises(ValueError, match=message):
        SpikingNetwork(**{**good(), **changes})


def test_arrays_cannot_be_written():
    network = SpikingNetwork(**good())
    with pytest.raises(ValueError, match="read-only"):
        network.targets[0] = 2
    with pytest.raises(AttributeError):
        network.steps = 5  # type: ignore[misc]


def test_freezing_leaves_the_callers_array_writable():
    mine = np.arange(3)
    frozen_array("mine", mine, np.int64)[0]
    mine[0] = 7
    assert mine[0] == 7


@pytest.mark.parametrize(
    ("kind", "parameters", "message"),
    [("Izhikevich", {}, "neuron model"), ("IF", {"r": 1.0}, "v_threshold"), ("relay", {"tau": 1.0}, "relay")],
)
def test_neuron_models_need_their_parameters(kind, parameters, message):
    with pytest.raises(ValueError, match=message):
        NeuronModel(kind, parameters)


def test_population_shapes_and_parameters_must_fit():
    with pytest.raises(ValueError, match="shape"):
        Population("p", 0, 5, (2, 3))
    with pytest.raises(ValueError, match="1 or 5 values"):
        Population("p", 0, 5, neuron=NeuronModel("threshold", {"threshold": np.ones(3)}))


@pytest.mark.parametrize(("assignment", "count"), [([0, 2], 3), ([0, 1], 1), ([-2, 0], 1), ([-1, -1], 1)])
def test_clusters_are_numbered_without_gaps(assignment, count):
    with pytest.raises(ValueError, match="assignment"):
        Clustering(np.array(assignment), count)
