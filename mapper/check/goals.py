"""Goals and limits: are they kept, does each bound follow from its argument, and does the status say what they say?"""

from __future__ import annotations

from fractions import Fraction

from mapper.check.bound_arguments import ELEMENTARY, proves
from mapper.errors import CheckError
from mapper.model.application import Application
from mapper.model.goal import GoalOutcome, figure
from mapper.model.platform import Platform
from mapper.model.result import Result, Status

__all__ = ["check_goals"]

#: Arguments of bounds on goals other than the period; the solver's are only stated.
ARGUMENTS, SOLVERS = {"energy": "no distance", "tiles": "slots and load", "latency": "critical path"}, ("cp-sat",)


def check_goals(result: Result) -> str:
    """Every limit is kept; each goal's bound holds for no fewer mappings than it says, and the status follows.

    Returns
    -------
    str
        What was verified.

    Raises
    ------
    CheckError
        Names the goal.
    """
    evaluation = result.evaluation
    names = [goal.goal for goal in result.goals]
    if len(set(names)) < len(names):
        raise CheckError("goals", f"one appears twice in {', '.join(names)}")
    if evaluation is not None:
        for name in result.ceilings.named():
            limit = result.ceilings.of(name)
            if limit is not None and figure(evaluation, name) > limit:
                raise CheckError("limits", f"the {name} is {figure(evaluation, name)}, at most {limit} was asked for")
    for place, goal in enumerate(result.goals):
        _check_restriction(result, goal, result.goals[:place])
        _check_bound(result, goal)
        _check_trace(goal)
        if goal.value != (None if evaluation is None else figure(evaluation, goal.goal)):
            raise CheckError(f"goal {goal.goal}", f"{goal.value} is not the mapping's figure")
        if goal.goal == "period" and goal.bound != result.bound.value:
            raise CheckError("goal period", f"its bound {goal.bound} is not the result's {result.bound.value}")
    if evaluation is not None:
        proven = all(goal.value == goal.bound for goal in result.goals)
        if (result.status is Status.OPTIMAL) != proven:
            raise CheckError("status", f"{result.status.value}, but goals proven: {proven}")
    stated = [goal.goal for goal in result.goals if goal.bound_name in SOLVERS]
    return "goals and limits" + (f" (bounds stated by the solver: {', '.join(stated)})" if stated else "")


def _check_restriction(result: Result, goal: GoalOutcome, earlier: tuple[GoalOutcome, ...]) -> None:
    """A bound may rest on the limits asked for and on what the goals before reached, and on nothing tighter."""
    reached = {before.goal: before.value for before in earlier}
    for name in goal.ceilings.named():
        ceiling, asked, before = goal.ceilings.of(name), result.ceilings.of(name), reached.get(name)
        floor = before if before is not None else asked
        if floor is None or ceiling is None or ceiling < floor:
            raise CheckError(
                f"goal {goal.goal}", f"its bound takes {name} <= {ceiling} for granted, which nothing says"
            )


def _check_bound(result: Result, goal: GoalOutcome) -> None:
    application, platform = result.application, result.platform
    if goal.value is not None and goal.bound > goal.value:
        raise CheckError(f"goal {goal.goal}", f"the bound {goal.bound} is above the value {goal.value}")
    if goal.goal == "period":
        if goal.bound_name in ELEMENTARY and not proves(goal.bound_name, goal.bound, application, platform):
            raise CheckError("goal period", f"the argument {goal.bound_name!r} does not give {goal.bound} ps")
        return
    if goal.bound_name in SOLVERS:
        return
    if goal.bound_name != ARGUMENTS[goal.goal]:
        raise CheckError(f"goal {goal.goal}", f"no argument is called {goal.bound_name!r}")
    limit = _argument(application, platform, goal)
    if goal.bound > limit:
        raise CheckError(f"goal {goal.goal}", f"the argument {goal.bound_name!r} gives {limit}, not {goal.bound}")


def _check_trace(goal: GoalOutcome) -> None:
    values = [point.value for point in goal.trace if point.value is not None]
    bounds = [point.bound for point in goal.trace if point.bound is not None]
    if values != sorted(values, reverse=True) or bounds != sorted(bounds):
        raise CheckError("trace", f"value or bound of the {goal.goal} gets worse over time")
    if bounds[-1:] != [goal.bound] or values[-1:] != ([] if goal.value is None else [goal.value]):
        raise CheckError("trace", f"it does not end with value and bound of the {goal.goal}")


def _argument(application: Application, platform: Platform, goal: GoalOutcome) -> Fraction:
    """What the elementary argument gives, counted by means of its own."""
    clusters = [a for a in range(application.graph.actor_count) if not application.is_input[a]]
    times = [int(time) for time in application.graph.execution_times]
    if goal.goal == "tiles":
        usable = sorted(
            (int(platform.slots[t]) for t in range(platform.tiles) if t not in platform.broken), reverse=True
        )
        needed = next((k for k in range(len(usable) + 1) if sum(usable[:k]) >= len(clusters)), len(usable))
        period = goal.ceilings.period
        return Fraction(max(needed, -(-sum(times[a] for a in clusters) // period) if period else 0))
    if goal.goal == "energy":
        energy = platform.energy
        packet = min(energy.local_fj, energy.inject_fj + energy.hop_fj + energy.eject_fj)
        total = sum(int(n) * packet for n in application.packets)
        total += sum(int(n) * energy.synaptic_event_fj for n in application.synaptic_events)
        return Fraction(total + sum(int(application.output_spikes[a]) * energy.output_spike_fj for a in clusters))
    return Fraction(_longest_chain(application, times))


def _longest_chain(application: Application, times: list[int]) -> int:
    """The latest end when everyone waits only for channels without tokens; from inputs, if there are any."""
    graph, inputs = application.graph, application.is_input.tolist()
    start = [0 if is_input or not any(inputs) else -1 for is_input in inputs]
    tied = [
        (a, b)
        for a, b, w in zip(
            graph.sources.tolist(), graph.targets.tolist(), application.delay_iterations.tolist(), strict=True
        )
        if w == 0
    ]
    for _ in times:
        late = [(a, b) for a, b in tied if start[a] >= 0 and start[b] < start[a] + times[a]]
        for a, b in late:
            start[b] = max(start[b], start[a] + times[a])
        if not late:
            break
    return max((at + time for at, time in zip(start, times, strict=True) if at >= 0), default=0)
