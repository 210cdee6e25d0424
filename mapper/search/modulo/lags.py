"""Minimum lags between starts of iteration 0: all that the channels ask of a pipelined schedule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mapper.lower.bound_graph import capacities
from mapper.model.application import Application
from mapper.model.platform import Platform

__all__ = ["Lags", "make_lags"]


@dataclass(frozen=True)
class Lags:
    """With T the start of iteration 0, a channel a -> b with w of B iterations of tokens asks for

    ``T_b >= T_a + d_a + transfer - w * period`` and ``T_a >= T_b + d_b + credit - (B - w) * period``.

    Attributes
    ----------
    durations
        Execution times, without injections and ejections.
    near
        Of each actor, two entries a channel: (other, lag on one tile, lag between tiles without hops, lag per hop,
        periods the lag is shorter by, whether the other waits for this one).
    hops
        Distances between tiles, as lists.
    """

    durations: list[int]
    near: list[list[tuple[int, int, int, int, int, bool]]]
    hops: list[list[int]]

    def window(
        self, actor: int, tile: int, tile_of: list[int], starts: dict[int, int], period: int
    ) -> tuple[int | None, int | None]:
        """Earliest and latest start of an actor on a tile that agree with those that have one; ``None``: any."""
        lows, highs = [], []
        row = self.hops[tile]
        for other, local, remote, per_hop, periods, waits in self.near[actor]:
            if other in starts:
                lag = _lag(row[tile_of[other]], local, remote, per_hop) - periods * period
                if waits:
                    highs.append(starts[other] - lag)
                else:
                    lows.append(starts[other] + lag)
        return max(lows, default=None), min(highs, default=None)

    def quarrels(
        self, actor: int, tile: int, when: int, tile_of: list[int], starts: dict[int, int], period: int
    ) -> set[int]:
        """Actors whose starts do not agree with that of ``actor``."""
        found = set()
        for other, local, remote, per_hop, periods, waits in self.near[actor]:
            if other in starts:
                lag = _lag(self.hops[tile][tile_of[other]], local, remote, per_hop) - periods * period
                if (starts[other] - when if waits else when - starts[other]) < lag:
                    found.add(other)
        return found


def _lag(hops: int, local: int, remote: int, per_hop: int) -> int:
    return local if hops == 0 else remote + hops * per_hop


def make_lags(application: Application, platform: Platform) -> Lags:
    """Lags of every channel, at both its ends; ``round_robin`` waits, injections and ejections are left out."""
    graph, timing = application.graph, platform.timing
    times = graph.execution_times.tolist()
    capacity = capacities(application, platform)
    near: list[list[tuple[int, int, int, int, int, bool]]] = [[] for _ in times]
    columns = (graph.sources, graph.targets, application.packets, application.delay_iterations, capacity)
    for a, b, packets, w, room in zip(*(column.tolist() for column in columns), strict=True):
        if a == b:
            continue
        sent = times[a] + timing.setup_ps + packets * timing.packet_ps
        data = (times[a] + timing.local_ps, sent, timing.hop_ps, w)
        space = (times[b], times[b], timing.hop_ps, room - w)
        near[b] += [(a, *data, False), (a, *space, True)]
        near[a] += [(b, *data, True), (b, *space, False)]
    tiles = np.arange(platform.tiles)
    return Lags(times, near, platform.topology.hops(tiles[:, None], tiles[None, :]).tolist())
