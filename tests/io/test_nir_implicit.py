"""What is read as a kernel has the synapses of the matrix it stands for, and stays a kernel while sizes are asked."""

from __future__ import annotations

import itertools
import tracemalloc

import nir
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nir_support import dense, neurons, read, sink, slow_conv, source

from mapper.io.network import read_network
from mapper.io.nir.convolution import Convolution, explicit, product
from mapper.io.nir.window import Axis
from mapper.model.blocks import Listed
from mapper.model.stencil import Stencil
from mapper.report.network import network_summary, network_text

LISTS = {"targets", "weights", "delays"}
small = st.integers(1, 3)


@st.composite
def windows(draw, size):
    kernel, stride, before, after, dilation = (draw(st.integers(low, 2)) for low in (1, 1, 0, 0, 1))
    axis = Axis(size, kernel, stride, before, after, dilation)
    return axis if axis.out > 0 else Axis(size, 1)


@given(st.data(), st.sampled_from([np.float32, np.float64]), st.integers(0, 2**32 - 1))
@settings(max_examples=200)
def test_a_convolution_over_pooled_inputs_is_the_product_of_the_matrices(data, dtype, seed):
    rng = np.random.default_rng(seed)
    groups, channels, maps = data.draw(small), data.draw(small), data.draw(small)
    pool_axes = tuple(data.draw(windows(data.draw(st.integers(1, 6)))) for _ in range(2))
    axes = tuple(data.draw(windows(axis.out)) for axis in pool_axes)
    value = data.draw(st.sampled_from([1.0, 1 / 3]))
    shape = (groups * channels, 1, *(axis.kernel for axis in pool_axes))
    pool = Convolution.over(np.full(shape, value, np.float32), pool_axes, groups * channels)
    weight = rng.normal(size=(groups * maps, channels, *(axis.kernel for axis in axes))).astype(dtype)
    weight[rng.random(weight.shape) < data.draw(st.sampled_from([0.0, 0.3]))] = 0
    conv = Convolution.over(weight, axes, groups)
    both = product(pool, conv)
    expected = (pool.explicit() @ conv.explicit()).astype(np.float32)
    apart = all(axis.stride >= axis.kernel and axis.dilation == 1 for axis in pool_axes)
    assert isinstance(both, Convolution) or not apart
    found = explicit(both).astype(np.float32)
    np.testing.assert_array_equal(found.toarray(), expected.toarray())
    if isinstance(both, Convolution):
        piece = both.stencil().piece(0, found.shape[0])
        dense_again = np.zeros(found.shape, np.float32)
        dense_again[piece.sources(0), piece.targets] = piece.weights
        np.testing.assert_array_equal(dense_again, expected.toarray())
        assert piece.targets.size == np.count_nonzero(expected.toarray())


def test_a_net_of_pools_convolutions_and_dense_layers_is_kernels_only():
    rng = np.random.default_rng(5)
    first, second, fc = rng.normal(size=(4, 2, 3, 3)), rng.normal(size=(6, 2, 3, 3)), rng.normal(size=(5, 54))
    pool = nir.AvgPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0]))
    network = read(
        {
            "in": source(2, 7, 7),
            "conv": nir.Conv2d((7, 7), first, 1, 1, 1, 1, np.zeros(4)),
            "a": neurons(4, 7, 7),
            "pool": pool,
            "conv2": nir.Conv2d((3, 3), second, 1, 1, 1, 2, np.zeros(6)),
            "b": neurons(6, 3, 3),
            "flat": nir.Flatten({"input": np.array([6, 3, 3])}, 0, -1),
            "fc": nir.Linear(fc),
            "c": neurons(5),
            "out": sink(5),
        }
    )
    assert [type(block.synapses) for block in network.blocks.blocks] == [Stencil] * 3
    x = rng.integers(-4, 5, (4, 7, 7)).astype(float)
    pooled = x[:, :6, :6].reshape(4, 3, 2, 3, 2).mean(axis=(2, 4))
    expected = slow_conv(pooled, second, (1, 1), [(1, 1), (1, 1)], (1, 1), 2)
    np.testing.assert_allclose(dense(network, "a", "b") @ x.ravel(), expected.ravel(), rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(dense(network, "b", "c"), fc.astype(np.float32))


def test_a_dense_layer_with_few_weights_is_listed_and_a_net_of_these_explicit():
    weight = np.zeros((20, 20))
    weight[3, 4] = weight[19, 0] = 2.0
    sparse = read({"in": source(20), "fc": nir.Linear(weight), "if": neurons(20)})
    assert sparse.blocks is None
    assert sparse.synapse_count == 2
    np.testing.assert_array_equal(dense(sparse, "in", "if"), weight)
    both = read(
        {"in": source(20), "fc": nir.Linear(weight), "a": neurons(20), "fc2": nir.Linear(weight + 1), "b": neurons(20)}
    )
    assert [type(block.synapses) for block in both.blocks.blocks] == [Listed, Stencil]
    np.testing.assert_array_equal(dense(both, "in", "a"), weight)
    np.testing.assert_array_equal(dense(both, "a", "b"), weight + 1)


def test_branches_are_added_and_delays_keep_them_apart():
    rng = np.random.default_rng(6)
    one, two = rng.normal(size=(2, 2, 3, 3)), rng.normal(size=(2, 2, 1, 1))
    nodes = {
        "in": source(2, 4, 4),
        "a": nir.Conv2d((4, 4), one, 1, 1, 1, 1, np.zeros(2)),
        "b": nir.Conv2d((4, 4), two, 1, 0, 1, 1, np.zeros(2)),
        "late": nir.Delay(np.array([3e-4])),
        "if": neurons(2, 4, 4),
        "out": sink(2, 4, 4),
    }
    x = rng.normal(size=(2, 4, 4))
    parts = [slow_conv(x, w, (1, 1), [(p, p)] * 2, (1, 1), 1).ravel() for w, p in ((one, 1), (two, 0))]
    edges = [("in", "a"), ("in", "b"), ("if", "out")]
    joined = read({k: v for k, v in nodes.items() if k != "late"}, [*edges, ("a", "if"), ("b", "if")])
    np.testing.assert_allclose(dense(joined, "in", "if") @ x.ravel(), parts[0] + parts[1], rtol=1e-4, atol=1e-5)
    apart = read(nodes, [*edges, ("a", "if"), ("b", "late"), ("late", "if")])
    assert [type(block.synapses) for block in apart.blocks.blocks] == [Stencil, Stencil]
    assert apart.delayed
    pre, got = apart.sources(), np.zeros((2, 32))
    for i, delay in enumerate((0, 3)):
        some = apart.delays == delay
        np.add.at(got[i], apart.targets[some] - 32, apart.weights[some] * x.ravel()[pre[some]])
    np.testing.assert_allclose(got, parts, rtol=1e-4, atol=1e-5)


def test_a_kernel_element_that_only_meets_padding_may_be_too_large():
    weight = np.ones((1, 1, 3, 3))
    weight[0, 0, 0, 0] = 1e300
    network = read(
        {"in": source(1, 1, 1), "c": nir.Conv2d((1, 1), weight, 1, 1, 1, 1, np.zeros(1)), "if": neurons(1, 1, 1)}
    )
    assert network.weights.tolist() == [1.0]


@pytest.mark.parametrize(("pooling", "synapses"), [("compose", 1_122_848), ("neurons", 843_296)])
def test_a_trained_net_is_sized_up_without_its_synapses(data, pooling, synapses):
    network = read_network(data / "nir" / "cnn_sinabs.nir", pooling=pooling)
    summary = network_summary(network)
    assert (summary["synapses"], summary["neurons"] >= 8970, summary["self_loops"]) == (synapses, True, 0)
    assert str(synapses) in network_text(network)
    assert not LISTS & set(vars(network))
    assert network.targets.size == synapses


def test_reading_takes_less_memory_than_a_byte_a_synapse(tmp_path):
    weight = np.random.default_rng(1).normal(size=(32, 32, 3, 3)).astype(np.float32)
    nodes = {"in": source(32, 24, 24)}
    for i in range(2):
        nodes[f"conv{i}"] = nir.Conv2d((24, 24), weight, 1, 1, 1, 1, np.zeros(32))
        nodes[f"if{i}"] = nir.Threshold(np.ones((32, 24, 24)))
    names = list(nodes)
    path = tmp_path / "net.nir"
    nir.write(path, nir.NIRGraph(nodes, list(itertools.pairwise(names)), type_check=False))
    read_network(path)  # whatever is imported is imported
    tracemalloc.start()
    network = read_network(path)
    network_summary(network)
    implicit = tracemalloc.get_traced_memory()[1]
    network.targets, network.weights  # noqa: B018
    explicit = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert implicit < network.synapse_count  # 10 million
    assert explicit > 8 * network.synapse_count
