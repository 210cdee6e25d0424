"""A few steps at the end of growing: legal, never worse, the same for the same seed, and only where they pay."""

from __future__ import annotations

import numpy as np
import pytest
from clustering_rules import assert_legal, clustering_cases
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.compiled import kernel
from mapper.lower.semantics import Iteration
from mapper.model.network import SpikingNetwork
from mapper.search.cluster.grow import cluster_by_growing, cluster_by_next_fit
from mapper.search.cluster.limits import Limits, limit_rows
from mapper.search.cluster.metrics import cost, measure
from mapper.search.cluster.params import ClusterParams
from mapper.search.cluster.refine import brief as brief_module
from mapper.search.cluster.refine.brief import WORTH_COMPILING, Brief, brief_steps, refine_briefly
from mapper.search.cluster.refine.step import search_steps
from mapper.stop import MaxRuntime


@given(clustering_cases(), st.sampled_from(["balanced", "clusters", "packets"]), st.integers(0, 3))
@settings(max_examples=60)
def test_brief_steps_leave_a_legal_clustering_that_is_not_worse(case, objective, seed):
    network, limits, iteration = case
    params = ClusterParams(iteration, seed, objective=objective)
    start = cluster_by_next_fit(network, limits, params)
    found = refine_briefly(
        network, start, limit_rows(limits, network.windows), params, Brief(20, seed % 2 == 1), lambda _: False
    )
    assert_legal(network, found, limits, iteration)
    assert found.method == start.method
    assert cost(measure(network, found), objective) <= cost(measure(network, start), objective)


def pairs(n=400, seed=3):
    """Neurons on a ring of shuffled numbers, each with near sources."""
    rng = np.random.default_rng(seed)
    number = rng.permutation(n)
    post = np.repeat(np.arange(n), 8)
    pre = (post + np.tile(np.arange(1, 9), n) ** 2) % n
    return SpikingNetwork.from_edges("ring", n, number[pre], number[post], spike_counts=rng.integers(0, 20, n))


def test_steps_save_packets_and_end_when_it_is_late():
    network, limits = pairs(), Limits(24, 16, 512)
    params = ClusterParams(Iteration.TIMESTEP)
    start = cluster_by_next_fit(network, limits, params)
    brief = Brief(500, compiled=True)
    late = refine_briefly(network, start, limit_rows(limits, network.windows), params, brief, lambda _: True)
    assert late.assignment.tolist() == start.assignment.tolist()
    found, again = (
        refine_briefly(network, start, limit_rows(limits, network.windows), params, brief, lambda _: False)
        for _ in "ab"
    )
    assert found.assignment.tolist() == again.assignment.tolist()
    assert cost(measure(network, found)) < cost(measure(network, start))


@pytest.mark.parametrize("iteration", list(Iteration))
def test_plain_and_compiled_code_give_one_clustering(iteration):
    network, limits, params = pairs(), Limits(24, 16, 512), ClusterParams(iteration)
    start = cluster_by_next_fit(network, limits, params)
    plain, compiled = (
        refine_briefly(network, start, limit_rows(limits, network.windows), params, Brief(100, way), lambda _: False)
        for way in (False, True)
    )
    assert plain.assignment.tolist() == compiled.assignment.tolist() != start.assignment.tolist()


def test_the_number_of_steps_follows_the_work_and_small_networks_wait_for_no_compiler(monkeypatch):
    for known in (True, False):
        for name in ("cached", "loaded"):
            monkeypatch.setattr(type(search_steps), name, property(lambda _, known=known: known))
        large = [brief_steps(2e7, WORTH_COMPILING, WORTH_COMPILING, 50, convex) for convex in (False, True)]
        assert all(brief.compiled for brief in large)
        assert large[0].steps > large[1].steps >= 150
        assert brief_steps(2e7, 40 * WORTH_COMPILING, 2000, 50, convex=False).compiled
        small = brief_steps(2e7, 2000, 2000, 10, convex=True)
        assert not small.compiled
        assert 30 <= small.steps < 100
        assert brief_steps(1e5, 2000, 2000, 10, convex=False) is None
        assert brief_steps(1e9, 2000, 2000, 1, convex=False) is None


@pytest.mark.parametrize("iteration", list(Iteration))
def test_polished_growing_is_legal_repeats_and_is_not_worse_than_its_own_half(iteration, monkeypatch):
    monkeypatch.setattr(kernel, "THRESHOLD", 0)
    monkeypatch.setattr(brief_module, "WORTH_COMPILING", 0)
    network, limits = pairs(), Limits(24, 16, 512)
    full, half = (ClusterParams(iteration, stop=MaxRuntime(seconds)) for seconds in (0.2, 0.1))
    found, again = (cluster_by_growing(network, limits, full) for _ in range(2))
    assert_legal(network, found, limits, iteration)
    assert found.assignment.tolist() == again.assignment.tolist()
    plain = cluster_by_growing(network, limits, half, polish=False)
    assert cost(measure(network, found)) <= cost(measure(network, plain))
