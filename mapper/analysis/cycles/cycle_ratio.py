"""The maximum cycle ratio of a timed event graph, exactly, with its critical cycle and its potentials.

Policy iteration (Howard 1960; for cycle ratios: Cochet-Terrasson, Cohen, Gaubert, McGettrick, Quadrat 1998) under a
ratio that only grows: a Gauss-Seidel sweep lets every node choose the predecessor that delays it most; a cycle among
these choices has a larger ratio than the present one and replaces it; potentials are passed on along the choices; a
sweep that changes nothing leaves potentials which prove that no cycle has a larger ratio. All arithmetic is in
integers, of 64 bits where they suffice. Nodes are visited so that edges without tokens point forward: one sweep then
plays one iteration of the graph.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mapper.analysis.cycles.liveness import zero_token_cycle
from mapper.analysis.cycles.ratio_kernel import OVERFLOW, arrange, improve
from mapper.analysis.tier import compiled_pays
from mapper.errors import DeadlockError

if TYPE_CHECKING:
    from mapper.model.bound_graph import BoundGraph

__all__ = ["ROOM", "CycleRatio", "Solution", "max_cycle_ratio", "period_of", "solve"]

Integers = Sequence[int] | NDArray[np.integer[Any]]
#: Bound on potentials and on their steps, so that a sum of two stays within 64 bits.
ROOM = 1 << 61


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


def max_cycle_ratio(
    nodes: int, sources: Integers, targets: Integers, times: Integers, tokens: Integers
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
    columns: list[NDArray[Any]] = [
        np.asarray(values, dtype) for values, dtype in ((sources, np.int32), (targets, np.int32))
    ]
    columns += [_integers(values) for values in (times, tokens)]
    answer = solve(nodes, columns)
    cycle = tuple(answer.cycle.tolist()) or _any_cycle(nodes, columns[0].tolist(), columns[1].tolist())
    return CycleRatio(answer.ratio, cycle, tuple(answer.potentials.tolist())) if cycle else None


@dataclass(frozen=True, eq=False)
class Solution:
    """A :class:`CycleRatio` in arrays; the cycle may be empty if no cycle takes time."""

    ratio: Fraction
    cycle: NDArray[np.int32]
    potentials: NDArray[Any]


def solve(nodes: int, columns: list[NDArray[Any]]) -> Solution:
    """:func:`max_cycle_ratio` of edges as arrays (sources, targets: int32; times, tokens: int64 or objects)."""
    time, tokens = columns[2:]
    if compiled_pays(20 * (nodes + time.size)) and tokens.dtype == np.int64:
        if time.dtype == np.int64 and float(time.sum(dtype=float)) < ROOM:
            prepared = _Prepared(nodes, columns, compiled=True)
            if prepared.run() != OVERFLOW:
                return prepared.answer()
        return _solve_large(nodes, columns)
    prepared = _Prepared(nodes, columns, compiled=False)
    prepared.run()
    return prepared.answer()


def _solve_large(nodes: int, columns: list[NDArray[Any]]) -> Solution:
    """Solve with the times' leading bits first, then exactly from there, where the terms leave 64 bits."""
    time = columns[2]
    shift = max(1, int(time.max(initial=0)).bit_length() - 20)
    leading = (time >> shift).astype(np.int64)
    rough = _Prepared(nodes, [*columns[:2], leading, columns[3]], compiled=True)
    exact = _Prepared(nodes, columns, compiled=False)
    if rough.run() != OVERFLOW and rough.result[2] > 0:
        cycle = rough.cycle[: rough.result[2]].tolist()
        start = Fraction(sum(exact.time[e] for e in cycle), sum(exact.tokens[e] for e in cycle))
        exact.result[:] = [start.numerator, start.denominator, len(cycle)]
        exact.cycle[: len(cycle)] = cycle
        exact.x = [(x * start.denominator << shift) // int(rough.result[1]) for x in rough.x.tolist()]
        exact.choice, exact.parent = [-1] * nodes, [-1] * nodes
    exact.run()
    return exact.answer()


class _Prepared:
    """The edges sorted for the kernels, and what they work on: arrays if compiled, else lists of Python integers."""

    def __init__(self, nodes: int, columns: list[NDArray[Any]], compiled: bool) -> None:
        self.nodes, self.columns, self.compiled = nodes, columns, compiled
        edges = columns[0].size
        whole: Any = np.empty if compiled else _blank
        index = np.int32
        put: list[Any] = list(columns) if compiled else [values.tolist() for values in columns]
        place, self.order, self.mark, self.choice, self.parent = (whole(nodes, index) for _ in range(5))
        self.first, self.by_target, self.source = whole(nodes + 1, index), whole(edges, index), whole(edges, index)
        self.time, self.tokens = whole(edges, np.int64), whole(edges, np.int64)
        self.x: Any = np.zeros(nodes, np.int64) if compiled else [0] * nodes
        self.result: Any = np.array([0, 1, 0]) if compiled else [0, 1, 0]
        run = arrange.jitted() if compiled else arrange.python
        outputs = (place, self.order, self.first, self.by_target, self.source, self.time, self.tokens, self.mark)
        if run(nodes, *put, *outputs, self.choice, self.parent) < nodes:
            blocked = zero_token_cycle(nodes, *(columns[k].tolist() for k in (0, 1, 3))) or ()
            raise DeadlockError(f"deadlock: no token on the cycle {' -> '.join(map(str, blocked))}", blocked)
        self.stack, self.cycle, self.reduced = whole(nodes, index), whole(nodes, index), whole(edges, np.int64)

    def run(self) -> int:
        """Sweeps until the ratio is proven, or ``OVERFLOW``."""
        limit, top, bottom = 0, 0, 0
        if self.compiled:
            limit = ROOM
            top, bottom = (ROOM // (int(values.max(initial=0)) + 1) for values in (self.tokens, self.time))
        run = improve.jitted() if self.compiled else improve.python
        visit: Any = np.arange(self.nodes, dtype=np.int32) if self.compiled else range(self.nodes)
        edges = (self.first, self.source, self.time, self.tokens)
        policy = (self.x, self.choice, self.parent, self.mark, self.stack, self.reduced)
        return int(run(self.nodes, visit, *edges, *policy, self.cycle, self.result, limit, top, bottom, math.inf))

    def answer(self) -> Solution:
        numerator, denominator, length = map(int, self.result)
        cycle = np.asarray(self.by_target, np.int32)[np.asarray(self.cycle[:length][::-1], np.int32)]
        potentials: Any = np.empty(self.nodes, np.int64 if self.compiled else object)
        potentials[self.order] = self.x
        return Solution(Fraction(numerator, denominator), cycle, potentials)


def _blank(size: int, _: Any) -> list[int]:
    return [0] * size


def _integers(values: Integers) -> NDArray[Any]:
    """As 64-bit integers if they fit."""
    try:
        return np.asarray(values, np.int64)
    except OverflowError:
        return np.asarray(values, object)


def _any_cycle(nodes: int, sources: list[int], targets: list[int]) -> tuple[int, ...]:
    """Some cycle's edges, or none."""
    around = zero_token_cycle(nodes, sources, targets, [0] * len(sources)) or ()
    edge = {ends: e for e, ends in enumerate(zip(sources, targets, strict=True))}
    return tuple(edge[a, b] for a, b in zip(around, around[1:] + around[:1], strict=True))


def period_of(graph: BoundGraph) -> CycleRatio:
    """The maximum cycle ratio of a bound graph (every node has a self-loop, so there is always a cycle)."""
    answer = max_cycle_ratio(graph.nodes, graph.sources, graph.targets, graph.times, graph.tokens)
    if answer is None:  # a graph without actors
        return CycleRatio(Fraction(0), (), ())
    return answer
