"""The best of the bounds that need no solver."""

from __future__ import annotations

from mapper.model.application import Application
from mapper.model.platform import Platform
from mapper.model.result import Bound
from mapper.search.bounds.elementary import cycle_bound, load_bound, shared_tile_bound, slowest_actor_bound
from mapper.search.bounds.groups import round_trip_bound, short_cycle_bound
from mapper.search.bounds.outlets import outlet_bound
from mapper.search.bounds.unavoidable import least_times

__all__ = ["best_bound", "elementary_bounds"]

_ARGUMENTS = (
    slowest_actor_bound,
    load_bound,
    shared_tile_bound,
    cycle_bound,
    round_trip_bound,
    short_cycle_bound,
    outlet_bound,
)


def elementary_bounds(application: Application, platform: Platform) -> tuple[Bound, ...]:
    """Every argument's bound, the simplest argument first; each holds for plain and pipelined orders alike."""
    least = least_times(application, platform)
    return tuple(argument(application, platform, least) for argument in _ARGUMENTS)


def best_bound(application: Application, platform: Platform) -> Bound:
    """The largest of the elementary bounds; among equals the simplest argument.

    Short cycles, which take longest, are looked for only above the others.
    """
    least = least_times(application, platform)
    simple = [argument(application, platform, least) for argument in _ARGUMENTS if argument is not short_cycle_bound]
    best = max(simple, key=lambda bound: bound.value)
    return max(best, short_cycle_bound(application, platform, least, best.value), key=lambda bound: bound.value)
