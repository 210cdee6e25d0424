"""The walk from one partial mapping to the next, until everyone has a seat.

Now and then a cluster of the pool is seated by force; in between, clusters change places, which keeps the walk from
circling.
"""

from __future__ import annotations

from mapper.compiled import kernel
from mapper.search.ejection.force import seat_by_force
from mapper.search.ejection.partial import LOAD, PERIOD, POOLED, STEP, TILE, lift, put_back, unseat
from mapper.search.ejection.pool import CHANGES, TRIALS, list_seated, seat_the_pool, sit_or_wait
from mapper.search.ejection.seats import EVERYWHERE, find_seats, take_a_seat
from mapper.search.ejection.trials import lift_and_join, prepare_without
from mapper.search.ejection.ways import next_without
from mapper.search.local.tables import EXECUTION

__all__ = ["change_places", "walk"]

#: Every so many steps a cluster of the pool gets its seat by force.
_FORCE = 3

#: Clusters of other tiles that one tries to change places with.
_PARTNERS = 16


@kernel
def walk(t, s, steps, counts):  # type: ignore[no-untyped-def]
    """So many steps, or until the pool is empty."""
    for _ in range(steps):
        seat_the_pool(t, s, counts)
        if s.about[POOLED] == 0:
            return
        if s.about[STEP] % _FORCE == 0:
            seat_by_force(t, s, counts)
        else:
            change_places(t, s, counts)
        s.about[STEP] += 1


@kernel
def change_places(t, s, counts):  # type: ignore[no-untyped-def]
    """Somebody moves to another's tile, who takes any seat that is left; or, if none will, to any seat."""
    seated = list_seated(t, s)
    if seated == 0:
        return
    v = s.nodes[seated - 1]
    p = s.node[v, TILE]
    lift(t, s, v, 0)
    count = 0
    for k in range(seated - 1):
        u = s.nodes[k]
        q = s.node[u, TILE]
        fits = s.tile[q, LOAD] + t.actor[v, EXECUTION] - t.actor[u, EXECUTION] <= s.about[PERIOD]
        if q != p and fits and t.allowed[v, q] and count < _PARTNERS and room_elsewhere(t, s, u, v):
            s.nodes[k] = s.nodes[count]
            s.nodes[count] = u
            count += 1
    size = prepare_without(t, s, count, seated - 1) if count > 0 else 0
    while size > 0:
        k, level, size = next_without(s.ways, s.nodes, s.stack, size, s.rows)
        if k < 0:
            break
        u = s.nodes[k]
        ways = s.ways[level]
        counts[TRIALS] += 1
        lift_and_join(t, s, u, 1, ways)
        seats = find_seats(t, s, ways, v, s.node[u, TILE])
        if seats > 0:
            take_a_seat(t, s, ways, v, seats)
            seats = find_seats(t, s, ways, u, EVERYWHERE)
            if seats > 0:
                take_a_seat(t, s, ways, u, seats)
                keep(s, ways)
                counts[CHANGES] += 1
                return
            unseat(t, s, v)
        put_back(t, s, u, 1)
    sit_or_wait(t, s, v)


@kernel
def room_elsewhere(t, s, u, v):  # type: ignore[no-untyped-def]
    """Whether some tile has room for u when v, which has left its own, is on u's."""
    q = s.node[u, TILE]
    busy = t.actor[u, EXECUTION]
    for r in range(len(t.room)):
        load = s.tile[r, LOAD] + (t.actor[v, EXECUTION] if r == q else busy)
        if load <= s.about[PERIOD] and t.allowed[u, r]:
            return True
    return False


@kernel
def keep(s, ways):  # type: ignore[no-untyped-def]
    """Ways of a trial that is no longer one. (Numba takes seconds for a slice: it compiles the message of an error.)"""
    for i in range(len(ways)):
        for j in range(len(ways)):
            s.ways[0, i, j] = ways[i, j]
