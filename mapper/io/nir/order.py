"""In which order spikes flow through a graph that may have cycles."""

from __future__ import annotations

import re
from collections.abc import Collection
from graphlib import CycleError, TopologicalSorter

from mapper.errors import InputError
from mapper.io.nir.flatten import Graph
from mapper.io.nir.node import STATEFUL

__all__ = ["flow_order", "linear_order"]


def _natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key under which '2' comes before '10'."""
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", name) if part)


def flow_order(graph: Graph) -> list[str]:
    """All nodes, in topological order; inside a cycle, in the order reached from where it is entered.

    Strongly connected components come in topological order (Inputs first, then by name where the order is open);
    inside one, the reverse post-order of a depth-first search, so that only feedback edges go backwards.

    Examples
    --------
    >>> from mapper.io.nir.node import Node
    >>> nodes = {n: Node("f", n, k, {}) for n, k in [("10", "IF"), ("2", "Linear"), ("in", "Input"), ("w", "Linear")]}
    >>> flow_order(Graph("f", nodes, (("in", "2"), ("2", "10"), ("10", "w"), ("w", "10"))))
    ['in', '2', '10', 'w']
    """
    import networkx as nx

    names = sorted(graph.nodes, key=lambda n: (graph.nodes[n].kind != "Input", _natural(n)))
    rank = {name: i for i, name in enumerate(names)}
    flow = nx.DiGraph()
    flow.add_nodes_from(names)
    flow.add_edges_from(sorted(graph.edges, key=lambda e: (rank[e[0]], rank[e[1]])))
    components = nx.condensation(flow)
    members = {c: sorted(components.nodes[c]["members"], key=rank.__getitem__) for c in components}
    order: list[str] = []
    for component in nx.lexicographical_topological_sort(components, key=lambda c: rank[members[c][0]]):
        inside = members[component]
        if len(inside) > 1:
            inside = _inside_cycle(graph, inside, rank)
        order.extend(inside)
    return order


def _inside_cycle(graph: Graph, inside: list[str], rank: dict[str, int]) -> list[str]:
    """Reverse post-order from the nodes fed from outside (else the first one with neurons)."""
    import networkx as nx

    here = set(inside)
    entries = [n for n in inside if any(p not in here for p in graph.predecessors[n])]
    if not entries:
        entries = [n for n in inside if graph.nodes[n].kind in STATEFUL][:1] or inside[:1]
    search = nx.DiGraph()
    search.add_edges_from(("", n) for n in entries)
    search.add_edges_from((a, b) for a in inside for b in sorted(here & set(graph.successors[a]), key=rank.__getitem__))
    return list(nx.dfs_postorder_nodes(search, ""))[-2::-1]


def linear_order(graph: Graph, populations: Collection[str]) -> list[str]:
    """All nodes, each after its predecessors that hold no neurons: the order in which linear paths are composed.

    Raises
    ------
    InputError
        A cycle without any neuron: its signal would depend on itself within a step.
    """
    waits = {n: [p for p in graph.predecessors[n] if p not in populations] for n in graph.nodes}
    try:
        return list(TopologicalSorter(waits).static_order())
    except CycleError as error:
        cycle = " -> ".join(repr(n) for n in error.args[1])
        fix = "put a spiking node into the loop"
        raise InputError(f"{graph.file}: nodes {cycle}", "a neuron in every loop", "linear nodes only", fix) from None
