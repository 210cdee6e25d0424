"""The trade-off between two goals, point by point: each is the best in one goal under a falling limit on the other."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from mapper.model.goal import Ceilings, GoalOutcome
from mapper.model.mapping import Mapping
from mapper.search.cpsat.attainable import attainable_below
from mapper.search.cpsat.run import most_tokens_on_a_cycle
from mapper.search.cpsat.variables import time_unit
from mapper.search.incumbent import Outcome
from mapper.search.objectives.steps import Task, pursue
from mapper.stop import MaxRuntime

__all__ = ["Found", "sweep"]

#: Each point may take this part of the time left; what is unproven is searched so many times again.
_PART, _ROUNDS = 4, 3


@dataclass(frozen=True)
class Found:
    """One point of the front: its goals in the order in which they were minimised, within its ceilings."""

    outcome: Outcome
    goals: tuple[GoalOutcome, ...]
    statistics: dict[str, Any]
    ceilings: Ceilings

    def value(self, goal: str) -> Fraction:
        """Its figure of one of its goals."""
        return next(g.value for g in self.goals if g.goal == goal and g.value is not None)


def sweep(task: Task, axes: tuple[str, str]) -> tuple[list[Found], bool, str]:
    """The mappings that nothing beats in both goals (epsilon constraint, Haimes, Lasdon, Wismer 1971).

    First the least of the second goal, which says where the front ends. Then the least of the first, and again and
    again the least of the first among mappings that have less of the second than the point before. What is unproven
    then is searched again for as long as there is time.

    Returns
    -------
    tuple
        Points by rising first goal, whether it is proven that they are all there are, and why not.
    """
    first, second = axes
    points: list[Found] = []
    end: Found | None = None
    interrupted = False
    try:
        end = _point(task, (second, first), task.ceilings, [])
        if end.outcome.mapping is None:
            return [], end.outcome.status.value == "INFEASIBLE", end.outcome.status.value.lower()
        _go_along(task, axes, end, points)
        _prove_again(task, axes, points)
    except KeyboardInterrupt:
        interrupted = True
    if end is None:
        return [], False, "interrupted"
    interrupted = interrupted or any("interrupted" in point.statistics for point in [end, *points])
    front = _undominated([*points, end], axes)
    why = _why_partial(task, front, axes, end)
    return front, not why, "interrupted" if why and interrupted else why


def _go_along(task: Task, axes: tuple[str, str], end: Found, points: list[Found]) -> None:
    """Point after point, until none can have less of the second goal."""
    ceilings = task.ceilings
    while not (_over(task) or "interrupted" in [end, *points][-1].statistics):
        point = _point(task, axes, ceilings, _mappings([end, *points]))
        if point.outcome.mapping is None:
            return
        points.append(point)
        below = _next_below(task, axes[1], point.value(axes[1]))
        if below < end.goals[0].bound:
            return
        ceilings = ceilings.lower(axes[1], below)


def _prove_again(task: Task, axes: tuple[str, str], points: list[Found]) -> None:
    """Search again where something is unproven, all such points in turns."""
    for _ in range(_ROUNDS):
        unproven = [i for i, point in enumerate(points) if point.outcome.status.value != "OPTIMAL"]
        if not unproven or _over(task) or task.stop.seconds_left(0.0) == math.inf:
            return
        for i in unproven:
            if not _over(task) and "interrupted" not in points[i].statistics:
                points[i] = _point(task, axes, points[i].ceilings, _mappings([points[i], *points]))
            if "interrupted" in points[i].statistics:
                return


def _mappings(points: list[Found]) -> list[Mapping]:
    return [point.outcome.mapping for point in points if point.outcome.mapping is not None]


def _why_partial(task: Task, front: list[Found], axes: tuple[str, str], end: Found) -> str:
    """Nothing if all points are proven and each begins just below the one before, the last at the least there is."""
    if any(point.outcome.status.value != "OPTIMAL" for point in front):
        return "a point is unproven"
    limits = [point.ceilings.of(axes[1]) for point in front]
    below = [_next_below(task, axes[1], point.value(axes[1])) for point in front]
    follows = limits == [task.ceilings.of(axes[1]), *below[:-1]]
    chained = follows and all(point.goals[0].goal == axes[0] for point in front) and below[-1] < end.goals[0].bound
    return "" if chained else "out of time"


def _point(task: Task, objective: tuple[str, str], ceilings: Ceilings, known: list[Mapping]) -> Found:
    """One lexicographic search with its part of the time."""
    now = time.perf_counter() - task.began
    left = task.stop.seconds_left(now)
    stop = task.stop if left == math.inf else MaxRuntime(now + left / _PART) | task.stop
    part = replace(task, objective=objective, ceilings=ceilings, stop=stop)
    return Found(*pursue(part, known), ceilings)


def _over(task: Task) -> bool:
    return task.stop.seconds_left(time.perf_counter() - task.began) <= 0


def _next_below(task: Task, goal: str, value: Fraction) -> Fraction:
    """The largest figure below ``value`` that a mapping can have: energies and tiles are whole, times are made of
    whole time units and a period, whose denominator the tokens of a cycle limit.
    """
    if goal in ("energy", "tiles"):
        return value - 1
    tokens = most_tokens_on_a_cycle(task.application, task.platform, task.semantics)
    return attainable_below(value, tokens, time_unit(task.application, task.platform))


def _undominated(points: list[Found], axes: tuple[str, str]) -> list[Found]:
    """Those that no other is at least as good as in both goals; the first of equal ones."""
    kept: list[Found] = []
    for point in sorted(points, key=lambda p: (p.value(axes[0]), p.value(axes[1]))):
        if not kept or point.value(axes[1]) < kept[-1].value(axes[1]):
            kept.append(point)
    return kept
