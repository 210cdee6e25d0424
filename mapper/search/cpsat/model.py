"""The whole model: which constraints it consists of, how a mapping becomes a hint and a solution a mapping."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from mapper.analysis.cycles.liveness import topological_order
from mapper.analysis.cycles.schedule import earliest_starts
from mapper.lower.bound_graph import bind
from mapper.model.application import Application
from mapper.model.mapping import Mapping
from mapper.model.platform import Platform
from mapper.search.cpsat import orders, placement, transfers
from mapper.search.cpsat.variables import Variables, make_variables

__all__ = ["ExactModel", "build_model", "hint", "read_mapping"]


@dataclass(frozen=True)
class ExactModel:
    """The variables and what the model leaves out (each omission only weakens its bound)."""

    variables: Variables
    omitted: tuple[str, ...]


def build_model(application: Application, platform: Platform, upper_ps: int, scale: int = 1) -> ExactModel:
    """Minimise λ <= ``upper_ps`` (rounded up to the unit) over bindings and plain static orders.

    The constraints are those of models/README.md, section 4.
    """
    v = make_variables(application, platform, upper_ps, scale)
    placement.place_each_once(v)
    placement.limit_slots(v)
    placement.limit_buffers(v)
    placement.mark_overfull_tiles(v)
    transfers.mark_remote_pairs(v)
    transfers.count_hops(v)
    orders.fire_one_at_a_time(v)
    orders.carry_the_load(v)
    orders.order_shared_tiles(v)
    transfers.wait_for_data(v)
    transfers.wait_for_space(v)
    omitted = [] if transfers.limit_link_loads(v) else ["link loads"]
    if platform.arbitration == "round_robin" and platform.timing.packet_ps:
        omitted.append("round-robin waits")
    v.model.minimize(v.period)
    return ExactModel(v, tuple(omitted))


def hint(v: Variables, mapping: Mapping, period: Fraction) -> None:
    """Tell the solver a known mapping: tiles, orders and a schedule of its period rounded up to the model's unit."""
    unit = Fraction(v.unit, v.scale)
    rounded = -(-period // unit) * unit
    starts = earliest_starts(bind(v.application, mapping, v.platform), rounded, ())
    for actor, places in v.on.items():
        for tile, literal in places.items():
            if not v.application.is_input[actor]:
                v.model.add_hint(literal, int(mapping.binding[actor] == tile))
    for actor, start in enumerate(starts):
        v.model.add_hint(v.start[actor], int(start / unit))
    v.model.add_hint(v.period, int(rounded / unit))
    for (a, b), literal in v.remote.items():
        v.model.add_hint(literal, int(mapping.binding[a] != mapping.binding[b]))
    for (a, b), hops in v.hops.items():
        v.model.add_hint(hops, int(v.platform.topology.hops(mapping.binding[a], mapping.binding[b])))
    place = {actor: i for order in mapping.orders for i, actor in enumerate(order)}
    for (a, b), literal in v.before.items():
        same = mapping.binding[a] == mapping.binding[b]
        v.model.add_hint(literal, int(place[a] < place[b] if same else starts[a] <= starts[b]))


def read_mapping(v: Variables, value: Callable[[Any], int]) -> Mapping:
    """The mapping a solution means; ``value`` gives a variable's or expression's value in it."""
    binding = np.empty(v.application.graph.actor_count, np.int32)
    place = _flow_order(v.application)
    orders: list[list[tuple[int, int, int, int]]] = [[] for _ in range(v.platform.tiles)]
    for actor, places in v.on.items():
        tile = next(t for t, literal in places.items() if value(literal))
        binding[actor] = tile
        if not v.application.is_input[actor]:
            duration = v.duration(actor)
            lasts = duration if isinstance(duration, int) else value(duration)
            # Among clusters that start together only the last can take time; the others follow the channels.
            orders[tile].append((value(v.start[actor]), lasts, place[actor], actor))
    return Mapping.plain(binding, tuple(tuple(actor for *_, actor in sorted(order)) for order in orders))


def _flow_order(application: Application) -> dict[int, int]:
    """Each actor's place in an order that the channels without tokens agree with."""
    within = application.delay_iterations == 0
    graph = application.graph
    ends = graph.sources[within].tolist(), graph.targets[within].tolist()
    return {actor: place for place, actor in enumerate(topological_order(graph.actor_count, *ends))}
