"""A bound by links: what a cluster, or the I/O port, sends off its tile shares the few links that leave it."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import numpy as np
from numpy.typing import NDArray

from mapper.model.application import Application
from mapper.model.platform import Platform
from mapper.model.result import Bound
from mapper.search.bounds.unavoidable import Least, least_times

__all__ = ["outlet_bound"]


#: Actors looked at, those with most packets per link first.
_ACTORS = 200


def outlet_bound(application: Application, platform: Platform, least: Least | None = None) -> Bound:
    """λ >= what one actor's packets leave for each link out of its tile, however many consumers share that tile.

    For an actor a with consumers j of p_j picoseconds of packets, on a tile with L links: consumers kept there take
    d_a + sum of d_j <= λ, the others' packets sum p_j <= L * λ. The kept ones are relaxed to fractions, best p_j / d_j
    first (Dantzig 1957). The same holds for what an actor receives.
    """
    least = least or least_times(application, platform)
    packet_ps, kept = platform.timing.packet_ps, least.sources != least.targets
    best, story = 0, "no packets"
    if not packet_ps:
        return Bound(Fraction(0), "outlet", "packets take no time")
    for ends, others, way in ((least.sources, least.targets, 0), (least.targets, least.sources, 1)):
        links = _links_per_tile(platform, way)
        amount = np.bincount(ends[kept], application.packets[kept] * packet_ps, least.durations.size)
        outlets = np.where(least.is_input, links[platform.io_tile], links.max(initial=0))
        for actor in np.argsort(-amount / np.maximum(outlets, 1), kind="stable")[:_ACTORS].tolist():
            many = int(outlets[actor])
            if not many or amount[actor] <= many * best:
                break
            mine = np.flatnonzero((ends == actor) & kept)
            value = _least_period(application, least, actor, others[mine], mine, packet_ps, many)
            if value > best:
                verb = "receives" if way else "sends"
                best, story = value, f"what {application.graph.actors[actor]} {verb} over at most {many} links"
    return Bound(Fraction(best), "outlet", story)


def _links_per_tile(platform: Platform, way: int) -> NDArray[np.int64]:
    """Links that leave (``way`` 0) or reach (1) each tile; a bus is one for all."""
    ends = np.array(platform.topology.links, np.int64).reshape(-1, 2)[:, way]
    shared = int((ends < 0).sum())
    return np.bincount(ends[ends >= 0], minlength=platform.tiles) + shared


def _least_period(
    application: Application,
    least: Least,
    actor: int,
    others: NDArray[np.int64],
    channels: NDArray[np.int64],
    packet_ps: int,
    links: int,
) -> int:
    """Least whole λ (loads of tiles and links are whole) that the knapsack of kept consumers allows."""
    partners: dict[int, tuple[int, bool]] = {}
    for other, channel in zip(others.tolist(), channels.tolist(), strict=True):
        amount = partners.get(other, (0, False))[0] + int(application.packets[channel]) * packet_ps
        partners[other] = amount, bool(least.apart[channel])
    leaving = sum(amount for amount, _ in partners.values())
    staying = [
        (amount, 0 if least.is_input[other] else int(least.durations[other]))
        for other, (amount, apart) in partners.items()
        if not apart
    ]
    leaving -= sum(amount for amount, time in staying if time == 0)
    here = Fraction(0 if least.is_input[actor] else int(least.durations[actor]))
    for amount, time in sorted((s for s in staying if s[1]), key=lambda s: Fraction(s[0], s[1]), reverse=True):
        if leaving <= links * here:
            return ceil(here)
        rate = Fraction(amount, time)
        crossing = (leaving + rate * here) / (links + rate)
        if crossing <= here + time:
            return ceil(crossing)
        leaving -= amount
        here += time
    return max(ceil(here), ceil(Fraction(leaving, links)))
