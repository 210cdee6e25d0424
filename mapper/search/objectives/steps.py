"""Goals one after another: each is minimised among the mappings that are no worse in those before it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mapper.errors import CheckError
from mapper.evaluator import evaluate
from mapper.model.application import Application
from mapper.model.goal import NO_CEILINGS, Ceilings, GoalOutcome, figure
from mapper.model.mapping import BufferChoice, Mapping, OrderSemantics
from mapper.model.platform import Platform
from mapper.model.result import Bound, Status, TracePoint
from mapper.progress import Progress, silent
from mapper.search.bounds import best_bound
from mapper.search.incumbent import Incumbent, Outcome
from mapper.search.objectives.bounds import elementary_bound
from mapper.search.objectives.minimise import minimise_goal
from mapper.search.objectives.period import minimise_period
from mapper.search.objectives.starts import offer_starts
from mapper.search.strategy import search
from mapper.stop import MaxRuntime, Stop

__all__ = ["Task", "pursue"]


@dataclass(frozen=True)
class Task:
    """What to search: ``objective`` lists goals by falling importance; ``began`` as for :class:`Incumbent`."""

    application: Application
    platform: Platform
    stop: Stop
    began: float
    objective: tuple[str, ...] = ("period",)
    ceilings: Ceilings = NO_CEILINGS
    method: str = "auto"
    semantics: OrderSemantics = OrderSemantics.PIPELINED
    seed: int = 1
    workers: int = 0
    progress: Progress = silent
    buffers: BufferChoice = BufferChoice.FIXED


@dataclass(frozen=True)
class _Step:
    """What one goal's search left behind."""

    goal: str
    ceilings: Ceilings
    bound: Bound
    trace: tuple[TracePoint, ...]


def pursue(task: Task, known: Sequence[Mapping] = ()) -> tuple[Outcome, tuple[GoalOutcome, ...], dict[str, Any]]:
    """Minimise the goals of a task in their order, all within its ceilings.

    The period alone and without ceilings is the plain search. Each goal may use an equal part of the time that those
    before it have left. Ctrl-C or the stopping rule ends all of it with the best mapping so far.

    Parameters
    ----------
    known
        Mappings to begin with.

    Returns
    -------
    tuple
        Outcome (its status speaks of all goals, its bound of the period), what is known of each goal (nothing if the
        search was plain), and statistics by goal.
    """
    if task.objective == ("period",) and not task.ceilings:
        incumbent = _incumbent(task, "period", NO_CEILINGS, 1)
        statistics = search(incumbent, task.method, task.seed, task.workers)
        return incumbent.outcome(), (), statistics
    steps: list[_Step] = []
    ceilings, best, statistics = task.ceilings, None, {}
    infeasible = interrupted = False
    for number, goal in enumerate(task.objective):
        incumbent = _incumbent(task, goal, _without_own(ceilings, goal), len(task.objective) - number)
        _offer_known(incumbent, best, known)
        if not (infeasible or interrupted or (number and best is None)):
            statistics[goal] = _run(task, incumbent)
            infeasible = incumbent.infeasible or _too_high(incumbent, ceilings)
            interrupted = "interrupted" in statistics[goal] or "interrupted" in statistics[goal].get("cpsat", {})
        if incumbent.mapping is not None and incumbent.value is not None and _within(incumbent, ceilings):
            best = incumbent.mapping
        steps.append(_Step(goal, incumbent.ceilings, incumbent.bound, incumbent.outcome().trace))
        if best is not None and incumbent.value is not None:
            ceilings = ceilings.lower(goal, incumbent.value)
    if interrupted:
        statistics["interrupted"] = True
    return (*_conclude(task, steps, best, infeasible), statistics)


def _incumbent(task: Task, goal: str, ceilings: Ceilings, parts: int) -> Incumbent:
    """An incumbent for one goal that stops after its part of the time left."""
    bound = elementary_bound(task.application, task.platform, goal, ceilings)
    arguments = (task.application, task.platform, bound, task.stop, task.progress, task.began, task.semantics)
    incumbent = Incumbent(*arguments, goal, ceilings, task.buffers)
    now = incumbent.seconds
    left = task.stop.seconds_left(now)
    if parts > 1 and left < math.inf:
        incumbent.stop = MaxRuntime(now + left / parts) | task.stop
    return incumbent


def _without_own(ceilings: Ceilings, goal: str) -> Ceilings:
    """The goal's own ceiling does not restrict what is minimised: it is compared with the outcome instead."""
    return replace(ceilings, **{goal: None})


def _within(incumbent: Incumbent, ceilings: Ceilings) -> bool:
    own = ceilings.of(incumbent.goal)
    return own is None or (incumbent.value is not None and incumbent.value <= own)


def _too_high(incumbent: Incumbent, ceilings: Ceilings) -> bool:
    """Even the bound is above the goal's own ceiling."""
    own = ceilings.of(incumbent.goal)
    return own is not None and incumbent.bound.value > own


def _offer_known(incumbent: Incumbent, best: Mapping | None, known: Sequence[Mapping]) -> None:
    for mapping in known if best is None else [best, *known]:
        if incumbent.semantics is OrderSemantics.PIPELINED or mapping.semantics is OrderSemantics.PLAIN:
            incumbent.offer(mapping, "known before")


def _run(task: Task, incumbent: Incumbent) -> dict[str, Any]:
    if incumbent.goal == "period" and not incumbent.ceilings:
        return search(incumbent, task.method, task.seed, task.workers)
    if incumbent.goal == "period":
        return minimise_period(incumbent, task.method, task.seed, task.workers)
    offer_starts(incumbent)
    if task.method in ("cpsat", "auto") and not incumbent.should_stop():
        return {"cpsat": minimise_goal(incumbent, task.seed, task.workers)}
    return {}


def _conclude(
    task: Task, steps: list[_Step], best: Mapping | None, infeasible: bool
) -> tuple[Outcome, tuple[GoalOutcome, ...]]:
    """Each goal's figure of the last mapping; an earlier goal may have gained from a later one's search."""
    evaluation = None if best is None else evaluate(task.application, best, task.platform)
    if evaluation is not None and not task.ceilings.allow(evaluation):
        raise CheckError("limits", "the mapping found breaks one")
    goals = []
    for step in steps:
        value = None if evaluation is None else figure(evaluation, step.goal)
        trace = step.trace if evaluation is not None else tuple(replace(point, value=None) for point in step.trace)
        if value is not None and trace[-1].value != value:
            trace = (*trace, TracePoint(_last_change(steps), value, step.bound.value, "a later goal"))
        bound = step.bound
        goals.append(GoalOutcome(step.goal, value, bound.value, bound.name, bound.proof, step.ceilings, trace))
    if best is None:
        status = Status.INFEASIBLE if infeasible else Status.UNKNOWN
    else:
        status = Status.OPTIMAL if all(goal.proven for goal in goals) else Status.FEASIBLE
    periods = [step.bound for step in steps if step.goal == "period"]
    period = periods[0] if periods else best_bound(task.application, task.platform)
    return Outcome(status, best, period, ()), tuple(goals)


def _last_change(steps: list[_Step]) -> float:
    return max((point.seconds for step in steps for point in step.trace), default=0.0)
