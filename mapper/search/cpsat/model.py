"""The whole model: which constraints it consists of, how a mapping becomes a hint and a solution a mapping."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.analysis.cycles.liveness import topological_order
from mapper.analysis.cycles.schedule import earliest_starts
from mapper.lower.bound_graph import bind, capacities
from mapper.model.application import Application
from mapper.model.goal import NO_CEILINGS, Ceilings
from mapper.model.mapping import Mapping, OrderSemantics
from mapper.model.platform import Platform
from mapper.search.cpsat import links, orders, placement, symmetry, transfers
from mapper.search.cpsat.retiming import shift_iterations, split_by_tokens
from mapper.search.cpsat.variables import Variables, make_variables
from mapper.search.objectives.figures import Expression, express, keep_below, needs_distances

__all__ = ["ExactModel", "Question", "build_model", "constraint_count", "hint", "read_mapping"]

#: Pairs of clusters up to which orders are modelled pair by pair.
_MOST_PAIRS = 3200


@dataclass(frozen=True, eq=False)
class Question:
    """What a model asks.

    Attributes
    ----------
    target
        Is there a mapping of this period or less?
    allowed : bool, shape (actors, tiles)
        Restricts the binding; what is proven then holds under the restriction only.
    ceilings
        The most that energy, tiles and latency may be. Latency is held in the schedule at λ itself: plain orders have
        one no slower at any larger period, so nothing is lost; pipelined ones need not, and are held to it only if
        ``latency_here`` says so, which proves nothing. It is evaluated at the mapping's own period in the end.
    sized
        Buffers are part of the decision.
    goal
        Minimise this figure (``energy``, ``tiles`` or ``latency``) among the mappings of a ``target``.
    """

    semantics: OrderSemantics
    target: Fraction
    allowed: NDArray[np.bool_] | None = None
    ceilings: Ceilings = NO_CEILINGS
    goal: str | None = None
    latency_here: bool = False
    sized: bool = False


@dataclass(frozen=True)
class ExactModel:
    """The variables, what the model leaves out (each omission only weakens its bound), and the goal it minimises."""

    variables: Variables
    question: Question
    omitted: tuple[str, ...]
    goal: Expression | None = None


def build_model(application: Application, platform: Platform, question: Question) -> ExactModel:
    """The constraints of models/README.md, section 4, over bindings, orders and, if pipelined, retimings."""
    pipelined = question.semantics is OrderSemantics.PIPELINED
    v = make_variables(application, platform, target=question.target, allowed=question.allowed, sized=question.sized)
    v.distances = needs_distances(v) and ("energy" in question.ceilings.named() or question.goal == "energy")
    placement.place_clusters(v)
    transfers.measure_ways(v)
    if pipelined:
        shift_iterations(v)
    orders.fire_one_at_a_time(v)
    orders.carry_the_load(v)
    if in_rounds(application, platform, _pairs_that_may_meet(v)):
        orders.fill_rounds(v)
    else:
        orders.order_shared_tiles(v, fixed_by_channels=not pipelined)
    transfers.wait_for_data(v)
    transfers.wait_for_space(v)
    transfers.return_in_time(v)
    if pipelined:
        split_by_tokens(v)
    omitted = [] if links.limit_link_loads(v) else ["link loads"]
    if platform.arbitration == "round_robin" and platform.timing.packet_ps:
        omitted.append("round-robin waits")
    held = pipelined and not question.latency_here
    keep_below(v, question.ceilings, ("energy", "tiles") if held else ("energy", "tiles", "latency"))
    if question.ceilings.latency is not None or question.goal == "latency":
        omitted.append("latency at the mapping's own period")
    if question.allowed is None:
        symmetry.break_symmetry(v)
    goal = None if question.goal is None else express(v, question.goal)
    if goal is not None:
        v.model.minimize(goal.whole)
    return ExactModel(v, question, tuple(omitted), goal)


def in_rounds(application: Application, platform: Platform, pairs: int) -> bool:
    """Whether tiles are ordered by intervals rather than by pairs, of which so many may share a tile.

    Pairs refute better: 16 clusters on 4 tiles with one iteration of buffer took 5 s with them and more than 15 s with
    intervals, 24 plain ones on 9 tiles 0.3 s and more than 15 s. But many clusters have too many of them.
    """
    timing = platform.timing
    handling = (timing.inject_ps or timing.eject_ps) and bool(application.packets.any())
    constant = not handling and not timing.reprogram_ps
    return constant and pairs > _MOST_PAIRS


def _pairs_that_may_meet(v: Variables) -> int:
    free = np.zeros((len(v.application.clusters), v.platform.tiles), np.int64)
    for i, actor in enumerate(v.application.clusters):
        free[i, list(v.on[actor])] = 1
    return int((np.triu(free @ free.T, 1) > 0).sum())


def constraint_count(application: Application, platform: Platform) -> int:
    """About how many constraints the model will have, without building it."""
    clusters, tiles = len(application.clusters), int((platform.slots > 0).sum())
    pairs, channels = clusters * (clusters - 1) // 2, application.graph.channel_count
    timing = platform.timing
    if in_rounds(application, platform, pairs):
        ordering = 3 * clusters * tiles
    else:
        ordering = pairs * ((2 if timing.reprogram_ps else 1) * tiles + 4)
    over_links = len(platform.topology.links) if timing.packet_ps else 0
    return clusters * tiles + ordering + channels * (4 * tiles + 8 + over_links)


def hint(exact: ExactModel, mapping: Mapping, period: Fraction) -> None:
    """Tell the solver a known mapping: tiles, orders and a schedule at its period rounded up to the model's unit.

    Where the model asks for less than the period, the hint is a mapping that nearly keeps the constraints.
    """
    v = exact.variables
    if exact.question.allowed is None:
        mapping = symmetry.into_domain(v.application, v.platform, mapping)
    unit = Fraction(v.unit, v.scale)
    rounded = -(-period // unit) * unit
    starts = earliest_starts(bind(v.application, mapping, v.platform), rounded, ())
    placement.hint_binding(v, mapping.binding)
    for actor, start in enumerate(starts):
        if v.offset:
            begin = start + rounded * int(mapping.retiming[actor])
            v.model.add_hint(v.phase[actor], min(int(begin % rounded / unit), v.largest_phase))
        else:
            v.model.add_hint(v.start[actor], int(start / unit))
    for (a, b), literal in v.remote.items():
        v.model.add_hint(literal, int(mapping.binding[a] != mapping.binding[b]))
    for held, here in zip(capacities(v.application, v.platform, mapping).tolist(), v.capacity, strict=True):
        if not isinstance(here, int):
            v.model.add_hint(here, held)
    place = {actor: i for order in mapping.orders for i, actor in enumerate(order)}
    for (a, b), literal in v.before.items():
        same = mapping.binding[a] == mapping.binding[b]
        v.model.add_hint(literal, int(place[a] < place[b] if same else starts[a] <= starts[b]))


def read_mapping(exact: ExactModel, value: Callable[[Any], int]) -> Mapping:
    """The mapping a solution means; ``value`` gives a variable's or expression's value in it."""
    v = exact.variables
    application = v.application
    binding = placement.read_binding(v, value)
    retiming = np.zeros(binding.size, np.int64)
    if exact.question.semantics is OrderSemantics.PIPELINED and v.target:
        retiming = np.array([value(start) // v.target for start in v.start], np.int64)
    buffers = placement.read_buffers(v, binding, value)
    place = _flow_order(application, retiming, v.most if buffers is None else buffers.tolist())
    orders: list[list[tuple[int, int, int, int]]] = [[] for _ in range(v.platform.tiles)]
    for actor in application.clusters:
        duration = v.duration(actor)
        lasts = duration if isinstance(duration, int) else value(duration)
        # Among clusters that start together only the last can take time; the others follow the channels.
        orders[binding[actor]].append((value(v.phase[actor]), lasts, place[actor], actor))
    return Mapping(binding, tuple(tuple(actor for *_, actor in sorted(order)) for order in orders), retiming, buffers)


def _flow_order(application: Application, retiming: NDArray[np.int64], capacity: list[int]) -> dict[int, int]:
    """Each actor's place in an order that all waits without tokens agree with: for data, and for space."""
    graph = application.graph
    tokens = application.delay_iterations + retiming[graph.targets] - retiming[graph.sources]
    data, space = tokens == 0, tokens == np.array(capacity, np.int64)
    before = [*graph.sources[data].tolist(), *graph.targets[space].tolist()]
    after = [*graph.targets[data].tolist(), *graph.sources[space].tolist()]
    return {actor: place for place, actor in enumerate(topological_order(graph.actor_count, before, after))}
