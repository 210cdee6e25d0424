"""Do the certificates prove the period, and are the other figures what the mapping costs?"""

from __future__ import annotations

from fractions import Fraction

from mapper.check.timing_rules import busy_times, link_loads, timing_rules
from mapper.errors import CheckError
from mapper.model.application import Application
from mapper.model.bound_graph import EdgeKind
from mapper.model.mapping import Mapping
from mapper.model.platform import Platform
from mapper.model.result import Evaluation

__all__ = ["check_figures", "check_period"]

_KIND_OF_RULE = {
    "data": EdgeKind.DATA,
    "one firing at a time": EdgeKind.SELF,
    "buffer": EdgeKind.BUFFER,
    "static order": EdgeKind.ORDER,
    "wrap-around": EdgeKind.WRAP,
}


def check_period(application: Application, mapping: Mapping, platform: Platform, evaluation: Evaluation) -> None:
    """The start times keep every rule at the period (it is reached); the critical cycle or link allows no less."""
    period, start = evaluation.period, evaluation.start_times
    if len(start) != application.graph.actor_count:
        raise CheckError("start times", f"{len(start)} start times for {application.graph.actor_count} actors")
    rules = list(timing_rules(application, mapping, platform))
    for rule in rules:
        if start[rule.target] < start[rule.source] + rule.time_ps - period * rule.tokens:
            names = application.graph.actors
            raise CheckError("start times", f"{rule.name} from {names[rule.source]} to {names[rule.target]} is broken")
    loads = link_loads(application, mapping, platform)
    if max(loads, default=0) > period:
        raise CheckError("link load", f"a link is busy for {max(loads)} ps of every {period} ps")
    if tuple(loads) != evaluation.link_loads:
        raise CheckError("link load", "the stored loads are not those of the routes")
    if evaluation.critical_cycle:
        _check_cycle(evaluation, {(_KIND_OF_RULE[r.name], r.source, r.target, r.time_ps, r.tokens) for r in rules})
    elif 0 <= evaluation.critical_link < len(loads):
        if loads[evaluation.critical_link] != period:
            raise CheckError("critical link", f"its load is {loads[evaluation.critical_link]}, the period {period}")
    elif application.graph.actor_count:
        raise CheckError("critical cycle", "neither a cycle nor a link says why the period is not smaller")


def _check_cycle(evaluation: Evaluation, rules: set[tuple[EdgeKind, int, int, int, int]]) -> None:
    cycle = evaluation.critical_cycle
    for edge, following in zip(cycle, cycle[1:] + cycle[:1], strict=True):
        if edge.target != following.source:
            raise CheckError("critical cycle", "it is not closed")
        if (edge.kind, edge.source, edge.target, edge.time_ps, edge.tokens) not in rules:
            raise CheckError("critical cycle", f"no {edge.kind.name} edge {edge.source} -> {edge.target} is like that")
    tokens = sum(edge.tokens for edge in cycle)
    if tokens == 0 or Fraction(sum(edge.time_ps for edge in cycle), tokens) != evaluation.period:
        raise CheckError("critical cycle", f"its ratio is not the period {evaluation.period}")


def check_figures(application: Application, mapping: Mapping, platform: Platform, evaluation: Evaluation) -> None:
    """Energy, packets, latency and tiles, recounted channel by channel."""
    energy, tile, timing = platform.energy, mapping.binding.tolist(), 0
    packets = remote = 0
    for a, b, n in zip(
        application.graph.sources.tolist(),
        application.graph.targets.tolist(),
        application.packets.tolist(),
        strict=True,
    ):
        hops = len(platform.topology.route(tile[a], tile[b]))
        packets += n
        remote += n if hops else 0
        timing += n * ((energy.inject_fj + hops * energy.hop_fj + energy.eject_fj) if hops else energy.local_fj)
    for actor in range(application.graph.actor_count):
        timing += int(application.synaptic_events[actor]) * energy.synaptic_event_fj
        if not application.is_input[actor]:
            timing += int(application.output_spikes[actor]) * energy.output_spike_fj
    used = len({tile[a] for a in range(len(tile)) if not application.is_input[a]})
    for rule, expected, got in (
        ("energy", timing, evaluation.energy_fj),
        ("packets", packets, evaluation.packets),
        ("remote packets", remote, evaluation.remote_packets),
        ("tiles used", used, evaluation.tiles_used),
        ("latency", _latency(application, mapping, platform, evaluation), evaluation.latency),
    ):
        if expected != got:
            raise CheckError(rule, f"recounted {expected}, stored {got}")


def _latency(application: Application, mapping: Mapping, platform: Platform, evaluation: Evaluation) -> Fraction:
    """From the first start of iteration 0 (of the inputs, where there are any) to its last end."""
    begin = [s + evaluation.period * int(r) for s, r in zip(evaluation.start_times, mapping.retiming, strict=True)]
    busy = busy_times(application, mapping, platform)
    inputs = [b for b, is_input in zip(begin, application.is_input, strict=True) if is_input]
    if not begin:
        return Fraction(0)
    return max(b + time for b, time in zip(begin, busy, strict=True)) - min(inputs or begin)
