"""Modulo list scheduling: starts of iteration 0 such that one schedule, repeated every period, keeps every lag.

After B. R. Rau, "Iterative modulo scheduling" (MICRO 1994): actors go in order of height, each to the first free slot
within its window; where there is none it takes one by force, and those it disturbs are placed again. Lags here have
both signs (buffers are finite) and every tile is a resource of its own, taken for a whole firing at a time.
"""

from __future__ import annotations

import heapq
from bisect import insort
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mapper.model.application import Application
from mapper.search.modulo.lags import Lags
from mapper.search.one_iteration import OneIteration

__all__ = ["schedule_modulo"]

#: Placements per actor before giving up.
BUDGET = 6


def schedule_modulo(
    application: Application,
    lags: Lags,
    tiles: Sequence[Sequence[int]],
    slots: Sequence[int],
    period: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int32], list[int]] | None:
    """(binding, starts of iteration 0) at a period, or ``None`` if the budget of placements did not suffice.

    Parameters
    ----------
    tiles
        Where each actor may go: one tile if the binding is decided; the input actor's one tile is not a resource.
    slots
        Clusters each tile can hold.
    """
    if period < max([1, *lags.durations]):
        return None
    return _Table(application, lags, tiles, slots, period, rng).fill()


class _Table:
    """The reservation table: what is placed, and when each tile is taken."""

    def __init__(
        self,
        application: Application,
        lags: Lags,
        tiles: Sequence[Sequence[int]],
        slots: Sequence[int],
        period: int,
        rng: np.random.Generator,
    ) -> None:
        self.lags, self.tiles, self.slots, self.period, self.rng = lags, tiles, slots, period, rng
        self.is_input = application.is_input.tolist()
        self.starts: dict[int, int] = {}
        self.tile_of = [-1] * len(self.is_input)
        self.taken: list[list[tuple[int, int]]] = [[] for _ in slots]  # (phase, actor), by phase
        self.load = [0] * len(slots)
        self.last: list[int | None] = [None] * len(self.is_input)
        self.height = OneIteration(application).longest_ways(application.graph.execution_times)

    def fill(self) -> tuple[NDArray[np.int32], list[int]] | None:
        waiting = [(-self.height[a], a) for a in range(len(self.is_input))]
        heapq.heapify(waiting)
        left = BUDGET * len(waiting)
        while waiting:
            if left == 0:
                return None
            left -= 1
            _, actor = heapq.heappop(waiting)
            place = self._best(actor)
            if place is None:
                return None
            for other in self._put(actor, *place):
                heapq.heappush(waiting, (-self.height[other], other))
        return np.array(self.tile_of, np.int32), [self.starts[a] for a in range(len(self.is_input))]

    def _best(self, actor: int) -> tuple[int, int] | None:
        """The tile and start with the least idle time before it and the least delay; by force if none is free."""
        busy, period = self.lags.durations[actor], self.period
        best: tuple[float, int, int] | None = None
        forced: tuple[float, int, int] | None = None
        for tile in self.tiles[actor]:
            low, high = self.lags.window(actor, tile, self.tile_of, self.starts, period)
            if low is None:
                low = 0 if high is None else high - period
            latest = low + period if high is None else min(high, low + period)
            if self.is_input[actor]:
                return tile, low
            fuller = self.load[tile] / period
            if self.load[tile] + busy <= period and len(self.taken[tile]) < self.slots[tile]:
                for when, idle in self._free(tile, low, latest, busy):
                    cost = (when - low + 2 * idle) / period + fuller / 4 + 0.05 * self.rng.random()
                    if best is None or cost < best[0]:
                        best = (cost, tile, when)
            cost = fuller + 0.5 * self.rng.random()
            if forced is None or cost < forced[0]:
                again = self.last[actor]
                forced = (cost, tile, low if again is None else max(low, again + 1))
        chosen = best or forced
        return None if chosen is None else chosen[1:]

    def _free(self, tile: int, low: int, high: int, busy: int) -> list[tuple[int, int]]:
        """(start, idle time before it) of the free stretches of a tile in a window: their beginnings, or ``low``."""
        period, row = self.period, self.taken[tile]
        if not row:
            return [(low, 0)]
        found = []
        for k, (phase, actor) in enumerate(row):
            following = row[k + 1][0] if k + 1 < len(row) else row[0][0] + period
            begin = phase + self.lags.durations[actor]
            room = following - begin - busy  # how much later than ``begin`` the firing may start
            if room < 0:
                continue
            when = begin + period * -((begin - low) // period)  # the first such beginning from ``low`` on
            if when <= high:
                found.append((when, 0))
            if when - low > period - room:  # ``low`` itself lies in the stretch before
                found.append((low, low - (when - period)))
        return found

    def _put(self, actor: int, tile: int, when: int) -> set[int]:
        """Place an actor; who had to go for it."""
        gone = self.lags.quarrels(actor, tile, when, self.tile_of, self.starts, self.period)
        if not self.is_input[actor]:
            gone |= self._overlapping(actor, tile, when % self.period)
        for other in gone:
            self._take_out(other)
        self.starts[actor], self.tile_of[actor], self.last[actor] = when, tile, when
        if not self.is_input[actor]:
            insort(self.taken[tile], (when % self.period, actor))
            self.load[tile] += self.lags.durations[actor]
        return gone

    def _overlapping(self, actor: int, tile: int, phase: int) -> set[int]:
        """Actors that hold the tile at the same time, and, on a tile without a slot left, one more."""
        gone, busy = set(), self.lags.durations
        for begin, other in self.taken[tile]:
            if (phase - begin) % self.period < busy[other] or (begin - phase) % self.period < busy[actor]:
                gone.add(other)
        if not gone and len(self.taken[tile]) >= self.slots[tile]:
            gone.add(self.taken[tile][int(self.rng.integers(len(self.taken[tile])))][1])
        return gone

    def _take_out(self, actor: int) -> None:
        tile = self.tile_of[actor]
        if not self.is_input[actor]:
            self.taken[tile].remove((self.starts[actor] % self.period, actor))
            self.load[tile] -= self.lags.durations[actor]
        del self.starts[actor]
        self.tile_of[actor] = -1
