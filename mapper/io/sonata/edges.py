"""SONATA edge files: the ends, weights and delays of every edge of every group."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mapper.errors import InputError
from mapper.io.sonata.hdf5 import Tree, integers, load_tree, subtree
from mapper.io.sonata.nodes import Nodes
from mapper.io.sonata.types import Types, read_types

__all__ = ["Edges", "read_edge_file"]

_WEIGHTS = ("syn_weight", "weight")
_DATASETS = (
    "source_node_id", "target_node_id", "edge_type_id", "edge_group_id", "edge_group_index", "delay", "nsyns", *_WEIGHTS
)  # fmt: skip
_LONGEST_DELAY = 2**31 - 1


@dataclass(frozen=True)
class Edges:
    """One edge population; a weight that is not given is NaN, a delay that is not given -1 (else in steps)."""

    pre: NDArray[np.int64]
    post: NDArray[np.int64]
    weights: NDArray[np.float64]
    delays: NDArray[np.int64]


def read_edge_file(path: Path, types_path: Path | None, nodes: Sequence[Nodes], step_ms: float) -> list[Edges]:
    """Every edge population of a file; one row is one synapse."""
    types = read_types(types_path, "edge_type_id")
    tree = load_tree(path, "edges", _DATASETS, ("node_population",))
    by_name = {population.name: population for population in nodes}
    return [
        _edges(f"{path}: /edges/{name}", name, part, types, by_name, step_ms) for name, part in subtree(tree).items()
    ]


def _edges(where: str, name: str, tree: Tree, types: Types, nodes: dict[str, Nodes], step_ms: float) -> Edges:
    sources = integers(tree, "source_node_id", where)
    targets = integers(tree, "target_node_id", where, sources.size)
    source, target = (_end(where, name, tree, end, nodes) for end in ("source", "target"))
    attributes = _Attributes(where, tree, types, sources.size)
    weights = attributes.of(*_WEIGHTS)
    contacts = attributes.of("nsyns")
    weights = weights * np.where(np.isnan(contacts), 1, contacts)
    return Edges(
        source.neurons(sources, f"{where}/source_node_id"),
        target.neurons(targets, f"{where}/target_node_id"),
        weights,
        _in_steps(where, attributes.of("delay"), step_ms),
    )


def _end(where: str, name: str, tree: Tree, end: str, nodes: dict[str, Nodes]) -> Nodes:
    """The population at one end: the attribute ``node_population``, else the edges' name ``<source>_to_<target>``."""
    given = tree.get(f"{end}_node_id@node_population")
    if given is None:
        parts = re.fullmatch(r"(.+?)_to_(.+?)(?:__.*)?", name)
        given = parts[1 if end == "source" else 2] if parts else None
    population = given.decode(errors="replace") if isinstance(given, bytes) else str(given)
    if population not in nodes:
        raise InputError(f"{where}/{end}_node_id", f"a population of {sorted(nodes)}", repr(population))
    return nodes[population]


def _in_steps(where: str, delays_ms: NDArray[np.float64], step_ms: float) -> NDArray[np.int64]:
    given = ~np.isnan(delays_ms)
    steps = np.full(delays_ms.size, -1, np.int64)
    rounded = np.rint(delays_ms[given] / step_ms)
    if rounded.size and not 0 <= rounded.min() <= rounded.max() <= _LONGEST_DELAY:
        got = f"{delays_ms[given].min():g} .. {delays_ms[given].max():g} ms"
        raise InputError(f"{where}: delay", f"0 to {_LONGEST_DELAY} steps of {step_ms:g} ms", got)
    steps[given] = rounded
    return steps


class _Attributes:
    """Numbers per edge: from the edge's group where it has them, else from its type."""

    def __init__(self, where: str, tree: Tree, types: Types, size: int) -> None:
        self.where, self.types, self.size = where, types, size
        self.groups = subtree(tree)
        type_ids = integers(tree, "edge_type_id", where, size) if "edge_type_id" in tree else np.zeros(size, np.int64)
        # Type -1 stands for "none", as does a file without types.
        self.kinds, self.of_kind = np.unique(type_ids, return_inverse=True)
        if "edge_type_id" not in tree:
            self.types = Types("no edge_type_id", {})
        if "edge_group_id" in tree:
            self.group = integers(tree, "edge_group_id", where, size)
            self.index = integers(tree, "edge_group_index", where, size)
        else:
            self.group, self.index = np.zeros(size, np.int64), np.arange(size)

    def of(self, *names: str) -> NDArray[np.float64]:
        """The first of ``names`` that is given, float64, NaN where none is."""
        values = np.full(self.size, np.nan)
        for name in reversed(names):
            per_kind = self.types.numbers(name, self.kinds)[self.of_kind]
            values = np.where(np.isnan(per_kind), values, per_kind)
        for name in reversed(names):
            for key, group in self.groups.items():
                if name in group and key.isdecimal():
                    member = np.flatnonzero(self.group == int(key))
                    values[member] = self._of_group(f"{self.where}/{key}/{name}", group[name], self.index[member])
        if np.isinf(values).any():
            raise InputError(f"{self.where}: {names[0]}", "finite numbers", "an infinite one")
        return values

    @staticmethod
    def _of_group(where: str, given: NDArray[np.float64], index: NDArray[np.int64]) -> NDArray[np.float64]:
        if given.ndim != 1 or given.dtype.kind not in "iuf":
            raise InputError(where, "numbers in one dimension", f"shape {given.shape}, dtype {given.dtype}")
        if index.size and not 0 <= int(index.min()) <= int(index.max()) < given.size:
            raise InputError(where, f"a value for edge_group_index {int(index.max())}", f"{given.size} values")
        return given[index].astype(np.float64)
