"""Best-first search over distributions of capacities, pruned by the limits that critical cycles set."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from heapq import heappop, heappush

from mapper.analysis.buffers.bounded import BoundedGraph, Limit
from mapper.model.sdf import SDFGraph
from mapper.progress import Event, Progress
from mapper.stop import Stop

__all__ = ["Distribution", "Search"]

Distribution = tuple[int, ...]


class Search:
    """Distributions by growing size, from the least capacities on.

    Parameters
    ----------
    target
        Stop at the first size that reaches this period and collect all of that size which do; ``None``: collect every
        size that improves on the smaller ones, with the distributions that improve most, up to period ``best``.

    Attributes
    ----------
    found
        (size, its slowest period, distributions), by growing size.
    complete, explored_size, evaluations
        See ``mapper.analysis.buffers.front.BufferFront``.
    """

    def __init__(self, graph: SDFGraph, channels: Sequence[int], best: Fraction, target: Fraction | None) -> None:
        self._graph, self._best, self._target = graph, best, target
        self._bounded = BoundedGraph(graph, channels)
        self.found: list[tuple[int, Fraction, list[Distribution]]] = []
        self.complete = False
        self.evaluations = 0
        self.explored_size = sum(self._bounded.least)
        self._limits: list[Limit] = []

    def run(self, stop: Stop | None, progress: Progress) -> None:
        """Search to the end, or until ``stop`` or Ctrl-C says so; what was found stays found."""
        with suppress(KeyboardInterrupt):
            self._explore(stop, progress)

    def _explore(self, stop: Stop | None, progress: Progress) -> None:
        began = time.monotonic()
        first = self._bounded.least
        if self._target is not None:
            for position, channel in enumerate(self._bounded.channels):
                if stop is not None and stop.reached(time.monotonic() - began, None, self._best):
                    return
                least = _least_alone(self._graph, channel, self._target)
                first = (*first[:position], least, *first[position + 1 :])
            self.explored_size = sum(first)
        waiting: list[tuple[int, Distribution]] = [(sum(first), first)]
        seen = {first}
        while waiting and not self._satisfied(waiting[0][0]):
            size, capacities = heappop(waiting)
            seconds = time.monotonic() - began
            if size > self.explored_size:
                self.explored_size = size
                progress(Event("buffers", f"total size {size}", seconds, period=self._period(), bound=self._best))
            if stop is not None and stop.reached(seconds, self._period(), self._best):
                return
            limit = self._known_limit(size, capacities)
            if limit is None:
                self.evaluations += 1
                limit = self._bounded.evaluate(capacities, self._target or self._best)
                self._limits.append(limit)
                self._note(size, capacities, limit.period)
            for position, need in limit.needs:
                larger = (*capacities[:position], need, *capacities[position + 1 :])
                if larger not in seen:
                    seen.add(larger)
                    heappush(waiting, (size - capacities[position] + need, larger))
        self.complete = True

    def _period(self) -> Fraction | None:
        return self.found[-1][1] if self.found else None

    def _satisfied(self, size: int) -> bool:
        """Whether distributions of this size (and larger ones) have nothing to add."""
        if not self.found or size <= self.found[-1][0]:
            return False
        return self._target is not None or self.found[-1][1] <= self._best

    def _known_limit(self, size: int, capacities: Sequence[int]) -> Limit | None:
        """Of the limits that forbid this distribution to count, one that leaves the fewest ways out."""
        chosen: Limit | None = None
        for limit in self._limits:
            fewer = chosen is None or len(limit.needs) < len(chosen.needs)
            if fewer and self._forbids(limit, size) and limit.holds(capacities):
                chosen = limit
        return chosen

    def _forbids(self, limit: Limit, size: int) -> bool:
        if limit.period is None:
            return True
        if self._target is not None:
            return limit.period > self._target
        if not self.found:
            return False
        best_size, best, _ = self.found[-1]
        return limit.period > best or (limit.period == best and size > best_size)

    def _note(self, size: int, capacities: Distribution, period: Fraction | None) -> None:
        """Keep a distribution if it counts."""
        if period is None or (self._target is not None and period > self._target):
            return
        if self._target is not None:  # so far only this is known: no longer than the target
            period = self._bounded.evaluate(capacities, self._best).period
            assert period is not None
        if not self.found:
            self.found.append((size, period, [capacities]))
            return
        best_size, best, distributions = self.found[-1]
        if self._target is not None:
            self.found[-1] = best_size, max(best, period), [*distributions, capacities]
        elif period == best and size == best_size:
            distributions.append(capacities)
        elif period < best:
            if size == best_size:
                self.found.pop()
            self.found.append((size, period, [capacities]))


def _least_alone(graph: SDFGraph, channel: int, target: Fraction) -> int:
    """The least capacity of one channel that allows a reachable period if the others have no limit."""
    bounded = BoundedGraph(graph, (channel,))
    step = bounded.steps[0]

    def enough(extra: int) -> bool:
        period = bounded.evaluate((bounded.least[0] + extra * step,), target).period
        return period is not None and period <= target

    if enough(0):
        return bounded.least[0]
    too_few, many = 0, 1
    while not enough(many):
        too_few, many = many, 2 * many
    while many - too_few > 1:
        middle = (too_few + many) // 2
        too_few, many = (too_few, middle) if enough(middle) else (middle, many)
    return bounded.least[0] + many * step
