"""Unrolled networks compute the same sums within the crossbar's rows."""

from __future__ import annotations

import numpy as np
import pytest
from cases import networks
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.errors import InputError
from mapper.model.network import Population, SpikingNetwork
from mapper.search.cluster.unroll import unroll_fan_in
from mapper.search.cluster.unroll_plans import SCHEMES


def distinct_sources(network):
    sources = [set() for _ in range(network.size)]
    for a, b in zip(network.sources().tolist(), network.targets.tolist(), strict=True):
        sources[b].add(a)
    return sources


@given(networks(), st.integers(2, 4), st.sampled_from(SCHEMES))
@settings(max_examples=300)
def test_trees_keep_every_synapse_and_respect_the_rows(network, rows, scheme):
    tree = unroll_fan_in(network, rows, scheme=scheme)
    unrolled = tree.network
    assert max((len(s) for s in distinct_sources(unrolled)), default=0) <= rows
    assert (unrolled.is_input == (network.is_input[tree.origin] & ~tree.partial)).all()
    original = np.flatnonzero(~tree.partial)
    assert tree.origin[original].tolist() == list(range(network.size))

    # Follow every synapse from a real source through partial units to the neuron it was made for.
    leaves, inner = [], 0
    for s, (a, b) in enumerate(zip(unrolled.sources().tolist(), unrolled.targets.tolist(), strict=True)):
        if tree.partial[a]:
            inner += 1
            assert tree.origin[a] == tree.origin[b], "partial sums stay with their neuron"
        else:
            delay = 0 if unrolled.delays is None else int(unrolled.delays[s])
            leaves.append((int(tree.origin[a]), int(tree.origin[b]), delay))
    delays = [0] * network.synapse_count if network.delays is None else network.delays.tolist()
    assert sorted(leaves) == sorted(zip(network.sources().tolist(), network.targets.tolist(), delays, strict=True))
    assert inner == tree.partial.sum(), "every partial unit feeds exactly one unit"
    assert [p.name for p in unrolled.populations if ".partial" not in p.name] == [p.name for p in network.populations]


@given(networks(), st.integers(2, 4), st.sampled_from(SCHEMES))
def test_partial_units_fire_no_more_than_inputs_or_steps(network, rows, scheme):
    tree = unroll_fan_in(network, rows, scheme=scheme)
    counts, limit = tree.network.spike_counts, network.steps * network.windows
    sources = distinct_sources(tree.network)
    for unit in np.flatnonzero(tree.partial).tolist():
        assert counts[unit] == min(limit, sum(int(counts[a]) for a in sources[unit]))
    summed = unroll_fan_in(network, rows, partial_spikes="sum", scheme=scheme).network.spike_counts
    for unit in np.flatnonzero(tree.partial).tolist():
        assert summed[unit] == sum(int(summed[a]) for a in sources[unit])


def test_equal_inputs_are_cut_alike_and_evenly():
    pre = [a for _ in range(3) for a in range(10)]
    post = [b for b in (10, 11, 12) for _ in range(10)]
    tree = unroll_fan_in(SpikingNetwork.from_edges("twins", 13, pre, post), 4)
    sources = distinct_sources(tree.network)
    runs = [frozenset(sources[u]) for u in np.flatnonzero(tree.partial).tolist()]
    assert sorted(map(len, set(runs))) == [3, 3, 4]
    assert all(runs.count(run) == 3 for run in runs)


def test_a_very_wide_neuron_gets_a_balanced_tree():
    tree = unroll_fan_in(SpikingNetwork.from_edges("star", 1001, range(1000), [1000] * 1000), 10)
    assert tree.partial.sum() == 110  # 100 units of 10 inputs, 10 units of 10 units, the neuron itself
    assert [p.size for p in tree.network.populations] == [100, 10, 1001]


@pytest.mark.parametrize(("unroll", "rows"), [(False, 2), (True, 1)])
def test_refusal_names_neuron_fan_in_and_rows(unroll, rows):
    network = SpikingNetwork.from_edges("wide", 4, [0, 1, 2], [3, 3, 3])
    with pytest.raises(InputError, match=rf"neuron 3 .*at most {rows} inputs.*fan-in of 3"):
        unroll_fan_in(network, rows, unroll=unroll)


def star(width, rows, scheme):
    network = SpikingNetwork.from_edges("star", width + 1, range(width), [width] * width)
    return unroll_fan_in(network, rows, scheme=scheme)


def test_the_direct_scheme_needs_the_fewest_units():
    """A unit takes N sources off the neuron and adds one: (130 - 100) / 99, rounded up."""
    assert star(130, 100, "direct").partial.sum() == 1
    assert star(130, 100, "balanced").partial.sum() == 2
    for width in range(5, 17):
        least = -(-(width - 4) // 3)
        assert star(width, 4, "direct").partial.sum() >= least
        if least <= 4:
            assert star(width, 4, "direct").partial.sum() == least


def test_a_chain_is_as_deep_as_it_has_units():
    tree = star(10, 4, "chain")
    assert [p.name for p in tree.network.populations] == ["neurons.partial1", "neurons.partial2", "neurons"]
    assert sorted(map(len, distinct_sources(tree.network)))[-3:] == [4, 4, 4]


def test_channels_are_not_cut_where_they_fit():
    """Five channels of four pixels, eleven rows: two channels a unit, where equal runs would cut the third."""
    layer = (Population("in", 0, 20, (5, 2, 2)), Population("out", 20, 21))
    network = SpikingNetwork.from_edges("conv", 21, range(20), [20] * 20, populations=layer)

    def units(scheme):
        tree = unroll_fan_in(network, 11, scheme=scheme)
        return [sorted(distinct_sources(tree.network)[u]) for u in np.flatnonzero(tree.partial)]

    assert units("channels") == [list(range(8)), list(range(8, 16)), list(range(16, 20))]
    assert units("balanced") == [list(range(10)), list(range(10, 20))]


def test_full_runs_leave_the_rest_to_the_last_unit():
    tree = star(784, 128, "full")
    widths = [len(sources) for sources in distinct_sources(tree.network) if sources]
    assert widths == [*[128] * 6, 16, 7]  # seven units, and the neuron that adds them up


def test_an_unknown_scheme_is_refused():
    with pytest.raises(InputError, match="balanced, channels, direct, full, chain"):
        star(5, 4, "bushy")
