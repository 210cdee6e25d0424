"""The critical cycle in words, and for machines."""

from __future__ import annotations

from typing import Any

from mapper.model.bound_graph import EdgeKind
from mapper.model.result import CriticalEdge, Result
from mapper.report import units

__all__ = ["critical_link", "cycle_entry", "describe_cycle", "later"]

_WHY = {
    EdgeKind.DATA: "sends its packets to",
    EdgeKind.SELF: "must finish before its own next firing",
    EdgeKind.BUFFER: "frees buffer space for",
    EdgeKind.ORDER: "shares its tile with, and goes before",
    EdgeKind.WRAP: "ends its tile's round; the next begins with",
}


def later(iterations: int) -> str:
    """Iterations from one firing to another in words; empty within the same one.

    >>> later(1), later(-2)
    ('1 iteration later', '2 iterations earlier')
    """
    if iterations == 0:
        return ""
    return f"{abs(iterations)} iteration{'s' * (abs(iterations) != 1)} {'later' if iterations > 0 else 'earlier'}"


def _iterations_later(result: Result, edge: CriticalEdge) -> int:
    if result.mapping is None:
        return edge.tokens
    return result.mapping.iterations_later(edge.source, edge.target, edge.tokens)


def cycle_entry(result: Result, edge: CriticalEdge) -> dict[str, Any]:
    """One step for machines; ``tokens`` counts rounds of the static orders, ``iterations_later`` iterations."""
    names = result.application.graph.actors
    return {
        "from": names[edge.source],
        "to": names[edge.target],
        "kind": edge.kind.name.lower(),
        "time_ps": edge.time_ps,
        "tokens": edge.tokens,
        "iterations_later": _iterations_later(result, edge),
    }


def critical_link(result: Result) -> str | None:
    """Name of the link that limits, if one does."""
    link = -1 if result.evaluation is None else result.evaluation.critical_link
    return None if link < 0 else result.platform.topology.link_name(link)


def describe_cycle(result: Result) -> list[str]:
    """What limits the period, one line a step."""
    evaluation, names = result.evaluation, result.application.graph.actors
    if evaluation is None:
        return []
    if evaluation.critical_link >= 0:
        return [f"link {critical_link(result)} is busy all the time"]
    lines = []
    for edge in evaluation.critical_cycle:
        target = "" if edge.kind is EdgeKind.SELF else f" {names[edge.target]}"
        when = later(_iterations_later(result, edge))
        lines.append(
            f"{names[edge.source]} {_WHY[edge.kind]}{target} ({units.time(edge.time_ps)}{', ' * bool(when)}{when})"
        )
    return lines
