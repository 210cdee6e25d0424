"""Who waits for a seat, and who takes one or leaves it."""

from __future__ import annotations

from mapper.compiled import kernel
from mapper.search.dice import draw, shuffle
from mapper.search.ejection.partial import AFTER, HEAD, LOAD, PENALTY, PERIOD, POOLED, SEATED, close, unseat
from mapper.search.ejection.seats import EVERYWHERE, find_seats, take_a_seat
from mapper.search.local.tables import IS_INPUT

__all__ = [
    "COUNTS",
    "into_pool",
    "leave_blindly",
    "list_seated",
    "make_feasible",
    "out_of_pool",
    "seat_the_pool",
    "sit_or_wait",
]

#: Entries of ``counts``: seats taken, trials, seats by force at the price of one cluster, of two and of more, clusters
#: taken out blindly, changes of places.
SEATS, TRIALS, SINGLES, PAIRS, MANY, BLIND, CHANGES, COUNTS = range(8)

#: Clusters of which the one with the least penalty leaves blindly.
_BLIND = 3


@kernel
def wait(s, v):  # type: ignore[no-untyped-def]
    """Into the pool without a seat."""
    s.pool[s.about[POOLED]] = v
    s.about[POOLED] += 1


@kernel
def into_pool(t, s, v):  # type: ignore[no-untyped-def]
    """Into the pool from a seat."""
    unseat(t, s, v)
    wait(s, v)


@kernel
def out_of_pool(s, place):  # type: ignore[no-untyped-def]
    """The last one takes the place."""
    s.about[POOLED] -= 1
    s.pool[place] = s.pool[s.about[POOLED]]


@kernel
def sit_or_wait(t, s, v):  # type: ignore[no-untyped-def]
    """After others have left: the ways anew, and a seat if there is one."""
    close(t, s)
    count = find_seats(t, s, s.ways[0], v, EVERYWHERE)
    if count > 0:
        take_a_seat(t, s, s.ways[0], v, count)
    else:
        wait(s, v)


@kernel
def make_feasible(t, s):  # type: ignore[no-untyped-def]
    """Into the pool with whoever stands in the target's way: of overfull tiles, and of circles that take too long."""
    for p in range(len(t.room)):
        while s.tile[p, LOAD] > s.about[PERIOD]:
            v = s.tile[p, HEAD]
            for _ in range(draw(s.dice, len(t.actor))):
                v = s.node[v, AFTER]
            into_pool(t, s, v)
    while True:
        late = close(t, s)
        if late < 0:
            return
        while t.actor[late, IS_INPUT] or not s.node[late, SEATED]:
            late = draw(s.dice, len(t.actor))
        into_pool(t, s, late)


@kernel
def seat_the_pool(t, s, counts):  # type: ignore[no-untyped-def]
    """Everyone who finds a seat takes it; the order is drawn."""
    pooled = s.about[POOLED]
    shuffle(s.dice, s.pool, pooled)
    for k in range(pooled - 1, -1, -1):
        v = s.pool[k]
        count = find_seats(t, s, s.ways[0], v, EVERYWHERE)
        if count > 0:
            take_a_seat(t, s, s.ways[0], v, count)
            counts[SEATS] += 1
            out_of_pool(s, k)


@kernel
def list_seated(t, s):  # type: ignore[no-untyped-def]
    """Clusters with a seat in ``s.nodes``, in a drawn order; how many."""
    found = 0
    for v in range(len(t.actor)):
        if s.node[v, SEATED] and not t.actor[v, IS_INPUT]:
            s.nodes[found] = v
            found += 1
    shuffle(s.dice, s.nodes, found)
    return found


@kernel
def leave_blindly(t, s, counts):  # type: ignore[no-untyped-def]
    """Into the pool with one of a few clusters, that of the least penalty."""
    seated = list_seated(t, s)
    if seated == 0:
        return
    leaving = s.nodes[0]
    for k in range(1, min(seated, _BLIND)):
        if s.node[s.nodes[k], PENALTY] < s.node[leaving, PENALTY]:
            leaving = s.nodes[k]
    into_pool(t, s, leaving)
    close(t, s)
    counts[BLIND] += 1
