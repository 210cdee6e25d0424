"""Random multi-rate graphs, and what naive algorithms say about them."""

from __future__ import annotations

import heapq
import json
from fractions import Fraction
from math import gcd

from hypothesis import strategies as st

from mapper.analysis.cycles.cycle_ratio import max_cycle_ratio
from mapper.model.sdf import SDFGraph


def sdf(times, channels, name="g"):
    """A graph from execution times and (source, target, production, consumption, tokens) tuples."""
    columns = [list(column) for column in zip(*channels, strict=True)] or [[]] * 5
    return SDFGraph(name, tuple(f"a{v}" for v in range(len(times))), times, *columns)


def rows(graph):
    columns = (graph.sources, graph.targets, graph.production, graph.consumption, graph.initial_tokens)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def read(path):
    """(graph, expected block) of a file of the shared data."""
    case = json.loads(path.read_text())
    place = {actor["name"]: i for i, actor in enumerate(case["actors"])}
    channels = [
        (place[c["source"]], place[c["target"]], c["production"], c["consumption"], c["initial_tokens"])
        for c in case["channels"]
    ]
    columns = zip(*channels, strict=True)
    return SDFGraph(
        case["name"], tuple(place), [a["execution_time"] for a in case["actors"]], *map(list, columns)
    ), case


@st.composite
def sdf_graphs(draw, max_actors=4, max_time=6, live=False):
    """Consistent graphs: multi-rate, parallel channels, self-loops, zero times, several components, deadlocks.

    ``live`` puts an iteration's tokens on every channel that does not point forward.
    """
    n = draw(st.integers(1, max_actors))
    counts = draw(st.lists(st.sampled_from([1, 1, 2, 3, 4]), min_size=n, max_size=n))
    times = draw(st.lists(st.integers(0, max_time), min_size=n, max_size=n))
    node = st.integers(0, n - 1)
    channels = []
    for a, b in draw(st.lists(st.tuples(node, node), max_size=2 * n)):
        scale = gcd(counts[a], counts[b])
        factor = draw(st.sampled_from([1, 1, 2]))
        produced, consumed = counts[b] // scale * factor, counts[a] // scale * factor
        whole = produced * counts[a]
        tokens = draw(st.integers(0, 2 * whole))
        channels.append((a, b, produced, consumed, tokens + whole if live and a >= b else tokens))
    return sdf(times, channels)


def counts_of(graph):
    """(repetition vector, weak components) by propagating fractions."""
    near = [[] for _ in graph.actors]
    for a, b, p, c, _ in rows(graph):
        near[a].append((b, Fraction(p, c)))
        near[b].append((a, Fraction(c, p)))
    rate, parts = [None] * len(near), []
    for root in range(len(near)):
        if rate[root] is None:
            rate[root], part = Fraction(1), [root]
            for v in part:
                for w, ratio in near[v]:
                    if rate[w] is None:
                        rate[w] = rate[v] * ratio
                        part.append(w)
            scale = 1
            for v in part:
                scale = scale * rate[v].denominator // gcd(scale, rate[v].denominator)
            whole = gcd(*(int(rate[v] * scale) for v in part))
            for v in part:
                rate[v] = int(rate[v] * scale) // whole
            parts.append(sorted(part))
    return rate, parts


def firing_edges(graph, counts):
    """Token by token: (source firing, target firing, time, iterations back, channel), and firings' numbers."""
    number, firings = {}, []
    for v, count in enumerate(counts):
        for k in range(count):
            number[v, k] = len(firings)
            firings.append((v, k))
    edges = []
    for channel, (a, b, p, c, tokens) in enumerate(rows(graph)):
        for k in range(counts[b]):
            for token in range(k * c, (k + 1) * c):
                producer = (token - tokens) // p
                back = -(producer // counts[a])
                edge = (number[a, producer % counts[a]], number[b, k], int(graph.execution_times[a]), back, channel)
                edges.append(edge)
    return edges, firings


def expanded_period(graph):
    """Period by expansion into firings; DeadlockError if the graph deadlocks."""
    counts, _ = counts_of(graph)
    edges, firings = firing_edges(graph, counts)
    edges = list(dict.fromkeys(e[:4] for e in edges))
    answer = max_cycle_ratio(len(firings), *([e[k] for e in edges] for k in range(4)))
    return answer.ratio if answer else Fraction(0)


def play(graph, horizon):
    """Self-timed execution, one firing at a time, up to ``horizon``.

    Returns the starts of each actor, the most tokens and the most space of each channel; only for graphs in which
    nothing fires forever at one instant.
    """
    channels = rows(graph)
    times = graph.execution_times.tolist()
    tokens = [channel[4] for channel in channels]
    space, most, most_space = tokens[:], tokens[:], tokens[:]
    starts = [[] for _ in times]
    ends, now = [], 0
    while now <= horizon:
        produced = [0] * len(channels)
        before = tokens[:]
        moved = True
        while moved:
            moved = False
            while ends and ends[0][0] == now:
                v = heapq.heappop(ends)[1]
                moved = True
                for c, (a, b, p, rate, _) in enumerate(channels):
                    if a == v:
                        tokens[c] += p
                        produced[c] += p
                    if b == v:
                        space[c] -= rate
            for v in range(len(times)):
                if all(tokens[c] >= row[3] for c, row in enumerate(channels) if row[1] == v):
                    moved = True
                    starts[v].append(now)
                    heapq.heappush(ends, (now + times[v], v))
                    for c, (a, b, p, rate, _) in enumerate(channels):
                        if b == v:
                            tokens[c] -= rate
                        if a == v:
                            space[c] += p
        most = [max(m, b + p) for m, b, p in zip(most, before, produced, strict=True)]
        most_space = [max(m, s) for m, s in zip(most_space, space, strict=True)]
        if not ends:
            break
        now = ends[0][0]
    return starts, most, most_space
