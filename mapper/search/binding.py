"""Greedy binding: the largest cluster first, each to the tile where it costs least."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from mapper.model.application import Application
from mapper.model.arrays import require
from mapper.model.platform import UNLIMITED, Platform
from mapper.search.feasibility import allowed_tiles, least_buffers

__all__ = ["BindingWeights", "bind_greedily"]


@dataclass(frozen=True)
class BindingWeights:
    """Weights of the tile cost's terms, each of which is a share (of the total load, cells, packets ...).

    After the tile cost of SDF3's binding (Stuijk, Basten, Geilen, Corporaal, DAC 2007), which arXiv 2004.03717 uses.

    Attributes
    ----------
    processing
        Execution time on the tile, against the average over the usable tiles.
    memory
        Clusters on the tile, against its slots (or against all clusters where slots are unlimited).
    bandwidth
        Packets that would cross tiles, against all packets.
    connections
        Channels that would cross tiles, against all channels.
    latency
        Packet-weighted hops, against all packets over the chip's longest route.
    """

    processing: float = 1.0
    memory: float = 0.1
    bandwidth: float = 0.1
    connections: float = 0.0
    latency: float = 0.1

    def __post_init__(self) -> None:
        for entry in fields(self):
            require(getattr(self, entry.name) >= 0, f"binding weight {entry.name}", "at least 0", "less")


def bind_greedily(
    application: Application,
    platform: Platform,
    weights: BindingWeights = BindingWeights(),
    *,
    sized: bool = False,
) -> NDArray[np.int32] | None:
    """Bind every cluster, or return ``None`` if this greedy rule gets stuck (which proves nothing).

    Parameters
    ----------
    sized
        Buffers are sized later: a tile needs room for the least of each.

    Returns
    -------
    int32, shape (actors,)
        The input actor on the I/O tile.
    """
    graph, packets = application.graph, application.packets
    times = graph.execution_times
    allowed, slots = allowed_tiles(application, platform), platform.slots
    buffers = packets * least_buffers(application, platform, sized)
    clusters = application.clusters
    tiles = np.arange(platform.tiles)
    binding = np.where(application.is_input, platform.io_tile, -1).astype(np.int32)

    usable = max(1, int((slots > 0).sum()))
    average = max(1.0, float(times[list(clusters)].sum()) / usable)
    room = np.minimum(slots, max(1, len(clusters))).clip(min=1)
    all_packets, all_channels = max(1, int(packets.sum())), max(1, packets.size)
    reach = max(1, int(platform.topology.hops(platform.io_tile, tiles).max()))
    channels_of: list[list[int]] = [[] for _ in range(graph.actor_count)]
    for channel, (a, b) in enumerate(zip(graph.sources.tolist(), graph.targets.tolist(), strict=True)):
        channels_of[a].append(channel)
        channels_of[b].append(channel)

    load, held = np.zeros(platform.tiles), np.zeros(platform.tiles, np.int64)
    buffered = np.zeros(platform.tiles, np.int64)
    limited = bool((platform.buffer_packets < UNLIMITED).any())
    for actor in sorted(clusters, key=lambda a: (-int(times[a]), a)):
        possible = allowed[actor] & (held < slots)
        cost = weights.processing * (load + times[actor]) / average + weights.memory * (held + 1) / room
        arriving = np.zeros((platform.tiles, platform.tiles), np.int64) if limited else None
        for channel in channels_of[actor]:
            a, b = int(graph.sources[channel]), int(graph.targets[channel])
            other = int(binding[b if a == actor else a])
            if other < 0:
                continue
            hops = platform.topology.hops(tiles, other)
            remote = hops > 0
            share = packets[channel] / all_packets
            cost = cost + weights.bandwidth * share * remote + weights.connections * remote / all_channels
            cost = cost + weights.latency * share * hops / reach
            if arriving is not None:  # arriving[t, u]: packets to buffer on tile u if the actor goes to tile t
                arriving[tiles, tiles if b == actor else other] += buffers[channel] * remote
        if arriving is not None:
            possible = possible & (buffered[None, :] + arriving <= platform.buffer_packets[None, :]).all(axis=1)
        if not possible.any():
            return None
        tile = int(np.argmin(np.where(possible, cost, np.inf)))
        binding[actor] = tile
        load[tile] += times[actor]
        held[tile] += 1
        if arriving is not None:
            buffered += arriving[tile]
    return binding
