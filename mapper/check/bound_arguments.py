"""The elementary arguments for a bound, each verified by an algorithm of its own: does it prove the claimed value?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

import networkx as nx

from mapper.check.bound_facts import Channel, Facts, facts_of, some_cycle_reaches
from mapper.model.application import Application
from mapper.model.platform import Platform

__all__ = ["ELEMENTARY", "proves"]


def proves(name: str, value: Fraction, application: Application, platform: Platform) -> bool:
    """Whether the argument called ``name`` shows that no mapping has a period below ``value``."""
    return value <= 0 or ELEMENTARY[name](value, facts_of(application, platform), application, platform)


def _slowest_actor(value: Fraction, facts: Facts, application: Application, platform: Platform) -> bool:
    """Some cluster and its partners: each pair's packets cost it handling, or the partner fires on its tile."""
    partners: dict[int, dict[int, list[Channel]]] = {}
    for channel in facts.channels:
        if channel.a != channel.b:
            partners.setdefault(channel.a, {}).setdefault(channel.b, []).append(channel)
            partners.setdefault(channel.b, {}).setdefault(channel.a, []).append(channel)
    times = application.graph.execution_times.tolist()
    for actor in range(len(times)):
        needed, gains = times[actor], []
        for partner, between in partners.get(actor, {}).items():
            handling = sum(c.sent if c.a == actor else c.received for c in between)
            if application.is_input[actor] or (application.is_input[partner] and not between[0].apart):
                continue
            if application.is_input[partner] or between[0].apart:
                needed += handling
                continue
            beside = facts.busy[partner] + (facts.reprogram if facts.crossbars == 1 else 0)
            needed += handling
            gains.append(min(0, beside - handling))
        gains.sort()
        if needed + sum(gains[: facts.room(actor, platform) - 1]) >= value:
            return True
    return False


def _load(value: Fraction, facts: Facts, application: Application, platform: Platform) -> bool:
    """Some clusters have no more than so many tiles, whose average load is above ``value`` - 1."""
    usable = frozenset(t for t in range(platform.tiles) if t not in platform.broken)
    for places in {usable, *(facts.tiles[a] for a in facts.clusters)}:
        bound_to = [a for a in facts.clusters if facts.tiles[a] <= places]
        if not places or not bound_to:
            continue
        crossbars = [int(platform.crossbars[t]) for t in places]
        load = sum(facts.busy[a] for a in bound_to)
        if len(bound_to) > sum(crossbars):
            load += facts.reprogram * (len(bound_to) - sum(crossbars) + min(crossbars))
        if load > (value - 1) * min(len(places), len(bound_to)):
            return value.denominator == 1
    return False


def _shared_tile(value: Fraction, facts: Facts, application: Application, platform: Platform) -> bool:
    """So many long clusters that some tile takes k + 1 of them."""
    tiles = platform.tiles - len(platform.broken)
    times = sorted((facts.busy[a] for a in facts.clusters), reverse=True)
    counts = range(1, (len(times) - 1) // tiles + 1)
    return any(sum(times[k * tiles - k : k * tiles + 1]) + facts.held(k + 1) >= value for k in counts)


def _unlimited_resources(value: Fraction, facts: Facts, application: Application, platform: Platform) -> bool:
    """Some cycle of the application alone, with the transfers that none avoids."""
    edges = [(a, a, busy, 1) for a, busy in enumerate(facts.busy)]
    for c in facts.channels:
        there, back = (c.far, c.credit) if c.apart else (min(facts.local, c.far), 0)
        edges.append((c.a, c.b, facts.busy[c.a] + there, c.tokens))
        edges.append((c.b, c.a, facts.busy[c.b] + back, c.capacity - c.tokens))
    return some_cycle_reaches(value, edges)


def _round_trips(value: Fraction, facts: Facts, application: Application, platform: Platform) -> bool:
    """Below ``value`` the channels with slower round trips stay on one tile: too much for it, or impossible."""
    forced = nx.Graph()
    forced.add_nodes_from(range(len(facts.busy)))
    for c in facts.channels:
        handling = 0 if c.apart else c.sent + c.received
        trip = facts.busy[c.a] + facts.busy[c.b] + handling + c.far + c.credit
        if c.a != c.b and trip >= value * c.capacity:
            if c.apart:
                return True
            forced.add_edge(c.a, c.b)
    for group in nx.connected_components(forced):
        clusters = [a for a in group if not application.is_input[a]]
        load = sum(facts.busy[a] for a in clusters) + facts.held(len(clusters))
        alone = max((facts.busy[a] for a in group), default=0)
        if max(load, alone) >= value or len(clusters) > min(facts.room(a, platform) for a in clusters or group):
            return True
    return False


def _short_cycle(value: Fraction, facts: Facts, application: Application, platform: Platform) -> bool:
    """Some circuit of three or four clusters needs ``value`` however it shares tiles, the slowest looked at first."""
    between: dict[frozenset[int], list[Channel]] = {}
    for c in facts.channels:
        if c.a != c.b and not (application.is_input[c.a] or application.is_input[c.b]):
            between.setdefault(frozenset((c.a, c.b)), []).append(c)
    pairs = nx.Graph(tuple(pair) for pair in between)
    slowest = sorted(pairs, key=lambda a: -facts.busy[a])
    count = 0
    while count < len(slowest):
        count = max(8, 2 * count)
        for circuit in nx.simple_cycles(pairs.subgraph(slowest[:count]), length_bound=4):
            ways = _ways(sorted(circuit))
            if len(circuit) > 2 and all(_needs(value, way, between, facts, platform) for way in ways):
                return True
    return False


def _ways(items: list[int]) -> Iterator[list[list[int]]]:
    """Every partition: the last item joins a block of the others' partitions, or has its own."""
    if not items:
        yield []
        return
    for blocks in _ways(items[:-1]):
        for i in range(len(blocks)):
            yield [*blocks[:i], [*blocks[i], items[-1]], *blocks[i + 1 :]]
        yield [*blocks, [items[-1]]]


def _needs(
    value: Fraction,
    blocks: list[list[int]],
    between: dict[frozenset[int], list[Channel]],
    facts: Facts,
    platform: Platform,
) -> bool:
    """Whether a period below ``value`` is impossible with exactly these on one tile."""
    inside = [c for pair, channels in between.items() for c in channels if pair <= {a for b in blocks for a in b}]
    near = [c for c in inside if any(c.a in block and c.b in block for block in blocks)]
    busy = {a: facts.busy[a] for block in blocks for a in block}
    edges = []
    for c in inside:
        if c not in near and not c.apart:
            busy[c.a] += c.sent
            busy[c.b] += c.received
    for c in inside:
        there, back = (facts.local, 0) if c in near else (c.far, c.credit)
        edges.append((c.a, c.b, busy[c.a] + there, c.tokens))
        edges.append((c.b, c.a, busy[c.b] + back, c.capacity - c.tokens))
    crowded = any(len(block) > min(facts.room(a, platform) for a in block) for block in blocks)
    loads = [sum(busy[a] for a in block) + facts.held(len(block)) for block in blocks]
    return crowded or any(c.apart for c in near) or max(loads) >= value or some_cycle_reaches(value, edges)


def _outlet(value: Fraction, facts: Facts, application: Application, platform: Platform) -> bool:
    """With λ = ``value`` - 1 some tile's consumers, or producers, cannot keep enough packets off its links."""
    span, packet_ps = value - 1, platform.timing.packet_ps
    links = platform.topology.links
    for way in (0, 1):
        for actor in range(len(facts.busy)):
            port = bool(application.is_input[actor])
            at = [platform.io_tile] if port else range(platform.tiles)
            most = max(sum(1 for ends in links if ends[way] in (t, -1)) for t in at)
            mine = [c for c in facts.channels if (c.b if way else c.a) == actor and c.a != c.b]
            amounts: dict[int, int] = {}
            for c in mine:
                other = c.a if way else c.b
                amounts[other] = amounts.get(other, 0) + c.packets * packet_ps
            fixed = {c.a if way else c.b for c in mine if c.apart}
            left = sum(amounts.values()) - most * span
            space = span - (0 if port else facts.busy[actor])
            if space < 0 or _excess(left, space, amounts, fixed, facts, application):
                return value.denominator == 1
    return False


def _excess(
    left: Fraction, space: Fraction, amounts: dict[int, int], fixed: set[int], facts: Facts, application: Application
) -> bool:
    """Whether more than nothing is left when the consumers with most packets per time have filled the tile."""
    times = {a: 0 if application.is_input[a] else facts.busy[a] for a in amounts if a not in fixed}
    for actor in sorted(times, key=lambda a: Fraction(times[a], max(1, amounts[a]))):
        share = min(Fraction(1), space / times[actor]) if times[actor] else Fraction(1)
        left -= share * amounts[actor]
        space -= share * times[actor]
    return left > 0


#: The arguments that are verified here, by the names their bounds bear.
ELEMENTARY: dict[str, Callable[[Fraction, Facts, Application, Platform], bool]] = {
    "slowest actor": _slowest_actor,
    "load": _load,
    "shared tile": _shared_tile,
    "unlimited resources": _unlimited_resources,
    "round trips": _round_trips,
    "short cycle": _short_cycle,
    "outlet": _outlet,
}
