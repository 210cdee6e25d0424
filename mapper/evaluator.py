"""The exact figures of a mapping: period with certificates, latency, energy, packets, link loads."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from mapper.analysis.cycles.cycle_ratio import CycleRatio, period_of
from mapper.analysis.cycles.schedule import earliest_starts
from mapper.lower.bound_graph import bind
from mapper.lower.energy import energy_terms
from mapper.model.application import Application
from mapper.model.bound_graph import BoundGraph, EdgeKind
from mapper.model.mapping import Mapping
from mapper.model.platform import Platform
from mapper.model.result import CriticalEdge, Evaluation

__all__ = ["evaluate", "mapping_period"]


def mapping_period(application: Application, mapping: Mapping, platform: Platform) -> Fraction:
    """λ of a mapping alone: what a search needs of a candidate.

    Raises
    ------
    DeadlockError
        The static orders block each other.
    """
    graph = bind(application, mapping, platform)
    return max(period_of(graph).ratio, Fraction(int(graph.link_loads.max(initial=0))))


def evaluate(application: Application, mapping: Mapping, platform: Platform) -> Evaluation:
    """Evaluate a mapping exactly (models/README.md, sections 4 and 5).

    Raises
    ------
    DeadlockError
        The static orders block each other.
    InputError
        The mapping does not fit the application.
    """
    graph = bind(application, mapping, platform)
    cycle = period_of(graph)
    load = Fraction(int(graph.link_loads.max(initial=0)))
    link_limits = load > cycle.ratio
    period = max(cycle.ratio, load)
    inputs = tuple(np.flatnonzero(application.is_input).tolist())
    starts = earliest_starts(graph, period, inputs)
    binding, channels = mapping.binding, application.graph
    hops = platform.topology.hops(binding[channels.sources], binding[channels.targets])
    return Evaluation(
        period=period,
        critical_cycle=() if link_limits else _describe(graph, cycle),
        critical_link=int(graph.link_loads.argmax()) if link_limits else -1,
        start_times=starts,
        latency=_latency(application, mapping, graph, period, starts, inputs),
        energy_fj=energy_terms(application, platform).of(application.packets, hops),
        packets=int(application.packets.sum()),
        remote_packets=int(application.packets[hops > 0].sum()),
        tiles_used=mapping.tiles_used,
        link_loads=tuple(graph.link_loads.tolist()),
    )


def _describe(graph: BoundGraph, cycle: CycleRatio) -> tuple[CriticalEdge, ...]:
    return tuple(
        CriticalEdge(
            int(graph.sources[e]),
            int(graph.targets[e]),
            int(graph.times[e]),
            int(graph.tokens[e]),
            EdgeKind(int(graph.kinds[e])),
            int(graph.channels[e]),
        )
        for e in cycle.cycle
    )


def _latency(
    application: Application,
    mapping: Mapping,
    graph: BoundGraph,
    period: Fraction,
    starts: tuple[Fraction, ...],
    inputs: tuple[int, ...],
) -> Fraction:
    """End of the last firing of iteration 0, from the start of the inputs' (without inputs, the first) firing of it."""
    retiming = mapping.retiming.tolist()
    begins = [start + period * r for start, r in zip(starts, retiming, strict=True)]
    if not begins:
        return Fraction(0)
    ends: list[Fraction] = [begin + int(busy) for begin, busy in zip(begins, graph.durations, strict=True)]
    first: Fraction = min((begins[node] for node in inputs), default=min(begins))
    return max(ends) - first
