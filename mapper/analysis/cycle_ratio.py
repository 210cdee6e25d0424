"""The maximum cycle ratio of a timed event graph, exactly, with its critical cycle and its potentials.

Policy iteration (Howard 1960; for cycle ratios: Cochet-Terrasson, Cohen, Gaubert, McGettrick, Quadrat 1998) in the
form of Gauss-Seidel sweeps under a ratio that only grows: each sweep lets every node choose the predecessor that
delays it most; a cycle among these choices has a larger ratio than the present one and replaces it; a sweep that
changes nothing leaves potentials which prove that no cycle has a larger ratio. All arithmetic is in integers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.analysis.liveness import zero_token_cycle
from mapper.compiled import kernel
from mapper.errors import DeadlockError
from mapper.model.bound_graph import BoundGraph

__all__ = ["CycleRatio", "max_cycle_ratio", "period_of"]

_INT64_ROOM = 1 << 62


@dataclass(frozen=True)
class CycleRatio:
    """The answer of :func:`max_cycle_ratio`.

    Attributes
    ----------
    ratio
        Time per token of the critical cycle.
    cycle
        Its edges (indices into the input), in order.
    potentials
        Integers x, one a node, with ``x[target] >= x[source] + time * ratio.denominator - tokens * ratio.numerator``
        for every edge; divided by the denominator they are start times of a periodic schedule.
    """

    ratio: Fraction
    cycle: tuple[int, ...]
    potentials: tuple[int, ...]


@kernel
def _sweep(nodes, first, source, time, tokens, numerator, denominator, x, choice):  # type: ignore[no-untyped-def]
    """One Gauss-Seidel sweep; True if some node moved."""
    changed = False
    for v in range(nodes):
        best = x[v]
        chosen = -1
        for e in range(first[v], first[v + 1]):
            candidate = x[source[e]] + denominator * time[e] - numerator * tokens[e]
            if candidate > best:
                best = candidate
                chosen = e
        if chosen >= 0:
            x[v] = best
            choice[v] = chosen
            changed = True
    return changed


@kernel
def _best_choice_cycle(nodes, source, time, tokens, choice, seen):  # type: ignore[no-untyped-def]
    """(node on it, time, tokens) of the cycle with the largest ratio among the choices; node -1 if there is none."""
    for v in range(nodes):
        seen[v] = -1
    best_node = -1
    best_time = 0
    best_tokens = 1
    for root in range(nodes):
        v = root
        while seen[v] < 0 and choice[v] >= 0:
            seen[v] = root
            v = source[choice[v]]
        if seen[v] == root and choice[v] >= 0:
            total_time = time[choice[v]]
            total_tokens = tokens[choice[v]]
            u = source[choice[v]]
            while u != v:
                total_time += time[choice[u]]
                total_tokens += tokens[choice[u]]
                u = source[choice[u]]
            if best_node < 0 or total_time * best_tokens > best_time * total_tokens:
                best_node = v
                best_time = total_time
                best_tokens = total_tokens
    return best_node, best_time, best_tokens


def max_cycle_ratio(
    nodes: int, sources: Sequence[int], targets: Sequence[int], times: Sequence[int], tokens: Sequence[int]
) -> CycleRatio | None:
    """Maximum over all cycles of (sum of times) / (sum of tokens); ``None`` for a graph without cycles.

    Parameters
    ----------
    sources, targets, times, tokens
        Edges: integers of one length, times and tokens not negative. Parallel edges and self-loops are legal.

    Raises
    ------
    DeadlockError
        A cycle has no token.

    Examples
    --------
    >>> answer = max_cycle_ratio(2, [0, 1, 0], [1, 0, 0], [3, 4, 5], [0, 2, 1])
    >>> answer.ratio, answer.cycle
    (Fraction(5, 1), (2,))
    """
    blocked = zero_token_cycle(nodes, sources, targets, tokens)
    if blocked is not None:
        raise DeadlockError(f"deadlock: no token on the cycle {' -> '.join(map(str, blocked))}", blocked)
    head = np.asarray(targets, np.int64)
    order = np.argsort(head, kind="stable")
    first = np.zeros(nodes + 1, np.int64)
    np.cumsum(np.bincount(head, minlength=nodes), out=first[1:])
    edges = [np.asarray(values, np.int64)[order] for values in (sources, times, tokens)]
    work = 20 * (nodes + order.size)
    compiled = work >= kernel.THRESHOLD and _fits_int64(nodes, edges[1], edges[2])
    numerator, denominator, cycle, x = _iterate(nodes, first, edges, compiled)
    if not cycle:
        cycle = _any_cycle(nodes, first, edges[0])
        if not cycle:
            return None
    return CycleRatio(Fraction(numerator, denominator), tuple(int(order[e]) for e in cycle), tuple(map(int, x)))


def _iterate(
    nodes: int, first: NDArray[np.int64], edges: list[NDArray[np.int64]], compiled: bool
) -> tuple[int, int, list[int], Any]:
    """(numerator, denominator, critical cycle as sorted-edge indices, potentials)."""
    x, choice, seen = np.zeros(nodes, np.int64), np.full(nodes, -1, np.int64), np.zeros(nodes, np.int64)
    arrays: list[Any] = [first, *edges, x, choice, seen]
    if not compiled:  # lists of Python integers: faster than arrays in plain Python, and of any size
        arrays = [values.tolist() for values in arrays]
    starts, source, time, tokens, potentials, choices, marks = arrays
    sweep = _sweep.jitted() if compiled else _sweep.python
    best_choice_cycle = _best_choice_cycle.jitted() if compiled else _best_choice_cycle.python
    numerator, denominator, cycle = 0, 1, []
    while sweep(nodes, starts, source, time, tokens, numerator, denominator, potentials, choices):
        node, total_time, total_tokens = best_choice_cycle(nodes, source, time, tokens, choices, marks)
        if node < 0:
            continue
        cycle = _walk(int(node), source, choices)
        before, ratio = denominator, Fraction(int(total_time), int(total_tokens))
        numerator, denominator = ratio.numerator, ratio.denominator
        # Any start is legal for the next ratio; the old potentials, rescaled, are a near one. Old choices are not.
        for v in range(nodes):
            potentials[v] = int(potentials[v]) * denominator // before
            choices[v] = -1
    return numerator, denominator, cycle, potentials


def _walk(node: int, source: Any, choice: Any) -> list[int]:
    """The edges of the choice cycle through ``node``, in order of the arrows."""
    cycle = [int(choice[node])]
    while int(source[cycle[-1]]) != node:
        cycle.append(int(choice[source[cycle[-1]]]))
    return cycle[::-1]


def _any_cycle(nodes: int, first: NDArray[np.int64], source: NDArray[np.int64]) -> list[int]:
    """Some cycle of a graph in which no cycle takes time, or an empty list."""
    import networkx as nx

    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(nodes))
    for v in range(nodes):
        for e in range(int(first[v]), int(first[v + 1])):
            graph.add_edge(int(source[e]), v, key=e)
    try:
        return [int(edge[2]) for edge in nx.find_cycle(graph)]
    except nx.NetworkXNoCycle:
        return []


def _fits_int64(nodes: int, time: NDArray[np.int64], tokens: NDArray[np.int64]) -> bool:
    """Whether no potential can leave 64 bits, whatever the ratio."""
    total_time, total_tokens = int(time.sum(dtype=object)), int(tokens.sum(dtype=object))
    largest = total_tokens * int(time.max(initial=0)) + total_time * int(tokens.max(initial=0))
    return (nodes + 1) * largest < _INT64_ROOM


def period_of(graph: BoundGraph) -> CycleRatio:
    """The maximum cycle ratio of a bound graph (every node has a self-loop, so there is always a cycle)."""
    answer = max_cycle_ratio(
        graph.nodes, graph.sources.tolist(), graph.targets.tolist(), graph.times.tolist(), graph.tokens.tolist()
    )
    if answer is None:  # a graph without actors
        return CycleRatio(Fraction(0), (), ())
    return answer
