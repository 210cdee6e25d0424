"""Random multi-rate graphs of several kinds, and the smallest part of a graph that still shows a fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import gcd
from random import Random

import numpy as np

from mapper.model.sdf import SDFGraph

__all__ = ["KINDS", "Limits", "draw", "shrink"]

Channel = tuple[int, int, int, int, int]
#: ``live``: enough tokens against every cycle; ``tight``: tokens at random, so that many deadlock; ``buffered``: a
#: back-edge of tight capacity on channels; ``serial``: a self-loop on every actor; ``parts``: two graphs side by side;
#: ``unbalanced``: one rate changed, so that nearly all are inconsistent.
KINDS = ("live", "tight", "buffered", "serial", "parts", "unbalanced")


@dataclass(frozen=True)
class Limits:
    """How large a graph may become: actors, firings of one actor an iteration, time of a firing."""

    actors: int = 6
    firings: int = 6
    time: int = 12


def draw(rng: Random, kind: str, limits: Limits) -> SDFGraph:
    """A graph of one of :data:`KINDS`."""
    times, channels = _draw(rng, kind, limits)
    if kind == "parts":
        more_times, more = _draw(rng, rng.choice(KINDS[:4]), limits)
        shift = len(times)
        channels += [(a + shift, b + shift, p, c, d) for a, b, p, c, d in more]
        times += more_times
    return _graph(f"{kind} graph", times, channels)


def _draw(rng: Random, kind: str, limits: Limits) -> tuple[list[int], list[Channel]]:
    size = rng.randint(1, limits.actors)
    firings = [rng.choice((1, 1, rng.randint(1, limits.firings))) for _ in range(size)]
    times = [_time(rng, limits.time) for _ in range(size)]
    channels: list[Channel] = []
    for number in range(rng.randint(size - 1, 2 * size)):
        # The first channels join the actors; the others lie anywhere, self-loops and parallel ones among them.
        a, b = (rng.randint(0, number), number + 1) if number < size - 1 else (rng.randrange(size), rng.randrange(size))
        if number < size - 1 and rng.random() < 0.3:
            a, b = b, a
        channels.append(_channel(rng, firings, a, b, live=kind != "tight"))
    if kind == "serial":
        channels += [(v, v, 1, 1, 1) for v in range(size)]
    if kind == "buffered":
        channels += [_space(rng, channel) for channel in channels if channel[0] != channel[1] and rng.random() < 0.8]
    if kind == "unbalanced" and channels:
        at = rng.randrange(len(channels))
        a, b, p, c, d = channels[at]
        channels[at] = a, b, p + rng.randint(1, 3), c, d
    return times, channels


def _time(rng: Random, most: int) -> int:
    roll = rng.random()
    return 0 if roll < 0.15 else rng.randint(10**9, 10**12) if roll > 0.98 else rng.randint(1, most)


def _channel(rng: Random, firings: list[int], a: int, b: int, live: bool) -> Channel:
    common, factor = gcd(firings[a], firings[b]), rng.choice((1, 1, 1, 2, 3))
    produced, consumed = firings[b] // common * factor, firings[a] // common * factor
    iteration = produced * firings[a]
    tokens = rng.choice((0, rng.randint(0, iteration), rng.randint(0, 3 * iteration)))
    if live and (a >= b or rng.random() < 0.1):
        tokens += iteration
    return a, b, produced, consumed, tokens


def _space(rng: Random, channel: Channel) -> Channel:
    """The back-edge of a buffer that is mostly just large enough for its channel alone, at times one too small."""
    a, b, p, c, d = channel
    least = p + c - gcd(p, c) + d % gcd(p, c)
    capacity = max(d, least + rng.choice((-1, 0, 0, 0, 1, rng.randint(0, 2 * least))))
    return b, a, c, p, capacity - d


def _graph(name: str, times: list[int], channels: list[Channel]) -> SDFGraph:
    table = np.array(channels, np.int64).reshape(-1, 5)
    return SDFGraph(
        name,
        tuple(f"a{v}" for v in range(len(times))),
        np.array(times, np.int64),
        table[:, 0].astype(np.int32),
        table[:, 1].astype(np.int32),
        table[:, 2],
        table[:, 3],
        table[:, 4],
    )


def shrink(graph: SDFGraph, fails: Callable[[SDFGraph], bool], tries: int = 2000) -> SDFGraph:
    """A smaller graph that still fails: channels and actors left out, times and tokens lowered, while it does."""
    columns = (graph.sources, graph.targets, graph.production, graph.consumption, graph.initial_tokens)
    times, channels = graph.execution_times.tolist(), list(zip(*(c.tolist() for c in columns), strict=True))
    changed = True
    while changed:
        changed = False
        for smaller in _smaller(times, channels):
            tries -= 1
            if tries < 0:
                break
            if fails(_graph(graph.name, *smaller)):
                (times, channels), changed = smaller, True
                break
    return _graph(graph.name, times, channels)


def _smaller(times: list[int], channels: list[Channel]) -> list[tuple[list[int], list[Channel]]]:
    """Graphs a step smaller, the largest steps first."""
    steps: list[tuple[list[int], list[Channel]]] = []
    for v in range(len(times)):
        rest = [row for row in channels if v not in row[:2]]
        moved = [(a - (a > v), b - (b > v), p, c, d) for a, b, p, c, d in rest]
        steps.append((times[:v] + times[v + 1 :], moved))
    steps += [(times, channels[:i] + channels[i + 1 :]) for i in range(len(channels))]
    for lower in (_zero, _half, _one_less):
        for v, time in enumerate(times):
            if lower(time) < time:
                steps.append(([*times[:v], lower(time), *times[v + 1 :]], channels))
        for i, (a, b, p, c, d) in enumerate(channels):
            if lower(d) < d:
                steps.append((times, [*channels[:i], (a, b, p, c, lower(d)), *channels[i + 1 :]]))
    return [step for step in steps if step[0]]


def _zero(_: int) -> int:
    return 0


def _half(value: int) -> int:
    return value // 2


def _one_less(value: int) -> int:
    return value - 1 if value else 0
