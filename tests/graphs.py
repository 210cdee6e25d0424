"""Random graphs and brute-force figures that several tests share."""

from __future__ import annotations

from fractions import Fraction

import networkx as nx
import numpy as np
from hypothesis import strategies as st

from mapper.model.bound_graph import BoundGraph, EdgeKind


def bound_graph(nodes, edges):
    """A bound graph from (source, target, time, tokens) tuples."""
    table = np.array(edges, np.int64).reshape(-1, 4)
    return BoundGraph(
        nodes=nodes,
        sources=table[:, 0].astype(np.int32),
        targets=table[:, 1].astype(np.int32),
        times=table[:, 2],
        tokens=table[:, 3],
        kinds=np.full(len(table), EdgeKind.DATA, np.int8),
        channels=np.full(len(table), -1, np.int32),
        durations=np.zeros(nodes, np.int64),
        link_loads=np.zeros(0, np.int64),
    )


@st.composite
def event_graphs(draw, max_nodes=7, max_time=50):
    """Live timed event graphs: edges against the node order carry a token, every node has a self-loop."""
    nodes = draw(st.integers(1, max_nodes))
    node = st.integers(0, nodes - 1)
    edges = [(v, v, draw(st.integers(0, max_time)), 1) for v in range(nodes)]
    for a, b, time, tokens in draw(
        st.lists(st.tuples(node, node, st.integers(0, max_time), st.integers(0, 3)), max_size=3 * nodes)
    ):
        edges.append((a, b, time, tokens if a < b else max(tokens, 1)))
    return nodes, edges


def brute_force_ratio(edges):
    """Maximum cycle ratio by listing every elementary cycle (Johnson's algorithm, networkx)."""
    graph = nx.DiGraph()
    parallel = {}
    for a, b, time, tokens in edges:
        graph.add_edge(a, b)
        parallel.setdefault((a, b), []).append((time, tokens))
    best = None
    for cycle in nx.simple_cycles(graph):
        sums = {(0, 0)}
        for a, b in zip(cycle, cycle[1:] + cycle[:1], strict=True):
            sums = {(time + w, tokens + t) for time, tokens in sums for w, t in parallel[a, b]}
        for time, tokens in sums:
            ratio = Fraction(time, tokens)
            best = ratio if best is None else max(best, ratio)
    return best
