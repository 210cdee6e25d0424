"""The exact search against exhaustive enumeration, on every topology and with every timing term."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from cases import application, applications, platforms
from hypothesis import given, settings
from reference import exists_below, is_below

from mapper.model.mapping import OrderSemantics
from mapper.model.platform import Platform, TileClass, Timing
from mapper.model.result import Bound, Status
from mapper.model.topology import Mesh
from mapper.search.bounds import best_bound
from mapper.search.cpsat.ask import ask_for_period
from mapper.search.cpsat.search import ExactSearch, search_exactly
from mapper.search.greedy import search_greedily
from mapper.search.incumbent import Incumbent
from mapper.stop import MaxRuntime

PLAIN, PIPELINED = OrderSemantics


def solve(app, platform, semantics, seconds=30.0):
    incumbent = Incumbent(app, platform, best_bound(app, platform), MaxRuntime(seconds), semantics=semantics)
    search_greedily(incumbent)
    greedy = incumbent.period
    search_exactly(incumbent, seed=1, workers=1)
    return incumbent, greedy


def assert_optimal(app, platform, semantics, first_tiles=None):
    """The search's answer is reached by its mapping, and enumeration finds nothing better; returns the period."""
    incumbent, greedy = solve(app, platform, semantics)
    pipelined = semantics is PIPELINED
    outcome = incumbent.outcome()
    if outcome.status is Status.INFEASIBLE:
        assert not exists_below(app, platform, Fraction(10**9))
        return None
    assert outcome.status is Status.OPTIMAL
    assert greedy is None or incumbent.period <= greedy
    binding = dict(enumerate(outcome.mapping.binding.tolist()))
    orders = [list(order) for order in outcome.mapping.orders]
    retiming = dict(enumerate(outcome.mapping.retiming.tolist()))
    step = Fraction(1, 10**9)
    assert is_below(app, binding, orders, platform, incumbent.period + step, retiming)
    assert not is_below(app, binding, orders, platform, incumbent.period, retiming)
    assert exists_below(app, platform, incumbent.period + step, first_tiles, pipelined)
    assert not exists_below(app, platform, incumbent.period, first_tiles, pipelined)
    return incumbent.period


@given(applications(max_clusters=4), platforms(arbitrations=("tdm",)))
@settings(max_examples=100)
def test_plain_optimum_equals_enumeration(app, platform):
    assert_optimal(app, platform, PLAIN)


@given(applications(max_clusters=4), platforms(arbitrations=("tdm",)))
@settings(max_examples=100)
def test_pipelined_optimum_equals_enumeration(app, platform):
    assert_optimal(app, platform, PIPELINED)


def test_a_refused_period_is_a_bound_and_not_the_end():
    app = application([7, 9], [(0, 1)], [1], [0])
    kind = TileClass("t", 4, 4, clusters_per_crossbar=None)
    chip = Platform("one", Mesh(1, 1), (kind,), np.zeros(1, np.int32))
    nothing_known = Bound(Fraction(0), "none", "")
    incumbent = Incumbent(app, chip, nothing_known, MaxRuntime(30), semantics=PLAIN)
    ask_for_period(ExactSearch(incumbent, workers=1).run, Fraction(12), 10.0)
    assert not incumbent.infeasible
    assert 12 < incumbent.bound.value <= 16


# Seeds whose enumeration takes more than a few seconds are left out: 10, and some beyond 20.
def layered(rng, clusters):
    """A feed-forward application with some feedback, about two channels a cluster."""
    channels, delays = [], []
    for b in range(1, clusters):
        for a in {int(rng.integers(0, b)) for _ in range(2)}:
            channels.append((a, b))
            delays.append(0)
    channels.append((clusters - 1, int(rng.integers(0, clusters - 1))))
    delays.append(1)
    times = rng.integers(5, 30, clusters).tolist()
    return application(times, channels, rng.integers(0, 5, len(channels)).tolist(), delays)


@pytest.mark.parametrize("seed", [seed for seed in range(21) if seed != 10])
def test_optimum_of_up_to_twelve_clusters_on_four_tiles(seed):
    rng = np.random.default_rng(seed)
    app = layered(rng, [6, 7, 8, 9, 10, 12][seed % 6])
    chip = Platform(
        "chip",
        Mesh(2, 2),
        (TileClass("tile", 4, 4, clusters_per_crossbar=None),),
        np.zeros(4, np.int32),
        timing=Timing(setup_ps=2, hop_ps=3, packet_ps=1),
        buffer_iterations=1 + seed % 2,
    )
    assert_optimal(app, chip, PLAIN, first_tiles=[0])  # all four corners are alike
