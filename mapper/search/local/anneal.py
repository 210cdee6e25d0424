"""Annealing over binding, orders and retiming: propose, evaluate exactly, accept or take back.

Moves follow the critical cycle of the present mapping: where a tile's load limits the period, one of its actors leaves
it or changes places with a lighter one; elsewhere an actor of the cycle gets another start time, on its tile, next to
a neighbour or anywhere. The energy is the period and, far below it, the load beyond the target, which tells mappings
of one period apart. (Kirkpatrick, Gelatt, Vecchi 1983.)
"""

from __future__ import annotations

import math

from mapper.compiled import kernel
from mapper.search.local.moves import goal, heaviest_load, place_at, remember, take_back
from mapper.search.local.period import period, settle
from mapper.search.local.state import (
    AFTER,
    CRITICAL,
    HEAD,
    HELD,
    KEPT,
    LENGTH,
    LINK,
    LOAD,
    LOADED,
    NOW,
    PARENT,
    RETIMING,
    TILE,
)
from mapper.search.local.tables import (
    EXECUTION,
    IS_INPUT,
    NEXT_LINK,
    NEXT_TILE,
    SLOTS,
    SOURCE,
    TARGET,
)

__all__ = ["COUNTS", "DICE", "anneal"]

#: Random numbers a move may use.
DICE = 10

#: Entries of ``counts``, and how many there are.
EVALUATED, ACCEPTED, IMPROVED, COUNTS = range(4)

#: What picoseconds of load beyond the target weigh against picoseconds of period, over all tiles.
LOAD_WEIGHT = 0.25


@kernel
def excess(t, s, target):  # type: ignore[no-untyped-def]
    """Average load beyond the target."""
    total = 0.0
    for p in range(len(t.room)):
        total += max(0.0, s.tile[p, LOAD] - target)
    return total / len(t.room)


@kernel
def keep(t, s, best, value):  # type: ignore[no-untyped-def]
    """Copy the present mapping into a snapshot."""
    best.value[0] = value
    for v in range(len(t.actor)):
        best.node[v, TILE] = s.node[v, TILE]
        best.node[v, AFTER] = s.node[v, AFTER]
        best.node[v, RETIMING] = s.node[v, RETIMING]
    for p in range(len(t.room)):
        best.head[p] = s.tile[p, HEAD]


@kernel
def step_back(t, s):  # type: ignore[no-untyped-def]
    """The evaluation's state before the move."""
    for v in range(len(t.actor)):
        s.potential[NOW, v] = s.potential[KEPT, v]
        s.policy[NOW, v] = s.policy[KEPT, v]
        s.policy[PARENT, v] = -1
    for k in range(3):
        s.ratio[NOW, k] = s.ratio[KEPT, k]


@kernel
def pick_actor(t, s, u, v):  # type: ignore[no-untyped-def]
    """An actor of the critical cycle, an end of a channel on the limiting link, or now and then any."""
    if u < 0.15 or (s.about[LENGTH] == 0 and s.about[LINK] < 0):
        return int(v * len(t.actor))
    if s.about[LINK] < 0:
        return int(s.node[int(v * s.about[LENGTH]), CRITICAL])
    channels = len(t.channel)
    begin = int(v * channels)
    for k in range(channels):
        c = (begin + k) % channels
        p = s.node[t.channel[c, SOURCE], TILE]
        q = s.node[t.channel[c, TARGET], TILE]
        while p != q:
            if t.way[NEXT_LINK, p, q] == s.about[LINK]:
                a = t.channel[c, SOURCE]
                return int(a if u < 0.55 and not t.actor[a, IS_INPUT] else t.channel[c, TARGET])
            p = t.way[NEXT_TILE, p, q]
    return begin % len(t.actor)


@kernel
def pick_tile(t, s, actor, u, v, most):  # type: ignore[no-untyped-def]
    """Its own tile, a neighbour's, or any that takes it without a load of ``most`` or more."""
    mine = s.node[actor, TILE]
    if t.actor[actor, IS_INPUT]:
        return mine
    loaded = s.about[LOADED] == 1 and s.about[LINK] < 0
    near = t.incident_first[actor + 1] - t.incident_first[actor]
    if not loaded and u < 0.5:
        return mine
    if near > 0 and u < (0.2 if loaded else 0.75):
        c = t.incident[t.incident_first[actor] + int(v * near)]
        other = t.channel[c, TARGET] if t.channel[c, SOURCE] == actor else t.channel[c, SOURCE]
        p = s.node[other, TILE]
        return p if t.allowed[actor, p] else mine
    begin = int(v * len(t.room))
    for k in range(len(t.room)):
        p = (begin + k) % len(t.room)
        free = p != mine and t.allowed[actor, p] and s.tile[p, HELD] < t.room[p, SLOTS]
        if free and s.tile[p, LOAD] + t.actor[actor, EXECUTION] <= most:
            return p
    return mine


@kernel
def pick_partner(t, s, actor, v, most):  # type: ignore[no-untyped-def]
    """An actor of another tile with which it can change places without a load of ``most`` or more; -1: none seen."""
    mine = s.node[actor, TILE]
    begin = int(v * len(t.actor))
    for k in range(min(len(t.actor), 64)):
        other = (begin + k * 7) % len(t.actor)
        p = s.node[other, TILE]
        if p == mine or t.actor[other, IS_INPUT] or not t.allowed[actor, p] or not t.allowed[other, mine]:
            continue
        shift = t.actor[actor, EXECUTION] - t.actor[other, EXECUTION]
        if s.tile[p, LOAD] + shift <= most and s.tile[mine, LOAD] - shift <= most:
            return other
    return -1


@kernel
def propose(t, s, u, lam, threshold, memory, phases):  # type: ignore[no-untyped-def]
    """Change the mapping by one move; how many actors it moved (0: nothing promising found)."""
    actor = pick_actor(t, s, u[1], u[2])
    tight = u[3] < 0.8
    partner = -1
    loaded = s.about[LOADED] == 1 and s.about[LINK] < 0
    if not t.actor[actor, IS_INPUT] and u[4] < (0.6 if loaded else 0.2):
        partner = pick_partner(t, s, actor, u[5], threshold)
    remember(s, actor, memory, 0)
    phases[0] = s.phase[actor]
    if partner < 0:
        tile = pick_tile(t, s, actor, u[6], u[7], threshold)
        if loaded and tile == s.node[actor, TILE] and not t.actor[actor, IS_INPUT]:
            return 0
        place_at(t, s, actor, tile, goal(t, s, actor, tile, lam, u[8], tight), lam)
        return 1
    mine = s.node[actor, TILE]
    tile = s.node[partner, TILE]
    place_at(t, s, actor, tile, goal(t, s, actor, tile, lam, u[8], tight), lam)
    remember(s, partner, memory, 1)
    phases[1] = s.phase[partner]
    place_at(t, s, partner, mine, goal(t, s, partner, mine, lam, u[9], tight), lam)
    return 2


@kernel
def anneal(t, s, best, dice, hot, cold, target, memory, phases, counts):  # type: ignore[no-untyped-def]
    """Try one move for every row of ``dice``, while the temperature falls from ``hot`` to ``cold`` picoseconds.

    Stops early at a period of ``target``. ``best`` gets each mapping whose period is below its own. Returns the present
    period, negative if the present mapping deadlocks.
    """
    lam = period(t, s, math.inf)
    if lam < 0:
        return lam
    settle(t, s, lam)
    heaviest_load(t, s)
    if lam < best.value[0]:
        keep(t, s, best, lam)
    energy = lam + LOAD_WEIGHT * excess(t, s, target)
    moves = len(dice)
    for k in range(moves):
        if best.value[0] <= target:
            break
        u = dice[k]
        temperature = hot * (cold / hot) ** (k / moves)
        threshold = energy - temperature * math.log(1.0 - u[0])
        moved = propose(t, s, u, lam, threshold, memory, phases)
        if moved == 0:
            continue
        reached = -1.0
        beyond = 0.0
        if heaviest_load(t, s) <= threshold:
            beyond = LOAD_WEIGHT * excess(t, s, target)
            counts[EVALUATED] += 1
            reached = period(t, s, threshold - beyond)
        if 0 <= reached <= threshold - beyond:
            lam = reached
            energy = lam + beyond
            settle(t, s, lam)
            counts[ACCEPTED] += 1
            if lam < best.value[0]:
                keep(t, s, best, lam)
                counts[IMPROVED] += 1
        else:
            take_back(t, s, memory, phases, moved)
            step_back(t, s)
            heaviest_load(t, s)
    return lam
