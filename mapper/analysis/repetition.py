"""Consistency: how often every actor fires in one iteration (Lee and Messerschmitt 1987)."""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from math import gcd, lcm

from mapper.errors import InconsistentError
from mapper.model.sdf import SDFGraph

__all__ = ["repetition_vector", "weak_components"]


def weak_components(graph: SDFGraph) -> list[list[int]]:
    """Actors joined by channels in either direction, each component sorted, in order of their lowest actors."""
    neighbours: list[list[int]] = [[] for _ in range(graph.actor_count)]
    for a, b in zip(graph.sources.tolist(), graph.targets.tolist(), strict=True):
        neighbours[a].append(b)
        neighbours[b].append(a)
    seen = [False] * graph.actor_count
    components = []
    for root in range(graph.actor_count):
        if seen[root]:
            continue
        seen[root], component, queue = True, [root], deque([root])
        while queue:
            for other in neighbours[queue.popleft()]:
                if not seen[other]:
                    seen[other] = True
                    component.append(other)
                    queue.append(other)
        components.append(sorted(component))
    return components


def repetition_vector(graph: SDFGraph) -> tuple[int, ...]:
    """Firings of each actor in one iteration: the smallest positive integers that balance every channel.

    Each weak component has its own smallest vector. The numbers are exact, whatever their size.

    Raises
    ------
    InconsistentError
        No such vector exists; the message names the first channel that contradicts the others.

    Examples
    --------
    >>> import numpy as np
    >>> one = np.ones(1, np.int64)
    >>> repetition_vector(SDFGraph("pair", ("a", "b"), [1, 1], [0], [1], one * 2, one * 3, one * 0))
    (3, 2)
    """
    production, consumption = graph.production.tolist(), graph.consumption.tolist()
    sources, targets = graph.sources.tolist(), graph.targets.tolist()
    around: list[list[int]] = [[] for _ in range(graph.actor_count)]
    for channel, (a, b) in enumerate(zip(sources, targets, strict=True)):
        around[a].append(channel)
        around[b].append(channel)
    share: list[Fraction | None] = [None] * graph.actor_count
    for root in range(graph.actor_count):
        if share[root] is not None:
            continue
        share[root], component, queue = Fraction(1), [root], deque([root])
        while queue:
            v = queue.popleft()
            mine = share[v]
            assert mine is not None
            for channel in around[v]:
                a, b = sources[channel], targets[channel]
                other = b if a == v else a
                ratio = Fraction(production[channel], consumption[channel])
                expected = mine * ratio if a == v else mine / ratio
                if share[other] is None:
                    share[other] = expected
                    component.append(other)
                    queue.append(other)
                elif share[other] != expected:
                    raise _conflict(graph, channel, share)
        _make_whole(share, component)
    return tuple(int(value) for value in share if value is not None)


def _make_whole(share: list[Fraction | None], component: list[int]) -> None:
    """Scale a component's shares to the smallest integers."""
    values = [value for v in component if (value := share[v]) is not None]
    scale = Fraction(lcm(*(x.denominator for x in values)), gcd(*(x.numerator for x in values)))
    for v, value in zip(component, values, strict=True):
        share[v] = value * scale


def _conflict(graph: SDFGraph, channel: int, share: list[Fraction | None]) -> InconsistentError:
    a, b = int(graph.sources[channel]), int(graph.targets[channel])
    made, taken = int(graph.production[channel]), int(graph.consumption[channel])
    first, second = share[a], share[b]
    assert first is not None
    assert second is not None
    return InconsistentError(
        f"channel {channel} ({graph.actors[a]} -> {graph.actors[b]}): its rates {made} and {taken} need "
        f"{made} x firings of {graph.actors[a]} = {taken} x firings of {graph.actors[b]}, "
        f"but the other channels say {first} : {second}",
        channel,
    )
