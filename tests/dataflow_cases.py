"""Dataflow graphs the engines' tests share: random ones by kind, and the public ones with known answers."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st
from sdf_graphs import read, rows, sdf, sdf_graphs

from mapper.analysis.answers import GraphStatus


@st.composite
def bounded_graphs(draw):
    """Graphs with a buffer's back-edge on some channels, tight enough that many deadlock."""
    graph = draw(sdf_graphs())
    channels = rows(graph)
    for a, b, p, c, tokens in rows(graph):
        if a != b and draw(st.booleans()):
            channels.append((b, a, c, p, max(0, p + c + draw(st.integers(-2, 4)) - tokens)))
    return sdf(graph.execution_times, channels)


@st.composite
def serial_graphs(draw):
    """Graphs whose actors have a self-loop of one token or two."""
    graph = draw(sdf_graphs())
    loops = [(v, v, 1, 1, draw(st.integers(1, 2))) for v in range(graph.actor_count)]
    return sdf(graph.execution_times, rows(graph) + loops)


@st.composite
def unbalanced_graphs(draw):
    """Graphs in which two channels between the same actors contradict each other."""
    graph = draw(sdf_graphs())
    a, b = (draw(st.integers(0, graph.actor_count - 1)) for _ in range(2))
    p, c = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    return sdf(graph.execution_times, [*rows(graph), (a, b, p, c, 0), (a, b, p + c, c, 1)])


def any_graphs():
    """Consistent graphs of every kind: cyclic, deadlocking, bounded, serial; zero times, several components."""
    return st.one_of(sdf_graphs(), sdf_graphs(live=True), bounded_graphs(), serial_graphs())


def public_graphs(data, most_firings=10**9):
    """(graph, expected block) of the shared data's graphs, smallest files first."""
    for path in sorted((data / "dataflow" / "throughput").glob("*.json"), key=lambda path: path.stat().st_size):
        graph, case = read(path)
        expected = case["expected"]
        if (expected.get("repetition_sum") or graph.actor_count) <= most_firings:
            yield graph, expected


def assert_expected(answer, expected):
    """An engine's answer is the file's, exactly."""
    if expected["deadlock"]:
        assert answer.status is GraphStatus.DEADLOCK
        assert answer.throughput == 0
        return
    assert answer.status is GraphStatus.OK
    if expected["throughput"] == "infinite":
        assert answer.infinite
    else:
        assert answer.throughput == Fraction(expected["throughput"])


def rate_chain(stages, factor=10, slack=2, times=None):
    """a0 -> a1 -> ... each firing ``factor`` times as often as the one before, every channel with a buffer."""
    channels = []
    for v in range(stages):
        channels += [(v, v + 1, factor, 1, 0), (v + 1, v, 1, factor, slack * factor)]
    return sdf(times or [stages - v + 1 for v in range(stages + 1)], channels)
