"""The synapses of stencils are those of the definition, and a neuron's are written out only when asked for."""

from __future__ import annotations

import copy
import pickle
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from implicit_cases import implicit_networks, stencils, synapses_of
from scipy.signal import correlate2d

from mapper.model import blocks as blocks_module
from mapper.model import stencil as stencil_module
from mapper.model.blocks import Block, Blocks, Listed
from mapper.model.network import Population, SpikingNetwork
from mapper.model.rows import Rows
from mapper.model.stencil import Stencil, Taps


def listed(piece, start):
    return list(zip(piece.sources(start).tolist(), piece.targets.tolist(), piece.weights.tolist(), strict=True))


@given(stencils(), st.data())
@settings(max_examples=150)
def test_a_stencil_has_the_synapses_of_the_definition(stencil, data):
    expected = synapses_of(stencil)
    sources, targets = stencil.size
    start = data.draw(st.integers(0, sources))
    stop = data.draw(st.integers(start, sources))
    kept, stencil_module._SPAN = stencil_module._SPAN, data.draw(st.sampled_from([1, 4, 20, 1000]))
    try:
        assert listed(stencil.piece(start, stop), start) == [e for e in expected if start <= e[0] < stop]
        bare = stencil.piece(0, sources, weighted=False)
    finally:
        stencil_module._SPAN = kept
    assert bare.weights is None
    assert bare.targets.tolist() == [t for _, t, _ in expected]
    assert stencil.synapse_count == len(expected)
    assert stencil.fan_out().tolist() == np.diff(bare.indptr).tolist()
    assert stencil.fan_out().tolist() == [sum(s == i for s, _, _ in expected) for i in range(sources)]
    assert stencil.fan_in().tolist() == [sum(t == i for _, t, _ in expected) for i in range(targets)]


@given(stencils())
@settings(max_examples=100)
def test_sources_that_are_alike_have_equal_targets(stencil):
    rows = [[] for _ in range(stencil.size[0])]
    for source, target, _ in synapses_of(stencil):
        rows[source].append(target)
    leader = stencil.alike().tolist()
    assert all(first <= i and rows[i] == rows[first] and leader[first] == first for i, first in enumerate(leader))
    if (stencil.weights != 0).all():  # the channels of a group are alike
        assert len(set(leader)) == stencil.groups * stencil.area


@given(st.integers(3, 7), st.integers(3, 7), st.integers(1, 3), st.integers(1, 3), st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_a_stencil_computes_the_cross_correlation(height, width, rows, columns, seed):
    rng = np.random.default_rng(seed)
    weights = rng.integers(-4, 5, (2, 3, rows, columns)).astype(np.float32)

    def valid(size, kernel):
        to, tap = (a.ravel() for a in np.indices((size - kernel + 1, kernel)))
        return Taps(size, size - kernel + 1, to + tap, tap, to)

    stencil = Stencil(weights, valid(height, rows), valid(width, columns))
    x = rng.integers(-4, 5, (3, height, width)).astype(float)
    expected = [sum(correlate2d(x[c], weights[o, c], "valid") for c in range(3)) for o in range(2)]
    piece = stencil.piece(0, x.size)
    got = np.zeros(stencil.size[1])
    np.add.at(got, piece.targets, piece.weights * x.ravel()[piece.sources(0)])
    np.testing.assert_array_equal(got, np.stack(expected).ravel())


@given(implicit_networks(), st.data())
@settings(max_examples=150)
def test_an_implicit_network_is_the_explicit_one(network, data):
    rows = [[] for _ in range(network.size)]
    for block in network.blocks.blocks:
        for source, target, weight in synapses_of(block.synapses):
            rows[block.source + source].append((block.target + target, weight, block.delay))
    expected = [(i, *one) for i, row in enumerate(rows) for one in row]
    start = data.draw(st.integers(0, network.size))
    stop = data.draw(st.integers(start, network.size))
    kept, blocks_module.MOST = blocks_module.MOST, data.draw(st.sampled_from([1, 5, 1000]))
    try:
        assert listed(network.rows(start, stop, weighted=True), start) == [
            (i, t, w) for i, t, w, _ in expected if start <= i < stop
        ]
        assert network.synapse_count == len(expected)
        assert network.fan_in().tolist() == [sum(t == i for _, t, _, _ in expected) for i in range(network.size)]
        assert network.delayed == network.blocks.delayed
        assert network.weighted
        forward = all(network.population_of()[i] < network.population_of()[t] for i, t, _, _ in expected)
        assert forward or not network.layered
        assert not {"targets", "weights", "delays"} & set(vars(network))
        found = zip(network.sources().tolist(), network.targets.tolist(), network.weights.tolist(), strict=True)
        assert list(found) == [one[:3] for one in expected]
    finally:
        blocks_module.MOST = kept
    assert (network.targets.dtype, network.weights.dtype) == (np.int32, np.float32)
    assert network.targets is network.targets
    if network.delayed:
        assert network.delays.tolist() == [one[3] for one in expected]
    else:
        assert network.delays is None
    for i, first in enumerate(network.alike().tolist()):
        assert [(t, d) for t, _, d in rows[i]] == [(t, d) for t, _, d in rows[first]]


def chain(zeros=False):
    """Two 3 x 3 convolutions of 8 channels on 24 x 24, padded by one."""
    to, tap = (a.ravel() for a in np.indices((24, 3)))
    inside = (to + tap - 1 >= 0) & (to + tap - 1 < 24)
    axis = Taps(24, 24, (to + tap - 1)[inside], tap[inside], to[inside])
    weights = np.ones((8, 8, 3, 3), np.float32)
    weights[0, 0, 0, 0] = 0 if zeros else 1
    stencil, n = Stencil(weights, axis, axis), 8 * 24 * 24
    layers = tuple(Population(f"p{i}", i * n, (i + 1) * n, (8, 24, 24)) for i in range(3))
    blocks = Blocks(3 * n, (Block(0, n, stencil), Block(n, 2 * n, stencil)))
    return SpikingNetwork.from_blocks("chain", layers, blocks, np.arange(3 * n) < n)


@pytest.mark.parametrize("zeros", [False, True])
def test_sizes_cost_no_memory_per_synapse(zeros):
    tracemalloc.start()
    network = chain(zeros)
    assert network.synapse_count == network.fan_in().sum()
    rows = network.rows(0, 24)
    implicit = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    assert network.targets.size == network.weights.size == network.synapse_count > 600_000
    explicit = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows.targets.size == network.indptr[24]
    assert implicit < 0.3 * 8 * network.synapse_count < explicit


def test_a_recording_leaves_a_network_implicit():
    network = chain()
    recorded = network.with_spikes(np.arange(network.size), 7, 3)
    assert recorded.spike_counts.tolist() == list(range(network.size))
    assert (recorded.steps, recorded.windows, recorded.blocks) == (7, 3, network.blocks)
    assert (network.with_spikes(np.ones(network.size, int)).steps, network.spike_counts) == (1, None)
    assert "targets" not in vars(recorded)
    made = network.targets
    assert network.with_spikes(np.ones(network.size, int)).targets is made
    explicit = replace(network, name="explicit")
    assert explicit.blocks is None
    assert explicit.with_spikes(np.ones(network.size, int), 4).steps == 4
    np.testing.assert_array_equal(explicit.targets, made)


def test_copies_stay_implicit_and_unknown_names_are_refused():
    network = chain()
    for other in (copy.copy(network), pickle.loads(pickle.dumps(network))):
        assert "targets" not in vars(other)
        assert other.rows(0, 9).targets.tolist() == network.rows(0, 9).targets.tolist()
    assert "targets" not in repr(network)
    with pytest.raises(AttributeError, match="fan_out"):
        network.fan_out  # noqa: B018
    with pytest.raises(ValueError, match="read-only"):
        network.targets[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        network.rows(0, 9).targets[0] = 1


ONE = Taps(1, 1, [0], [0], [0])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Taps(2, 2, [0, 1], [0], [0, 1]), "one length"),
        (lambda: Taps(2, 2, [0, 2], [0, 0], [0, 1]), "sources below 2"),
        (lambda: Taps(2, 2, [0, 1], [0, 0], [0, 2]), "targets below 2"),
        (lambda: Taps(2, 2, [0, 0], [0, 1], [1, 1]), "meet once"),
        (lambda: Taps(2, 2, [0, 0], [0, -1], [0, 1]), ">= 0"),
        (lambda: Stencil(np.ones((1, 1, 1)), ONE, ONE), "shape"),
        (lambda: Stencil(np.full((1, 1, 1, 1), np.inf), ONE, ONE), "finite"),
        (lambda: Stencil(np.ones((3, 1, 1, 1)), ONE, ONE, 2), "divisor of 3"),
        (lambda: Stencil(np.ones((1, 1, 1, 1)), ONE, Taps(1, 1, [0], [1], [0])), "kernel elements below 1"),
        (lambda: Listed(Rows(np.array([0, 1]), np.array([1], np.int32)), 1), "neurons below 1"),
        (lambda: Blocks(2, (block(0, 2),)), "neurons below 2"),
        (lambda: Blocks(2, (Block(0, 1, block(0, 1).synapses, -1),)), "delays"),
        (lambda: Blocks(3, (block(0, 2), wide(0, 2))), "equal runs"),
        (lambda: Blocks(3, (block(1, 2), wide(0, 2))), "overlap"),
        (lambda: network_of(Blocks(2, (block(0, 0),))), "receive no synapse"),
    ],
)
def test_what_does_not_fit_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def block(source, target):
    return Block(source, target, Stencil(np.ones((1, 1, 1, 1)), ONE, ONE))


def wide(source, target):
    """From two neurons."""
    return Block(source, target, Stencil(np.ones((1, 2, 1, 1)), ONE, ONE))


def network_of(blocks):
    return SpikingNetwork.from_blocks("n", (Population("p", 0, blocks.n),), blocks, np.arange(blocks.n) < 1)


def test_the_same_blocks_without_a_wrong_one_are_accepted():
    assert Blocks(3, (block(0, 2), block(0, 1))).rows(0, 1).targets.tolist() == [2, 1]
    assert Blocks(3, (block(2, 2), wide(0, 2))).indptr.tolist() == [0, 1, 2, 3]
    assert network_of(Blocks(2, (block(0, 1),))).synapse_count == 1
