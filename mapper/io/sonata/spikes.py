"""Recorded and external spikes of a SONATA simulation, counted for each neuron.

Two layouts exist: ``/spikes/<population>/node_ids`` with ``timestamps``, and the older ``/spikes/gids`` with
``timestamps``, which does not say whose ids it holds: there the input's node set decides, or the circuit's only
population of that kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mapper.errors import InputError
from mapper.io.sonata.config import Circuit, SpikeInput
from mapper.io.sonata.hdf5 import Tree, integers, load_tree, subtree
from mapper.io.sonata.nodes import Nodes

__all__ = ["count_spikes"]


def count_spikes(circuit: Circuit, nodes: Sequence[Nodes]) -> NDArray[np.int64] | None:
    """Spikes of every neuron, int64, or ``None`` if the simulation's output is absent."""
    if circuit.output is None or not circuit.output.is_file():
        return None
    counts = np.zeros(sum(population.size for population in nodes), np.int64)
    neurons = [population for population in nodes if not population.is_input.all()]
    _add(counts, circuit, circuit.output, nodes, neurons)
    for source in circuit.inputs:
        _add(counts, circuit, source.path, nodes, _named(circuit, source, nodes))
    return counts


def _named(circuit: Circuit, source: SpikeInput, nodes: Sequence[Nodes]) -> list[Nodes]:
    """Populations a node set can mean: its own name, its ``population`` in the node sets, else all inputs."""
    wanted = source.node_set
    entry = circuit.node_sets.get(wanted) if wanted is not None else None
    if isinstance(entry, dict) and isinstance(entry.get("population"), str):
        wanted = entry["population"]
    exact = [population for population in nodes if population.name == wanted]
    return exact or [population for population in nodes if population.is_input.all()]


def _add(
    counts: NDArray[np.int64], circuit: Circuit, path: Path, nodes: Sequence[Nodes], candidates: Sequence[Nodes]
) -> None:
    tree = load_tree(path, "spikes", ("gids", "node_ids", "timestamps"), ("units",))
    if "gids" in tree:
        if len(candidates) != 1:
            got = f"candidates {[population.name for population in candidates]}"
            fix = "name a node population in the input's node_set"
            raise InputError(f"{path}: /spikes/gids", "ids of one population", got, fix)
        _count(counts, circuit, f"{path}: /spikes", tree, "gids", candidates[0])
        return
    by_name = {population.name: population for population in nodes}
    for name, part in subtree(tree).items():
        where = f"{path}: /spikes/{name}"
        if name not in by_name:
            raise InputError(where, f"a population of {sorted(by_name)}", repr(name))
        _count(counts, circuit, where, part, "node_ids", by_name[name])
    if not subtree(tree):
        raise InputError(f"{path}: /spikes", "gids, or groups with node_ids", "neither")


def _count(counts: NDArray[np.int64], circuit: Circuit, where: str, tree: Tree, key: str, population: Nodes) -> None:
    ids = integers(tree, key, where)
    times = tree.get("timestamps")
    if not isinstance(times, np.ndarray) or times.shape != ids.shape or times.dtype.kind not in "iuf":
        got = "none" if not isinstance(times, np.ndarray) else f"shape {times.shape}, dtype {times.dtype}"
        raise InputError(f"{where}/timestamps", f"{ids.size} times", got)
    units = tree.get("timestamps@units", "ms")
    if units in ("s", b"s"):
        times = times * 1000.0
    if circuit.stop_ms is not None:
        ids = ids[(times >= circuit.start_ms) & (times <= circuit.stop_ms)]
    counts += np.bincount(population.neurons(ids, f"{where}/{key}"), minlength=counts.size)
