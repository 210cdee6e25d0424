"""Lower bounds on the period that hold for every mapping of an application onto a platform."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from mapper.analysis.cycles.cycle_ratio import max_cycle_ratio
from mapper.lower.bound_graph import buffer_capacity
from mapper.model.application import Application
from mapper.model.platform import Platform
from mapper.model.result import Bound

__all__ = ["best_bound", "cycle_bound", "load_bound", "slowest_actor_bound"]


def slowest_actor_bound(application: Application) -> Bound:
    """λ >= max d_a: an actor's firings do not overlap."""
    longest = int(application.graph.execution_times.max(initial=0))
    return Bound(Fraction(longest), "slowest actor", "largest execution time")


def load_bound(application: Application, platform: Platform) -> Bound:
    """λ >= ceil(sum of d_a / usable tiles): some tile runs at least the average, and its load is a whole number."""
    total = int(application.graph.execution_times[~application.is_input].sum())
    tiles = min(int((platform.slots > 0).sum()), max(1, int((~application.is_input).sum())))
    return Bound(Fraction(-(-total // tiles)), "load", f"total execution time {total} ps over {tiles} tiles")


def cycle_bound(application: Application, platform: Platform) -> Bound:
    """λ >= maximum cycle ratio with a tile for every actor and no transfer times.

    Any mapping's bound graph has these edges with weights at least as large.
    """
    graph = application.graph
    times, tokens = graph.execution_times, application.delay_iterations
    a, b = graph.sources, graph.targets
    capacity = buffer_capacity(tokens, platform.buffer_iterations)
    everyone = np.arange(graph.actor_count)
    answer = max_cycle_ratio(
        graph.actor_count,
        np.concatenate([a, everyone, b]).tolist(),
        np.concatenate([b, everyone, a]).tolist(),
        np.concatenate([times[a], times, times[b]]).tolist(),
        np.concatenate([tokens, np.ones(everyone.size, np.int64), capacity - tokens]).tolist(),
    )
    ratio = Fraction(0) if answer is None else answer.ratio
    return Bound(ratio, "unlimited resources", "maximum cycle ratio without transfers and shared tiles")


def best_bound(application: Application, platform: Platform) -> Bound:
    """The largest of the bounds above; among equals the simplest argument."""
    bounds = [slowest_actor_bound(application), load_bound(application, platform), cycle_bound(application, platform)]
    return max(bounds, key=lambda bound: bound.value)
