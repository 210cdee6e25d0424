"""Goals, limits and goals one after another, held to every mapping there is."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
from cases import applications, platforms
from enumerated import bindings, energy, plain_figures, tiles
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mapper.check.evaluation import check_figures
from mapper.evaluator import evaluate
from mapper.model.goal import GOALS, Ceilings, figure
from mapper.model.mapping import OrderSemantics
from mapper.model.result import Status
from mapper.search.objectives.steps import Task, pursue
from mapper.stop import MaxRuntime

PLAIN, PIPELINED = OrderSemantics
ALL = {goal: place for place, goal in enumerate(GOALS)}


def run(app, chip, objective, ceilings=None, semantics=PLAIN, method="cpsat"):
    task = Task(
        app, chip, MaxRuntime(30), time.perf_counter(), objective, ceilings or Ceilings(), method, semantics, workers=1
    )
    outcome, goals, _ = pursue(task)
    if outcome.mapping is not None:
        evaluation = evaluate(app, outcome.mapping, chip)
        check_figures(app, outcome.mapping, chip, evaluation)
        assert (ceilings or Ceilings()).allow(evaluation)
        for goal in goals:
            assert goal.value == figure(evaluation, goal.goal) >= goal.bound
    return outcome, goals


def lexicographic(figures, objective):
    """The best of ``figures`` in the goals' order, goal by goal."""
    return min((tuple(f[ALL[goal]] for goal in objective) for f in figures), default=None)


small_apps = applications(max_clusters=4)
small_chips = platforms(max_tiles=3, arbitrations=("tdm",))


@settings(max_examples=40)
@given(small_apps, small_chips, st.sampled_from([("energy",), ("tiles",), ("energy", "tiles"), ("tiles", "energy")]))
def test_least_energy_and_fewest_tiles_of_all_bindings(app, chip, objective):
    outcome, goals = run(app, chip, objective)
    every = [(None, energy(app, b, chip), tiles(app, b)) for b in bindings(app, chip)]
    best = lexicographic(every, objective)
    if best is None:
        assert outcome.status is Status.INFEASIBLE
    else:
        assert outcome.status is Status.OPTIMAL
        assert tuple(goal.value for goal in goals) == best


@settings(max_examples=30)
@given(
    small_apps,
    small_chips,
    st.sampled_from([("period", "energy"), ("energy", "period"), ("period", "tiles", "energy"), ("tiles", "period")]),
)
def test_goals_one_after_another_over_all_plain_mappings(app, chip, objective):
    outcome, goals = run(app, chip, objective)
    best = lexicographic(plain_figures(app, chip), objective)
    if best is None:
        assert outcome.status is Status.INFEASIBLE
    else:
        assert outcome.status is Status.OPTIMAL, goals
        assert tuple(goal.value for goal in goals) == best


@settings(max_examples=25)
@given(small_apps, small_chips, st.sampled_from([("tiles", "energy"), ("energy", "tiles")]), st.data())
def test_limits_over_all_plain_mappings(app, chip, limited, data):
    """The least period, then the least of the second goal, with limits on both."""
    every = plain_figures(app, chip)
    assume(every)
    limits = {goal: data.draw(st.sampled_from(sorted({f[ALL[goal]] for f in every})), goal) for goal in limited}
    within = [f for f in every if all(f[ALL[goal]] <= most for goal, most in limits.items())]
    objective = ("period", limited[1])
    outcome, goals = run(app, chip, objective, Ceilings(**limits))
    best = lexicographic(within, objective)
    if best is None:
        assert outcome.status is Status.INFEASIBLE
    else:
        assert outcome.status is Status.OPTIMAL
        assert tuple(goal.value for goal in goals) == best


@settings(max_examples=25)
@given(small_apps, small_chips, st.data())
def test_least_energy_of_a_throughput(app, chip, data):
    every = plain_figures(app, chip)
    assume(every)
    slowest = data.draw(st.sampled_from(sorted({f[ALL["period"]] for f in every})))
    most = slowest + data.draw(st.sampled_from([Fraction(0), Fraction(1, 3), Fraction(-1, 7)]))
    assume(most > 0)
    within = [f for f in every if f[ALL["period"]] <= most]
    outcome, goals = run(app, chip, ("energy",), Ceilings(period=most))
    if not within:
        assert outcome.status is Status.INFEASIBLE
    else:
        assert outcome.status is Status.OPTIMAL
        assert goals[0].value == min(f[ALL["energy"]] for f in within)


@settings(max_examples=25)
@given(small_apps, small_chips, st.booleans(), st.data())
def test_latency_is_never_claimed_to_be_less_than_it_can_be(app, chip, limited, data):
    """The bound holds for every plain mapping, and the value is one's."""
    every = plain_figures(app, chip)
    assume(every)
    ceilings = Ceilings()
    if limited:
        ceilings = Ceilings(period=data.draw(st.sampled_from(sorted({f[ALL["period"]] for f in every}))))
    within = {f[ALL["latency"]] for f in every if limited is False or f[ALL["period"]] <= ceilings.period}
    outcome, goals = run(app, chip, ("latency",), ceilings)
    assert goals[0].bound <= min(within)
    if outcome.mapping is not None:
        assert goals[0].value in within
    _, pipelined = run(app, chip, ("latency",), ceilings, PIPELINED)
    assert pipelined[0].bound <= min(within)


@settings(max_examples=25)
@given(small_apps, small_chips, st.sampled_from(list(OrderSemantics)), st.data())
def test_a_limit_on_the_latency(app, chip, semantics, data):
    every = plain_figures(app, chip)
    assume(every)
    most = data.draw(st.sampled_from(sorted({f[ALL["latency"]] for f in every})))
    within = [f for f in every if f[ALL["latency"]] <= most]
    outcome, goals = run(app, chip, ("energy",), Ceilings(latency=most), semantics)
    assert outcome.status is not Status.INFEASIBLE
    assert goals[0].bound <= min(f[ALL["energy"]] for f in within)
    outcome, goals = run(app, chip, ("period",), Ceilings(latency=most), semantics, method="greedy")
    assert outcome.status is not Status.INFEASIBLE
    assert goals[0].bound <= min(f[ALL["period"]] for f in within)


@settings(max_examples=20)
@given(applications(max_clusters=5), small_chips, st.data())
def test_pipelined_orders_and_higher_limits_never_cost_more(app, chip, data):
    outcome, plain = run(app, chip, ("period", "energy"))
    assume(outcome.mapping is not None)
    least, _ = run(app, chip, ("energy",), semantics=PIPELINED)
    most = evaluate(app, least.mapping, chip).energy_fj + data.draw(st.integers(0, 60))
    values = []
    for extra in (0, 15):
        found, goals = run(app, chip, ("period", "tiles"), Ceilings(energy=most + extra), PIPELINED)
        assert found.status is Status.OPTIMAL
        values.append(tuple(goal.value for goal in goals))
    assert values[1] <= values[0]
    _, free = run(app, chip, ("period", "energy"), Ceilings(tiles=chip.tiles), PIPELINED)
    assert free[0].value <= min(plain[0].value, values[1][0])


def test_unknown_goals_are_refused():
    from mapper.model.goal import objective_of

    for wrong in ("speed", "period,period", "", "period,"):
        with pytest.raises(ValueError, match="objective"):
            objective_of(wrong)


@settings(max_examples=25)
@given(
    small_apps,
    platforms(max_tiles=3, arbitrations=("round_robin",)),
    st.sampled_from([("energy",), ("tiles",), ("period", "energy")]),
    st.sampled_from(list(OrderSemantics)),
    st.data(),
)
def test_what_a_model_leaves_out_is_never_claimed(app, chip, objective, semantics, data):
    """Waits for other bundles are in no model: bounds hold, and OPTIMAL is said only where it is true."""
    every = plain_figures(app, chip)
    assume(every)
    most = data.draw(st.none() | st.sampled_from(sorted({f[ALL["period"]] for f in every})))
    best = lexicographic([f for f in every if most is None or f[ALL["period"]] <= most], objective)
    outcome, goals = run(app, chip, objective, Ceilings(period=most), semantics)
    assert outcome.status is not Status.INFEASIBLE
    assert goals[0].bound <= best[0]
    if outcome.mapping is not None and semantics is PLAIN:
        reached = tuple(goal.value for goal in goals)
        assert reached == best if outcome.status is Status.OPTIMAL else reached >= best
