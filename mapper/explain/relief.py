"""What each relief of the same mapping would bring, recomputed exactly.

Twice as fast means half the time, which need not be whole picoseconds: everything else is doubled instead, and the
period that comes out is halved.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from mapper.analysis.cycles.cycle_ratio import period_of
from mapper.evaluator import mapping_period
from mapper.explain.answer import Relief
from mapper.lower.bound_graph import bind, capacities
from mapper.model.application import Application
from mapper.model.bound_graph import EdgeKind
from mapper.model.mapping import Mapping
from mapper.model.platform import LARGEST, Platform
from mapper.model.result import Evaluation

__all__ = ["period_sped_up", "period_with_slot", "reliefs_of_mapping"]

#: Most single channels and tiles that are tried; a cycle with more is listed in its order.
MOST = 12

#: Transfer times that a faster network would halve: key, coefficients, words.
_NETWORK = (
    ("links", ("packet_ps",), "links with twice the bandwidth"),
    ("hops", ("hop_ps",), "hops in half the time"),
    ("setup", ("setup_ps",), "transfers set up in half the time"),
    ("ports", ("inject_ps", "eject_ps"), "packets injected and ejected in half the time"),
    ("reprogramming", ("reprogram_ps",), "crossbars reprogrammed in half the time"),
)


def period_sped_up(
    application: Application,
    mapping: Mapping,
    platform: Platform,
    coefficients: Iterable[str] = (),
    actors: NDArray[np.bool_] | None = None,
) -> Fraction:
    """The mapping's period if some of the platform's times and some actors' execution times were halved."""
    chosen = set(coefficients)
    timing = platform.timing
    doubled = {f.name: getattr(timing, f.name) * (1 if f.name in chosen else 2) for f in fields(timing)}
    halved = np.zeros(application.graph.actor_count, np.bool_) if actors is None else actors
    times = application.graph.execution_times * np.where(halved, 1, 2)
    scaled = replace(application, graph=replace(application.graph, execution_times=times))
    return mapping_period(scaled, mapping, replace(platform, timing=replace(timing, **doubled))) / 2


def period_with_slot(application: Application, mapping: Mapping, platform: Platform, channel: int) -> Fraction:
    """The mapping's period if one channel could buffer one iteration more."""
    graph = bind(application, mapping, platform)
    more = (graph.kinds == EdgeKind.BUFFER) & (graph.channels == channel)
    ratio = period_of(replace(graph, tokens=graph.tokens + more)).ratio
    return max(ratio, Fraction(int(graph.link_loads.max(initial=0))))


def reliefs_of_mapping(
    application: Application, mapping: Mapping, platform: Platform, evaluation: Evaluation
) -> list[Relief]:
    """Reliefs under which binding, orders and retiming stay as they are, best first.

    Single buffers and single tiles are tried where the critical cycle passes; elsewhere they change nothing.
    """
    old = evaluation.period
    found: list[Relief] = []

    def add(key: str, what: str, period: Fraction) -> None:
        found.append(Relief(key, what, period, (old - period) / old if old else Fraction(0)))

    names, graph = application.graph.actors, application.graph
    edges = evaluation.critical_cycle
    for channel in _first(edge.channel for edge in edges if edge.kind is EdgeKind.BUFFER):
        ends = f"{names[graph.sources[channel]]} -> {names[graph.targets[channel]]}"
        period = period_with_slot(application, mapping, platform, channel)
        add(f"buffer {ends}", f"one more iteration of buffer on {ends}", period)
    wider = replace(platform, buffer_iterations=platform.buffer_iterations + 1)
    held = None if mapping.buffers is None else np.minimum(mapping.buffers + 1, capacities(application, wider))
    period = mapping_period(application, replace(mapping, buffers=held), wider)
    add("buffers", "one more iteration of buffer on every channel", period)
    if max(vars(platform.timing).values()) <= LARGEST // 2:
        for key, coefficients, what in _NETWORK:
            if any(getattr(platform.timing, name) for name in coefficients):
                add(key, what, period_sped_up(application, mapping, platform, coefficients))
        clusters = ~application.is_input
        add("crossbars", "crossbars twice as fast", period_sped_up(application, mapping, platform, (), clusters))
        for tile in _first(int(mapping.binding[edge.source]) for edge in edges if clusters[edge.source]):
            members = clusters & (mapping.binding == tile)
            period = period_sped_up(application, mapping, platform, (), members)
            add(f"crossbar of tile {tile}", f"tile {tile}'s crossbars twice as fast", period)
    return sorted(found, key=lambda relief: relief.period)


def _first(values: Iterable[int]) -> list[int]:
    return list(dict.fromkeys(values))[:MOST]
