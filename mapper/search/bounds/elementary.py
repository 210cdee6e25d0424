"""Bounds by counting: the slowest actor, the load, clusters that must share a tile, cycles without transfers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from mapper.analysis.cycles.cycle_ratio import max_cycle_ratio
from mapper.model.application import Application
from mapper.model.platform import Platform
from mapper.model.result import Bound
from mapper.search.bounds.unavoidable import Least, class_allowed, least_times

__all__ = ["cycle_bound", "load_bound", "shared_tile_bound", "slowest_actor_bound"]


def slowest_actor_bound(application: Application, platform: Platform, least: Least | None = None) -> Bound:
    """λ >= d_a + sum over its partners b of min(handling of their packets, d_b).

    A partner on another tile costs a's crossbar the injecting and ejecting of their packets; one on the same tile
    fires there too (and makes a tile of one crossbar reprogram). At most ``slots - 1`` partners share its tile.
    """
    least = least or least_times(application, platform)
    times = application.graph.execution_times
    handling = _handling_by_partner(least)
    slowest = int(times.max(initial=0))
    for actor, partners in handling.items():
        if least.is_input[actor]:
            continue
        here, total, savings = int(times[actor]), 0, []
        for partner, (cost, apart) in partners.items():
            total += cost
            if apart:
                continue
            if least.is_input[partner]:
                total -= cost
            else:
                share = int(least.durations[partner]) + (least.reprogram_ps if least.crossbars == 1 else 0)
                savings.append(max(0, cost - share))
        room = int(least.most_slots[actor]) - 1
        slowest = max(slowest, here + total - sum(sorted(savings, reverse=True)[:room]))
    return Bound(Fraction(slowest), "slowest actor", "largest execution time, with handling that no mapping avoids")


def _handling_by_partner(least: Least) -> dict[int, dict[int, tuple[int, bool]]]:
    """Of each actor with any, per partner: time to inject and eject their packets; whether they are always apart."""
    found: dict[int, dict[int, tuple[int, bool]]] = {}
    kept = (least.sources != least.targets) & (least.sent_ps + least.received_ps > 0)
    columns = (least.sources, least.targets, least.sent_ps, least.received_ps, least.apart)
    for a, b, sent, received, apart in zip(*(column[kept].tolist() for column in columns), strict=True):
        for actor, partner, cost in ((a, b, sent), (b, a, received)):
            partners = found.setdefault(actor, {})
            partners[partner] = (partners.get(partner, (0, apart))[0] + cost, apart)
    return found


def load_bound(application: Application, platform: Platform, least: Least | None = None) -> Bound:
    """λ >= ceil(load / tiles): some tile runs at least the average, and its load is a whole number.

    Over all clusters and usable tiles; and over the clusters that only some tile classes hold and those classes'
    tiles. With more clusters than crossbars some tile holds more than its crossbars, and reprograms after each.
    """
    least = least or least_times(application, platform)
    allowed = class_allowed(application, platform)[~application.is_input]
    times = least.durations[~application.is_input]
    counts = np.bincount(platform.class_of[platform.usable], minlength=allowed.shape[1])
    patterns = [counts > 0, *np.unique(allowed, axis=0)]
    best, story = 0, "no load"
    for pattern in patterns:
        inside = ~(allowed & ~pattern[None, :]).any(axis=1)
        clusters, tiles = int(inside.sum()), int(counts[pattern].sum())
        if not clusters or not tiles:
            continue
        load, tiles = int(times[inside].sum()) + _reprogramming(platform, pattern, clusters), min(tiles, clusters)
        if -(-load // tiles) > best:
            best, story = -(-load // tiles), f"total execution time {load} ps over {tiles} tiles"
    return Bound(Fraction(best), "load", story)


def _reprogramming(platform: Platform, pattern: NDArray[np.bool_], clusters: int) -> int:
    """Least total: one tile with the fewest crossbars takes all that the others' crossbars do not."""
    crossbars = platform.crossbars[platform.usable & pattern[platform.class_of]]
    room = int(crossbars.sum())
    return platform.timing.reprogram_ps * (clusters - room + int(crossbars.min())) if clusters > room else 0


def shared_tile_bound(application: Application, platform: Platform, least: Least | None = None) -> Bound:
    """Of the k * tiles + 1 longest clusters, k + 1 share a tile: λ >= the sum of the k + 1 shortest of them."""
    least = least or least_times(application, platform)
    times = np.sort(least.durations[~application.is_input])[::-1]
    tiles = int(platform.usable.sum())
    sums = np.concatenate([[0], np.cumsum(times)])
    best, story = 0, "each cluster may have a tile to itself"
    for k in range(1, (times.size - 1) // tiles + 1 if times.size else 0):
        shared = int(sums[k * tiles + 1] - sums[k * tiles - k]) + least.held_ps(k + 1)
        if shared > best:
            best, story = shared, f"{k + 1} of the {k * tiles + 1} longest clusters share one of {tiles} tiles"
    return Bound(Fraction(best), "shared tile", story)


def cycle_bound(application: Application, platform: Platform, least: Least | None = None) -> Bound:
    """λ >= maximum cycle ratio with a tile for every actor and only the transfers that no mapping avoids.

    Any mapping's bound graph has these edges with weights at least as large; a retiming changes no cycle's tokens.
    With one-iteration buffers this holds all that mutual exclusion along channels can say: neighbours exclude each
    other, a clique among them has a path through all its clusters and a buffer edge back, so λ >= the sum of their
    times, and a circuit of 2k + 1 channels has a cycle with at most k tokens, so λ >= the sum of its times / k.
    """
    least = least or least_times(application, platform)
    a, b, times = least.sources, least.targets, least.durations
    everyone = np.arange(times.size)
    answer = max_cycle_ratio(
        times.size,
        np.concatenate([a, everyone, b]).tolist(),
        np.concatenate([b, everyone, a]).tolist(),
        np.concatenate([times[a] + least.data_ps, times, times[b] + least.space_ps]).tolist(),
        np.concatenate([least.tokens, np.ones(times.size, np.int64), least.capacity - least.tokens]).tolist(),
    )
    ratio = Fraction(0) if answer is None else answer.ratio
    return Bound(ratio, "unlimited resources", "maximum cycle ratio without avoidable transfers and shared tiles")
