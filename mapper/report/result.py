"""A mapping's result: the JSON object of `mapper map` and the text beside it."""

from __future__ import annotations

from typing import Any

from mapper.model.result import Evaluation, Result
from mapper.report import units
from mapper.report.cycle import critical_link, cycle_entry, describe_cycle
from mapper.report.goals import ceilings_text, exact_stages, goal_entries, goal_lines

__all__ = ["result_summary", "result_text"]

#: Channels with small buffers that the text names.
_LISTED = 4


def result_summary(result: Result) -> dict[str, Any]:
    """What machines read: times in ps and the bound as fraction strings, energies in fJ; ``None`` where unknown."""
    app, mapping, evaluation = result.application, result.mapping, result.evaluation
    names = app.graph.actors
    summary: dict[str, Any] = {
        "network": result.network.name,
        "platform": result.platform.name,
        "method": result.method,
        "order_semantics": result.orders.value,
        "buffers": result.buffers.value,
        "iteration": app.iteration,
        "status": result.status.value,
        "period_ps": None,
        "throughput_hz": None,
        "bound_ps": str(result.bound.value),
        "bound_name": result.bound.name,
        "gap": None if result.gap is None else float(result.gap),
        "latency_ps": None,
        "energy_fj": None,
        "packets": int(app.packets.sum()),
        "clusters": len(app.clusters),
        "tiles": result.platform.tiles,
        "tiles_used": None,
        "binding": None,
        "orders": None,
        "critical_cycle": None,
        "seconds": result.seconds,
        "statistics": result.statistics,
        **goal_entries(result),
    }
    if mapping is not None and evaluation is not None:
        throughput = evaluation.throughput_hz
        summary |= {
            "period_ps": str(evaluation.period),
            "throughput_hz": throughput if throughput != float("inf") else None,
            "latency_ps": str(evaluation.latency),
            "energy_fj": evaluation.energy_fj,
            "remote_packets": evaluation.remote_packets,
            "tiles_used": evaluation.tiles_used,
            "binding": {name: int(tile) for name, tile in zip(names, mapping.binding, strict=True)},
            "retiming": {name: int(shift) for name, shift in zip(names, mapping.retiming, strict=True) if shift},
            "smaller_buffers": {name: held for name, held, _ in _smaller_buffers(result)},
            "orders": {str(t): [names[a] for a in order] for t, order in enumerate(mapping.orders) if order},
            "critical_cycle": [cycle_entry(result, edge) for edge in evaluation.critical_cycle],
            "critical_link": critical_link(result),
        }
    return summary


def result_text(result: Result) -> str:
    """What people read."""
    evaluation, network = result.evaluation, result.network
    app = result.application
    kind = "frame" if app.iteration == "frame" else "time step"
    lines = [
        f"{network.name} ({network.inputs} inputs, {network.neurons} neurons, {network.synapses} synapses)"
        f" on {result.platform.name} ({result.platform.tiles} tiles)",
        f"status       {result.status.value}",
        f"clusters     {len(app.clusters)}" + _partial_note(result),
        *goal_lines(result),
    ]
    if evaluation is not None:
        lines += [
            f"period       {units.exact_time(evaluation.period)} per {kind}",
            f"throughput   {units.rate(evaluation.throughput_hz)} guaranteed",
            f"bound        {units.exact_time(result.bound.value)} ({result.bound.name}): {_of_these(result)} is faster",
            f"gap          {units.share(result.gap)}",
            f"latency      {units.time(evaluation.latency)}",
            f"energy       {_energy(result, evaluation)} per {kind}",
            f"packets      {evaluation.packets} per {kind}, {evaluation.remote_packets} of them between tiles",
            f"tiles used   {evaluation.tiles_used} of {result.platform.tiles}",
            *_buffers_line(result),
            "limited by   " + "\n             ".join(describe_cycle(result)),
        ]
    else:
        lines.append(f"bound        {units.exact_time(result.bound.value)} by {result.bound.name}")
        lines.append(_why_none(result))
    if not result.statistics.get("spikes_recorded", True):
        lines.append("note         no spikes recorded: every neuron is taken to spike once per window (see --spikes)")
    exact = exact_stages(result)
    for reason in dict.fromkeys(stage["not_attempted"] for stage in exact if stage.get("not_attempted")):
        lines.append(f"note         the exact model was not attempted: {reason}")
    left_out = ", ".join(dict.fromkeys(part for stage in exact for part in stage.get("omitted", ())))
    if left_out:
        lines.append(f"note         the exact model leaves out {left_out}: the bound holds, the best may be missed")
    if result.statistics.get("interrupted") or any(stage.get("interrupted") for stage in exact):
        lines.append("note         interrupted; this is the best mapping found until then")
    lines.append(f"time         {result.seconds:.2f} s with {result.method}, {result.orders.value} orders")
    return "\n".join(lines)


def _smaller_buffers(result: Result) -> list[tuple[str, int, int]]:
    """Channels that hold less than the platform allows: name, iterations held, and allowed."""
    app, mapping = result.application, result.mapping
    if mapping is None or mapping.buffers is None:
        return []
    names, graph = app.graph.actors, app.graph
    most = result.platform.most_iterations(app.delay_iterations).tolist()
    rows = zip(graph.sources.tolist(), graph.targets.tolist(), mapping.buffers.tolist(), most, strict=True)
    return [(f"{names[a]} -> {names[b]}", held, allowed) for a, b, held, allowed in rows if held < allowed]


def _buffers_line(result: Result) -> list[str]:
    if result.mapping is None or result.mapping.buffers is None:
        return []
    smaller, channels = _smaller_buffers(result), result.application.graph.channel_count
    listed = "".join(f", {name}: {held} of {allowed}" for name, held, allowed in smaller[:_LISTED])
    more = ", ..." if len(smaller) > _LISTED else ""
    return [
        f"buffers      {len(smaller)} of {channels} channels hold fewer iterations than the chip allows{listed}{more}"
    ]


def _of_these(result: Result) -> str:
    """Which mappings the bound on the period is about."""
    period = next((goal for goal in result.goals if goal.goal == "period"), None)
    return "no mapping of these" + (f" with {ceilings_text(period.ceilings)}" if period and period.ceilings else "")


def _energy(result: Result, evaluation: Evaluation) -> str:
    known = any(vars(result.platform.energy).values())
    return units.energy(evaluation.energy_fj) if known else "not known (the platform gives no figures), counted as 0"


def _partial_note(result: Result) -> str:
    units_added = result.statistics.get("partial_units", 0)
    return f" (with {units_added} partial-sum units for wide fan-ins)" if units_added else ""


def _why_none(result: Result) -> str:
    if result.status.value == "INFEASIBLE":
        reason = result.statistics.get("infeasible", "")
        return (
            f"It is proven that no mapping of these clusters exists: {reason}."
            " Choose a larger platform, larger crossbars, or let clusters share a crossbar."
        )
    advice = "try --method cpsat" if result.method == "greedy" else "allow more time"
    return f"No mapping found, and no proof that there is none; {advice}."
