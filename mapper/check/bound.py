"""The bound's arithmetic: recomputed where its argument is elementary, else consistent with everything known.

What only a solver can prove again is named as such: :func:`check_bound` says which of the two it was.
"""

from __future__ import annotations

from fractions import Fraction

from mapper.errors import CheckError
from mapper.model.result import Result, Status

__all__ = ["check_bound"]


#: Arguments that are recomputed here, and those whose proof is the solver's.
ELEMENTARY, SOLVERS = ("slowest actor", "load", "unlimited resources"), ("cp-sat",)


def check_bound(result: Result) -> str:
    """The bound is at most the period, equal exactly if OPTIMAL, the trace never goes backwards, and an elementary
    bound is at most what its argument gives.

    Returns
    -------
    str
        What was verified, and what is only stated.

    Raises
    ------
    CheckError
    """
    bound, evaluation = result.bound, result.evaluation
    if bound.name not in (*ELEMENTARY, *SOLVERS):
        raise CheckError("bound", f"no argument is called {bound.name!r}")
    if bound.value < 0:
        raise CheckError("bound", f"{bound.value} ps is no period")
    if evaluation is not None:
        if bound.value > evaluation.period:
            raise CheckError("bound", f"{bound.value} ps is above the period {evaluation.period} ps of a legal mapping")
        if (result.status is Status.OPTIMAL) != (bound.value == evaluation.period):
            raise CheckError("status", f"{result.status.value} with period {evaluation.period}, bound {bound.value}")
    periods = [point.period for point in result.trace if point.period is not None]
    bounds = [point.bound for point in result.trace if point.bound is not None]
    if periods != sorted(periods, reverse=True) or bounds != sorted(bounds):
        raise CheckError("trace", "the incumbent or the bound gets worse over time")
    if not result.trace or periods[-1:] != ([] if evaluation is None else [evaluation.period]):
        raise CheckError("trace", "it does not end with the result's period")
    if bounds[-1:] != [bound.value]:
        raise CheckError("trace", "it does not end with the result's bound")
    limit = _elementary(result)
    if limit is not None and bound.value > limit:
        raise CheckError("bound", f"the argument {bound.name!r} gives {limit} ps, not {bound.value} ps")
    if result.status is Status.INFEASIBLE:
        return _check_infeasible(result)
    if limit is None:
        return "bound (stated by the solver and consistent; only the solver could prove it again)"
    return f"bound ({bound.name}, recomputed)"


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


def _elementary(result: Result) -> Fraction | None:
    """The value of an elementary argument, by an algorithm of its own; ``None`` for a solver's bound."""
    application, platform = result.application, result.platform
    times = application.graph.execution_times.tolist()
    clusters = [a for a in range(len(times)) if not application.is_input[a]]
    if result.bound.name == "slowest actor":
        return Fraction(max(times, default=0))
    if result.bound.name == "load":
        tiles = sum(1 for t in range(platform.tiles) if t not in platform.broken)
        return Fraction(-(-sum(times[a] for a in clusters) // max(1, min(tiles, len(clusters)))))
    if result.bound.name == "unlimited resources":
        return _is_reached_by_a_cycle(result)
    return None


def _is_reached_by_a_cycle(result: Result) -> Fraction | None:
    """The bound's value if some cycle of the application alone has at least that ratio, else 0.

    Longest walks under time - value * tokens: were all cycles below, one more small decrease would leave none positive.
    """
    application, value = result.application, result.bound.value
    times, edges = application.graph.execution_times.tolist(), []
    for a, b, w in zip(
        application.graph.sources.tolist(),
        application.graph.targets.tolist(),
        application.delay_iterations.tolist(),
        strict=True,
    ):
        capacity = max(result.platform.buffer_iterations, w + 1)
        edges += [(a, b, times[a], w), (b, a, times[b], capacity - w)]
    edges += [(a, a, time, 1) for a, time in enumerate(times)]
    little = 1 + sum(tokens for *_, tokens in edges)
    weights = [
        (a, b, (t * value.denominator - value.numerator * tokens) * little + tokens) for a, b, t, tokens in edges
    ]
    reach = [0] * len(times)
    for _ in range(len(times) + 1):
        changed = False
        for a, b, weight in weights:
            if reach[a] + weight > reach[b]:
                reach[b], changed = reach[a] + weight, True
        if not changed:
            return Fraction(0)
    return value
