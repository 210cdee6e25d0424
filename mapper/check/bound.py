"""The bound's arithmetic: recomputed where its argument is elementary, else consistent with everything known.

What only a solver can prove again is named as such: :func:`check_bound` says which of the two it was.
"""

from __future__ import annotations

from mapper.check.bound_arguments import ELEMENTARY, proves
from mapper.errors import CheckError
from mapper.model.result import SOLVER_BOUNDS, Result, Status

__all__ = ["check_bound"]


def check_bound(result: Result) -> str:
    """The bound is at most the period, equal exactly if OPTIMAL, the trace never goes backwards, and an elementary
    bound is proven by its argument.

    Returns
    -------
    str
        What was verified, and what is only stated.

    Raises
    ------
    CheckError
    """
    bound, evaluation = result.bound, result.evaluation
    if bound.name not in (*ELEMENTARY, *SOLVER_BOUNDS):
        raise CheckError("bound", f"no argument is called {bound.name!r}")
    if bound.value < 0:
        raise CheckError("bound", f"{bound.value} ps is no period")
    if evaluation is not None and bound.value > evaluation.period:
        raise CheckError("bound", f"{bound.value} ps is above the period {evaluation.period} ps of a legal mapping")
    if not result.goals:
        _check_story(result)
    if bound.name in ELEMENTARY and not proves(bound.name, bound.value, result.application, result.platform):
        raise CheckError("bound", f"the argument {bound.name!r} does not give {bound.value} ps")
    if result.status is Status.INFEASIBLE:
        return _check_infeasible(result)
    if bound.name in SOLVER_BOUNDS:
        return "bound (stated by the solver and consistent; only the solver could prove it again)"
    return f"bound ({bound.name}, recomputed)"


def _check_story(result: Result) -> None:
    """Status and trace of a search for the period alone."""
    bound, evaluation = result.bound, result.evaluation
    if evaluation is not None and (result.status is Status.OPTIMAL) != (bound.value == evaluation.period):
        raise CheckError("status", f"{result.status.value} with period {evaluation.period}, bound {bound.value}")
    periods = [point.period for point in result.trace if point.period is not None]
    bounds = [point.bound for point in result.trace if point.bound is not None]
    if periods != sorted(periods, reverse=True) or bounds != sorted(bounds):
        raise CheckError("trace", "the incumbent or the bound gets worse over time")
    if not result.trace or periods[-1:] != ([] if evaluation is None else [evaluation.period]):
        raise CheckError("trace", "it does not end with the result's period")
    if bounds[-1:] != [bound.value]:
        raise CheckError("trace", "it does not end with the result's bound")


def _check_infeasible(result: Result) -> str:
    """Too few places, counted for the clusters from the largest demand of each kind down; else it is only stated."""
    application, platform = result.application, result.platform
    usable = [t for t in range(platform.tiles) if t not in platform.broken]
    clusters = [a for a in range(application.graph.actor_count) if not application.is_input[a]]
    for column in range(3):
        needs = sorted((int(application.demand[a, column]) for a in clusters), reverse=True)
        for number, need in enumerate(needs, start=1):
            places = sum(int(min(platform.slots[t], number)) for t in usable if platform.limits[t, column] >= need)
            if places < number:
                return "infeasibility (the clusters outnumber the places, recounted)"
    return "infeasibility (stated by the search; not proven again)"
