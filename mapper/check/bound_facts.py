"""What every mapping of an application onto a platform pays, worked out tile by tile for the check of bounds."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from mapper.model.application import Application
from mapper.model.platform import Platform

__all__ = ["Channel", "Facts", "facts_of", "some_cycle_reaches"]


@dataclass(frozen=True)
class Channel:
    """One channel and the least that its ends pay for it if they are on different tiles."""

    a: int
    b: int
    packets: int
    tokens: int
    capacity: int
    apart: bool
    far: int
    credit: int
    sent: int
    received: int


@dataclass(frozen=True)
class Facts:
    """Channels; the tiles each actor may run on; execution times with the handling that none avoids."""

    channels: tuple[Channel, ...]
    tiles: tuple[frozenset[int], ...]
    busy: tuple[int, ...]
    clusters: tuple[int, ...]
    local: int
    reprogram: int
    crossbars: int

    def room(self, actor: int, platform: Platform) -> int:
        """Most clusters on a tile that may run the actor."""
        return max((int(platform.slots[t]) for t in self.tiles[actor]), default=1)

    def held(self, clusters: int) -> int:
        """Least reprogramming of so many clusters on one tile."""
        return self.reprogram * clusters if clusters > self.crossbars else 0


def facts_of(application: Application, platform: Platform) -> Facts:
    """Plain loops over tiles for each kind of cluster, and over channels."""
    n, t = application.graph.actor_count, platform.timing
    usable = [tile for tile in range(platform.tiles) if tile not in platform.broken]
    fitting: dict[tuple[int, ...], frozenset[int]] = {}
    tiles = []
    for actor in range(n):
        need = tuple(application.demand[actor].tolist())
        if need not in fitting:
            fitting[need] = frozenset(
                tile
                for tile in usable
                if all(x <= y for x, y in zip(need, platform.limits[tile].tolist(), strict=True))
            )
        tiles.append(frozenset([platform.io_tile]) if application.is_input[actor] else fitting[need])
    shared: dict[tuple[frozenset[int], frozenset[int]], bool] = {}
    distances = platform.topology.hops(platform.io_tile, list(range(platform.tiles))).tolist()
    busy = application.graph.execution_times.tolist()
    channels = []
    ends = zip(application.graph.sources.tolist(), application.graph.targets.tolist(), strict=True)
    counts = zip(application.packets.tolist(), application.delay_iterations.tolist(), strict=True)
    for (a, b), (packets, tokens) in zip(ends, counts, strict=True):
        port = bool(application.is_input[a] or application.is_input[b])
        pair = tiles[a], tiles[b]
        if pair not in shared:
            shared[pair] = any(int(platform.slots[tile]) >= 2 for tile in pair[0] & pair[1])
        apart = a != b and not (pair[0] & pair[1] if port else shared[pair])
        away = [distances[tile] for tile in tiles[b] if distances[tile]] if application.is_input[a] else []
        hops = min(away, default=1)
        sent = 0 if application.is_input[a] else packets * t.inject_ps
        received = 0 if application.is_input[b] else packets * t.eject_ps
        if apart:
            busy[a] += sent
            busy[b] += received
        far = t.setup_ps + hops * t.hop_ps + packets * t.packet_ps
        capacity = max(platform.buffer_iterations, tokens + 1)
        channels.append(Channel(a, b, packets, tokens, capacity, apart, far, hops * t.hop_ps, sent, received))
    clusters = tuple(a for a in range(n) if not application.is_input[a])
    crossbars = max(int(platform.crossbars[tile]) for tile in usable)
    return Facts(tuple(channels), tuple(tiles), tuple(busy), clusters, t.local_ps, t.reprogram_ps, crossbars)


def some_cycle_reaches(value: Fraction, edges: list[tuple[int, int, int, int]]) -> bool:
    """Whether a cycle of edges (from, to, time, tokens) has time / tokens of at least ``value``.

    Longest walks under time - value * tokens: were all cycles below, one more small decrease would leave none positive.
    """
    little = 1 + sum(tokens for *_, tokens in edges)
    weights = [
        (a, b, (time * value.denominator - value.numerator * tokens) * little + tokens) for a, b, time, tokens in edges
    ]
    reach = {end: 0 for a, b, _ in weights for end in (a, b)}
    for _ in range(len(reach) + 1):
        changed = False
        for a, b, weight in weights:
            if reach[a] + weight > reach[b]:
                reach[b], changed = reach[a] + weight, True
        if not changed:
            return False
    return True
