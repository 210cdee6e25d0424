"""Goals, limits and traces in result files: fractions are strings like ``"7/2"``, units those of the goal."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mapper.model.goal import Ceilings, GoalOutcome
from mapper.model.result import TracePoint

__all__ = ["ceilings_from_dict", "ceilings_to_dict", "goal_from_dict", "goal_to_dict"]

#: Each goal's key with its unit.
KEYS = {"period": "period_ps", "energy": "energy_fj", "tiles": "tiles", "latency": "latency_ps"}


def ceilings_to_dict(ceilings: Ceilings) -> dict[str, str]:
    """The largest figures that were allowed, by their keys with unit.

    Examples
    --------
    >>> ceilings_to_dict(Ceilings(period=Fraction(7, 2), tiles=Fraction(3)))
    {'period_ps': '7/2', 'tiles': '3'}
    """
    return {KEYS[goal]: str(ceilings.of(goal)) for goal in ceilings.named()}


def ceilings_from_dict(entry: dict[str, Any]) -> Ceilings:
    """The other way round; an unknown key is a ``KeyError``."""
    goals = {key: goal for goal, key in KEYS.items()}
    return Ceilings(**{goals[key]: Fraction(value) for key, value in entry.items()})


def goal_to_dict(goal: GoalOutcome) -> dict[str, Any]:
    """One goal of a result."""
    return {
        "goal": goal.goal,
        "value": _text(goal.value),
        "bound": str(goal.bound),
        "bound_name": goal.bound_name,
        "proof": goal.proof,
        "proven": goal.proven,
        "at_most": ceilings_to_dict(goal.ceilings),
        "trace": [
            {"seconds": p.seconds, "value": _text(p.value), "bound": _text(p.bound), "by": p.by} for p in goal.trace
        ],
    }


def goal_from_dict(entry: dict[str, Any]) -> GoalOutcome:
    """The other way round."""
    return GoalOutcome(
        goal=entry["goal"],
        value=_number(entry["value"]),
        bound=Fraction(entry["bound"]),
        bound_name=entry["bound_name"],
        proof=entry["proof"],
        ceilings=ceilings_from_dict(entry["at_most"]),
        trace=tuple(
            TracePoint(p["seconds"], _number(p["value"]), _number(p["bound"]), p["by"]) for p in entry["trace"]
        ),
    )


def _text(value: Fraction | None) -> str | None:
    return None if value is None else str(value)


def _number(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)
