"""Random dataflow graphs for the format tests (any graph is legal, consistent or not), and equality of graphs."""

import numpy as np
from hypothesis import strategies as st

from mapper.model.sdf import SDFGraph

INT64 = 2**63 - 1

#: Letters, blanks, quotes and signs that formats treat specially, and any other character that all formats can hold.
names = st.one_of(
    st.text("ab \"'<>&\\\n\r\t;{}[]=,->#/*é中0", max_size=8),
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=8),
    st.sampled_from(
        ["node", "edge", "digraph", "graph", "subgraph", "name", "a", "", "\\", "a\\n", '\\"', "12", "-1.5"]
    ),
)


def graph(name, actors, channels):
    """A graph from {name: time} and (source index, target index, production, consumption, tokens) rows."""
    rows = np.array(channels, np.int64).reshape(-1, 5)
    times = np.array(list(actors.values()), np.int64)
    columns = [rows[:, 0].astype(np.int32), rows[:, 1].astype(np.int32), rows[:, 2], rows[:, 3], rows[:, 4]]
    return SDFGraph(name, tuple(actors), times, *columns)


@st.composite
def graphs(draw):
    amount = st.one_of(st.integers(0, 9), st.integers(0, INT64), st.just(INT64))
    rate = st.one_of(st.integers(1, 9), st.integers(1, INT64), st.just(INT64))
    actors = draw(st.dictionaries(names, amount, max_size=6))
    channels = []
    if actors:
        end = st.integers(0, len(actors) - 1)
        channels = draw(st.lists(st.tuples(end, end, rate, rate, amount), max_size=12))
    return graph(draw(names), actors, channels)


def content(graph):
    """Everything a graph says, as plain values to compare."""
    arrays = (graph.execution_times, graph.sources, graph.targets)
    numbers = (graph.production, graph.consumption, graph.initial_tokens)
    return graph.name, graph.actors, *(values.tolist() for values in arrays + numbers)


def example():
    """A small graph with a self-loop, parallel channels and a cycle."""
    channels = [(0, 1, 2, 3, 0), (0, 1, 1, 1, 4), (1, 0, 3, 2, 6), (0, 0, 1, 1, 1)]
    return graph("example", {"left": 5, "right": 0}, channels)
