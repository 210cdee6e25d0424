"""Ask for one smaller period after the other, and walk through partial mappings until each is reached."""

from __future__ import annotations

import math
import time
from typing import Any, Literal

import numpy as np

from mapper.lower.bound_graph import capacities
from mapper.model.mapping import Mapping, OrderSemantics
from mapper.model.platform import UNLIMITED
from mapper.search.cpsat.variables import farthest_hops, time_unit
from mapper.search.ejection.partial import (
    AFTER,
    HEAD,
    HELD,
    HELD_TOKENS,
    PERIOD,
    POOLED,
    STEP,
    TILE,
    Partial,
    load_partial,
    make_partial,
)
from mapper.search.ejection.pool import COUNTS, leave_blindly, make_feasible
from mapper.search.ejection.walk import walk
from mapper.search.ejection.ways import ABSENT
from mapper.search.incumbent import Incumbent
from mapper.search.local.tables import (
    BUNDLE,
    CAPACITY,
    EXECUTION,
    ROUND_ROBIN,
    SOURCE,
    TARGET,
    TOKENS,
    Ints,
    Tables,
    make_tables,
    take_buffers,
    why_no_tables,
)

__all__ = ["EjectionSearch"]

#: Ways are a table over pairs of actors.
MOST_ACTORS = 512

#: The first target lies so far between the incumbent and the bound.
_SHARE = 0.15

#: Trials after which a target is moved half-way to the incumbent.
_PATIENCE = 400_000

#: Actors squared times steps between two looks at the clock, some hundredths of a second.
_CHUNK = 500_000

#: Clusters that leave a mapping whose links are too slow.
_ASTRAY = 3

#: Seconds left that are worth compiling for.
_WORTH_COMPILING = 40.0


class EjectionSearch:
    """Takes clusters out of a mapping until the rest keeps a smaller period, then seats them again.

    A target is a whole number of time units, so that the last fraction of one is left to others. Times of which there
    are too many digits are rounded up: what is found keeps the target all the same. With one search, and time enough,
    the same seed gives the same mapping.

    Parameters
    ----------
    orders
        ``plain``: no retiming; ``pipelined``: any retiming within the buffers, if the incumbent takes it.
    """

    def __init__(
        self, incumbent: Incumbent, seed: int = 1, orders: Literal["plain", "pipelined"] = "pipelined"
    ) -> None:
        self.incumbent, self.seed = incumbent, seed
        self.pipelined = orders == "pipelined" and incumbent.semantics is OrderSemantics.PIPELINED
        self.not_attempted = _why_not(incumbent)
        self.interrupted = False
        self._counts = np.zeros(COUNTS, np.int64)
        self._t: Tables | None = None
        self._s: Partial | None = None
        self._waited, self._steps, self._targets, self._spent = 0, 0, 0, 0.0

    def advance(self, *, max_moves: int | None = None) -> None:
        """Go on for so many steps of the walk, or until there is nothing to look for, or the incumbent should stop."""
        began = time.perf_counter()
        left = math.inf if max_moves is None else max_moves
        while left > 0 and self._may_go_on():
            if not self._has_target() and not self._begin_target():
                break
            left -= self._walk(left)
        self._spent += time.perf_counter() - began

    def statistics(self) -> dict[str, Any]:
        if self.not_attempted:
            return {"not_attempted": self.not_attempted}
        names = ("seats", "trials", "singles", "pairs", "many", "blind", "changes")
        named = dict(zip(names, self._counts.tolist(), strict=True))
        return {"targets": self._targets, "steps": self._steps, **named, "seconds": round(self._spent, 3)}

    def _may_go_on(self) -> bool:
        incumbent = self.incumbent
        if self.not_attempted or self.interrupted or incumbent.mapping is None or incumbent.should_stop():
            return False
        return walk.ready or incumbent.stop.seconds_left(incumbent.seconds) >= _WORTH_COMPILING

    def _has_target(self) -> bool:
        """A target that nobody has reached yet, nor proven to be out of reach."""
        return self._s is not None and self._lowest() <= int(self._s.about[PERIOD]) <= self._highest()

    def _highest(self) -> int:
        """The largest target below the incumbent."""
        assert self.incumbent.period is not None
        return math.ceil(self.incumbent.period / self.unit) - 1

    def _lowest(self) -> int:
        """The smallest target; none is 0, which tokens could not be counted in."""
        return max(1, math.ceil(self.incumbent.bound.value / self.unit))

    def _begin_target(self) -> bool:
        """Whether there is a target between bound and incumbent; if so, begin with the incumbent's mapping."""
        incumbent = self.incumbent
        if self._t is None:
            self.unit = _unit(incumbent, pipelined=self.pipelined)
            tables = make_tables(incumbent.application, incumbent.platform, pipelined=self.pipelined)
            self._t = _in_units(tables, self.unit)
            self._s = make_partial(self._t, self.seed)
        mapping = incumbent.mapping
        assert mapping is not None and self._s is not None
        if not self.pipelined and mapping.retiming.any():
            return False
        highest, lowest = self._highest(), self._lowest()
        if highest < lowest:
            return False
        take_buffers(self._t, incumbent.application, mapping, incumbent.platform)
        self._buffers = mapping.buffers
        load_partial(self._t, self._s, mapping, max(lowest, highest - int(_SHARE * (highest - lowest))))
        make_feasible.jitted()(self._t, self._s)
        self._waited = 0
        self._targets += 1
        return True

    def _walk(self, most: float) -> int:
        """Some steps, between two looks at the clock; how many."""
        t, s = self._t, self._s
        assert t is not None and s is not None
        steps = int(min(most, max(1, _CHUNK // len(t.actor) ** 2)))
        before, begun = self._counts.sum(), int(s.about[STEP])
        walk.jitted()(t, s, steps, self._counts)
        made = max(1, int(s.about[STEP]) - begun)
        self._steps += made
        self._waited += int(self._counts.sum() - before)
        if s.about[POOLED] == 0:
            self._offer(t, s)
        elif self._waited > _PATIENCE and s.about[PERIOD] < self._highest():
            s.about[PERIOD] = (s.about[PERIOD] + self._highest() + 1) // 2
            make_feasible.jitted()(t, s)
            self._waited = 0
        return made

    def _offer(self, t: Tables, s: Partial) -> None:
        """Everyone has a seat: a mapping of the target's period. Where a link is slower, some have to go elsewhere."""
        mapping = _read(s, pipelined=self.pipelined, buffers=self._buffers)
        held = t.channel[:, TOKENS] + mapping.retiming[t.channel[:, TARGET]] - mapping.retiming[t.channel[:, SOURCE]]
        if ((held >= 0) & (held <= t.channel[:, CAPACITY])).all():  # no way was beyond 32 bits
            self.incumbent.offer(mapping, "ejection")
        if self._highest() >= s.about[PERIOD]:
            for _ in range(_ASTRAY):
                leave_blindly.jitted()(t, s, self._counts)


def _why_not(incumbent: Incumbent) -> str:
    """Why no search is tried, or an empty string."""
    application, platform, timing = incumbent.application, incumbent.platform, incumbent.platform.timing
    if application.graph.actor_count > MOST_ACTORS:
        return f"more than {MOST_ACTORS} actors"
    if incumbent.goal != "period" or incumbent.ceilings:
        return "the goal is not the period alone"
    if timing.inject_ps or timing.eject_ps or timing.reprogram_ps:
        return "firings take longer on some tiles than on others"
    if platform.arbitration == "round_robin" and timing.packet_ps:
        return "transfers wait for each other"
    if (platform.buffer_packets < UNLIMITED).any():
        return "tiles run out of buffers"
    return why_no_tables(application, platform)


def _unit(incumbent: Incumbent, *, pipelined: bool) -> int:
    """Picoseconds in which ways fit 32 bits: the greatest in which all times are whole, or more.

    No way is longer than each actor once, or, pipelined, than the iterations that a chain of all actors can hold.
    """
    application, platform, timing = incumbent.application, incumbent.platform, incumbent.platform.timing
    bundle = int(application.packets.max(initial=0)) * timing.packet_ps
    edge = int(application.graph.execution_times.max(initial=0)) + timing.setup_ps + timing.local_ps + bundle
    longest = application.graph.actor_count * (edge + 2 * farthest_hops(platform) * timing.hop_ps)
    if pipelined and incumbent.period is not None:
        held = int(capacities(application, platform).max(initial=1))
        longest += application.graph.actor_count * held * math.ceil(incumbent.period)
    exact = time_unit(application, platform)
    return exact * max(1, -(-longest // (exact * (-ABSENT // 2))))


def _in_units(t: Tables, unit: int) -> Tables:
    """Times as numbers of units, rounded up."""
    actor, channel, cost = t.actor.copy(), t.channel.copy(), t.cost.copy()
    actor[:, EXECUTION] = -(-actor[:, EXECUTION] // unit)
    channel[:, BUNDLE] = -(-channel[:, BUNDLE] // unit)
    cost[:ROUND_ROBIN] = -(-cost[:ROUND_ROBIN] // unit)
    return t._replace(actor=actor, channel=channel, cost=cost)


def _read(s: Partial, *, pipelined: bool, buffers: Any) -> Mapping:
    """The mapping of a partial one without a pool: whole periods of the earliest starts are the retiming."""
    period = int(s.about[PERIOD])
    starts = s.ways[0].max(axis=0).clip(min=0).astype(np.int64)
    retiming = starts // period if pipelined else np.zeros(starts.size, np.int64)
    orders = []
    for p in range(len(s.tile)):
        order = []
        v = int(s.tile[p, HEAD])
        for _ in range(int(s.tile[p, HELD])):
            order.append(v)
            v = int(s.node[v, AFTER])
        # The round ends before the edge that leads to the next round.
        wraps = [k for k, a in enumerate(order) if _rounds(s, retiming, a) == 1]
        first = (wraps[0] + 1) % len(order) if wraps else 0
        orders.append((*order[first:], *order[:first]))
    return Mapping(s.node[:, TILE].astype(np.int32), tuple(orders), retiming - retiming.min(initial=0), buffers)


def _rounds(s: Partial, retiming: Ints, a: int) -> int:
    """Rounds between the firings of an order edge."""
    b = int(s.node[a, AFTER])
    return int(s.node[a, HELD_TOKENS] + retiming[b] - retiming[a])
