"""Linear layers of NIR files against dense references that share nothing with the reader."""

from __future__ import annotations

import nir
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from nir_support import dense, neurons, part, read, sink, slow_conv, source
from scipy.signal import correlate

from mapper.errors import InputError

small = st.integers(1, 3)


@st.composite
def convolutions(draw):
    groups = draw(st.integers(1, 2))
    c_in, c_out = groups * draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))
    size = draw(st.tuples(st.integers(1, 6), st.integers(1, 6)))
    kernel = draw(st.tuples(small, small))
    dilation = draw(st.tuples(st.integers(1, 2), st.integers(1, 2)))
    padding = draw(st.sampled_from(["same", "valid", "int", "pair"]))
    stride = (1, 1) if padding == "same" else draw(st.tuples(small, small))
    spans = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    if padding == "same":
        pads = [(s // 2, s - s // 2) for s in spans]
    elif padding == "valid":
        pads = [(0, 0), (0, 0)]
    else:
        amounts = (draw(st.integers(0, 2)),) * 2 if padding == "int" else draw(st.tuples(*[st.integers(0, 2)] * 2))
        pads = [(a, a) for a in amounts]
        padding = amounts[0] if padding == "int" else amounts
    assume(all(n + sum(p) > s for n, p, s in zip(size, pads, spans, strict=True)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    weight = rng.integers(1, 9, (c_out, c_in // groups, *kernel)).astype(np.float32)
    x = rng.integers(-4, 5, (c_in, *size)).astype(float)
    return x, weight, rng.integers(-3, 4, c_out).astype(float), stride, padding, pads, dilation, groups


@given(convolutions(), st.booleans())
@settings(max_examples=60)
def test_conv2d_is_the_cross_correlation(case, scalar):
    x, weight, bias, stride, padding, pads, dilation, groups = case
    if scalar and stride[0] == stride[1] and dilation[0] == dilation[1]:
        stride_given, dilation_given = stride[0], dilation[0]
    else:
        stride_given, dilation_given = stride, dilation
    expected = slow_conv(x, weight, stride, pads, dilation, groups)
    conv = nir.Conv2d(x.shape[1:], weight, stride_given, padding, dilation_given, groups, bias)
    network = read({"in": source(*x.shape), "conv": conv, "if": neurons(*expected.shape), "out": sink(1)})
    w = dense(network, "in", "if")
    np.testing.assert_array_equal((w @ x.ravel()).reshape(expected.shape), expected)
    # Structure: the synapses are the pairs a convolution of ones joins.
    joined = sum(
        slow_conv(e.reshape(x.shape), np.ones_like(weight), stride, pads, dilation, groups).astype(bool).sum()
        for e in np.eye(x.size)
    )
    assert network.synapse_count == joined
    got = part(network, "if").neuron.parameters.get("bias", np.zeros(1))
    np.testing.assert_array_equal(np.broadcast_to(got, expected.size), np.repeat(bias, expected[0].size))


@given(st.integers(1, 9), small, small, st.integers(0, 2), st.integers(1, 2), st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_conv1d_is_the_strided_correlation(length, kernel, stride, padding, dilation, seed):
    assume(length + 2 * padding > dilation * (kernel - 1))
    rng = np.random.default_rng(seed)
    weight = rng.integers(1, 9, (3, 2, kernel)).astype(np.float32)
    x = rng.integers(-4, 5, (2, length)).astype(float)
    holes = np.zeros((3, 2, dilation * (kernel - 1) + 1))
    holes[:, :, ::dilation] = weight
    padded = np.pad(x, [(0, 0), (padding, padding)])
    expected = np.stack(
        [sum(correlate(padded[c], holes[o, c], "valid", "direct") for c in range(2))[::stride] for o in range(3)]
    )
    conv = nir.Conv1d(length, weight, stride, padding, dilation, 1, np.zeros(3))
    network = read({"in": source(2, length), "conv": conv, "if": neurons(*expected.shape)})
    np.testing.assert_array_equal(dense(network, "in", "if") @ x.ravel(), expected.ravel())
    assert part(network, "if").shape == expected.shape


def test_same_padding_with_a_stride_gives_the_ceiling_and_pads_behind():
    # 5 inputs, kernel 2, stride 2: outputs see (0, 1), (2, 3) and (4, zero).
    conv = nir.Conv1d(5, np.array([[[1.0, 10.0]]]), 2, "same", 1, 1, np.zeros(1))
    w = dense(read({"in": source(1, 5), "conv": conv, "if": neurons(1, 3)}), "in", "if")
    assert w.tolist() == [[1, 10, 0, 0, 0], [0, 0, 1, 10, 0], [0, 0, 0, 0, 1]]


@given(
    st.sampled_from(["SumPool2d", "AvgPool2d"]),
    st.tuples(small, small),
    st.tuples(small, small),
    st.tuples(st.integers(0, 1), st.integers(0, 1)),
    st.tuples(st.integers(3, 6), st.integers(3, 6)),
    st.booleans(),
)
@settings(max_examples=40)
def test_pooling_sums_or_averages_its_window(kind, kernel, stride, padding, size, as_neurons):
    x = np.random.default_rng(1).integers(-4, 5, (2, *size)).astype(float)
    ones = np.zeros((2, 2, *kernel))
    ones[[0, 1], [0, 1]] = 1.0
    expected = slow_conv(x, ones, stride, [(p, p) for p in padding], (1, 1), 1)
    expected /= kernel[0] * kernel[1] if kind == "AvgPool2d" else 1
    pool = getattr(nir, kind)(np.array(kernel), np.array(stride), np.array(padding))
    network = read(
        {"in": source(*x.shape), "pool": pool, "if": neurons(*expected.shape)},
        pooling="neurons" if as_neurons else "compose",
    )
    if as_neurons:
        assert part(network, "pool").neuron.kind == "relay" and part(network, "pool").shape == expected.shape
        np.testing.assert_array_equal(dense(network, "pool", "if"), np.eye(expected.size))
        w = dense(network, "in", "pool")
    else:
        assert [p.name for p in network.populations] == ["in", "if"]
        w = dense(network, "in", "if")
    np.testing.assert_allclose(w @ x.ravel(), expected.ravel(), rtol=1e-6, atol=1e-6)


def test_a_whole_chain_of_linear_nodes_is_one_matrix_and_one_bias():
    rng = np.random.default_rng(3)
    kernel, b1 = rng.normal(size=(4, 1, 3, 3)), rng.normal(size=4)
    dense_w, b2, scale = rng.normal(size=(5, 16)), rng.normal(size=5), rng.normal(size=5)
    network = read(
        {
            "in": source(2, 4, 4),
            "conv": nir.Conv2d((4, 4), kernel, 1, 1, 1, 2, b1),
            "pool": nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0])),
            "flat": nir.Flatten({"input": np.array([4, 2, 2])}, 0, -1),
            "fc": nir.Affine(dense_w, b2),
            "scale": nir.Scale(scale),
            "lif": nir.LIF(tau=np.ones(5), r=np.ones(5), v_leak=np.zeros(5), v_threshold=np.ones(5)),
            "out": sink(5),
        }
    )

    def reference(x):
        y = slow_conv(x, kernel, (1, 1), [(1, 1), (1, 1)], (1, 1), 2) + b1[:, None, None]
        y = y.reshape(4, 2, 2, 2, 2).sum(axis=(2, 4))
        return (dense_w @ y.ravel() + b2) * scale

    zero = reference(np.zeros((2, 4, 4)))
    columns = [reference(e.reshape(2, 4, 4)) - zero for e in np.eye(32)]
    np.testing.assert_allclose(dense(network, "in", "lif"), np.stack(columns, axis=1), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(part(network, "lif").neuron.parameters["bias"], zero, rtol=1e-12)
    assert [p.name for p in network.populations] == ["in", "lif"]


def test_weights_of_zero_are_no_synapses():
    network = read({"in": source(3), "fc": nir.Linear(np.array([[1.0, 0.0, 2.0], [0.0, 0.0, 0.0]])), "if": neurons(2)})
    assert network.targets.tolist() == [3, 3]
    assert network.weights.tolist() == [1.0, 2.0]
    assert network.indptr.tolist() == [0, 1, 1, 2, 2, 2]


def test_linear_weights_with_batch_dimensions_are_blocks():
    weight = np.arange(1.0, 13.0).reshape(2, 2, 3)
    network = read({"in": source(2, 3), "fc": nir.Linear(weight), "if": neurons(2, 2)})
    expected = np.zeros((4, 6))
    expected[:2, :3], expected[2:, 3:] = weight
    np.testing.assert_array_equal(dense(network, "in", "if"), expected)


def test_a_linear_layer_acts_on_the_last_dimension_of_a_larger_input():
    weight = np.arange(1.0, 7.0).reshape(2, 3)
    network = read({"in": source(2, 3), "fc": nir.Affine(weight, np.array([7.0, 8.0])), "if": neurons(2, 2)})
    np.testing.assert_array_equal(dense(network, "in", "if"), np.kron(np.eye(2), weight))
    assert part(network, "if").neuron.parameters["bias"].tolist() == [7, 8, 7, 8]


@pytest.mark.parametrize("scale", [np.float64(3.0), np.array([1.0, 2.0]), np.array([1.0, 2.0]).reshape(2, 1, 1)])
def test_scale_broadcasts_scalars_and_channels(scale):
    network = read({"in": source(2, 2, 2), "scale": nir.Scale(scale), "if": neurons(2, 2, 2)})
    per_channel = np.broadcast_to(np.ravel(scale), 2)
    np.testing.assert_array_equal(dense(network, "in", "if"), np.diag(np.repeat(per_channel, 4)))


def test_neurons_joined_directly_have_one_synapse_each():
    network = read({"in": source(3), "a": neurons(3), "b": neurons(3)})
    np.testing.assert_array_equal(dense(network, "a", "b"), np.eye(3))
    assert network.synapse_count == 6


@pytest.mark.parametrize(
    ("node", "words"),
    [
        (nir.Conv2d((4, 4), np.ones((3, 1, 2, 2)), 1, 0, 1, 2, np.zeros(3)), "groups"),
        (nir.Conv2d((4, 4), np.ones((2, 3, 2, 2)), 1, 0, 1, 1, np.zeros(2)), "C = 3"),
        (nir.Conv2d((4, 4), np.ones((2, 2, 6, 6)), 1, 0, 1, 1, np.zeros(2)), "kernel"),
        (nir.Conv2d((5, 4), np.ones((2, 2, 2, 2)), 1, 0, 1, 1, np.zeros(2)), "2,5,4"),
        (nir.SumPool2d(np.array([2, 2]), np.array([0, 1]), np.array([0, 0])), "stride"),
        (nir.Conv2d((4, 4), np.ones((2, 2, 2, 2)), 1, (1, 1, 1), 1, 1, np.zeros(2)), "padding"),
        (nir.Conv2d((4, 4), np.ones((2, 2, 2, 2)), 1, 0, 1, 1, np.zeros(3)), "bias"),
        (nir.Conv2d((4, 4), np.full((2, 2, 2, 2), np.nan), 1, 0, 1, 1, np.zeros(2)), "NaN"),
        (nir.Linear(np.ones((3, 31))), "31 inputs"),
        (nir.Affine(np.ones((3, 32)), np.ones(4)), "bias"),
        (nir.Affine(np.full((3, 32), np.inf), np.ones(3)), "infinity"),
        (nir.Scale(np.ones(7)), "scale"),
        (nir.SumPool2d(np.array([5, 5]), np.array([1, 1]), np.array([0, 0])), "kernel"),
        (nir.AvgPool2d(np.array([2, 2]), np.array([1.5, 1]), np.array([0, 0])), "stride"),
        (nir.Flatten({"input": None}, 2, 1), "flatten"),
    ],
)
def test_a_node_that_cannot_be_understood_is_named(node, words):
    nodes = {"in": source(2, 4, 4), "culprit": node, "out": sink(1)}
    if isinstance(node, nir.Flatten):
        node.input_type = {"input": np.array([2, 4, 4])}
    with pytest.raises(InputError, match="'culprit'") as caught:
        read(nodes)
    assert words in str(caught.value)
