"""Bounds by distance: clusters that are too slow apart must share a tile, and then the tile must carry them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from math import lcm

import numpy as np

from mapper.analysis.cycles.cycle_ratio import max_cycle_ratio
from mapper.model.application import Application
from mapper.model.platform import UNLIMITED, Platform
from mapper.model.result import Bound
from mapper.search.bounds.unavoidable import Least, least_times

__all__ = ["round_trip_bound", "short_circuits", "short_cycle_bound"]

NOTHING = Fraction(0)

#: Circuits of channels looked at, and the work to find them: partners of partners of the slowest actors.
_CIRCUITS, _WORK = 2_000, 20_000


def round_trip_bound(application: Application, platform: Platform, least: Least | None = None) -> Bound:
    """Below λ, every channel whose round trip between tiles takes longer stays on one tile, and so does all that such
    channels join: λ >= min over thresholds r of max(r, heaviest group joined by round trips above r).

    A channel between tiles asks for B * λ >= d_a + transfer + d_b + credit. A group that cannot share a tile is
    infinitely heavy.
    """
    least = least or least_times(application, platform)
    trips = _round_trips(least)
    groups = _Groups(least)
    best, story, heaviest = None, "", Fraction(int(least.durations.max(initial=0)))
    for number, (trip, channel) in enumerate(trips):
        value = max(trip, heaviest)
        if best is None or value < best:
            best, story = value, f"{number} channels must stay on one tile below {trip} ps"
        if heaviest >= trip:
            break
        load = groups.join(channel)
        if load is None:
            break
        heaviest = max(heaviest, Fraction(load))
    else:
        if best is None or heaviest < best:
            best, story = heaviest, "all channels on one tile"
    return Bound(best, "round trips", story)


def _round_trips(least: Least) -> list[tuple[Fraction, int]]:
    """(round trip between tiles / B, channel), longest first."""
    a, b, busy = least.sources, least.targets, least.durations
    handling = np.where(least.apart, 0, least.sent_ps + least.received_ps)
    times = (busy[a] + busy[b] + handling + least.far_ps + least.credit_ps).tolist()
    common = lcm(*set(least.capacity.tolist())) if times else 1
    kept = np.flatnonzero(a != b).tolist()
    capacity = least.capacity.tolist()
    longest = sorted(((times[c] * (common // capacity[c]), c) for c in kept), key=lambda pair: (-pair[0], pair[1]))
    return [(Fraction(time, common), channel) for time, channel in longest]


class _Groups:
    """Clusters joined to groups that must share a tile (union-find)."""

    def __init__(self, least: Least) -> None:
        self.least = least
        self.parent = list(range(least.durations.size))
        self.load = np.where(least.is_input, 0, least.durations).tolist()
        self.size = (~least.is_input).astype(int).tolist()
        self.slots = least.most_slots.tolist()

    def join(self, channel: int) -> int | None:
        """Join a channel's ends; time on their group's tile, or ``None`` if no tile can hold it."""
        least = self.least
        if least.apart[channel]:
            return None
        a, b = self._root(int(least.sources[channel])), self._root(int(least.targets[channel]))
        if a != b:
            self.parent[b] = a
            self.load[a] += self.load[b]
            self.size[a] += self.size[b]
            self.slots[a] = min(self.slots[a], self.slots[b])
        if self.size[a] > self.slots[a]:
            return None
        return int(self.load[a]) + least.held_ps(self.size[a])

    def _root(self, actor: int) -> int:
        while self.parent[actor] != actor:
            self.parent[actor] = self.parent[self.parent[actor]]
            actor = self.parent[actor]
        return actor


def short_cycle_bound(
    application: Application, platform: Platform, least: Least | None = None, beyond: Fraction = NOTHING
) -> Bound:
    """Three or four clusters around a circuit of channels share tiles in some way: each way has a load and, between
    tiles, transfers that lengthen the cycles through the circuit. λ >= the cheapest way, for every such circuit.

    Only values above ``beyond`` are looked for; the bound is 0 if there is none.
    """
    least = least or least_times(application, platform)
    best, story = beyond, ""
    weight = least.durations.tolist()
    circuits = [(sum(weight[a] for a in circuit), circuit) for circuit in short_circuits(least)]
    for total, circuit in heapq.nlargest(_CIRCUITS, circuits):
        if total + least.held_ps(len(circuit)) <= best:
            break  # all of them on one tile are cheap enough
        value = _cheapest(least, circuit, best)
        if value > best:
            best, story = value, f"{', '.join(application.graph.actors[a] for a in circuit)}, however they share tiles"
    return Bound(best, "short cycle", story) if story else Bound(NOTHING, "short cycle", "no short circuit")


def short_circuits(least: Least) -> Iterator[tuple[int, ...]]:
    """Sets of three or four clusters around a circuit of channels, among the slowest clusters where they are many."""
    order = np.lexsort((np.arange(least.durations.size), -least.durations)).tolist()
    partners: dict[int, set[int]] = {actor: set() for actor in order}
    for a, b in zip(least.sources.tolist(), least.targets.tolist(), strict=True):
        if a != b and not least.is_input[a] and not least.is_input[b]:
            partners[a].add(b)
            partners[b].add(a)
    chosen: dict[int, set[int]] = {}
    work = 0
    for actor in order:
        near = {other for other in partners[actor] if other in chosen}
        work += len(near) ** 2 + sum(len(chosen[other]) for other in near)
        if work > _WORK:
            break
        chosen[actor] = near
        for other in near:
            chosen[other].add(actor)
    met: dict[tuple[int, int], list[int]] = {}
    for actor in chosen:
        for pair in combinations(sorted(chosen[actor]), 2):
            met.setdefault(pair, []).append(actor)
    seen: set[tuple[int, ...]] = set()
    for (a, c), between in met.items():
        rings: list[tuple[int, ...]] = [(a, c, b) for b in between] if c in chosen[a] else []
        rings += [(a, c, b, d) for b, d in combinations(between, 2)]
        for ring in rings:
            clusters = tuple(sorted(ring))
            if clusters not in seen:
                seen.add(clusters)
                yield clusters


def _cheapest(least: Least, clusters: tuple[int, ...], enough: Fraction) -> Fraction:
    """Least period over the ways to share tiles, or ``enough`` as soon as one needs no more."""
    inside = np.isin(least.sources, clusters) & np.isin(least.targets, clusters)
    channels = np.flatnonzero(inside & (least.sources != least.targets)).tolist()
    values = []
    for blocks in _partitions(clusters):
        value = _period(least, blocks, channels)
        if value <= enough:
            return enough
        values.append(value)
    return min(values)


def _partitions(items: tuple[int, ...]) -> Iterator[list[tuple[int, ...]]]:
    """Every way to put items into unordered blocks, all in one block first."""
    if not items:
        yield []
        return
    first, rest = items[0], items[1:]
    for count in range(len(rest), -1, -1):
        for others in combinations(rest, count):
            for blocks in _partitions(tuple(x for x in rest if x not in others)):
                yield [(first, *others), *blocks]


def _period(least: Least, blocks: list[tuple[int, ...]], channels: list[int]) -> Fraction:
    """At least this, if these clusters share tiles so: the fullest tile, and the cycles among them."""
    home = {actor: number for number, block in enumerate(blocks) for actor in block}
    busy = {actor: int(least.durations[actor]) for actor in home}
    far = {c: home[int(least.sources[c])] != home[int(least.targets[c])] for c in channels}
    for c in channels:
        if far[c] and not least.apart[c]:
            busy[int(least.sources[c])] += int(least.sent_ps[c])
            busy[int(least.targets[c])] += int(least.received_ps[c])
        elif least.apart[c] and not far[c]:
            return Fraction(UNLIMITED)
    load = 0
    for block in blocks:
        if len(block) > min(int(least.most_slots[a]) for a in block):
            return Fraction(UNLIMITED)
        load = max(load, sum(busy[a] for a in block) + least.held_ps(len(block)))
    number = {actor: i for i, actor in enumerate(home)}
    edges = [(number[a], number[a], busy[a], 1) for a in home]
    for c in channels:
        a, b = int(least.sources[c]), int(least.targets[c])
        there, back = (least.far_ps[c], least.credit_ps[c]) if far[c] else (least.near_ps[c], 0)
        w = int(least.tokens[c])
        edges.append((number[a], number[b], busy[a] + int(there), w))
        edges.append((number[b], number[a], busy[b] + int(back), int(least.capacity[c]) - w))
    answer = max_cycle_ratio(len(home), *(list(column) for column in zip(*edges, strict=True)))
    return Fraction(load) if answer is None else max(Fraction(load), answer.ratio)
