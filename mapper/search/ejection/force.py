"""A seat for a cluster of the pool at the price of others, those whose seats were hardest to miss least often.

(Ejection with penalties: Nagata and Bräysy, "A powerful route minimization heuristic for the vehicle routing problem
with time windows", 2009.)
"""

from __future__ import annotations

from mapper.compiled import kernel
from mapper.search.dice import draw
from mapper.search.ejection.obstacles import obstacles_first
from mapper.search.ejection.partial import AFTER, HEAD, HELD, PENALTY, POOLED, close, lift, put_back
from mapper.search.ejection.pool import (
    MANY,
    PAIRS,
    SINGLES,
    TRIALS,
    into_pool,
    leave_blindly,
    list_seated,
    out_of_pool,
    sit_or_wait,
)
from mapper.search.ejection.seats import EVERYWHERE, find_partners, find_seats, has_room
from mapper.search.ejection.trials import lift_and_join, prepare_without
from mapper.search.ejection.ways import next_without
from mapper.search.local.tables import IS_INPUT

__all__ = ["seat_anyway", "seat_by_force"]

#: Partners that one after the other leave with a second cluster; a cluster that all others feed has too many.
_EXTRAS = 16

#: Tiles tried, and clusters that may leave one, where two are not enough.
_TILES, _MOST_CLEARED = 8, 8


@kernel
def seat_by_force(t, s, counts):  # type: ignore[no-untyped-def]
    """Seat one of the pool and take out one cluster for it, or one and a partner, or, if that is no use, anyone.

    Of all these, whose penalties together are least: two, if that of the one alone is more than both of theirs. (Else
    two clusters that want one seat take it from each other for ever.)
    """
    place = draw(s.dice, s.about[POOLED])
    v = s.pool[place]
    s.node[v, PENALTY] += 1
    least = 1 << 40
    least, found = try_without(t, s, v, -1, least, 0, counts)
    partners = find_partners(t, s, v)
    first = draw(s.dice, partners) if partners > _EXTRAS else 0
    for k in range(min(partners, _EXTRAS)):
        find_partners(t, s, v)  # anew: trials list others in the same room
        extra = s.near[(first + k) % partners]
        if t.actor[extra, IS_INPUT] or s.node[extra, PENALTY] >= least:
            continue
        lift(t, s, extra, 0)
        least, found = try_without(t, s, v, extra, least, found, counts)
        put_back(t, s, extra, 0)
    if found == 0:
        seat_anyway(t, s, v, place, counts)
        return
    choice = draw(s.dice, found)
    out_of_pool(s, place)
    into_pool(t, s, s.chosen[choice, 0])
    if s.chosen[choice, 1] >= 0:
        into_pool(t, s, s.chosen[choice, 1])
    counts[SINGLES if s.chosen[choice, 1] < 0 else PAIRS] += 1
    sit_or_wait(t, s, v)


@kernel
def try_without(t, s, v, extra, least, found, counts):  # type: ignore[no-untyped-def]
    """Which clusters, besides ``extra`` (-1: none), leave a seat for v when they go? Those of least penalty are kept.

    Returns the least penalty together, and how many choices of it ``s.chosen`` holds.
    """
    own = 0 if extra < 0 else s.node[extra, PENALTY]
    seated = list_seated(t, s)
    if own + least_penalty(s, seated) > least:
        return least, found
    if extra >= 0:
        prepare_without(t, s, 0, seated)
    count = obstacles_first(t, s, s.ways[0 if extra < 0 else 1], v, seated)
    sort_by_penalty(s, count)
    while count > 0 and own + s.node[s.nodes[count - 1], PENALTY] > least:
        count -= 1
    if count == 0:
        return least, found
    size = prepare_without(t, s, count, seated)
    while size > 0:
        k, level, size = next_without(s.ways, s.nodes, s.stack, size, s.rows)
        if k < 0:
            break
        u = s.nodes[k]
        penalty = own + s.node[u, PENALTY]
        if penalty > least:
            break
        counts[TRIALS] += 1
        lift_and_join(t, s, u, 1, s.ways[level])
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
def least_penalty(s, count):  # type: ignore[no-untyped-def]
    """Of the first ``count`` of ``s.nodes``; 0 of none."""
    least = s.node[s.nodes[0], PENALTY] if count > 0 else 0
    for k in range(1, count):
        least = min(least, s.node[s.nodes[k], PENALTY])
    return least


@kernel
def sort_by_penalty(s, count):  # type: ignore[no-untyped-def]
    """Sort the first ``count`` of ``s.nodes`` from the least penalty to the greatest."""
    for k in range(1, count):
        u = s.nodes[k]
        place = k
        while place > 0 and s.node[s.nodes[place - 1], PENALTY] > s.node[u, PENALTY]:
            s.nodes[place] = s.nodes[place - 1]
            place -= 1
        s.nodes[place] = u


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
    out_of_pool(s, place)
    for k in range(leaving):
        into_pool(t, s, s.chosen[k, 0])
    counts[MANY] += 1
    sit_or_wait(t, s, v)


@kernel
def clear(t, s, v, p, enough):  # type: ignore[no-untyped-def]
    """Take out on trial whoever is in the way of v on tile p, listed in ``s.nodes``; how many, and their penalty.

    Given up, with a penalty of ``enough`` at least, where that is reached, or after too many.
    """
    gone = 0
    penalty = 0
    while penalty < enough:
        full = not has_room(t, s, v, p)
        if not full:
            close(t, s)
            if find_seats(t, s, s.ways[0], v, p) > 0:
                return gone, penalty
        other = pick_obstacle(t, s, v, p, 0 if full else find_partners(t, s, v))
        if other < 0 or gone == _MOST_CLEARED:
            break
        lift(t, s, other, gone)
        s.nodes[gone] = other
        penalty += s.node[other, PENALTY]
        gone += 1
    return gone, max(penalty, enough)


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
