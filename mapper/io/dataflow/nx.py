"""Dataflow graphs as networkx graphs and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mapper.errors import InputError
from mapper.io.dataflow.assemble import Assembly, channel_rows, located, shown
from mapper.model.sdf import SDFGraph

if TYPE_CHECKING:
    import networkx

__all__ = ["from_networkx", "to_networkx"]


def to_networkx(graph: SDFGraph) -> networkx.MultiDiGraph:
    """A ``MultiDiGraph`` whose nodes are the actors' names and whose edge keys are the channels' numbers.

    Nodes carry ``execution_time``; edges carry ``production``, ``consumption`` and ``initial_tokens``; the graph
    carries ``name``.

    Examples
    --------
    >>> import numpy as np
    >>> graph = SDFGraph("loop", ("a",), *(np.array([v]) for v in (5, 0, 0, 1, 1, 2)))
    >>> made = to_networkx(graph)
    >>> list(made.edges(keys=True, data="initial_tokens"))
    [('a', 'a', 0, 2)]
    >>> from_networkx(made).initial_tokens.tolist()
    [2]
    """
    import networkx as nx

    made = nx.MultiDiGraph(name=graph.name)
    for name, time in zip(graph.actors, graph.execution_times.tolist(), strict=True):
        made.add_node(name, execution_time=time)
    for i, (a, b, p, c, d) in enumerate(channel_rows(graph)):
        made.add_edge(graph.actors[a], graph.actors[b], key=i, production=p, consumption=c, initial_tokens=d)
    return made


def from_networkx(graph: networkx.DiGraph | networkx.MultiDiGraph, name: str | None = None) -> SDFGraph:
    """The dataflow graph of a directed networkx graph.

    Parameters
    ----------
    graph
        Attributes as :func:`to_networkx` writes them. ``execution_time`` is required; the rates are 1 and
        ``initial_tokens`` 0 where an edge does not say. Nodes that are no text are named by ``str(node)``.
        Channels stand in order of the edge keys where these number all edges from 0, else in networkx's order.
    name
        The graph's name; by default its ``name`` attribute, or ``graph``.

    Raises
    ------
    InputError
        Not a directed networkx graph, a missing or unfit number, two nodes of one name.
    """
    if not getattr(graph, "is_directed", lambda: False)():
        raise InputError("networkx graph", "a DiGraph or MultiDiGraph", type(graph).__name__)
    title = name if name is not None else str(graph.graph.get("name") or "graph")
    parts = Assembly(title, "networkx graph")
    of_node: dict[Any, str] = {}
    for node, attributes in graph.nodes(data=True):
        of_node[node] = node if isinstance(node, str) else str(node)
        try:
            if "execution_time" not in attributes:
                raise InputError("", "an attribute 'execution_time'", _keys(attributes))
            parts.actor(of_node[node], attributes["execution_time"])
        except InputError as error:
            raise located(error, f"node {shown(node)}") from error
    edges: list[tuple[Any, Any, Any, dict[str, Any]]]
    if graph.is_multigraph():
        edges = list(graph.edges(keys=True, data=True))
        numbers = [key for _, _, key, _ in edges if isinstance(key, int)]
        if sorted(numbers) == list(range(len(edges))):
            edges.sort(key=lambda edge: int(edge[2]))
    else:
        edges = [(a, b, 0, attributes) for a, b, attributes in graph.edges(data=True)]
    for a, b, key, attributes in edges:
        rates = attributes.get("production", 1), attributes.get("consumption", 1)
        try:
            parts.channel(of_node[a], of_node[b], *rates, attributes.get("initial_tokens", 0))
        except InputError as error:
            raise located(error, f"edge {shown(a)} -> {shown(b)} (key {shown(key)})") from error
    return parts.graph()


def _keys(attributes: Mapping[str, Any]) -> str:
    return ", ".join(map(shown, list(attributes)[:8])) or "no attributes"
