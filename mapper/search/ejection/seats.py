"""Every seat that a cluster can take in a partial mapping, found from the longest ways without trying any."""

from __future__ import annotations

from mapper.compiled import kernel
from mapper.search.dice import draw
from mapper.search.ejection.partial import (
    AFTER,
    AFTER_WHOM,
    AT,
    BEFORE,
    BEFORE_WHOM,
    BOTH,
    HEAD,
    HELD,
    HELD_TOKENS,
    LEAST,
    LOAD,
    MOST,
    PERIOD,
    SEATED,
    TILE,
    channel_times,
    order_time,
    seat,
)
from mapper.search.ejection.ways import ABSENT, NONE, put_between
from mapper.search.local.tables import EXECUTION, PIPELINED, SLOTS, SOURCE, TARGET

__all__ = ["EVERYWHERE", "find_partners", "find_seats", "has_room", "take_a_seat"]

#: Instead of a tile: all of them.
EVERYWHERE = -1

#: Fewer tokens than any edge has: nothing asks for any.
_ANY = -1_000_000


@kernel
def find_partners(t, s, v):  # type: ignore[no-untyped-def]
    """List those with a seat that a cluster has channels with in ``s.near``; how many."""
    found = 0
    for k in range(t.incident_first[v], t.incident_first[v + 1]):
        c = t.incident[k]
        other = t.channel[c, TARGET] if t.channel[c, SOURCE] == v else t.channel[c, SOURCE]
        new = other != v and s.node[other, SEATED] == 1
        for i in range(found):
            if s.near[i] == other:
                new = False
        if new:
            s.near[found] = other
            found += 1
    return found


@kernel
def connect(t, s, v, p, partners):  # type: ignore[no-untyped-def]
    """Times of the edges from (``s.into``) and to (``s.out``) the partners if the cluster sits on tile p."""
    for i in range(partners):
        s.into[s.near[i]] = NONE
        s.out[s.near[i]] = NONE
    for k in range(t.incident_first[v], t.incident_first[v + 1]):
        c = t.incident[k]
        a = t.channel[c, SOURCE]
        b = t.channel[c, TARGET]
        if a == b:
            continue
        if a == v and s.node[b, SEATED]:
            data, credit = channel_times(t, s, c, p, s.node[b, TILE])
            s.out[b] = max(s.out[b], data)
            s.into[b] = max(s.into[b], credit)
        if b == v and s.node[a, SEATED]:
            data, credit = channel_times(t, s, c, s.node[a, TILE], p)
            s.into[a] = max(s.into[a], data)
            s.out[a] = max(s.out[a], credit)


@kernel
def periods(time, period):  # type: ignore[no-untyped-def]
    """The least number of periods that is no less than a time; :data:`_ANY` if there is none."""
    if time <= ABSENT:
        return _ANY
    return -(-time // period)


@kernel
def channels_allow(s, ways, partners):  # type: ignore[no-untyped-def]
    """Whether no circle through the cluster and its partners takes too long."""
    for i in range(partners):
        for j in range(partners):
            if s.out[s.near[i]] + ways[s.near[i], s.near[j]] + s.into[s.near[j]] > 0:
                return False
    return True


@kernel
def has_room(t, s, v, p):  # type: ignore[no-untyped-def]
    """Whether a tile has a slot and the time left for one cluster more."""
    return s.tile[p, LOAD] + t.actor[v, EXECUTION] <= s.about[PERIOD] and s.tile[p, HELD] < t.room[p, SLOTS]


@kernel
def find_seats(t, s, ways, v, only):  # type: ignore[no-untyped-def]
    """List in ``s.seats`` where the cluster can sit, on one tile or :data:`EVERYWHERE`; how many seats.

    Between neighbours a and b whose edge has K tokens, the cluster's own two edges share these K; the ways from and to
    its partners say how many each of them needs at least.
    """
    count = 0
    busy = t.actor[v, EXECUTION]
    period = s.about[PERIOD]
    partners = find_partners(t, s, v)
    for p in range(len(t.room)):
        if (only != EVERYWHERE and p != only) or not t.allowed[v, p]:
            continue
        if not has_room(t, s, v, p):
            continue
        connect(t, s, v, p, partners)
        if not channels_allow(s, ways, partners):
            continue
        a = s.tile[p, HEAD]
        if a < 0:
            s.seats[count, AT] = p
            s.seats[count, AFTER_WHOM] = -1
            s.seats[count, LEAST] = 0
            s.seats[count, MOST] = 0
            count += 1
        for _ in range(s.tile[p, HELD]):
            b = s.node[a, AFTER]
            both = s.node[a, HELD_TOKENS]
            if t.actor[a, EXECUTION] + busy - both * period + ways[b, a] <= 0:
                earliest = NONE
                latest = NONE
                for i in range(partners):
                    earliest = max(earliest, s.out[s.near[i]] + ways[s.near[i], a])
                    latest = max(latest, ways[b, s.near[i]] + s.into[s.near[i]])
                least = periods(t.actor[a, EXECUTION] + earliest, period)
                rest = periods(busy + latest, period)
                if not t.cost[PIPELINED]:
                    least = max(least, 0)
                    rest = max(rest, 0)
                elif least == _ANY:
                    least = 0 if rest == _ANY else both - rest
                if rest == _ANY:
                    rest = both - least
                most = both - rest
                if least <= most:
                    s.seats[count, AT] = p
                    s.seats[count, AFTER_WHOM] = a
                    s.seats[count, BEFORE_WHOM] = b
                    s.seats[count, LEAST] = least
                    s.seats[count, MOST] = most
                    s.seats[count, BOTH] = both
                    count += 1
            a = b
    return count


@kernel
def take_a_seat(t, s, ways, v, count):  # type: ignore[no-untyped-def]
    """Sit down on one of the seats found, drawn at random, and let the ways lead through the cluster."""
    chosen = draw(s.dice, count)
    least = s.seats[chosen, LEAST]
    tokens = least + draw(s.dice, s.seats[chosen, MOST] - least + 1)
    for i in range(len(t.actor)):
        s.into[i] = NONE
        s.out[i] = NONE
    connect(t, s, v, s.seats[chosen, AT], find_partners(t, s, v))
    seat(t, s, v, chosen, tokens)
    before = s.node[v, BEFORE]
    after = s.node[v, AFTER]
    if before != v:
        s.into[before] = max(s.into[before], order_time(t, s, before))
        s.out[after] = max(s.out[after], order_time(t, s, v))
    put_between(ways, v, s.into, s.out, s.rows)
