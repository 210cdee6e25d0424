"""Self-timed execution: every node fires as soon as it may, until the pattern repeats.

An algorithm unrelated to cycle ratios: it plays the firings and measures the rhythm they settle in (Ghamarian et al.,
"Throughput analysis of synchronous data flow graphs", ACSD 2006; Baccelli et al., Synchronization and Linearity, 1992).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from mapper.analysis.cycles.liveness import topological_order
from mapper.errors import DeadlockError
from mapper.model.bound_graph import BoundGraph

__all__ = ["SelfTimed", "self_timed"]


@dataclass(frozen=True)
class SelfTimed:
    """``period`` per firing, reached after ``transient`` firings, in a pattern of ``cyclicity`` firings."""

    period: Fraction
    transient: int
    cyclicity: int


def self_timed(graph: BoundGraph, max_firings: int = 1_000_000) -> SelfTimed:
    """Execute a bound graph self-timed and return its exact rhythm.

    Strongly connected parts settle in rhythms of their own; the slowest one's is returned, with the longest transient.

    Raises
    ------
    DeadlockError
        A cycle has no token.
    RuntimeError
        No repetition within ``max_firings`` firings of each node.
    """
    import networkx as nx

    arrows = nx.MultiDiGraph()
    arrows.add_nodes_from(range(graph.nodes))
    edges = list(
        zip(graph.sources.tolist(), graph.targets.tolist(), graph.times.tolist(), graph.tokens.tolist(), strict=True)
    )
    arrows.add_edges_from((a, b) for a, b, _, _ in edges)
    slowest = SelfTimed(Fraction(0), 0, 1)
    for part in nx.strongly_connected_components(arrows):
        number = {node: place for place, node in enumerate(sorted(part))}
        inner = [(number[a], number[b], w, t) for a, b, w, t in edges if a in number and b in number]
        if inner:
            rhythm = _run(len(number), inner, max_firings)
            slowest = SelfTimed(
                max(slowest.period, rhythm.period),
                max(slowest.transient, rhythm.transient),
                rhythm.cyclicity if rhythm.period > slowest.period else slowest.cyclicity,
            )
    return slowest


def _run(nodes: int, edges: list[tuple[int, int, int, int]], max_firings: int) -> SelfTimed:
    """Play one strongly connected part. The state is the last firings' times, as many as tokens can reach back."""
    empty = [(a, b) for a, b, _, t in edges if t == 0]
    order = topological_order(nodes, [a for a, _ in empty], [b for _, b in empty])
    if len(order) < nodes:
        raise DeadlockError("deadlock: a cycle without tokens", tuple(set(range(nodes)) - set(order)))
    memory = max(t for _, _, _, t in edges)
    arriving: list[list[tuple[int, int, int]]] = [[] for _ in range(nodes)]
    for a, b, w, t in edges:
        arriving[b].append((a, w, t))
    history: list[list[int]] = []
    seen: dict[tuple[tuple[int, ...], ...], tuple[int, int]] = {}
    for firing in range(max_firings):
        now = [0] * nodes
        for v in order:
            for a, w, t in arriving[v]:
                if t == 0:
                    now[v] = max(now[v], now[a] + w)
                elif t <= firing:
                    now[v] = max(now[v], history[-t][a] + w)
        history.append(now)
        del history[: -max(memory, 1)]
        if firing + 1 >= memory:
            base = now[0]
            state = tuple(tuple(time - base for time in row) for row in history)
            if state in seen:
                earlier, then = seen[state]
                return SelfTimed(Fraction(base - then, firing - earlier), earlier, firing - earlier)
            seen[state] = (firing, base)
    raise RuntimeError(f"no repetition within {max_firings} firings")
