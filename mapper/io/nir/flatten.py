"""Nested NIR graphs as one flat graph of nodes and edges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mapper.errors import InputError
from mapper.io.nir.node import KINDS, PORT, Node

__all__ = ["Graph", "flatten"]


@dataclass(frozen=True, eq=False)
class Graph:
    """Nodes by name, and edges without repetition (an edge listed twice is one edge)."""

    file: str
    nodes: dict[str, Node]
    edges: tuple[tuple[str, str], ...]

    @cached_property
    def predecessors(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {name: [] for name in self.nodes}
        for source, target in self.edges:
            found[target].append(source)
        return found

    @cached_property
    def successors(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {name: [] for name in self.nodes}
        for source, target in self.edges:
            found[source].append(target)
        return found

    def named(self, kind: str) -> list[str]:
        """Names of the nodes of one kind."""
        return [name for name, node in self.nodes.items() if node.kind == kind]


def flatten(file: str, tree: Mapping[str, Any]) -> Graph:
    """The flat graph of a file's root.

    A node ``inner`` of a nested graph ``outer`` is named ``outer.inner``. The Input and Output nodes of a nested graph
    become ports that pass everything through. An edge to or from a nested graph uses its only Input or Output; an
    edge may also name one port, ``outer.input``.

    Raises
    ------
    InputError
        Unknown kinds, edges to missing nodes, edges into an Input or out of an Output, nested graphs whose port an
        edge does not determine.

    Examples
    --------
    >>> inner = {"type": "NIRGraph", "nodes": {"i": {"type": "Input"}, "o": {"type": "Output"}}, "edges": [("i", "o")]}
    >>> outer = {"type": "NIRGraph", "nodes": {"a": {"type": "IF"}, "g": inner}, "edges": [("a", "g")]}
    >>> flatten("file", outer).edges
    (('g.i', 'g.o'), ('a', 'g.i'))
    """
    nodes: dict[str, Node] = {}
    edges: list[tuple[str, str]] = []
    _collect(file, tree, "", nodes, edges)
    if not nodes:
        raise InputError(file, "a graph with nodes", "none", "export the network again")
    graph = Graph(file, nodes, tuple(dict.fromkeys(edges)))
    for source, target in graph.edges:
        if nodes[target].kind == "Input":
            raise nodes[target].error("no edge into an Input", f"one from {source!r}", "remove the edge")
        if nodes[source].kind == "Output":
            raise nodes[source].error("no edge out of an Output", f"one to {target!r}", "remove the edge")
    return graph


def _collect(
    file: str, tree: Mapping[str, Any], prefix: str, nodes: dict[str, Node], edges: list[tuple[str, str]]
) -> None:
    where = f"{file}: nested graph {prefix[:-1]!r}" if prefix else file
    members, listed = tree.get("nodes"), tree.get("edges")
    if not isinstance(members, Mapping):
        raise InputError(where, "a group 'nodes'", "none", "export the network again")
    for name, fields in members.items():
        kind = fields.get("type") if isinstance(fields, Mapping) else None
        kind = kind if isinstance(kind, str) else None
        full = prefix + name
        if kind == "NIRGraph":
            _collect(file, fields, f"{full}.", nodes, edges)
            continue
        if kind not in KINDS:
            known = f"one of the kinds {', '.join(sorted(KINDS))}, NIRGraph"
            got = "no type" if kind is None else repr(kind)
            raise InputError(f"{file}: node {full!r}", known, got, "export the network with these nodes only")
        if full in nodes:
            raise InputError(f"{file}: node {full!r}", "distinct names", "two nodes of that name", "rename one")
        nodes[full] = Node(file, full, PORT if prefix and kind in ("Input", "Output") else kind, fields)
    for source, target in _pairs(where, listed):
        edge = f"{where}: edge {source!r} -> {target!r}"
        edges.append(
            (_end(edge, source, members, prefix, nodes, "Output"), _end(edge, target, members, prefix, nodes, "Input"))
        )


def _pairs(where: str, listed: Any) -> list[tuple[str, str]]:
    """The edge list, names decoded."""
    array = np.asarray([] if listed is None else listed, dtype=object)
    if array.size == 0:
        return []
    names = [v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in array.ravel()]
    if array.ndim != 2 or array.shape[1] != 2:
        raise InputError(where, "edges as pairs of names", f"an array of shape {array.shape}", "export it again")
    return list(zip(names[::2], names[1::2], strict=True))


def _end(edge: str, name: str, members: Mapping[str, Any], prefix: str, nodes: dict[str, Node], port: str) -> str:
    """The flat name of one end of an edge; ``port`` is the kind that stands for a nested graph at this end."""
    member = members.get(name)
    if member is None:
        if prefix + name in nodes:
            return prefix + name
        got = f"no node named {name!r}"
        fix = f"rename the node meant to {name!r} or correct the edge, then write the file again"
        raise InputError(edge, f"nodes of its graph ({', '.join(sorted(members))})", got, fix)
    if member.get("type") != "NIRGraph":
        return prefix + name
    ports = [key for key, fields in member["nodes"].items() if fields.get("type") == port]
    if len(ports) != 1:
        fix = f"let the edge name the node inside, for instance '{name}.{(ports or ['node'])[0]}'"
        raise InputError(edge, f"one {port} node in the nested graph {name!r}", f"{len(ports)}", fix)
    return f"{prefix}{name}.{ports[0]}"
