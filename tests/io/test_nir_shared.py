"""Real trained networks in NIR, from several frameworks."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
from nir_support import dense, part
from scipy.signal import correlate

from mapper.errors import InputError
from mapper.io.nir import read_nir


@pytest.mark.parametrize(
    ("file", "inputs", "neurons", "synapses", "last"),
    [
        ("nir/cnn_sinabs", 2312, 8970, 1_122_848, "12"),
        ("nir/braille_noDelay_bias_zero", 12, 45, 12 * 38 + 38 * 38 + 38 * 7, "lif2"),
        ("nir/braille_flattened", 12, 45, 12 * 38 + 38 * 38 + 38 * 7, "lif2"),
        ("nir/lif_norse", 1, 1, 1, "1"),
        ("nir/lif_rockpool", 1, 1, 1, "1_LIFNeuronTorch"),
        ("nir/two_lif_neurons", 1, 2, 2, "lif2"),
        ("trained/mlp_mnist", 784, 110, 784 * 100 + 100 * 10, "4_leaky"),
        ("trained/mlp_digits", 64, 110, 64 * 100 + 100 * 10, "4_leaky"),
    ],
)
def test_sizes(data, file, inputs, neurons, synapses, last):
    network = read_nir(data / f"{file}.nir")
    assert (network.input_count, network.neuron_count, network.synapse_count) == (inputs, neurons, synapses)
    assert network.populations[-1].name == last
    assert network.name == file.split("/")[1]
    assert network.targets.dtype == np.int32 and network.weights.dtype == np.float32


def test_pool_neurons(data):
    network = read_nir(data / "nir/cnn_sinabs.nir", pooling="neurons")
    assert (network.input_count, network.synapse_count) == (2312, 843_296)
    assert [(p.name, p.shape) for p in network.populations] == [
        ("input", (2, 34, 34)), ("1", (16, 16, 16)), ("3", (16, 16, 16)), ("4", (16, 8, 8)),
        ("6", (8, 8, 8)), ("7", (8, 4, 4)), ("10", (256,)), ("12", (10,)),
    ]  # fmt: skip


def test_composed_layer_equals_pooling_then_correlation(data):
    path = data / "nir/cnn_sinabs.nir"
    network = read_nir(path)
    with h5py.File(path) as stream:
        kernel = stream["node/nodes/5/weight"][()]
    x = np.random.default_rng(0).normal(size=(16, 16, 16))
    pooled = np.pad(x.reshape(16, 8, 2, 8, 2).sum(axis=(2, 4)), [(0, 0), (1, 1), (1, 1)])
    expected = [correlate(pooled, kernel[o], "valid")[0] for o in range(8)]
    got = dense(network, "3", "6") @ x.ravel()
    np.testing.assert_allclose(got.reshape(8, 8, 8), expected, rtol=1e-4, atol=1e-4)


def test_recurrent_weights_are_those_of_the_file(data):
    path = data / "nir/braille_noDelay_bias_zero.nir"
    network = read_nir(path)
    assert [(p.name, p.size) for p in network.populations] == [("input", 12), ("lif1.lif", 38), ("lif2", 7)]
    with h5py.File(path) as stream:
        nodes = stream["node/nodes"]
        pairs = {"fc1": ("input", "lif1.lif"), "lif1.w_rec": ("lif1.lif", "lif1.lif"), "fc2": ("lif1.lif", "lif2")}
        for node, (pre, post) in pairs.items():
            np.testing.assert_array_equal(dense(network, pre, post), nodes[node]["weight"][()])
        bias = nodes["fc1"]["bias"][()].astype(float) + nodes["lif1.w_rec"]["bias"][()]
    np.testing.assert_allclose(part(network, "lif1.lif").neuron.parameters["bias"], bias, rtol=1e-12)


def test_nested_graph_with_edges_to_a_missing_node(data):
    with pytest.raises(InputError, match=r"nested graph 'lif1'.*'lif'.*no node named 'lif'; rename"):
        read_nir(data / "nir/braille_noDelay_bias_zero_subgraph.nir")


def test_file_without_input_shape(data):
    path = data / "nir/scnn_mnist_batches.nir"
    with pytest.raises(InputError, match=r"node '0' \(Conv2d\).*--input-shape C,H,W"):
        read_nir(path)
    cured, known = read_nir(path, input_shape=(2, 34, 34)), read_nir(data / "nir/cnn_sinabs.nir")
    assert [p.shape for p in cured.populations] == [p.shape for p in known.populations]
    np.testing.assert_array_equal(cured.targets, known.targets)
    np.testing.assert_array_equal(cured.weights, known.weights)
