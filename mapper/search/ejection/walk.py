"""The walk from one partial mapping to the next, until everyone has a seat.

A cluster from the pool is seated at the price of one or two others, whose seats were hardest to miss least often; in
between, clusters change places, which keeps the walk from circling. (Ejection with penalties: Nagata and Bräysy, "A
powerful route minimization heuristic for the vehicle routing problem with time windows", 2009.)
"""

from __future__ import annotations

from mapper.compiled import kernel
from mapper.search.dice import draw
from mapper.search.ejection.partial import (
    AFTER,
    BEFORE,
    HEAD,
    HELD,
    LOAD,
    PENALTY,
    PERIOD,
    POOLED,
    SEATED,
    STEP,
    TILE,
    close,
    lay_out,
    lift,
    order_time,
    put_back,
    unseat,
)
from mapper.search.ejection.seats import EVERYWHERE, find_partners, find_seats, take_a_seat
from mapper.search.ejection.ways import add_edge, first_without, next_without, pass_through
from mapper.search.local.tables import EXECUTION, IS_INPUT, SLOTS

__all__ = ["COUNTS", "leave_blindly", "make_feasible", "walk"]

#: Entries of ``counts``: seats taken, trials, seats by force at the price of one cluster, of two and of more, clusters
#: taken out blindly, changes of places.
SEATS, TRIALS, SINGLES, PAIRS, MANY, BLIND, CHANGES, COUNTS = range(8)

#: Every so many steps a cluster of the pool gets its seat by force.
_FORCE = 3

#: Clusters of other tiles that one tries to change places with.
_PARTNERS = 16

#: Partners that one after the other leave with a second cluster; a cluster that all others feed has too many.
_EXTRAS = 16

#: Tiles tried, and clusters that may leave one, where two are not enough.
_TILES, _MOST_CLEARED = 8, 8

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
    for k in range(pooled - 1, 0, -1):
        other = draw(s.dice, k + 1)
        s.pool[k], s.pool[other] = s.pool[other], s.pool[k]
    for k in range(pooled - 1, -1, -1):
        v = s.pool[k]
        count = find_seats(t, s, s.ways[0], v, EVERYWHERE)
        if count > 0:
            take_a_seat(t, s, s.ways[0], v, count)
            counts[SEATS] += 1
            s.about[POOLED] -= 1
            s.pool[k] = s.pool[s.about[POOLED]]


@kernel
def list_seated(t, s):  # type: ignore[no-untyped-def]
    """Clusters with a seat in ``s.nodes``, in a drawn order; how many."""
    found = 0
    for v in range(len(t.actor)):
        if s.node[v, SEATED] and not t.actor[v, IS_INPUT]:
            s.nodes[found] = v
            found += 1
    for k in range(found - 1, 0, -1):
        other = draw(s.dice, k + 1)
        s.nodes[k], s.nodes[other] = s.nodes[other], s.nodes[k]
    return found


@kernel
def prepare_without(t, s, count, seated):  # type: ignore[no-untyped-def]
    """Begin to leave out each of the first ``count`` of ``seated`` nodes; the others' ways are there all the time."""
    lay_out(t, s, s.ways[1])
    for v in range(len(t.actor)):
        if t.actor[v, IS_INPUT]:
            pass_through(s.ways[1], v, s.row)
    for k in range(count, seated):
        pass_through(s.ways[1], s.nodes[k], s.row)
    return first_without(s.stack, count) if count > 0 else 0


@kernel
def join_neighbours(t, s, ways, u):  # type: ignore[no-untyped-def]
    """The order edge past a cluster that was just taken out."""
    before = s.node[u, BEFORE]
    after = s.node[u, AFTER]
    if before != u and before != after:
        add_edge(ways, before, after, order_time(t, s, before), s.row)


@kernel
def try_without(t, s, v, extra, least, found, counts):  # type: ignore[no-untyped-def]
    """Which clusters, besides ``extra`` (-1: none), leave a seat for v when they go? Those of least penalty are kept.

    Returns the least penalty together, and how many choices of it ``s.chosen`` holds.
    """
    own = 0 if extra < 0 else s.node[extra, PENALTY]
    seated = list_seated(t, s)
    size = prepare_without(t, s, seated, seated)
    while size > 0:
        k, level, size = next_without(s.ways, s.nodes, s.stack, size, s.row)
        if k < 0:
            break
        u = s.nodes[k]
        penalty = own + s.node[u, PENALTY]
        if penalty > least:
            continue
        counts[TRIALS] += 1
        lift(t, s, u, 1)
        join_neighbours(t, s, s.ways[level], u)
        if find_seats(t, s, s.ways[level], v, EVERYWHERE) > 0:
            if penalty < least:
                least = penalty
                found = 0
            s.chosen[found, 0] = u
            s.chosen[found, 1] = extra
            found += 1
        put_back(t, s, u, 1)
    return least, found


@kernel
def seat_by_force(t, s, counts):  # type: ignore[no-untyped-def]
    """Seat one of the pool and take out one cluster for it, or one and a partner, or, if that is no use, anyone."""
    place = draw(s.dice, s.about[POOLED])
    v = s.pool[place]
    s.node[v, PENALTY] += 1
    least = 1 << 40
    least, found = try_without(t, s, v, -1, least, 0, counts)
    if found == 0:
        partners = find_partners(t, s, v)
        first = draw(s.dice, partners) if partners > _EXTRAS else 0
        for k in range(min(partners, _EXTRAS)):
            find_partners(t, s, v)  # anew: trials list others in the same room
            extra = s.near[(first + k) % partners]
            if t.actor[extra, IS_INPUT] or s.node[extra, PENALTY] > least:
                continue
            lift(t, s, extra, 0)
            least, found = try_without(t, s, v, extra, least, found, counts)
            put_back(t, s, extra, 0)
    if found == 0:
        seat_anyway(t, s, v, place, counts)
        return
    choice = draw(s.dice, found)
    s.pool[place] = s.pool[s.about[POOLED] - 1]
    s.about[POOLED] -= 1
    into_pool(t, s, s.chosen[choice, 0])
    if s.chosen[choice, 1] >= 0:
        into_pool(t, s, s.chosen[choice, 1])
    counts[SINGLES if s.chosen[choice, 1] < 0 else PAIRS] += 1
    sit_or_wait(t, s, v)


@kernel
def pick_obstacle(t, s, v, p, partners):  # type: ignore[no-untyped-def]
    """Of two drawn from v's partners and those on tile p, where it is to sit, that of less penalty; -1: nobody."""
    best = -1
    for _ in range(2):
        other = -1
        if partners > 0 and (s.tile[p, HELD] == 0 or draw(s.dice, 4) > 0):
            other = s.near[draw(s.dice, partners)]
        elif s.tile[p, HELD] > 0:
            other = s.tile[p, HEAD]
            for _ in range(draw(s.dice, s.tile[p, HELD])):
                other = s.node[other, AFTER]
        nobody = other < 0 or t.actor[other, IS_INPUT] == 1
        if not nobody and (best < 0 or s.node[other, PENALTY] < s.node[best, PENALTY]):
            best = other
    return best


@kernel
def clear(t, s, v, p, enough):  # type: ignore[no-untyped-def]
    """Take out on trial whoever is in the way of v on tile p, listed in ``s.nodes``; how many, and their penalty.

    Given up, with a penalty of ``enough`` at least, where that is reached, or after too many.
    """
    gone = 0
    penalty = 0
    while gone < _MOST_CLEARED and penalty < enough:
        full = s.tile[p, LOAD] + t.actor[v, EXECUTION] > s.about[PERIOD] or s.tile[p, HELD] >= t.room[p, SLOTS]
        if not full:
            close(t, s)
            if find_seats(t, s, s.ways[0], v, p) > 0:
                return gone, penalty
        other = pick_obstacle(t, s, v, p, 0 if full else find_partners(t, s, v))
        if other < 0:
            break
        lift(t, s, other, gone)
        s.nodes[gone] = other
        penalty += s.node[other, PENALTY]
        gone += 1
    return gone, max(penalty, enough)


@kernel
def seat_anyway(t, s, v, place, counts):  # type: ignore[no-untyped-def]
    """Seat the pool's v on one of a few drawn tiles, that where those in the way have the least penalty."""
    best = 1 << 40
    leaving = 0
    for _ in range(_TILES):
        p = draw(s.dice, len(t.room))
        if not t.allowed[v, p]:
            continue
        counts[TRIALS] += 1
        gone, penalty = clear(t, s, v, p, best)
        for k in range(gone - 1, -1, -1):
            put_back(t, s, s.nodes[k], k)
        if penalty < best:
            best = penalty
            leaving = gone
            for k in range(gone):
                s.chosen[k, 0] = s.nodes[k]
    if leaving == 0:
        leave_blindly(t, s, counts)
        return
    s.pool[place] = s.pool[s.about[POOLED] - 1]
    s.about[POOLED] -= 1
    for k in range(leaving):
        into_pool(t, s, s.chosen[k, 0])
    counts[MANY] += 1
    sit_or_wait(t, s, v)


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


@kernel
def keep(s, ways):  # type: ignore[no-untyped-def]
    """Ways of a trial that is no longer one. (Numba takes seconds for a slice: it compiles the message of an error.)"""
    for i in range(len(ways)):
        for j in range(len(ways)):
            s.ways[0, i, j] = ways[i, j]


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
        if q != p and fits and t.allowed[v, q] and count < _PARTNERS:
            s.nodes[k] = s.nodes[count]
            s.nodes[count] = u
            count += 1
    size = prepare_without(t, s, count, seated - 1)
    while size > 0:
        k, level, size = next_without(s.ways, s.nodes, s.stack, size, s.row)
        if k < 0:
            break
        u = s.nodes[k]
        ways = s.ways[level]
        counts[TRIALS] += 1
        lift(t, s, u, 1)
        join_neighbours(t, s, ways, u)
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
