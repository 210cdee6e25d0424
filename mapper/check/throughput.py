"""Does a throughput hold? A schedule proves that it is reached, the critical cycle that nothing is faster.

Both are verified from the definition of a dataflow graph alone, in integers and fractions: which firing takes which
token. Nothing here knows an engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm

from mapper.analysis.answers import Throughput
from mapper.errors import CheckError
from mapper.model.sdf import SDFGraph

__all__ = ["MOST_FIRINGS", "check_critical_cycle", "check_periodic_starts"]

#: Firings of a channel's consumer that are held against its producer one by one.
MOST_FIRINGS = 1_000_000


def check_critical_cycle(graph: SDFGraph, repetitions: Sequence[int], answer: Throughput) -> str:
    """Each step of the critical cycle waits for the one before it, and the cycle is as slow as the answer says.

    A long cycle may be given in short: each step stands for all its likes in an iteration of the graph, counted in
    iterations of the cycle's own actors, and its time is theirs together.

    Returns
    -------
    str
        What was verified.

    Raises
    ------
    CheckError
        Names the step.
    """
    steps, period = answer.critical_cycle, answer.period
    if period is None:
        raise CheckError("throughput", f"there is none to check: the graph's status is {answer.status}")
    if not steps:
        return "no cycle given: nothing shows that the throughput cannot be higher"
    time, tokens = sum(step.time for step in steps), sum(step.tokens for step in steps)
    if tokens <= 0 or Fraction(time, tokens) != period:
        raise CheckError("critical cycle", f"time {time} over {tokens} tokens is not the period {period}")
    durations = graph.execution_times.tolist()
    short = any(step.time != durations[step.actor] for step in steps)
    common = gcd(*(repetitions[step.actor] for step in steps)) if short else 1
    for step, following in zip(steps, (*steps[1:], *steps[:1]), strict=True):
        c = step.channel
        name = f"{graph.actors[step.actor]} #{step.firing} -> {graph.actors[following.actor]} #{following.firing}"
        if c < 0 or (int(graph.sources[c]), int(graph.targets[c])) != (step.actor, following.actor):
            raise CheckError("critical cycle", f"{name}: no such channel")
        if step.time != common * durations[step.actor]:
            raise CheckError("critical cycle", f"{name}: the time is {step.time}, not that of the firings")
        # Count the consumer's firings so many iterations later: its last token then comes from this firing or after.
        firing = following.firing + step.tokens * (repetitions[following.actor] // common)
        last = ((firing + 1) * int(graph.consumption[c]) - 1 - int(graph.initial_tokens[c])) // int(graph.production[c])
        if step.firing > last:
            raise CheckError("critical cycle", f"{name}: the second does not wait for the first")
    return "critical cycle: no schedule is faster"


def check_periodic_starts(
    graph: SDFGraph,
    repetitions: Sequence[int],
    actors: Sequence[int],
    period: Fraction,
    starts: Sequence[Sequence[Fraction]],
) -> str:
    """Firing n of ``actors[i]`` may start at ``starts[i][n % K] + (n // K) * K * period / q``, K = len(starts[i]).

    Every token a firing takes is held against the end of the firing that makes it, over all that can differ before
    the pattern of both ends repeats.

    Returns
    -------
    str
        What was verified.

    Raises
    ------
    CheckError
        Names the channel and the firings, or says that the pattern is too long.
    """
    place = {v: i for i, v in enumerate(actors)}
    durations = graph.execution_times.tolist()

    def start(v: int, firing: int) -> Fraction:
        phases = starts[place[v]]
        rounds, phase = divmod(firing, len(phases))
        return phases[phase] + rounds * len(phases) * period / repetitions[v]

    for c in range(graph.channel_count):
        a, b = int(graph.sources[c]), int(graph.targets[c])
        if a not in place:
            continue
        made, taken, initial = int(graph.production[c]), int(graph.consumption[c]), int(graph.initial_tokens[c])
        pattern = lcm(len(starts[place[a]]) * made, len(starts[place[b]]) * taken) // taken
        if pattern * max(1, taken // made) > MOST_FIRINGS:
            raise CheckError("start times", f"channel {c}: {pattern} firings are too many to hold against each other")
        for n in range(pattern):
            first, last = (n * taken - initial) // made, ((n + 1) * taken - 1 - initial) // made
            for m in range(first, last + 1):
                if start(b, n) < start(a, m) + durations[a]:
                    pair = f"{graph.actors[b]} #{n} starts before {graph.actors[a]} #{m} ends"
                    raise CheckError("start times", f"channel {c}: {pair}")
    return f"start times: a period of {period} is reached"
