"""The exact period of the present mapping, from the potentials of the one before."""

from __future__ import annotations

from mapper.analysis.cycles.cycle_ratio import ROOM
from mapper.analysis.cycles.ratio_kernel import improve, in_order
from mapper.compiled import kernel
from mapper.search.local.state import (
    AFTER,
    BEFORE,
    CRITICAL,
    CYCLE,
    DURATION,
    HEAD,
    HELD,
    HELD_TOKENS,
    KEPT,
    LENGTH,
    LINK,
    LOADED,
    MARK,
    NOW,
    PARENT,
    REDUCED,
    RETIMING,
    STACK,
    TILE,
    TIME,
    VISIT,
)
from mapper.search.local.tables import (
    BUFFER_EDGE,
    BUNDLE,
    CAPACITY,
    CROSSBARS,
    DATA_EDGE,
    HOP,
    HOPS,
    NEXT_LINK,
    NEXT_TILE,
    PIPELINED,
    REPROGRAM,
    ROUND_ROBIN,
    SOURCE,
    TARGET,
    TOKENS,
    transfer_time,
)

__all__ = ["bind_edges", "heaviest_link", "period", "settle", "wait_in_turn"]


@kernel
def wait_in_turn(t, s):  # type: ignore[no-untyped-def]
    """Under ``round_robin`` each remote channel waits for one bundle of every other that shares a link with it."""
    words = s.masks.shape[1]
    channels = len(t.channel)
    for c in range(channels):
        s.wait[c] = 0
        for word in range(words):
            s.masks[c, word] = 0
        p = s.node[t.channel[c, SOURCE], TILE]
        q = s.node[t.channel[c, TARGET], TILE]
        while p != q:
            link = t.way[NEXT_LINK, p, q]
            s.masks[c, link // 63] |= 1 << (link % 63)
            p = t.way[NEXT_TILE, p, q]
    for c in range(channels):
        for other in range(c):
            meet = False
            for word in range(words):
                if s.masks[c, word] & s.masks[other, word]:
                    meet = True
            if meet:
                s.wait[c] += t.channel[other, BUNDLE]
                s.wait[other] += t.channel[c, BUNDLE]


@kernel
def bind_edges(t, s):  # type: ignore[no-untyped-def]
    """Write the bound graph's times and tokens; whether every channel keeps 0..B tokens."""
    if t.cost[ROUND_ROBIN]:
        wait_in_turn(t, s)
    for v in range(len(t.actor)):
        e = t.first[v]
        before = s.node[v, BEFORE]
        s.edge_source[e] = before
        s.edge[TIME, e] = 0
        s.edge[HELD_TOKENS, e] = 1
        if before != v:
            p = s.node[v, TILE]
            s.edge[TIME, e] = s.node[before, DURATION]
            if s.tile[p, HELD] > t.room[p, CROSSBARS]:
                s.edge[TIME, e] += t.cost[REPROGRAM]
            if s.tile[p, HEAD] != v:
                s.edge[HELD_TOKENS, e] = 0
        s.edge_source[e + 1] = v
        s.edge[TIME, e + 1] = s.node[v, DURATION]
        s.edge[HELD_TOKENS, e + 1] = 1
    for c in range(len(t.channel)):
        a = t.channel[c, SOURCE]
        b = t.channel[c, TARGET]
        held = t.channel[c, TOKENS] + s.node[b, RETIMING] - s.node[a, RETIMING]
        if held < 0 or held > t.channel[c, CAPACITY]:
            return False
        distance = t.way[HOPS, s.node[a, TILE], s.node[b, TILE]]
        transfer = transfer_time(t.cost, t.channel[c, BUNDLE], distance) + s.wait[c]
        e = t.channel[c, DATA_EDGE]
        s.edge_source[e] = a
        s.edge[TIME, e] = s.node[a, DURATION] + transfer
        s.edge[HELD_TOKENS, e] = held
        e = t.channel[c, BUFFER_EDGE]
        s.edge_source[e] = b
        s.edge[TIME, e] = s.node[b, DURATION] + distance * t.cost[HOP]
        s.edge[HELD_TOKENS, e] = t.channel[c, CAPACITY] - held
    return True


@kernel
def heaviest_link(s):  # type: ignore[no-untyped-def]
    """Number of the link with the largest load."""
    link = 0
    for k in range(1, len(s.link)):
        if s.link[k] > s.link[link]:
            link = k
    return link


@kernel
def period(t, s, enough):  # type: ignore[no-untyped-def]
    """The period in picoseconds as a float; negative for a deadlock or numbers beyond 64 bits.

    Above ``enough`` it is only known to be at least what is returned.

    The cycle ratio stays in ``s.ratio[NOW]``, its cycle in ``s.policy[CYCLE]``.
    """
    if not bind_edges(t, s):
        return -1.0
    n = len(t.actor)
    source = s.edge_source
    time = s.edge[TIME]
    tokens = s.edge[HELD_TOKENS]
    choice = s.policy[NOW]
    parent = s.policy[PARENT]
    visit = s.policy[VISIT]
    mark = s.policy[MARK]
    if in_order(n, t.first, source, time, tokens, choice, parent, visit, mark, s.ratio[2]) < n:
        return -1.0
    s.ratio[NOW, 0] = 0
    s.ratio[NOW, 2] = 0
    top = ROOM // (s.ratio[2, 1] + 1)
    bottom = ROOM // (s.ratio[2, 0] + 1)
    x = s.potential[NOW]
    stack = s.policy[STACK]
    cycle = s.policy[CYCLE]
    reduced = s.edge[REDUCED]
    ratio = s.ratio[NOW]
    sweeps = improve(
        *(n, visit, t.first, source, time, tokens, x, choice, parent, mark, stack, reduced, cycle, ratio),
        *(ROOM, top, bottom, enough),
    )
    if sweeps < 0:
        return -1.0
    reached = ratio[0] / ratio[1]
    if len(s.link) > 0:
        reached = max(reached, float(s.link[heaviest_link(s)]))
    return reached


@kernel
def settle(t, s, reached):  # type: ignore[no-untyped-def]
    """After an evaluation of ``reached``: keep its potentials and its critical cycle, and count rounds anew.

    Pipelined mappings are described by any frame of one period; the new one starts with the earliest firing, so that
    every phase is in [0, period). With T = x + retiming * period no start T changes.
    """
    top = s.ratio[NOW, 0]
    bottom = s.ratio[NOW, 1]
    n = len(t.actor)
    s.about[LENGTH] = s.ratio[NOW, 2]
    s.about[LOADED] = 1
    for k in range(s.ratio[NOW, 2]):
        e = s.policy[CYCLE, k]
        v = t.edge_target[e]
        s.node[k, CRITICAL] = v
        if e > t.first[v] + 1:
            s.about[LOADED] = 0
    s.about[LINK] = -1
    if top / bottom < reached:
        s.about[LINK] = heaviest_link(s)
    if n > 0:
        earliest = s.potential[NOW, 0]
        if t.cost[PIPELINED] and top > 0:
            earliest += s.node[0, RETIMING] * top
            for v in range(n):
                earliest = min(earliest, s.potential[NOW, v] + s.node[v, RETIMING] * top)
            for v in range(n):
                begin = s.potential[NOW, v] + s.node[v, RETIMING] * top - earliest
                s.node[v, RETIMING] = begin // top
                s.potential[NOW, v] = begin - s.node[v, RETIMING] * top
            for p in range(len(t.room)):
                v = s.tile[p, HEAD]
                for _ in range(s.tile[p, HELD]):
                    if s.potential[NOW, s.node[v, BEFORE]] > s.potential[NOW, v]:
                        s.tile[p, HEAD] = v
                        break
                    v = s.node[v, AFTER]
        else:
            for v in range(n):
                earliest = min(earliest, s.potential[NOW, v])
            for v in range(n):
                s.potential[NOW, v] -= earliest
    for v in range(n):
        s.phase[v] = s.potential[NOW, v] / bottom
        s.potential[KEPT, v] = s.potential[NOW, v]
        s.policy[KEPT, v] = s.policy[NOW, v]
    for k in range(3):
        s.ratio[KEPT, k] = s.ratio[NOW, k]
