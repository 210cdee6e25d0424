"""Lower bounds on each goal that need no solver."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import numpy as np

from mapper.lower.energy import energy_terms
from mapper.model.application import Application
from mapper.model.goal import Ceilings
from mapper.model.platform import Platform
from mapper.model.result import Bound
from mapper.search.bounds import best_bound
from mapper.search.one_iteration import OneIteration

__all__ = ["elementary_bound"]


def elementary_bound(application: Application, platform: Platform, goal: str, ceilings: Ceilings) -> Bound:
    """A lower bound on a goal over all mappings within the ceilings."""
    if goal == "period":
        return best_bound(application, platform)
    if goal == "energy":
        return _energy_bound(application, platform)
    if goal == "tiles":
        return _tiles_bound(application, platform, ceilings.period)
    return _latency_bound(application)


def _energy_bound(application: Application, platform: Platform) -> Bound:
    """Energy >= that of packets that all stay on their tile, or all go one hop if that is cheaper."""
    terms = energy_terms(application, platform)
    away = min(0, terms.per_remote_packet + terms.per_packet_hop) * int(application.packets.sum())
    return Bound(Fraction(terms.constant + away), "no distance", "every packet at its cheapest")


def _tiles_bound(application: Application, platform: Platform, period: Fraction | None) -> Bound:
    """Tiles >= what the slots ask for and, with a largest period P, ceil(sum of d_a / P)."""
    clusters = len(application.clusters)
    room = np.sort(platform.slots.clip(max=clusters))[::-1].cumsum()
    by_slots = int(np.searchsorted(room, clusters)) + 1 if clusters else 0
    total = int(application.graph.execution_times[~application.is_input].sum())
    by_load = ceil(total / period) if period else 0
    most = max(min(by_slots, platform.tiles), by_load)
    return Bound(Fraction(most), "slots and load", f"{clusters} clusters of {total} ps together")


def _latency_bound(application: Application) -> Bound:
    """Latency >= the longest path of channels without tokens, from the inputs if there are any, transfers aside."""
    graph = application.graph
    longest = OneIteration(application).longest_ways(graph.execution_times)
    origins = np.flatnonzero(application.is_input).tolist() or range(graph.actor_count)
    # An actor that no input leads to may fire before the inputs do, so only paths from them count.
    value = max((longest[a] for a in origins), default=0)
    return Bound(Fraction(value), "critical path", "longest chain of execution times within an iteration")
