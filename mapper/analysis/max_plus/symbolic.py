"""One iteration of an SDF graph played symbolically: when each token comes, as a max-plus expression of the last ones.

Geilen, "Reduction techniques for synchronous dataflow graphs", DAC 2009; Geilen, Stuijk, "Worst-case performance
analysis of synchronous dataflow scenarios", CODES+ISSS 2010. A time is a row of integers, one a symbol: it stands for
the maximum of (entry + symbol), and the entry ``NEVER`` says that the symbol does not matter. The symbols are the
arrival times of the initial tokens, the ``origin`` (time 0, for firings that wait for nothing) and the ``trigger``,
which all firings of one chosen actor wait for.

Tokens that one firing produces arrive together, so their rows and, from the second iteration on, their symbols are
one: the matrix has a row for each group of such tokens, not for each token.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.errors import DeadlockError, InputError
from mapper.model.sdf import SDFGraph

__all__ = ["NEVER", "Iteration", "Row", "is_never", "play_iteration"]

#: Minus infinity. Sums of real entries stay below 2^60, so whatever is below half of it means never.
NEVER = -(1 << 62)
_LARGEST = 1 << 60
_MAX_TOKENS = 20_000

Row = NDArray[np.int64]


def is_never(values: Row) -> NDArray[np.bool_]:
    below: NDArray[np.bool_] = values < NEVER // 2
    return below


@dataclass(frozen=True)
class Iteration:
    """One iteration of a weak component. Rows are over g groups of tokens, the origin (at g) and the trigger (g + 1).

    Attributes
    ----------
    groups
        The (channel, place) of the initial tokens of each group, oldest first within a channel.
    after : int64, shape (g, g + 2)
        Arrival of the tokens that take the places of each group's at the end of the iteration.
    first_start, last_end
        For each actor the start of its first firing and the end of its last one.
    end : int64, shape (g + 2,)
        End of the last firing of all.
    """

    actors: tuple[int, ...]
    groups: tuple[tuple[tuple[int, int], ...], ...]
    after: NDArray[np.int64]
    first_start: dict[int, Row]
    last_end: dict[int, Row]
    end: Row


class _Queue:
    """A channel's tokens in order: first initial ones by number, then runs of (row, how many)."""

    def __init__(self, first: int, count: int) -> None:
        self.next, self.stop = first, first + count
        self.runs: deque[tuple[Row, int]] = deque()
        self.held = count

    def equal_batches(self, rate: int) -> int:
        """How many times ``rate`` tokens of one and the same row can be taken."""
        return self.runs[0][1] // rate if self.next == self.stop and self.runs else 0

    def take(self, count: int, into: Row) -> None:
        self.held -= count
        oldest = min(count, self.stop - self.next)
        if oldest:
            part = into[self.next : self.next + oldest]
            np.maximum(part, 0, out=part)
            self.next += oldest
        count -= oldest
        while count:
            row, many = self.runs.popleft()
            np.maximum(into, row, out=into)
            if many > count:
                self.runs.appendleft((row, many - count))
            count -= min(many, count)


def play_iteration(
    graph: SDFGraph, repetitions: Sequence[int], actors: Sequence[int], trigger: int | None = None
) -> Iteration:
    """Play each actor of a weak component as often as its repetition count, in any order that the tokens allow.

    Firings of one actor that take tokens of equal rows are played as one.

    Raises
    ------
    DeadlockError
        The iteration cannot be completed.
    InputError
        More than 20,000 initial tokens, or times of an iteration beyond 2^60.
    """
    members = set(actors)
    ends = list(zip(graph.sources.tolist(), graph.targets.tolist(), strict=True))
    inside = [c for c, (a, _) in enumerate(ends) if a in members]
    produced, consumed = graph.production.tolist(), graph.consumption.tolist()
    durations, initial = graph.execution_times.tolist(), graph.initial_tokens.tolist()
    total = sum(initial[c] for c in inside)
    if total > _MAX_TOKENS:
        raise InputError(graph.name, f"at most {_MAX_TOKENS} initial tokens", str(total), "use another engine")
    if sum(repetitions[v] * durations[v] for v in actors) >= _LARGEST:
        raise InputError(graph.name, "less than 2^60 time units of work in an iteration", "more", "use a coarser unit")
    queues: dict[int, _Queue] = {}
    place = 0
    for c in inside:
        queues[c] = _Queue(place, initial[c])
        place += initial[c]
    inputs: dict[int, list[int]] = {v: [] for v in actors}
    outputs: dict[int, list[int]] = {v: [] for v in actors}
    for c in inside:
        outputs[ends[c][0]].append(c)
        inputs[ends[c][1]].append(c)

    left = {v: repetitions[v] for v in actors}
    first_start: dict[int, Row] = {}
    last_end: dict[int, Row] = {}
    stack = list(actors)[::-1]
    while stack:
        v = stack.pop()
        while left[v] and all(queues[c].held >= consumed[c] for c in inputs[v]):
            batch = max(min([queues[c].equal_batches(consumed[c]) for c in inputs[v]] + [left[v]]), 1)
            row = np.full(total + 2, NEVER, np.int64)
            for c in inputs[v]:
                queues[c].take(batch * consumed[c], row)
            if not inputs[v]:
                row[total] = 0
            if v == trigger:
                row[total + 1] = max(row[total + 1], 0)
            first_start.setdefault(v, row)
            end = row + durations[v]
            end[is_never(end)] = NEVER
            last_end[v] = np.maximum(last_end[v], end) if v in last_end else end
            for c in outputs[v]:
                queues[c].runs.append((end, batch * produced[c]))
                queues[c].held += batch * produced[c]
                stack.append(ends[c][1])
            left[v] -= batch
    stuck = tuple(v for v in actors if left[v])
    if stuck:
        names = ", ".join(graph.actors[v] for v in stuck[:8])
        raise DeadlockError(f"deadlock: {names} cannot complete an iteration", stuck)
    return _reduce(tuple(actors), queues, total, first_start, last_end)


def _reduce(
    actors: tuple[int, ...],
    queues: dict[int, _Queue],
    total: int,
    first_start: dict[int, Row],
    last_end: dict[int, Row],
) -> Iteration:
    """Join the tokens of one firing into groups."""
    group_of: list[int] = []
    groups: list[list[tuple[int, int]]] = []
    rows: list[Row] = []
    known: dict[int, int] = {}
    for c, queue in queues.items():
        arrivals: list[tuple[Row | None, int, int]] = [(None, k, 1) for k in range(queue.next, queue.stop)]
        arrivals += [(row, 0, many) for row, many in queue.runs]
        place = 0
        for row, number, many in arrivals:
            if row is None:  # an initial token that nobody took: it only moves up
                row = np.full(total + 2, NEVER, np.int64)
                row[number] = 0
            g = known.setdefault(id(row), len(groups))
            if g == len(groups):
                groups.append([])
                rows.append(row)
            groups[g].extend((c, place + k) for k in range(many))
            group_of.extend([g] * many)
            place += many
    size = len(groups)
    columns = np.array([*group_of, size, size + 1], np.int64)
    order = np.argsort(columns, kind="stable")
    starts = np.searchsorted(columns[order], np.arange(size + 2))

    def joined(row: Row) -> Row:
        values: Row = np.maximum.reduceat(row[order], starts)
        return values

    after = np.array([joined(row) for row in rows], np.int64).reshape(size, size + 2)
    ends = {v: joined(row) for v, row in last_end.items()}
    return Iteration(
        actors=actors,
        groups=tuple(tuple(group) for group in groups),
        after=after,
        first_start={v: joined(row) for v, row in first_start.items()},
        last_end=ends,
        end=np.max(list(ends.values()), axis=0),
    )
