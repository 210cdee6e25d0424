"""A mapping of some of the clusters that keeps the target, and the pool of those without a seat."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mapper.compiled import kernel
from mapper.model.mapping import Mapping
from mapper.search.ejection.ways import NONE, pass_through
from mapper.search.local.tables import (
    BUNDLE,
    CAPACITY,
    EXECUTION,
    HOP,
    HOPS,
    IS_INPUT,
    SOURCE,
    TARGET,
    TOKENS,
    Indices,
    Ints,
    Tables,
    transfer_time,
)

__all__ = ["Partial", "channel_times", "close", "lift", "load_partial", "make_partial", "put_back", "seat", "unseat"]

#: Columns of ``node``: tile, neighbours in its cyclic order, tokens of the edge to the next one, whether it has a seat,
#: and one more than how often it had to be seated by force (so that a pair costs more than one of them).
TILE, BEFORE, AFTER, HELD_TOKENS, SEATED, PENALTY = range(6)
#: Columns of ``tile``: one of its clusters or -1, how many, their time.
HEAD, HELD, LOAD = range(3)
#: Entries of ``about``: the target, clusters in the pool, steps made.
PERIOD, POOLED, STEP = range(3)
#: Columns of ``seats``: tile, neighbours there (-1: none), least and most tokens from the one before, tokens of both.
AT, AFTER_WHOM, BEFORE_WHOM, LEAST, MOST, BOTH = range(6)


class Partial(NamedTuple):
    """n actors, t tiles; times in the unit of the tables. Start times count all iterations: none is modulo the period.

    Attributes
    ----------
    node, tile, about
        int64, shapes (n, 6), (t, 3), (3,): as named in this module.
    pool : int64, shape (n,)
        The clusters without a seat.
    ways : int32, shape (levels, n, n)
        Longest ways; the first level is that of the present mapping, the others are room for trials.
    rows, into, out : int32, shapes (2, n), (n,), (n,)
        Room for two rows, and for the edges of a cluster that looks for a seat.
    near, nodes : int64, shape (n,)
        Partners of that cluster, and those left out in turn.
    seats : int64, shape (n + t, 6)
        Where it could sit.
    stack, lifted, chosen : int64, shapes (levels, 5), (n, 6), (n * n, 2)
        Room for visits, for those taken out on trial, and for the best to take out.
    dice : int64, shape (1,)
        State of the random numbers.
    """

    node: Ints
    tile: Ints
    about: Ints
    pool: Ints
    ways: Indices
    rows: Indices
    into: Indices
    out: Indices
    near: Ints
    nodes: Ints
    seats: Ints
    stack: Ints
    lifted: Ints
    chosen: Ints
    dice: Ints


def make_partial(t: Tables, seed: int) -> Partial:
    """Room for a partial mapping; :func:`load_partial` fills it."""
    n, tiles = len(t.actor), len(t.room)
    levels = n.bit_length() + 3

    def whole(*shape: int) -> Ints:
        return np.zeros(shape, np.int64)

    return Partial(
        node=whole(n, 6),
        tile=whole(tiles, 3),
        about=whole(3),
        pool=whole(n),
        ways=np.zeros((levels, n, n), np.int32),
        rows=np.zeros((2, n), np.int32),
        into=np.zeros(n, np.int32),
        out=np.zeros(n, np.int32),
        near=whole(n),
        nodes=whole(n),
        seats=whole(n + tiles, 6),
        stack=whole(2 * levels, 5),
        lifted=whole(max(n, 2), 6),
        chosen=whole(n * n, 2),
        dice=np.array([1 + seed % 2147483646], np.int64),
    )


def load_partial(t: Tables, s: Partial, mapping: Mapping, period: int) -> None:
    """All of a mapping, and a period that it need not keep: :func:`close` tells."""
    node, tile = s.node, s.tile
    node[:] = 0
    node[:, TILE], node[:, HELD_TOKENS], node[:, SEATED], node[:, PENALTY] = mapping.binding, 1, 1, 1
    node[:, BEFORE] = node[:, AFTER] = np.arange(len(node))
    tile[:, HEAD], tile[:, HELD] = -1, 0
    for p, order in enumerate(mapping.orders):
        tile[p, HELD] = len(order)
        if order:
            tile[p, HEAD] = order[0]
        for a, b in zip(order, (*order[1:], *order[:1]), strict=True):
            node[a, AFTER], node[b, BEFORE] = b, a
            wraps = b == order[0]
            node[a, HELD_TOKENS] = mapping.iterations_later(a, b, int(wraps))
    clusters = t.actor[:, IS_INPUT] == 0
    tile[:, LOAD] = np.bincount(mapping.binding[clusters], t.actor[clusters, EXECUTION], len(tile))
    s.about[PERIOD], s.about[POOLED] = period, 0


@kernel
def channel_times(t, s, c, p, q):  # type: ignore[no-untyped-def]
    """Times of a channel's data and buffer edges, less their tokens' periods, with its ends on tiles p and q."""
    distance = t.way[HOPS, p, q]
    transfer = transfer_time(t.cost, t.channel[c, BUNDLE], distance)
    ahead = t.channel[c, TOKENS]
    room = t.channel[c, CAPACITY] - ahead
    data = t.actor[t.channel[c, SOURCE], EXECUTION] + transfer - ahead * s.about[PERIOD]
    credit = t.actor[t.channel[c, TARGET], EXECUTION] + distance * t.cost[HOP] - room * s.about[PERIOD]
    return max(NONE, data), max(NONE, credit)


@kernel
def order_time(t, s, v):  # type: ignore[no-untyped-def]
    """Time of the order edge to the next one on the tile, less its tokens' periods."""
    return max(NONE, t.actor[v, EXECUTION] - s.node[v, HELD_TOKENS] * s.about[PERIOD])


@kernel
def lay_out(t, s, ways):  # type: ignore[no-untyped-def]
    """The edges between those with a seat, as ways of one edge."""
    n = len(t.actor)
    for i in range(n):
        for j in range(n):
            ways[i, j] = NONE
        ways[i, i] = 0
    for c in range(len(t.channel)):
        a = t.channel[c, SOURCE]
        b = t.channel[c, TARGET]
        if a != b and s.node[a, SEATED] and s.node[b, SEATED]:
            data, credit = channel_times(t, s, c, s.node[a, TILE], s.node[b, TILE])
            ways[a, b] = max(ways[a, b], data)
            ways[b, a] = max(ways[b, a], credit)
    for v in range(n):
        w = s.node[v, AFTER]
        if s.node[v, SEATED] and w != v:
            ways[v, w] = max(ways[v, w], order_time(t, s, v))


@kernel
def close(t, s):  # type: ignore[no-untyped-def]
    """Fill the ways of the present mapping; an actor on a circle that takes too long, -1 if there is none."""
    ways = s.ways[0]
    lay_out(t, s, ways)
    other = -1  # of two through whom ways are led at once
    for v in range(len(t.actor)):
        if s.node[v, SEATED]:
            if ways[v, v] > 0 or (other >= 0 and ways[v, other] + ways[other, v] > 0):
                return v
            if other < 0:
                other = v
            else:
                pass_through(ways, other, v, s.rows)
                other = -1
    if other >= 0:
        pass_through(ways, other, other, s.rows)
    return -1


@kernel
def seat(t, s, v, seat_number, tokens):  # type: ignore[no-untyped-def]
    """Give a cluster a seat, with so many tokens from the one before."""
    p = s.seats[seat_number, AT]
    before = s.seats[seat_number, AFTER_WHOM]
    s.node[v, TILE] = p
    s.node[v, SEATED] = 1
    s.tile[p, HELD] += 1
    s.tile[p, LOAD] += t.actor[v, EXECUTION]
    if before < 0:
        s.tile[p, HEAD] = v
        s.node[v, BEFORE] = v
        s.node[v, AFTER] = v
        s.node[v, HELD_TOKENS] = 1
        return
    after = s.seats[seat_number, BEFORE_WHOM]
    s.node[before, AFTER] = v
    s.node[v, BEFORE] = before
    s.node[v, AFTER] = after
    s.node[after, BEFORE] = v
    s.node[before, HELD_TOKENS] = tokens
    s.node[v, HELD_TOKENS] = s.seats[seat_number, BOTH] - tokens


@kernel
def unseat(t, s, v):  # type: ignore[no-untyped-def]
    """Take a cluster's seat; those around it stay in order."""
    p = s.node[v, TILE]
    before = s.node[v, BEFORE]
    after = s.node[v, AFTER]
    s.node[v, SEATED] = 0
    s.tile[p, HELD] -= 1
    s.tile[p, LOAD] -= t.actor[v, EXECUTION]
    if after == v:
        s.tile[p, HEAD] = -1
        return
    s.node[before, HELD_TOKENS] += s.node[v, HELD_TOKENS]
    s.node[before, AFTER] = after
    s.node[after, BEFORE] = before
    if s.tile[p, HEAD] == v:
        s.tile[p, HEAD] = after


@kernel
def lift(t, s, v, place):  # type: ignore[no-untyped-def]
    """Take a cluster's seat on trial."""
    p = s.node[v, TILE]
    before = s.node[v, BEFORE]
    s.lifted[place, 0] = p
    s.lifted[place, 1] = before
    s.lifted[place, 2] = s.node[v, AFTER]
    s.lifted[place, 3] = s.node[v, HELD_TOKENS]
    s.lifted[place, 4] = s.node[before, HELD_TOKENS]
    s.lifted[place, 5] = s.tile[p, HEAD]
    unseat(t, s, v)


@kernel
def put_back(t, s, v, place):  # type: ignore[no-untyped-def]
    """Undo :func:`lift`; of two, the last first."""
    p = s.lifted[place, 0]
    before = s.lifted[place, 1]
    after = s.lifted[place, 2]
    s.node[v, SEATED] = 1
    s.node[v, TILE] = p
    s.tile[p, HELD] += 1
    s.tile[p, LOAD] += t.actor[v, EXECUTION]
    s.tile[p, HEAD] = s.lifted[place, 5]
    s.node[v, BEFORE] = before
    s.node[v, AFTER] = after
    s.node[before, AFTER] = v
    s.node[after, BEFORE] = v
    s.node[before, HELD_TOKENS] = s.lifted[place, 4]
    s.node[v, HELD_TOKENS] = s.lifted[place, 3]
