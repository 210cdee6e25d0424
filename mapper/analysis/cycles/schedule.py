"""Periodic schedules: the earliest start times that hold at a given period."""

from __future__ import annotations

from fractions import Fraction

from mapper.errors import InputError
from mapper.model.bound_graph import BoundGraph

__all__ = ["earliest_starts", "push_starts"]


def earliest_starts(graph: BoundGraph, period: Fraction, origins: tuple[int, ...]) -> tuple[Fraction, ...]:
    """Earliest start of every node's firing 0 when the ``origins`` may start at 0 and all repeat every ``period``.

    These are longest paths under the weights ``time - period * tokens`` (Bellman 1958). A node that no origin
    reaches starts no earlier than 0.

    Parameters
    ----------
    period
        At least the maximum cycle ratio, in the unit of the graph's times.

    Returns
    -------
    tuple of Fraction
        ``s`` with ``s[target] >= s[source] + time - period * tokens`` for every edge; the smallest is 0.

    Raises
    ------
    InputError
        The period is below the maximum cycle ratio.
    """
    scale, step = period.denominator, period.numerator
    weights = (graph.times.astype(object) * scale - graph.tokens.astype(object) * step).tolist()
    edges = list(zip(graph.sources.tolist(), graph.targets.tolist(), weights, strict=True))
    start: list[int | None] = [None] * graph.nodes
    for node in origins or range(graph.nodes):
        start[node] = 0
    push_starts(start, edges, period)
    if None in start:
        start = [0 if value is None else value for value in start]
        push_starts(start, edges, period)
    known = [value for value in start if value is not None]
    lowest = min(known, default=0)
    return tuple(Fraction(value - lowest, scale) for value in known)


def push_starts(start: list[int | None], edges: list[tuple[int, int, int]], period: Fraction) -> None:
    """Raise starts along (source, target, weight) edges until each target keeps them all; ``None``: not reached yet.

    Raises
    ------
    InputError
        They rise without end: some cycle is positive, so the period is too short.
    """
    for _ in range(len(start) + 1):
        changed = False
        for a, b, weight in edges:
            begin, reached = start[a], start[b]
            if begin is not None and (reached is None or begin + weight > reached):
                start[b] = begin + weight
                changed = True
        if not changed:
            return
    raise InputError("period", "at least the maximum cycle ratio", str(period), "evaluate the graph first")
