"""Models for goals other than the period, where the whole model of a target is too much or not enough."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import floor
from typing import Any

from mapper.model.application import Application
from mapper.model.goal import Ceilings
from mapper.model.mapping import Mapping, OrderSemantics
from mapper.model.platform import Platform
from mapper.search.cpsat import links, orders, placement, symmetry, transfers
from mapper.search.cpsat.model import ExactModel, Question
from mapper.search.cpsat.variables import Variables, longest_path_ps, make_variables
from mapper.search.objectives.figures import express, keep_below, needs_distances
from mapper.search.ordering import order_by_list_scheduling

__all__ = ["model_binding", "model_one_iteration", "read_with_list_orders"]


def model_binding(
    application: Application, platform: Platform, goal: str, ceilings: Ceilings, sized: bool = False
) -> ExactModel:
    """Bindings alone, for energy and tiles where neither period nor latency is limited: any order will do."""
    v = _bindings(application, platform, sized)
    return _finish(v, goal, ceilings, ("energy", "tiles"), ())


def model_one_iteration(
    application: Application, platform: Platform, goal: str, ceilings: Ceilings, sized: bool = False
) -> ExactModel:
    """Bindings with the schedule of one iteration alone, for whatever the latency has a part in.

    What a relaxation needs: in any mapping's periodic schedule, plain or pipelined, the firings of one iteration wait
    for the channels without tokens and do not overlap on a tile. Firings of other iterations can only delay them, so
    the latency at the mapping's own period is at least that of the best such schedule. A largest period limits the
    loads of tiles and links.
    """
    v = _bindings(application, platform, sized)
    if ceilings.period is not None:
        ever, whole = v.period, v.target
        v.target = floor(ceilings.period / v.unit)
        v.period = v.model.new_constant(v.target)
        orders.fire_one_at_a_time(v)
        orders.carry_the_load(v)
        links.limit_link_loads(v)
        v.period, v.target = ever, whole
    orders.order_shared_tiles(v)
    transfers.wait_for_data(v)
    return _finish(v, goal, ceilings, ("energy", "tiles", "latency"), ("other iterations",))


def read_with_list_orders(exact: ExactModel, value: Callable[[Any], int]) -> Mapping:
    """The mapping with a solution's binding and list-scheduled orders; sized buffers are left to the incumbent."""
    v = exact.variables
    binding = placement.read_binding(v, value)
    return Mapping.plain(binding, order_by_list_scheduling(v.application, binding, v.platform))


def _bindings(application: Application, platform: Platform, sized: bool) -> Variables:
    """Where clusters may go. No schedule is longer than half the period, so rounds never meet."""
    ever = Fraction(2 * max(1, longest_path_ps(application, platform)))
    v = make_variables(application, platform, target=ever, sized=sized)
    v.distances = needs_distances(v)
    placement.place_clusters(v)
    transfers.measure_ways(v)
    symmetry.break_symmetry(v)
    return v


def _finish(v: Variables, goal: str, ceilings: Ceilings, kept: tuple[str, ...], omitted: tuple[str, ...]) -> ExactModel:
    keep_below(v, ceilings, kept)
    expression = express(v, goal)
    v.model.minimize(expression.whole)
    question = Question(OrderSemantics.PLAIN, target=Fraction(v.target or 0) * v.unit, ceilings=ceilings, goal=goal)
    return ExactModel(v, question, omitted, expression)
