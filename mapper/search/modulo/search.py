"""Pipelined mappings by modulo scheduling, for periods from the bound upwards."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.errors import InputError
from mapper.model.application import Application
from mapper.model.mapping import Mapping, OrderSemantics
from mapper.model.platform import Platform
from mapper.search.feasibility import allowed_tiles, buffers_hold
from mapper.search.incumbent import Incumbent
from mapper.search.modulo.balance import balance_loads
from mapper.search.modulo.lags import Lags, make_lags
from mapper.search.modulo.schedule import schedule_modulo

__all__ = ["fold", "search_modulo"]

#: The first period tried lies at the bound, the next this share above it, and so on in growing steps; each is tried
#: so often. Between the last period without a schedule and the best with one this many more are tried.
STEP, GROWTH, TRIES, HALVINGS = 0.01, 1.5, 2, 3

#: Beyond so many actors times tiles the plain Python of this search is not worth its time.
MOST_PLACES = 200_000


def search_modulo(incumbent: Incumbent, seed: int = 1, *, seconds: float = math.inf) -> dict[str, Any]:
    """Offer pipelined mappings: first for balanced loads, then with tiles chosen by the schedule.

    For each of the two the period grows from the bound until a schedule exists, at most to the incumbent's period;
    then the interval below it is halved a few times. Without a limit in seconds the same seed gives the same mapping.
    Schedules count on the most that channels can hold; where buffers are sized the incumbent sizes them afterwards and
    passes over a schedule that no tile has room for.

    Returns
    -------
    dict
        Statistics: schedules tried and found, seconds; ``not_attempted``: a reason.
    """
    application, platform = incumbent.application, incumbent.platform
    if incumbent.semantics is OrderSemantics.PLAIN:
        return {"not_attempted": "plain orders"}
    if application.graph.actor_count * platform.tiles > MOST_PLACES:
        return {"not_attempted": "too many clusters and tiles"}
    allowed = [np.flatnonzero(row).tolist() for row in allowed_tiles(application, platform)]
    if not all(allowed):
        return {"not_attempted": "a cluster fits no tile"}
    run = _Run(incumbent, make_lags(application, platform), np.random.default_rng(seed), seconds)
    balanced = balance_loads(application, platform, seed, sized=incumbent.sized)
    if balanced is not None:
        run.look_upwards([[tile] for tile in balanced.tolist()])
    run.look_upwards(allowed)
    return {"tried": run.tried, "found": run.found, "seconds": round(time.perf_counter() - run.began, 3)}


@dataclass
class _Run:
    """One search: what the periods tried share."""

    incumbent: Incumbent
    lags: Lags
    rng: np.random.Generator
    seconds: float
    began: float = field(default_factory=time.perf_counter)
    tried: int = 0
    found: int = 0

    def over(self) -> bool:
        return self.incumbent.should_stop() or time.perf_counter() - self.began > self.seconds

    def look_upwards(self, tiles: Sequence[Sequence[int]]) -> None:
        """Try periods from the bound up to one with a schedule, then some below it."""
        known = self.incumbent.period
        most = sum(map(abs, self.lags.durations)) * 100 + 1 if known is None else math.ceil(known) - 1
        low = high = max(1, math.ceil(self.incumbent.bound.value))
        step, reached = STEP, None
        while reached is None:
            if high > most or self.over():
                return
            reached = self.attempt(tiles, high)
            if reached is None:
                low, high, step = high, math.ceil(high * (1 + step)), step * GROWTH
        for _ in range(HALVINGS):
            middle = (low + math.ceil(reached)) // 2
            if middle <= low or self.over():
                return
            below = self.attempt(tiles, middle)
            if below is None:
                low = middle
            else:
                reached = min(reached, below)

    def attempt(self, tiles: Sequence[Sequence[int]], period: int) -> Fraction | None:
        """The smallest period among the schedules found for one, as evaluated."""
        application, platform = self.incumbent.application, self.incumbent.platform
        best: Fraction | None = None
        for _ in range(TRIES):
            self.tried += 1
            answer = schedule_modulo(application, self.lags, tiles, platform.slots.tolist(), period, self.rng)
            if answer is None or not buffers_hold(application, answer[0], platform, sized=self.incumbent.sized):
                continue
            try:
                reached = self.incumbent.offer(fold(application, platform, *answer, period), "modulo scheduling")
            except InputError:  # a retiming beyond the buffers: some times are not among the lags
                continue
            if reached is not None:
                self.found += 1
                best = reached if best is None else min(best, reached)
        return best


def fold(
    application: Application, platform: Platform, binding: NDArray[np.int32], starts: list[int], period: int
) -> Mapping:
    """The mapping of a schedule: orders by the starts' phases, offsets by the periods they are away from the first."""
    begin = np.array(starts, np.int64) - min(starts, default=0)
    retiming, phases = np.divmod(begin, period)
    orders: list[list[int]] = [[] for _ in range(platform.tiles)]
    for actor in sorted(application.clusters, key=lambda a: (phases[a], begin[a], a)):
        orders[int(binding[actor])].append(actor)
    return Mapping(binding, tuple(map(tuple, orders)), retiming)
