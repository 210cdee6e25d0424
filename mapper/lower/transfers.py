"""What a binding does to the channels: hops, routes, transfer times and link loads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.lower.links import link_loads
from mapper.model.application import Application
from mapper.model.platform import Platform
from mapper.model.topology import Topology

__all__ = ["Transfers", "route_channels"]


@dataclass(frozen=True, eq=False)
class Transfers:
    """Per channel (m of them): ``hops``, ``times_ps`` of a transfer and ``credits_ps`` of its credit's way back;
    per actor: ``busy_ps`` added by injecting and ejecting; per link: ``loads_ps`` of one iteration.
    """

    hops: NDArray[np.int64]
    times_ps: NDArray[np.int64]
    credits_ps: NDArray[np.int64]
    busy_ps: NDArray[np.int64]
    loads_ps: NDArray[np.int64]


def route_channels(application: Application, binding: NDArray[np.int32], platform: Platform) -> Transfers:
    """Route every channel of a bound application (models/README.md, section 4).

    A transfer takes ``setup + hops * hop + packets * packet``, or ``local`` on one tile. Under ``round_robin`` it
    also waits for one bundle of every other channel that shares a link with it.
    """
    graph, timing = application.graph, platform.timing
    packets = application.packets
    p, q = binding[graph.sources], binding[graph.targets]
    hops = platform.topology.hops(p, q)
    remote = hops > 0
    bundle = packets * timing.packet_ps
    times = np.where(remote, timing.setup_ps + hops * timing.hop_ps + bundle, timing.local_ps)

    busy = np.zeros(graph.actor_count, np.int64)
    np.add.at(busy, graph.sources[remote], packets[remote] * timing.inject_ps)
    np.add.at(busy, graph.targets[remote], packets[remote] * timing.eject_ps)
    busy[application.is_input] = 0

    loads = np.zeros(len(platform.topology.links), np.int64)
    if timing.packet_ps:
        loads = link_loads(platform.topology, p, q, bundle)
        if platform.arbitration == "round_robin":
            times = times + _waits(platform.topology, p, q, bundle)
    return Transfers(hops, times, hops * timing.hop_ps, busy, loads)


def _waits(
    topology: Topology, p: NDArray[np.int32], q: NDArray[np.int32], bundle: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Each channel's wait: the bundles of all other channels that share at least one link with it."""
    users: dict[int, list[int]] = {}
    for channel, (a, b) in enumerate(zip(p.tolist(), q.tolist(), strict=True)):
        for link in topology.route(a, b):
            users.setdefault(link, []).append(channel)
    meets: list[set[int]] = [set() for _ in range(bundle.size)]
    for channels in users.values():
        for channel in channels:
            meets[channel].update(channels)
    waits = np.zeros_like(bundle)
    for channel, others in enumerate(meets):
        others.discard(channel)
        waits[channel] = bundle[list(others)].sum() if others else 0
    return waits
