"""Latency from a source to a sink actor, self-timed and periodic, and the makespan of an iteration.

The latency of iteration k is the end of the sink's last firing in it minus the start of the source's first (Ghamarian,
Stuijk, Basten, Geilen, Theelen, "Latency minimization for synchronous data flow graphs", DSD 2007). It is negative if
the sink works on tokens of earlier iterations and is done before. Everything is read off the max-plus matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from mapper.analysis.cycles.schedule import push_starts
from mapper.analysis.max_plus.eigenvalue import growth_rates
from mapper.analysis.max_plus.matrix import orbit, square
from mapper.analysis.max_plus.symbolic import NEVER, Iteration, play_iteration
from mapper.analysis.repetition import repetition_vector, weak_components
from mapper.errors import InputError
from mapper.model.sdf import SDFGraph

__all__ = ["Latency", "latency"]


@dataclass(frozen=True)
class Latency:
    """Latency between two actors of one weak component, in time units.

    Attributes
    ----------
    first
        Of iteration 0 of the self-timed execution, in which everything that may starts at time 0.
    worst
        The largest of all iterations; ``None`` if it grows without end (the source outruns what comes after it).
    settled
        The largest once the execution repeats, ``None`` likewise.
    periodic
        The least possible if every firing comes back after exactly ``period``.
    period
        Time per iteration of that periodic schedule.
    makespan
        End of the first iteration's last firing, whichever actor's.
    """

    first: int
    worst: int | None
    settled: int | None
    periodic: Fraction
    period: Fraction
    makespan: int


def latency(graph: SDFGraph, source: int, sink: int, period: Fraction | None = None) -> Latency:
    """Latency from actor ``source`` to actor ``sink``.

    Parameters
    ----------
    period
        Of the periodic schedule: at least the component's own period, which it is by default.

    Raises
    ------
    InputError
        The sink does not depend on the source, or the period is too short.
    InconsistentError, DeadlockError

    Examples
    --------
    >>> chain = SDFGraph("chain", ("a", "b"), [2, 3], [0, 0, 1], [0, 1, 1], [1, 2, 1], [1, 1, 1], [1, 0, 1])
    >>> answer = latency(chain, 0, 1)
    >>> answer.first, answer.worst, answer.periodic, answer.period
    (8, None, Fraction(8, 1), Fraction(6, 1))
    """
    repetitions = repetition_vector(graph)
    actors = next(part for part in weak_components(graph) if source in part)
    if sink not in _reached(graph, source):
        raise InputError(
            graph.name,
            f"a path of channels from {graph.actors[source]!r} to {graph.actors[sink]!r}",
            "none",
            "choose another source or sink",
        )
    iteration = play_iteration(graph, repetitions, actors, trigger=source)
    matrix = square(iteration)
    growth = growth_rates(matrix)
    own = max(growth)
    if period is not None and period < own:
        raise InputError("period", f"at least {own}, the component's own", str(period), "leave it out")
    starts, ends = iteration.first_start[source][:-1], iteration.last_end[sink][:-1]
    rhythm = orbit(matrix, growth, [starts, ends])
    delays = [end - start for start, end in zip(*rhythm.outputs, strict=True)]
    bounded = rhythm.output_growth[0] == rhythm.output_growth[1]
    chosen = own if period is None else period
    return Latency(
        first=delays[0],
        worst=max(delays) if bounded else None,
        settled=max(delays[rhythm.transient :]) if bounded else None,
        periodic=_periodic(iteration, sink, chosen),
        period=chosen,
        makespan=int(iteration.end[:-1].max()),
    )


def _reached(graph: SDFGraph, source: int) -> set[int]:
    following: dict[int, list[int]] = {}
    for a, b in zip(graph.sources.tolist(), graph.targets.tolist(), strict=True):
        following.setdefault(a, []).append(b)
    reached, stack = {source}, [source]
    while stack:
        for b in following.get(stack.pop(), ()):
            if b not in reached:
                reached.add(b)
                stack.append(b)
    return reached


def _periodic(iteration: Iteration, sink: int, period: Fraction) -> Fraction:
    """Longest way from the source's first start to the sink's last end, each iteration further counting -period.

    The source's firings of iteration k start no earlier than k * period (the trigger), and one of them exactly then.
    """
    scale, step = period.denominator, period.numerator
    rows = [*iteration.after, iteration.last_end[sink]]
    values = [[int(e) * scale if e > NEVER // 2 else None for e in row] for row in rows]
    size = len(iteration.after)
    heads, tails = np.nonzero(iteration.after[:, :size] > NEVER // 2)
    edges = [
        (u, v, int(iteration.after[v, u]) * scale - step) for v, u in zip(heads.tolist(), tails.tolist(), strict=True)
    ]
    come = [None if (begin := row[size + 1]) is None else begin - step for row in values[:size]]
    push_starts(come, edges, period)
    last = values[size]
    ways = [last[size + 1], *(e + c for e, c in zip(last[:size], come, strict=True) if e is not None and c is not None)]
    return Fraction(max(way for way in ways if way is not None), scale)
