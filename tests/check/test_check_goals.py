"""The checker refuses every lie about goals and limits."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

import mapper
from mapper.check.result import check_result
from mapper.errors import CheckError
from mapper.model.goal import Ceilings
from mapper.model.result import Status, TracePoint


@pytest.fixture(scope="module")
def result():
    net, chip = mapper.read_network("mlp_digits"), mapper.read_platform("dynapse")
    limits = Ceilings(tiles=Fraction(3))
    return mapper.map_network(net, chip, objective="period,energy", limits=limits, method="cpsat", workers=1)


def refused(result, rule):
    with pytest.raises(CheckError) as caught:
        check_result(result)
    assert caught.value.rule == rule, str(caught.value)


def with_goal(result, place, **changes):
    goals = list(result.goals)
    goals[place] = replace(goals[place], **changes)
    return goals


def test_an_honest_result_passes(result):
    assert result.status is Status.OPTIMAL
    assert any("goals and limits" in what for what in check_result(result))


def test_a_limit_that_is_not_kept(result):
    least = Ceilings(tiles=Fraction(result.evaluation.tiles_used), energy=Fraction(result.evaluation.energy_fj - 1))
    refused(replace(result, ceilings=least), "limits")


def test_a_bound_that_takes_too_much_for_granted(result):
    period = result.goals[0].value
    tight = result.goals[1].ceilings.lower("period", period - 1)
    refused(replace(result, goals=tuple(with_goal(result, 1, ceilings=tight))), "goal energy")
    unasked = result.goals[0].ceilings.lower("latency", Fraction(10**15))
    refused(replace(result, goals=tuple(with_goal(result, 0, ceilings=unasked))), "goal period")


def test_a_bound_beyond_its_argument(result):
    """Packets travel here, so no argument without distances can reach the energy."""
    assert result.evaluation.remote_packets > 0
    for name in ("no distance", "no such argument"):
        refused(replace(result, goals=tuple(with_goal(result, 1, bound_name=name))), "goal energy")


def test_more_tiles_than_slots_and_load_ask_for():
    net, chip = mapper.read_network("lsm_ecg"), mapper.read_platform("dynapse")
    found = mapper.map_network(net, chip, objective="latency,tiles", method="greedy")
    goal = found.goals[1]
    assert goal.value > 1 == goal.bound
    trace = (TracePoint(0.0, goal.value, goal.value, "slots and load"),)
    forged = replace(goal, bound=goal.value, trace=trace)
    proven = found.goals[0].proven
    status = Status.OPTIMAL if proven else Status.FEASIBLE
    refused(replace(found, goals=(found.goals[0], forged), status=status), "goal tiles")


def test_traces_that_go_backwards_or_end_elsewhere(result):
    energy = result.goals[1]
    worse = TracePoint(99.0, energy.value + 1, energy.bound, "nobody")
    refused(replace(result, goals=tuple(with_goal(result, 1, trace=(*energy.trace, worse)))), "trace")
    refused(replace(result, goals=tuple(with_goal(result, 1, trace=()))), "trace")


def test_goals_twice_or_against_the_result(result):
    refused(replace(result, goals=(result.goals[0], result.goals[0])), "goals")
    bound = replace(result.bound, value=result.bound.value - 1, name="cp-sat")
    refused(replace(result, bound=bound), "goal period")


def test_the_model_refuses_values_and_statuses_that_contradict_the_mapping(result):
    with pytest.raises(ValueError, match="OPTIMAL exactly if"):
        replace(result, status=Status.FEASIBLE)
    with pytest.raises(ValueError, match="the mapping's"):
        replace(result, goals=tuple(with_goal(result, 1, value=result.goals[1].value + 1)))
    with pytest.raises(ValueError, match="at most"):
        with_goal(result, 1, bound=result.goals[1].value + 1)
