"""A front for machines and for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mapper.model.front import Front
from mapper.report.goals import goal_value
from mapper.report.result import result_summary

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["front_summary", "front_table"]


def front_summary(front: Front) -> dict[str, Any]:
    """Axes, completeness and each point's summary."""
    return {
        "axes": list(front.axes),
        "complete": front.complete,
        "reason": front.reason,
        "seconds": front.seconds,
        "points": [result_summary(point) for point in front.points],
    }


def front_table(front: Front) -> Table | str:
    """One row a point: every figure, and what is proven of the two goals."""
    if not front.points:
        return "No mapping stays within the limits." if front.complete else f"No mapping found ({front.reason})."
    from rich.table import Table

    network = front.points[0].network.name
    ends = "complete, proven" if front.complete else f"partial: {front.reason}"
    table = Table(title=f"{network} on {front.points[0].platform.name}: {' against '.join(front.axes)} ({ends})")
    for heading in ("period", "energy", "tiles", "latency", *(f"least {axis}" for axis in front.axes)):
        table.add_column(heading, justify="right")
    for point in front.points:
        evaluation = point.evaluation
        assert evaluation is not None
        bounds = {goal.goal: "proven" if goal.proven else goal_value(goal.goal, goal.bound) for goal in point.goals}
        table.add_row(
            goal_value("period", evaluation.period),
            goal_value("energy", evaluation.energy_fj),  # type: ignore[arg-type] # whole numbers are rational
            str(evaluation.tiles_used),
            goal_value("latency", evaluation.latency),
            *(bounds.get(axis, "") for axis in front.axes),
        )
    return table
