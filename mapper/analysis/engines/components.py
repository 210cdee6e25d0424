"""What every engine that works on one weak component at a time shares: consistency first, the slowest part last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from mapper.analysis.answers import CriticalStep, GraphStatus, Throughput
from mapper.analysis.lazy import LazyTuple
from mapper.analysis.repetition import repetition_vector, weak_components
from mapper.errors import InconsistentError
from mapper.model.sdf import SDFGraph

__all__ = ["ComponentAnswer", "solve_components"]


@dataclass(frozen=True)
class ComponentAnswer:
    """One component's period (``None``: deadlock), its critical or blocking cycle and certificates."""

    period: Fraction | None
    cycle: Sequence[CriticalStep] = ()
    potentials: Sequence[Fraction] = ()
    explanation: str = ""


def solve_components(
    graph: SDFGraph,
    engine: str,
    solve: Callable[[SDFGraph, Sequence[int], Sequence[int]], ComponentAnswer],
) -> Throughput:
    """Ask ``solve(graph, repetitions, actors)`` for each weak component; the slowest (or first dead) one decides."""
    try:
        repetitions = repetition_vector(graph)
    except InconsistentError as error:
        return Throughput(GraphStatus.INCONSISTENT, None, engine, explanation=str(error))
    answers = [solve(graph, repetitions, actors) for actors in weak_components(graph)]
    periods = tuple(answer.period for answer in answers)
    dead = next((answer for answer in answers if answer.period is None), None)
    if dead is not None:
        return Throughput(
            GraphStatus.DEADLOCK,
            None,
            engine,
            component_periods=periods,
            critical_cycle=dead.cycle,
            explanation=dead.explanation,
        )
    # Among equally slow components prefer one that can show a cycle.
    slowest = max(
        answers, key=lambda answer: (answer.period or 0, bool(answer.cycle)), default=ComponentAnswer(Fraction(0))
    )
    return Throughput(
        GraphStatus.OK,
        slowest.period,
        engine,
        component_periods=periods,
        critical_cycle=slowest.cycle,
        potentials=answers[0].potentials if len(answers) == 1 else _joined([answer.potentials for answer in answers]),
    )


def _joined(parts: list[Sequence[Fraction]]) -> Sequence[Fraction]:
    return LazyTuple(sum(map(len, parts)), lambda: tuple(start for part in parts for start in part))
