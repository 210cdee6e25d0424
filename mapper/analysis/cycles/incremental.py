"""Exact periods one after another, for local search: the structure stays, times and order edges change.

Every evaluation begins with the choices and potentials of the one before. Any choices are a legal start of policy
iteration: their best cycle gives a ratio that the new graph really has, and sweeps improve it until potentials prove
that no cycle has a larger one. So the answers are those of ``max_cycle_ratio``, in fewer sweeps.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mapper.analysis.cycles.cycle_ratio import ROOM, solve
from mapper.analysis.cycles.ratio_kernel import OVERFLOW, improve, in_order
from mapper.model.bound_graph import BoundGraph, EdgeKind

__all__ = ["OrderEvaluator"]


class OrderEvaluator:
    """The maximum cycle ratio of a graph whose times and order edges change.

    Besides its edges every node has ``slots`` order edges that enter it, none of them set at first.

    Parameters
    ----------
    sources, targets, times, tokens
        The edges that stay (their times may change), as in :func:`~mapper.analysis.cycles.cycle_ratio.max_cycle_ratio`.

    Examples
    --------
    >>> graph = OrderEvaluator(2, [0, 1], [0, 1], [5, 7], [1, 1])
    >>> graph.period()
    Fraction(7, 1)
    >>> graph.set_order(1, 0, time=5, tokens=0)
    >>> graph.set_order(0, 1, time=7, tokens=1)
    >>> graph.period()
    Fraction(12, 1)
    >>> graph.set_order(0, 1, time=7, tokens=0)
    >>> graph.period() is None
    True
    """

    def __init__(
        self,
        nodes: int,
        sources: ArrayLike,
        targets: ArrayLike,
        times: ArrayLike,
        tokens: ArrayLike,
        slots: int = 1,
    ) -> None:
        heads = np.concatenate([np.repeat(np.arange(nodes), slots), np.asarray(targets, np.int64)])
        by_target = np.argsort(heads, kind="stable")
        self.nodes, self.slots = nodes, slots
        self._place = np.empty(heads.size, np.int64)
        self._place[by_target] = np.arange(heads.size)
        # The slots come first among the edges of their node.
        self._first = np.zeros(nodes + 1, np.int32)
        np.cumsum(np.bincount(heads, minlength=nodes), out=self._first[1:])
        self._target = heads[by_target].astype(np.int32)
        self._source, self._time, self._tokens = np.empty(heads.size, np.int32), *np.empty((2, heads.size), np.int64)
        fixed = self._place[nodes * slots :]
        self._source[fixed], self._time[fixed], self._tokens[fixed] = sources, times, tokens
        self._fixed = fixed
        self._x = np.zeros(nodes, np.int64)
        self._choice, self._parent = np.full((2, nodes), -1, np.int32)
        self._visit, self._mark, self._stack, self._cycle = np.empty((4, nodes), np.int32)
        self._reduced, self._largest = np.empty(heads.size, np.int64), np.zeros(2, np.int64)
        self._result, self._ratio = np.array([0, 1, 0]), (0, 1)
        self._order_run, self._improve_run = in_order.jitted(), improve.jitted()
        self.clear_orders()

    @classmethod
    def of(cls, graph: BoundGraph, slots: int = 1) -> OrderEvaluator:
        """A bound graph's evaluator; its static orders fill the slots, its other edges stay."""
        ordered = np.isin(graph.kinds, (EdgeKind.ORDER, EdgeKind.WRAP))
        columns = (graph.sources, graph.targets, graph.times, graph.tokens)
        sources, targets, times, tokens = (column[~ordered] for column in columns)
        made = cls(graph.nodes, sources, targets, times, tokens, slots)
        used = [0] * graph.nodes
        for a, b, time, held in zip(*(column[ordered].tolist() for column in columns), strict=True):
            made.set_order(b, a, time, held, used[b])
            used[b] += 1
        return made

    def set_time(self, edge: int, time: int) -> None:
        """Another time for one of the edges that stay."""
        self._time[self._fixed[edge]] = time

    def set_times(self, times: ArrayLike) -> None:
        """Other times for all edges that stay, shape (m,)."""
        self._time[self._fixed] = times

    def set_order(self, node: int, predecessor: int, time: int, tokens: int, slot: int = 0) -> None:
        """``node`` waits for ``predecessor``, ``time`` after its start; -1: for nobody."""
        e = self._first[node] + slot
        if predecessor < 0:
            predecessor, time, tokens = node, 0, 1
        self._source[e], self._time[e], self._tokens[e] = predecessor, time, tokens

    def set_orders(self, predecessors: ArrayLike, times: ArrayLike, tokens: ArrayLike, slot: int = 0) -> None:
        """:meth:`set_order` for every node at once, shape (nodes,) each."""
        before = np.asarray(predecessors, np.int32)
        free = before < 0
        e = self._first[:-1] + slot
        self._source[e] = np.where(free, np.arange(self.nodes), before)
        self._time[e] = np.where(free, 0, times)
        self._tokens[e] = np.where(free, 1, tokens)

    def clear_orders(self) -> None:
        """No order edges: an empty slot is a wait of no time for the node's own last firing."""
        for slot in range(self.slots):
            self.set_orders(np.full(self.nodes, -1), 0, 1, slot)

    def period(self) -> Fraction | None:
        """Time per iteration; ``None`` in a deadlock."""
        ratio = self.ratio()
        return None if ratio is None else Fraction(*ratio)

    def ratio(self) -> tuple[int, int] | None:
        """:meth:`period` as (time, tokens), in smallest terms unless the time is 0; ``None`` in a deadlock."""
        nodes, result = self.nodes, self._result
        edges = (self._first, self._source, self._time, self._tokens)
        if self._order_run(nodes, *edges, self._choice, self._parent, self._visit, self._mark, self._largest) < nodes:
            return None
        # Potentials keep the last ratio's scale; the ratio begins at 0 until the choices' best cycle gives one.
        result[0] = result[2] = 0
        top, bottom = ROOM // (int(self._largest[1]) + 1), ROOM // (int(self._largest[0]) + 1)
        if result[1] > bottom:
            self._forget()
        policy = (self._x, self._choice, self._parent, self._mark, self._stack, self._reduced)
        sweeps = self._improve_run(
            nodes, self._visit, *edges, *policy, self._cycle, result, ROOM, top, bottom, math.inf
        )
        self._ratio = self._solve() if sweeps == OVERFLOW else (int(result[0]), int(result[1]))
        return self._ratio

    def critical_cycle(self) -> list[tuple[int, int]]:
        """(source, target) of the edges of a critical cycle of the last evaluation; empty if no cycle takes time."""
        edges = self._cycle[: self._result[2] if self._ratio[0] else 0][::-1]
        return list(zip(self._source[edges].tolist(), self._target[edges].tolist(), strict=True))

    def _forget(self) -> None:
        self._x[:], self._choice[:], self._parent[:], self._result[:] = 0, -1, -1, (0, 1, 0)

    def _solve(self) -> tuple[int, int]:
        """From scratch, with integers of any size; the next evaluation starts anew."""
        self._forget()
        columns: list[NDArray[np.int32] | NDArray[np.int64]] = [self._source, self._target, self._time, self._tokens]
        answer = solve(self.nodes, columns)
        self._result[2] = answer.cycle.size
        self._cycle[: answer.cycle.size] = answer.cycle[::-1]
        return answer.ratio.numerator, answer.ratio.denominator
