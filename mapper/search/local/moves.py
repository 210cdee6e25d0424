"""Moving one actor to a tile and a time, and what that changes around it.

Every place is found by time: the actor gets a start within the window that its channels leave, and enters its new
tile's order where that start falls. All edges without tokens then point forward in time, so no move can deadlock.
"""

from __future__ import annotations

import math

from mapper.compiled import kernel
from mapper.search.local.state import (
    AFTER,
    BEFORE,
    BUFFERED,
    DURATION,
    HEAD,
    HELD,
    LOAD,
    RETIMING,
    TILE,
)
from mapper.search.local.tables import (
    BUFFERS,
    BUNDLE,
    CAPACITY,
    CROSSBARS,
    DEMAND,
    EJECT,
    HOP,
    HOPS,
    INJECT,
    IS_INPUT,
    NEXT_LINK,
    NEXT_TILE,
    PACKETS,
    PIPELINED,
    REPROGRAM,
    SLOTS,
    SOURCE,
    TARGET,
    TOKENS,
    transfer_time,
)

__all__ = ["goal", "heaviest_load", "place_at", "remember", "take_back"]


@kernel
def account(t, s, actor, sign):  # type: ignore[no-untyped-def]
    """Add (1) or remove (-1) what the actor's remote channels put on links, buffers and both ends' durations."""
    for k in range(t.incident_first[actor], t.incident_first[actor + 1]):
        c = t.incident[k]
        a = t.channel[c, SOURCE]
        b = t.channel[c, TARGET]
        p = s.node[a, TILE]
        q = s.node[b, TILE]
        if p == q:
            continue
        s.tile[q, BUFFERED] += sign * t.channel[c, DEMAND]
        if not t.actor[a, IS_INPUT]:
            s.node[a, DURATION] += sign * t.channel[c, PACKETS] * t.cost[INJECT]
        if not t.actor[b, IS_INPUT]:
            s.node[b, DURATION] += sign * t.channel[c, PACKETS] * t.cost[EJECT]
        if t.channel[c, BUNDLE] > 0:
            while p != q:
                s.link[t.way[NEXT_LINK, p, q]] += sign * t.channel[c, BUNDLE]
                p = t.way[NEXT_TILE, p, q]


@kernel
def take_out(s, actor):  # type: ignore[no-untyped-def]
    """Out of its tile's order."""
    p = s.node[actor, TILE]
    after = s.node[actor, AFTER]
    s.tile[p, HELD] -= 1
    if s.tile[p, HEAD] == actor:
        s.tile[p, HEAD] = -1 if after == actor else after
    s.node[s.node[actor, BEFORE], AFTER] = after
    s.node[after, BEFORE] = s.node[actor, BEFORE]
    s.node[actor, AFTER] = actor
    s.node[actor, BEFORE] = actor


@kernel
def put_in(s, actor, tile, follower, leads):  # type: ignore[no-untyped-def]
    """Into a tile's order before ``follower`` (-1: alone), as the first of its round if it ``leads``."""
    s.node[actor, TILE] = tile
    s.tile[tile, HELD] += 1
    if follower >= 0:
        before = s.node[follower, BEFORE]
        s.node[before, AFTER] = actor
        s.node[actor, BEFORE] = before
        s.node[actor, AFTER] = follower
        s.node[follower, BEFORE] = actor
    if leads or follower < 0:
        s.tile[tile, HEAD] = actor


@kernel
def relocate(t, s, actor, tile, follower, leads, retiming):  # type: ignore[no-untyped-def]
    """The whole move; an input actor only changes its retiming."""
    s.node[actor, RETIMING] = retiming
    if t.actor[actor, IS_INPUT]:
        return
    elsewhere = tile != s.node[actor, TILE]
    if elsewhere:
        account(t, s, actor, -1)
    take_out(s, actor)
    put_in(s, actor, tile, follower, leads)
    if elsewhere:
        account(t, s, actor, 1)


@kernel
def goal(t, s, actor, tile, lam, share, tight):  # type: ignore[no-untyped-def]
    """A start time for iteration 0 of an actor on a tile: the given share of its window.

    With T = start of iteration 0, a channel a -> b allows ``T_b >= T_a + d_a + transfer - w * period`` and
    ``T_a >= T_b + d_b + credit - (B - w) * period``. If ``tight`` these times count; where they leave no room, and if
    not, only the order does.
    """
    low = -math.inf
    high = math.inf
    safe_low = -math.inf
    safe_high = math.inf
    for k in range(t.incident_first[actor], t.incident_first[actor + 1]):
        c = t.incident[k]
        a = t.channel[c, SOURCE]
        b = t.channel[c, TARGET]
        if a == b:
            continue
        w = t.channel[c, TOKENS] * lam
        room = t.channel[c, CAPACITY] * lam - w
        distance = t.way[HOPS, tile, s.node[b, TILE]] if a == actor else t.way[HOPS, s.node[a, TILE], tile]
        sent = s.node[a, DURATION] + transfer_time(t.cost, t.channel[c, BUNDLE], distance)
        credited = s.node[b, DURATION] + distance * t.cost[HOP]
        if a == actor:
            begin = s.phase[b] + s.node[b, RETIMING] * lam
            low = max(low, begin - room + credited)
            high = min(high, begin + w - sent)
            safe_low = max(safe_low, begin - room)
            safe_high = min(safe_high, begin + w)
        else:
            begin = s.phase[a] + s.node[a, RETIMING] * lam
            low = max(low, begin - w + sent)
            high = min(high, begin + room - credited)
            safe_low = max(safe_low, begin - w)
            safe_high = min(safe_high, begin + room)
    if safe_low == -math.inf:
        return share * lam
    if tight and low <= high:
        return low + share * (high - low)
    if tight:
        return min(max((low + high) / 2, safe_low), safe_high)
    return safe_low + share * (safe_high - safe_low)


@kernel
def heaviest_load(t, s):  # type: ignore[no-untyped-def]
    """Fill each tile's time of a round and return the largest; infinite if slots or buffers do not suffice."""
    for p in range(len(t.room)):
        held = s.tile[p, HELD]
        if held > t.room[p, SLOTS] or s.tile[p, BUFFERED] > t.room[p, BUFFERS]:
            return math.inf
        s.tile[p, LOAD] = t.cost[REPROGRAM] * held if held > max(1, t.room[p, CROSSBARS]) else 0
    for v in range(len(t.actor)):
        if not t.actor[v, IS_INPUT]:
            s.tile[s.node[v, TILE], LOAD] += s.node[v, DURATION]
    heaviest = 0.0
    for p in range(len(t.room)):
        heaviest = max(heaviest, float(s.tile[p, LOAD]))
    return heaviest


@kernel
def place_at(t, s, actor, tile, when, lam):  # type: ignore[no-untyped-def]
    """Move an actor to a tile so that its iteration 0 starts about ``when``."""
    retiming = 0
    phase = when
    if t.cost[PIPELINED] and lam > 0:
        retiming = math.floor(when / lam)
        phase = when - retiming * lam
    s.phase[actor] = phase
    follower = -1
    leads = False
    if not t.actor[actor, IS_INPUT]:
        v = s.tile[tile, HEAD]
        for _k in range(s.tile[tile, HELD]):
            if v != actor:
                if follower < 0:
                    follower = v  # the end of the round, unless an earlier place is found
                if s.phase[v] > phase:
                    leads = v == follower
                    follower = v
                    break
            v = s.node[v, AFTER]
    relocate(t, s, actor, tile, follower, leads, retiming)


@kernel
def remember(s, actor, memory, row):  # type: ignore[no-untyped-def]
    """Where an actor is: tile, the next in order, whether it leads the round, retiming."""
    after = s.node[actor, AFTER]
    memory[row, 0] = actor
    memory[row, 1] = s.node[actor, TILE]
    memory[row, 2] = -1 if after == actor else after
    memory[row, 3] = 1 if s.tile[s.node[actor, TILE], HEAD] == actor else 0
    memory[row, 4] = s.node[actor, RETIMING]


@kernel
def take_back(t, s, memory, phases, moved):  # type: ignore[no-untyped-def]
    """Undo the last moves, last first."""
    for row in range(moved - 1, -1, -1):
        actor = memory[row, 0]
        s.phase[actor] = phases[row]
        relocate(t, s, actor, memory[row, 1], memory[row, 2], memory[row, 3] == 1, memory[row, 4])
