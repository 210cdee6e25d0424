"""Consistency: how often every actor fires in one iteration (Lee and Messerschmitt 1987)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm

import numpy as np
from numpy.typing import NDArray

from mapper.analysis.tier import compiled_pays
from mapper.compiled import kernel
from mapper.errors import InconsistentError
from mapper.model.sdf import SDFGraph

__all__ = ["balance", "repetition_vector", "weak_components"]

_OVERFLOW = -2


def weak_components(graph: SDFGraph) -> list[list[int]]:
    """Actors joined by channels in either direction, each component sorted, in order of their lowest actors."""
    n = graph.actor_count
    compiled = compiled_pays(20 * (n + graph.channel_count))
    join = _join.jitted() if compiled else _join.python
    lowest = np.arange(n) if compiled else list(range(n))
    join(*((graph.sources, graph.targets) if compiled else (graph.sources.tolist(), graph.targets.tolist())), lowest)
    components: dict[int, list[int]] = {}
    for v, root in enumerate(lowest.tolist() if isinstance(lowest, np.ndarray) else lowest):
        components.setdefault(root, []).append(v)
    return list(components.values())


@kernel
def _join(source, target, lowest):  # type: ignore[no-untyped-def]
    """Turn ``lowest`` (each node itself) into the lowest node of its component: union by path halving."""
    for c in range(len(source)):
        a = source[c]
        b = target[c]
        while lowest[a] != a:
            lowest[a] = lowest[lowest[a]]
            a = lowest[a]
        while lowest[b] != b:
            lowest[b] = lowest[lowest[b]]
            b = lowest[b]
        if a < b:
            lowest[b] = a
        else:
            lowest[a] = b
    for v in range(len(lowest)):
        lowest[v] = lowest[lowest[v]]


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
    if np.array_equal(graph.production, graph.consumption):
        return (1,) * graph.actor_count
    return tuple(map(int, balance(graph)[0]))


def balance(graph: SDFGraph) -> tuple[Sequence[int] | NDArray[np.int64], Sequence[int] | NDArray[np.int64], int]:
    """(repetition vector, weak component of each actor, number of components), as arrays or lists.

    Components are numbered in order of their lowest actors.

    Raises
    ------
    InconsistentError
    """
    n, m = graph.actor_count, graph.channel_count
    if compiled_pays(20 * (n + 2 * m)):
        counts, low, part = (np.empty(n, np.int64) for _ in range(3))
        first, around, queue = np.empty(n + 1, np.int64), np.empty(2 * m, np.int64), np.empty(n, np.int64)
        rates = (graph.sources, graph.targets, graph.production, graph.consumption)
        found = _balance.jitted()(n, *rates, first, around, queue, counts, low, part)
        if found == 0:
            return counts, part, int(part.max(initial=-1)) + 1
    return _balance_exactly(graph)


@kernel
def _balance(  # type: ignore[no-untyped-def]
    nodes, source, target, production, consumption, first, around, queue, high, low, part
):
    """Repetition vector into ``high``; 0, or ``_OVERFLOW`` where Python must look again (also at a conflict)."""
    channels = len(source)
    for v in range(nodes + 1):
        first[v] = 0
    for c in range(channels):
        first[source[c]] += 1
        first[target[c]] += 1
    for v in range(nodes):
        first[v + 1] += first[v]
        part[v] = -1
    for c in range(channels):
        first[source[c]] -= 1
        around[first[source[c]]] = c
        first[target[c]] -= 1
        around[first[target[c]]] = c
    first[nodes] = 2 * channels
    room = 1 << 62
    parts = 0
    for root in range(nodes):
        if part[root] >= 0:
            continue
        part[root] = parts
        high[root] = 1
        low[root] = 1
        queue[0] = root
        filled = 1
        done = 0
        while done < filled:
            v = queue[done]
            done += 1
            for k in range(first[v], first[v + 1]):
                c = around[k]
                up = production[c]
                down = consumption[c]
                other = target[c]
                if other == v:
                    up, down = down, up
                    other = source[c]
                    if other == v and up != down:
                        return -2
                # high[v] * up / (low[v] * down), reduced
                a = high[v]
                b = down
                while b:
                    a, b = b, a % b
                upper = high[v] // a
                down //= a
                a = low[v]
                b = up
                while b:
                    a, b = b, a % b
                lower = low[v] // a
                up //= a
                # The common factor of up and down stays: both sides share it.
                a = up
                b = down
                while b:
                    a, b = b, a % b
                up //= a
                down //= a
                if upper > room // up or lower > room // down:
                    return -2
                upper *= up
                lower *= down
                if part[other] < 0:
                    part[other] = parts
                    high[other] = upper
                    low[other] = lower
                    queue[filled] = other
                    filled += 1
                elif high[other] != upper or low[other] != lower:
                    return -2
        parts += 1
        multiple = low[root]
        common = high[root]
        for i in range(filled):
            v = queue[i]
            a = multiple
            b = low[v]
            while b:
                a, b = b, a % b
            if multiple > room // (low[v] // a):
                return -2
            multiple *= low[v] // a
            a = common
            b = high[v]
            while b:
                a, b = b, a % b
            common = a
        for i in range(filled):
            v = queue[i]
            if high[v] // common > room // (multiple // low[v]):
                return -2
            high[v] = high[v] // common * (multiple // low[v])
    return 0


def _balance_exactly(graph: SDFGraph) -> tuple[list[int], list[int], int]:
    production, consumption = graph.production.tolist(), graph.consumption.tolist()
    sources, targets = graph.sources.tolist(), graph.targets.tolist()
    around: list[list[int]] = [[] for _ in range(graph.actor_count)]
    for channel, (a, b) in enumerate(zip(sources, targets, strict=True)):
        around[a].append(channel)
        around[b].append(channel)
    share, part, parts = [Fraction(0)] * graph.actor_count, [-1] * graph.actor_count, 0
    for root in range(graph.actor_count):
        if part[root] >= 0:
            continue
        share[root], part[root], component = Fraction(1), parts, [root]
        for v in component:
            for channel in around[v]:
                a, b = sources[channel], targets[channel]
                other = b if a == v else a
                up, down = production[channel], consumption[channel]
                if up == down:
                    expected = share[v]
                else:
                    expected = share[v] * Fraction(up, down) if a == v else share[v] * Fraction(down, up)
                if part[other] < 0:
                    share[other], part[other] = expected, parts
                    component.append(other)
                elif share[other] != expected:
                    raise _conflict(graph, channel, share)
        values = [share[v] for v in component]
        scale = Fraction(lcm(*(x.denominator for x in values)), gcd(*(x.numerator for x in values)))
        for v in component:
            share[v] *= scale
        parts += 1
    return [int(value) for value in share], part, parts


def _conflict(graph: SDFGraph, channel: int, share: list[Fraction]) -> InconsistentError:
    a, b = int(graph.sources[channel]), int(graph.targets[channel])
    made, taken = int(graph.production[channel]), int(graph.consumption[channel])
    return InconsistentError(
        f"channel {channel} ({graph.actors[a]} -> {graph.actors[b]}): its rates {made} and {taken} need "
        f"{made} x firings of {graph.actors[a]} = {taken} x firings of {graph.actors[b]}, "
        f"but the other channels say {share[a]} : {share[b]}",
        channel,
    )
