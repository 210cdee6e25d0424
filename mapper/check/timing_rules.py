"""Everything a start time has to wait for, written down once more from the table of models/README.md, section 4."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mapper.errors import CheckError
from mapper.model.application import Application
from mapper.model.mapping import Mapping
from mapper.model.platform import Platform

__all__ = ["TimingRule", "held_iterations", "link_loads", "timing_rules"]


@dataclass(frozen=True)
class TimingRule:
    """Firing k of ``target`` starts at least ``time_ps`` after the start of firing k - ``tokens`` of ``source``."""

    name: str
    source: int
    target: int
    time_ps: int
    tokens: int


@dataclass(frozen=True)
class _Channel:
    source: int
    target: int
    packets: int
    initial: int
    links: tuple[int, ...]


def _channels(application: Application, mapping: Mapping, platform: Platform) -> list[_Channel]:
    graph, tile = application.graph, mapping.binding.tolist()
    rows = zip(
        graph.sources.tolist(),
        graph.targets.tolist(),
        application.packets.tolist(),
        application.delay_iterations.tolist(),
        strict=True,
    )
    return [_Channel(a, b, n, w, platform.topology.route(tile[a], tile[b])) for a, b, n, w in rows]


def link_loads(application: Application, mapping: Mapping, platform: Platform) -> list[int]:
    """Picoseconds each link is busy in one iteration."""
    loads = [0] * len(platform.topology.links)
    for channel in _channels(application, mapping, platform):
        for link in channel.links:
            loads[link] += channel.packets * platform.timing.packet_ps
    return loads


def held_iterations(application: Application, mapping: Mapping, platform: Platform) -> list[int]:
    """What each channel can hold: as the mapping says, else as the platform does, and more than it starts with.

    Raises
    ------
    CheckError
        The mapping says less than that, or more than the platform.
    """
    initial = application.delay_iterations.tolist()
    if mapping.buffers is None:
        return [max(platform.buffer_iterations, w + 1) for w in initial]
    held: list[int] = mapping.buffers.tolist()
    if len(held) != len(initial):
        raise CheckError("buffers", f"{len(held)} for {len(initial)} channels")
    for channel, (here, w) in enumerate(zip(held, initial, strict=True)):
        if not w < here <= max(platform.buffer_iterations, w + 1):
            raise CheckError("buffers", f"channel {channel}, which starts with {w} iterations, is to hold {here}")
    return held


def busy_times(application: Application, mapping: Mapping, platform: Platform) -> list[int]:
    """How long one firing of each actor occupies its crossbar: execution, injection, ejection."""
    busy = [int(time) for time in application.graph.execution_times]
    for channel in _channels(application, mapping, platform):
        if channel.links:
            for actor, per_packet in (
                (channel.source, platform.timing.inject_ps),
                (channel.target, platform.timing.eject_ps),
            ):
                if not application.is_input[actor]:
                    busy[actor] += channel.packets * per_packet
    return busy


def timing_rules(application: Application, mapping: Mapping, platform: Platform) -> Iterator[TimingRule]:
    """Every rule, one by one."""
    timing = platform.timing
    channels = _channels(application, mapping, platform)
    busy = busy_times(application, mapping, platform)
    waits = _round_robin_waits(channels, platform) if platform.arbitration == "round_robin" else [0] * len(channels)
    for actor, time in enumerate(busy):
        yield TimingRule("one firing at a time", actor, actor, time, 1)
    held = held_iterations(application, mapping, platform)
    for channel, wait, capacity in zip(channels, waits, held, strict=True):
        a, b, hops = channel.source, channel.target, len(channel.links)
        tokens = channel.initial + int(mapping.retiming[b]) - int(mapping.retiming[a])
        transfer = timing.local_ps
        if hops:
            transfer = timing.setup_ps + hops * timing.hop_ps + channel.packets * timing.packet_ps + wait
        yield TimingRule("data", a, b, busy[a] + transfer, tokens)
        yield TimingRule("buffer", b, a, busy[b] + hops * timing.hop_ps, capacity - tokens)
    for tile, order in enumerate(mapping.orders):
        pause = timing.reprogram_ps if len(order) > int(platform.crossbars[tile]) else 0
        for place, actor in enumerate(order):
            if len(order) > 1:
                last = place == len(order) - 1
                name = "wrap-around" if last else "static order"
                following = order[0] if last else order[place + 1]
                yield TimingRule(name, actor, following, busy[actor] + pause, int(last))


def _round_robin_waits(channels: list[_Channel], platform: Platform) -> list[int]:
    """For each channel, one bundle of every other channel whose route meets its own."""
    on_link: dict[int, set[int]] = {}
    for number, channel in enumerate(channels):
        for link in channel.links:
            on_link.setdefault(link, set()).add(number)
    waits = []
    for number, channel in enumerate(channels):
        met = set().union(*(on_link[link] for link in channel.links)) - {number}
        waits.append(sum(channels[other].packets * platform.timing.packet_ps for other in met))
    return waits
