"""What the dataflow engines answered, as text for people and as a JSON object.

The functions take what they print; nothing is analysed here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from mapper.analysis.answers import CriticalStep, GraphStatus, Throughput
from mapper.model.sdf import SDFGraph

__all__ = ["cycle_lines", "throughput_line", "throughput_object", "throughput_text"]


def throughput_object(
    graph: SDFGraph, answer: Throughput, seconds: float, repetitions: Sequence[int] | None
) -> dict[str, Any]:
    """One JSON object about one graph.

    Parameters
    ----------
    seconds
        Time the engine took.
    repetitions
        Firings of each actor in one iteration; ``None`` for an inconsistent graph.

    Returns
    -------
    dict
        ``graph``; ``status`` (ok, deadlock, inconsistent); ``throughput`` (a fraction such as ``"1/7"``,
        ``"infinite"``, ``"0"`` in a deadlock, ``None`` if inconsistent) and ``period`` (``None`` unless ok), both
        exact; ``component_periods``; ``critical_cycle`` (a list of steps, the blocking cycle in a deadlock);
        ``repetition_vector`` (by actor, or ``None``); ``engine``, ``reason``, ``explanation``; ``seconds``.

    Examples
    --------
    >>> import numpy as np
    >>> graph = SDFGraph("loop", ("a",), *(np.array([v]) for v in (5, 0, 0, 1, 1, 2)))
    >>> answer = Throughput(GraphStatus.OK, Fraction(5, 2), "howard")
    >>> made = throughput_object(graph, answer, 0.001, (1,))
    >>> made["throughput"], made["period"], made["repetition_vector"]
    ('2/5', '5/2', {'a': 1})
    """
    with _any_length():
        cycle = [_step(graph, step) for step in answer.critical_cycle]
        return {
            "graph": graph.name,
            "status": str(answer.status),
            "throughput": _throughput(answer),
            "period": _fraction(answer.period),
            "component_periods": [_fraction(period) for period in answer.component_periods],
            "critical_cycle": cycle,
            "repetition_vector": None if repetitions is None else dict(zip(graph.actors, repetitions, strict=True)),
            "engine": answer.engine,
            "reason": answer.reason,
            "explanation": answer.explanation,
            "seconds": round(seconds, 6),
        }


def throughput_line(graph: SDFGraph, answer: Throughput, seconds: float, repetitions: Sequence[int] | None) -> str:
    """:func:`throughput_object` as one line of JSON Lines, without its newline; numbers may have any length."""
    made = throughput_object(graph, answer, seconds, repetitions)
    with _any_length():
        return json.dumps(made, ensure_ascii=False)


def throughput_text(
    graph: SDFGraph, answer: Throughput, repetitions: Sequence[int] | None = None, *, most_steps: int = 20
) -> str:
    """Several lines about one graph, without a newline at the end.

    The critical cycle is a path: each line a firing, the time it adds and the tokens (iterations back) of the edge to
    the next line. Firings in a row that differ by their number only stand in one line; beyond ``most_steps`` lines
    the rest is counted.

    Examples
    --------
    >>> import numpy as np
    >>> graph = SDFGraph("loop", ("a",), *(np.array([v]) for v in (5, 0, 0, 1, 1, 2)))
    >>> steps = (CriticalStep(0, 0, 5, 2, 0),)
    >>> print(throughput_text(graph, Throughput(GraphStatus.OK, Fraction(5, 2), "howard", critical_cycle=steps), (1,)))
    loop: 1 actor, 1 channel, 1 firing per iteration
    throughput  2/5 iterations per time unit (0.4)
    period      5/2 (2.5)
    engine      howard
    critical cycle: time 5 / tokens 2 = 5/2
      a #0 --time 5, tokens 2--> a #0
    """
    with _any_length():
        return "\n".join(_text_lines(graph, answer, repetitions, most_steps))


def _text_lines(
    graph: SDFGraph, answer: Throughput, repetitions: Sequence[int] | None, most_steps: int
) -> Iterator[str]:
    size = [_counted(graph.actor_count, "actor"), _counted(graph.channel_count, "channel")]
    if repetitions is not None:
        size.append(f"{_counted(sum(repetitions), 'firing')} per iteration")
    yield f"{graph.name}: {', '.join(size)}"
    match answer.status:
        case GraphStatus.INCONSISTENT:
            yield "inconsistent: no number of firings brings every channel back to its tokens"
        case GraphStatus.DEADLOCK:
            yield "deadlock: throughput 0"
        case _ if answer.infinite:
            yield "throughput  infinite: no cycle takes time"
        case _:
            yield f"throughput  {_exact_and_float(answer.throughput, ' iterations per time unit')}"
            yield f"period      {_exact_and_float(answer.period)}"
    periods = answer.component_periods
    if len(periods) > 1 and answer.status is GraphStatus.OK:
        first = ", ".join(map(str, periods[:most_steps])) + (", ..." if len(periods) > most_steps else "")
        yield f"components  {len(periods)}, with periods {first}"
    if answer.explanation:
        yield f"because     {answer.explanation}"
    yield f"engine      {answer.engine}" + (f" ({answer.reason})" if answer.reason else "")
    if answer.critical_cycle:
        yield from cycle_lines(graph, answer, most_steps=most_steps)


def cycle_lines(graph: SDFGraph, answer: Throughput, *, most_steps: int = 20) -> list[str]:
    """The heading and the steps of the critical or blocking cycle, one line each; see :func:`throughput_text`."""
    steps = answer.critical_cycle
    time, tokens = sum(step.time for step in steps), sum(step.tokens for step in steps)
    if answer.status is GraphStatus.DEADLOCK:
        heading = "blocking cycle: each firing waits for the line before it, the first for the last"
    else:
        ratio = f" = {Fraction(time, tokens)}" if tokens else ""
        heading = f"critical cycle: time {time} / tokens {tokens}{ratio}"
    lines = [heading]
    runs = list(_runs(steps))
    for i, run in enumerate(runs[:most_steps]):
        after = runs[(i + 1) % len(runs)].step
        name, following = (graph.actors[step.actor] for step in (run.step, after))
        firing = f"#{run.step.firing}" if run.count == 1 else f"#{run.step.firing}..{run.last} ({run.count} firings)"
        each = ", each" if run.count > 1 else ""
        lines.append(
            f"  {name} {firing} --time {run.step.time}, tokens {run.step.tokens}{each}--> {following} #{after.firing}"
        )
    if len(runs) > most_steps:
        lines.append(f"  ... and {len(runs) - most_steps} more lines ({len(steps)} steps in all)")
    return lines


@contextmanager
def _any_length() -> Iterator[None]:
    """Let integers of any length be printed: repetition vectors of long rate chains have thousands of digits."""
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        yield
    finally:
        sys.set_int_max_str_digits(before)


@dataclass(frozen=True)
class _Run:
    """Steps in a row that are alike but for the firing's number, which rises by one."""

    step: CriticalStep
    last: int
    count: int


def _runs(steps: Sequence[CriticalStep]) -> Iterator[_Run]:
    run: _Run | None = None
    for step in steps:
        if run is not None and step == replace(run.step, firing=run.last + 1):
            run = _Run(run.step, step.firing, run.count + 1)
            continue
        if run is not None:
            yield run
        run = _Run(step, step.firing, 1)
    if run is not None:
        yield run


def _throughput(answer: Throughput) -> str | None:
    if answer.status is GraphStatus.OK and answer.infinite:
        return "infinite"
    return _fraction(answer.throughput)


def _fraction(value: Fraction | None) -> str | None:
    return None if value is None else str(value)


def _exact_and_float(value: Fraction | None, unit: str = "") -> str:
    """The exact value and, where it is no integer, six digits of it."""
    if value is None:
        return "unknown"
    try:
        rounded = "" if value.denominator == 1 else f" ({float(value):.6g})"
    except OverflowError:
        rounded = ""
    return f"{value}{unit}{rounded}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _step(graph: SDFGraph, step: CriticalStep) -> dict[str, Any]:
    channel = None
    if step.channel >= 0:
        ends = int(graph.sources[step.channel]), int(graph.targets[step.channel])
        channel = {"index": step.channel, "source": graph.actors[ends[0]], "target": graph.actors[ends[1]]}
    return {
        "actor": graph.actors[step.actor],
        "firing": step.firing,
        "time": step.time,
        "tokens": step.tokens,
        "channel": channel,
    }
