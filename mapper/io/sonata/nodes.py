"""SONATA node files: populations, node ids and which nodes are virtual."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.errors import InputError
from mapper.io.sonata.hdf5 import Tree, integers, load_tree, subtree
from mapper.io.sonata.types import Types, read_types

__all__ = ["Nodes", "in_flow_order", "read_node_file"]

_DATASETS = ("node_id", "node_type_id", "node_group_id", "node_group_index", "model_type")


@dataclass(frozen=True)
class Nodes:
    """A population: its node ids in ascending order with the neuron each stands for, counted from ``start``."""

    name: str
    ids: NDArray[np.int64]
    places: NDArray[np.int64]
    is_input: NDArray[np.bool_]
    start: int = 0

    @property
    def size(self) -> int:
        return self.ids.size

    def neurons(self, node_ids: NDArray[np.int64], where: str) -> NDArray[np.int64]:
        """The network's neurons for ids of this population; an unknown id is an error."""
        at = np.searchsorted(self.ids, node_ids)
        known = at < self.size
        known[known] = self.ids[at[known]] == node_ids[known]
        if not known.all():
            wrong = int(node_ids[np.argmin(known)])
            raise InputError(where, f"node ids of population {self.name!r} ({self.size} nodes)", f"{wrong}")
        return self.start + self.places[at]


def in_flow_order(populations: list[Nodes], where: Path) -> list[Nodes]:
    """Populations of inputs first, else in the given order, with their first neurons set."""
    names = [population.name for population in populations]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(str(where), "each node population once", f"{twice!r} in several files")
    ordered, start = [], 0
    for population in sorted(populations, key=lambda p: not p.is_input.all()):
        ordered.append(replace(population, start=start))
        start += population.size
    return ordered


def read_node_file(path: Path, types_path: Path | None) -> list[Nodes]:
    """Every population of a node file."""
    types = read_types(types_path, "node_type_id")
    tree = load_tree(path, "nodes", _DATASETS)
    populations = [_population(f"{path}: /nodes/{name}", name, nodes, types) for name, nodes in subtree(tree).items()]
    if not populations:
        raise InputError(str(path), "a population in /nodes", "none")
    return populations


def _population(where: str, name: str, tree: Tree, types: Types) -> Nodes:
    type_ids = integers(tree, "node_type_id", where)
    n = type_ids.size
    ids = integers(tree, "node_id", where, n) if "node_id" in tree else np.arange(n)
    places = np.argsort(ids, kind="stable")
    ids = ids[places]
    if n and (ids[0] < 0 or (np.diff(ids) == 0).any()):
        raise InputError(f"{where}/node_id", "distinct ids from 0", "negative or equal ones")
    kinds, of_kind = np.unique(type_ids, return_inverse=True)
    virtual = np.array([text == "virtual" for text in types.texts("model_type", kinds)], np.bool_)
    is_input = virtual[of_kind] if n else np.zeros(0, np.bool_)
    for key, group in subtree(tree).items():
        if "model_type" in group:
            _override(f"{where}/{key}/model_type", is_input, tree, key, group, where)
    return Nodes(name, ids, places, is_input)


def _override(where: str, is_input: NDArray[np.bool_], tree: Tree, key: str, group: Tree, above: str) -> None:
    """``model_type`` of a group stands above the one of the node's type; it may be an index into ``@library``."""
    texts: Any = group["model_type"]
    library = subtree(group).get("@library", {}).get("model_type")
    if library is not None and texts.dtype.kind in "iu":
        if texts.size and not 0 <= int(texts.min()) <= int(texts.max()) < library.size:
            raise InputError(where, f"indices below {library.size} into @library", "others")
        texts = library[texts]
    virtual = np.array([(t.decode(errors="replace") if isinstance(t, bytes) else str(t)) == "virtual" for t in texts])
    member = integers(tree, "node_group_id", above, is_input.size) == (int(key) if key.isdecimal() else -1)
    index = integers(tree, "node_group_index", above, is_input.size)[member]
    if index.size and not 0 <= int(index.min()) <= int(index.max()) < virtual.size:
        raise InputError(where, f"an entry for node_group_index {int(index.max())}", f"{virtual.size} entries")
    is_input[member] = virtual[index]
