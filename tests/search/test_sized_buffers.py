"""Buffers as part of the decision: the optimum of exhaustive search, never worse than fixed ones, always legal."""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from cases import applications
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from reference import exists_below, held_by, is_below
from sized_cases import FIXED, PIPELINED, begin, chain, pair, solve, tight_platforms

from mapper.check.mapping import check_capacities
from mapper.errors import CheckError, InputError
from mapper.evaluator import mapping_period
from mapper.model.mapping import BufferChoice, Mapping, OrderSemantics
from mapper.model.result import Status
from mapper.search.strategy import METHODS, search
from mapper.stop import MaxRuntime

STEP = Fraction(1, 10**9)


def sizes(app, platform):
    """Everything that the channels could hold."""
    most = held_by(app, platform)
    return product(*(range(w + 1, high + 1) for w, high in zip(app.delay_iterations.tolist(), most, strict=True)))


def assert_optimal(app, platform, semantics):
    """The search's mapping has the period it claims, and no size of buffers, binding or order has a smaller one."""
    incumbent = solve(app, platform, semantics)
    pipelined = semantics is PIPELINED
    if incumbent.infeasible:
        everywhere = (exists_below(app, platform, Fraction(10**9), buffers=list(held)) for held in sizes(app, platform))
        assert not any(everywhere)
        return incumbent
    mapping, period = incumbent.mapping, incumbent.period
    assert incumbent.outcome().status is Status.OPTIMAL
    check_capacities(app, mapping, platform)
    binding, retiming = (dict(enumerate(column.tolist())) for column in (mapping.binding, mapping.retiming))
    orders, held = [list(order) for order in mapping.orders], mapping.buffers.tolist()
    assert is_below(app, binding, orders, platform, period + STEP, retiming, held)
    assert not is_below(app, binding, orders, platform, period, retiming, held)
    for held in sizes(app, platform):
        assert not exists_below(app, platform, period, pipelined=pipelined, buffers=list(held))
    return incumbent


@pytest.mark.parametrize("semantics", OrderSemantics)
@given(app=applications(max_clusters=3), platform=tight_platforms())
@settings(max_examples=60, deadline=None)
def test_optimum_equals_enumeration(semantics, app, platform):
    assume(app.packets.size <= 3)
    assert_optimal(app, platform, semantics)


@pytest.mark.parametrize("seed", range(6))
def test_optimum_of_four_clusters(seed):
    for semantics in OrderSemantics:
        assert_optimal(*chain(seed), semantics)


def test_often_faster_than_fixed_buffers_and_never_slower():
    gains = 0
    for seed in range(12):
        fixed, sized = (solve(*chain(seed), PIPELINED, buffers) for buffers in BufferChoice)
        assert sized.proven
        assert fixed.period is None or sized.period <= fixed.period
        gains += fixed.period is None or sized.period < fixed.period
    assert gains >= 4


@pytest.mark.parametrize("method", METHODS)
def test_infeasible_with_fixed_buffers_and_solved_with_sized_ones(method):
    """Room for five of six packets: the channel has to hold one iteration, and its round trip is the period."""
    app, chip = pair(5)
    fixed = begin(app, chip, buffers=FIXED, seconds=3.0)
    search(fixed, method, workers=1)
    assert fixed.mapping is None
    assert fixed.infeasible or method in ("greedy", "local")
    sized = begin(app, chip, seconds=3.0)
    search(sized, method, workers=1)
    assert sized.mapping.buffers.tolist() == [1]
    assert sized.period == 10 + 5 + 20
    assert sized.proven or method != "cpsat"


@given(app=applications(max_clusters=5), platform=tight_platforms(), seed=st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_every_method_offers_legal_mappings_only(app, platform, seed):
    """And a bound that no other method's mapping is below."""
    found = []
    for method in METHODS:
        incumbent = begin(app, platform, seconds=1.0)
        search(incumbent, method, seed, workers=1)
        found.append(incumbent)
        if incumbent.mapping is not None:
            check_capacities(app, incumbent.mapping, platform)
            assert mapping_period(app, incumbent.mapping, platform) == incumbent.period
    periods = [incumbent.period for incumbent in found if incumbent.period is not None]
    assert all(incumbent.bound.value <= min(periods, default=incumbent.bound.value) for incumbent in found)
    assert not (periods and any(incumbent.infeasible for incumbent in found))


@pytest.mark.parametrize("goal", ["energy", "tiles", "latency"])
def test_other_goals_take_sized_buffers_too(goal):
    from mapper.search.objectives.steps import Task, pursue

    for seed in range(4):
        app, chip = chain(seed)
        tasks = [
            Task(app, chip, MaxRuntime(20), 0.0, (goal, "period"), workers=1, buffers=buffers)
            for buffers in BufferChoice
        ]
        (_, fixed, _), (outcome, sized, _) = (pursue(replace(task, began=time.perf_counter())) for task in tasks)
        check_capacities(app, outcome.mapping, chip)
        assert fixed[0].value is None or sized[0].value <= fixed[0].value
        assert sized[0].proven or goal == "latency"


def test_buffers_are_refused_where_they_are_fixed_or_impossible():
    app, chip = pair(9)
    mapping = Mapping(np.array([0, 1]), ((0,), (1,)), np.zeros(2, np.int64), np.array([1]))
    with pytest.raises(CheckError, match="fixed"):
        begin(app, chip, buffers=FIXED).offer(mapping, "test")
    for held in ([3], [1, 1]):
        with pytest.raises(InputError, match="buffer"):
            mapping_period(app, replace(mapping, buffers=np.array(held)), chip)
    with pytest.raises(ValueError, match="buffers"):
        replace(mapping, buffers=np.array([0]))
