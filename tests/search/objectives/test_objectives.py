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
