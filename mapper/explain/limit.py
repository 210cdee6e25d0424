"""What limits the period: the critical cycle or link, step by step with tiles, packets and buffers."""

from __future__ import annotations

from fractions import Fraction

from mapper.explain.answer import Limit, Step
from mapper.lower.bound_graph import bind, capacities, reprogram_times
from mapper.model.bound_graph import EdgeKind
from mapper.model.mapping import Mapping
from mapper.model.result import CriticalEdge, Evaluation, Result

__all__ = ["what_limits"]


def what_limits(result: Result, mapping: Mapping, evaluation: Evaluation) -> Limit:
    """The limit of an evaluated mapping."""
    if evaluation.critical_link >= 0:
        name = result.platform.topology.link_name(evaluation.critical_link)
        return Limit("link", f"link {name} carries packets all the time", ())
    if evaluation.period == 0:
        return Limit("nothing", "nothing takes any time", ())
    durations = bind(result.application, mapping, result.platform).durations.tolist()
    steps = tuple(_step(result, mapping, edge, durations[edge.source]) for edge in evaluation.critical_cycle)
    kinds = {step.kind for step in steps}
    tiles = {step.source_tile for step in steps}
    if kinds == {EdgeKind.SELF}:
        return Limit("cluster", f"{steps[0].source} alone: its firings do not overlap", steps)
    if kinds == {EdgeKind.DATA}:
        return Limit("loop", f"a loop of the network itself, through {len(steps)} channels", steps)
    full = _full_tiles(result, mapping, durations, evaluation.period)
    if len(tiles) == 1 and tiles <= full:
        tile = tiles.pop()
        what = f"the load of tile {tile}: its {len(mapping.orders[tile])} clusters keep it busy all the time"
        return Limit("tile", what, steps)
    also = f"; busy all the time, too: tile {', '.join(map(str, sorted(full)))}" if full else ""
    return Limit("cycle", f"a cycle of {len(steps)} waits through {_parts(steps)}{also}", steps)


def _full_tiles(result: Result, mapping: Mapping, durations: list[int], period: Fraction) -> set[int]:
    """The tiles whose clusters, one after the other, take the whole period."""
    reprogram = reprogram_times(mapping, result.platform).tolist()
    loads = [sum(durations[a] + reprogram[t] for a in order) for t, order in enumerate(mapping.orders)]
    return {tile for tile, load in enumerate(loads) if load == period}


def _step(result: Result, mapping: Mapping, edge: CriticalEdge, busy: int) -> Step:
    app, platform = result.application, result.platform
    packets = hops = held = 0
    if edge.channel >= 0:
        packets = int(app.packets[edge.channel])
        hops = int(platform.topology.hops(mapping.binding[edge.source], mapping.binding[edge.target]))
        if edge.kind is EdgeKind.BUFFER:
            held = int(capacities(app, platform, mapping)[edge.channel])
    names = app.graph.actors
    return Step(
        kind=edge.kind,
        source=names[edge.source],
        target=names[edge.target],
        source_tile=int(mapping.binding[edge.source]),
        target_tile=int(mapping.binding[edge.target]),
        busy_ps=busy,
        way_ps=edge.time_ps - busy,
        iterations_later=mapping.iterations_later(edge.source, edge.target, edge.tokens),
        packets=packets,
        hops=hops,
        buffer_iterations=held,
    )


def _parts(steps: tuple[Step, ...]) -> str:
    """What a mixed cycle goes through, with how often."""
    orders = len({step.source_tile for step in steps if step.kind in (EdgeKind.ORDER, EdgeKind.WRAP)})
    remote = sum(1 for step in steps if step.kind is EdgeKind.DATA and step.hops)
    local = sum(1 for step in steps if step.kind is EdgeKind.DATA and not step.hops)
    buffers = sum(1 for step in steps if step.kind is EdgeKind.BUFFER)
    counted = ((orders, "tile order"), (remote, "transfer"), (local, "local channel"), (buffers, "full buffer"))
    return ", ".join(f"{count} {what}{'s' * (count > 1)}" for count, what in counted if count)
