"""Goals and limits of a result for machines and for people."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mapper.model.goal import Ceilings, GoalOutcome
from mapper.model.result import Result
from mapper.report import units

__all__ = ["ceilings_text", "exact_stages", "goal_entries", "goal_lines", "goal_value"]


def goal_entries(result: Result) -> dict[str, Any]:
    """``goals`` and ``limits`` of the summary, if there are any; values as fraction strings in ps, fJ or tiles."""
    if not result.goals:
        return {}
    return {
        "goals": [
            {
                "goal": goal.goal,
                "value": None if goal.value is None else str(goal.value),
                "bound": str(goal.bound),
                "bound_name": goal.bound_name,
                "proven": goal.proven,
                "at_most": {name: str(goal.ceilings.of(name)) for name in goal.ceilings.named()},
            }
            for goal in result.goals
        ],
        "limits": {name: str(result.ceilings.of(name)) for name in result.ceilings.named()},
    }


def goal_lines(result: Result) -> list[str]:
    """One line a goal and one for the limits."""
    lines = []
    if result.ceilings:
        lines.append(f"limits       {ceilings_text(result.ceilings)}")
    for place, goal in enumerate(result.goals):
        label = "objective    " if place == 0 else "             then "
        lines.append(label + _line(goal))
    return lines


def _line(goal: GoalOutcome) -> str:
    if goal.value is None:
        return f"{goal.goal}: none found, at least {goal_value(goal.goal, goal.bound)} ({goal.bound_name})"
    value = f"{goal.goal} {goal_value(goal.goal, goal.value)}"
    if goal.proven:
        return f"{value}: proven least ({goal.bound_name})"
    return f"{value}: at least {goal_value(goal.goal, goal.bound)} ({goal.bound_name})"


def goal_value(goal: str, value: Fraction) -> str:
    """A figure of a goal with its unit.

    >>> goal_value("energy", Fraction(2_500_000)), goal_value("tiles", Fraction(3))
    ('2.5 nJ', '3')
    """
    if goal == "energy":
        return units.energy(int(value)) if value.denominator == 1 else units.energy(round(float(value)))
    return str(value) if goal == "tiles" else units.time(value)


def ceilings_text(ceilings: Ceilings) -> str:
    """Limits for people."""
    parts = [f"{goal} <= {goal_value(goal, ceilings.of(goal) or Fraction(0))}" for goal in ceilings.named()]
    return ", ".join(parts)


def exact_stages(result: Result) -> list[dict[str, Any]]:
    """Statistics of every exact search of the run: the plain one, and those of the goals."""
    statistics = result.statistics
    found = [statistics.get("cpsat")] + [statistics.get(goal.goal, {}).get("cpsat") for goal in result.goals]
    return [stage for stage in found if stage]
