"""From a SONATA circuit to a spiking network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mapper.errors import InputError
from mapper.io.guard import model_errors, require_dense_ids
from mapper.io.sonata.config import Circuit, find_circuit
from mapper.io.sonata.edges import Edges, read_edge_file
from mapper.io.sonata.nodes import in_flow_order, read_node_file
from mapper.io.sonata.spikes import count_spikes
from mapper.model.network import Population, SpikingNetwork

__all__ = ["DEFAULT_STEP_MS", "read_sonata"]

#: Length of a time step where neither the caller nor a simulation configuration gives one.
DEFAULT_STEP_MS = 0.1


def read_sonata(path: str | Path, *, name: str | None = None, step_ms: float | None = None) -> SpikingNetwork:
    """Read a SONATA circuit with the spikes of its simulation.

    Parameters
    ----------
    path
        The folder (with ``config.json``, or ``circuit_config.json`` and ``simulation_config.json``, or without a
        configuration: ``network/*nodes.h5``, ``*edges.h5``), or a configuration file.
    name
        Default: the folder's name.
    step_ms
        Length of a time step in milliseconds; default ``run.dt`` of the simulation, else 0.1. Delays are rounded
        to the nearest step; ``steps`` is the simulated time in steps (1 without a simulation), ``windows`` is 1.

    Notes
    -----
    - Nodes whose ``model_type`` is ``virtual`` are inputs; populations of inputs come first, else the order of the
      configuration holds.
    - Each row of an edge file is one synapse: parallel edges and self-loops are kept. ``nsyns`` (how many contacts
      a row stands for) does not multiply synapses, since on a crossbar they share one cell; it multiplies the weight.
    - ``syn_weight`` (or ``weight``) and ``delay`` come from the edge's group, else from the table of edge types;
      where only some edges have one, the others get weight 1 and delay 1 step.
    - Spike counts: the simulation's output plus the external spikes of ``inputs``, within the simulated time. They
      are left out if the simulation's output is absent.

    Raises
    ------
    InputError
        The message names the file and the dataset, line or key.
    """
    circuit = find_circuit(path)
    step = step_ms or circuit.dt_ms or DEFAULT_STEP_MS
    if not 0 < step < np.inf:
        raise InputError("step_ms", "a positive number of milliseconds", f"{step!r}")
    nodes = in_flow_order([nodes for files in circuit.nodes for nodes in read_node_file(*files)], circuit.where)
    edges = [edges for files in circuit.edges for edges in read_edge_file(*files, nodes, step)]
    synapses = _Synapses.of(edges)
    size = sum(population.size for population in nodes)
    require_dense_ids(circuit.where, size - 1, synapses.pre.size)
    with model_errors(circuit.where):
        return SpikingNetwork.from_edges(
            name or (circuit.where.stem if circuit.where.is_file() else circuit.where.resolve().name),
            size,
            synapses.pre,
            synapses.post,
            is_input=np.concatenate([population.is_input for population in nodes]),
            weights=synapses.weights,
            delays=synapses.delays,
            spike_counts=count_spikes(circuit, nodes),
            steps=_steps(circuit, step),
            populations=tuple(Population(p.name, p.start, p.start + p.size) for p in nodes),
        )


def _steps(circuit: Circuit, step_ms: float) -> int:
    if circuit.stop_ms is None:
        return 1
    return max(1, round((circuit.stop_ms - circuit.start_ms) / step_ms))


@dataclass(frozen=True)
class _Synapses:
    pre: NDArray[np.int64]
    post: NDArray[np.int64]
    weights: NDArray[np.float32] | None
    delays: NDArray[np.int32] | None

    @classmethod
    def of(cls, edges: list[Edges]) -> _Synapses:
        """All edges in one run; NaN weights and negative delays mean "not given"."""
        if not edges:
            return cls(np.empty(0, np.int64), np.empty(0, np.int64), None, None)
        weights = np.concatenate([e.weights for e in edges])
        delays = np.concatenate([e.delays for e in edges])
        return cls(
            np.concatenate([e.pre for e in edges]),
            np.concatenate([e.post for e in edges]),
            None if np.isnan(weights).all() else np.where(np.isnan(weights), 1, weights).astype(np.float32),
            None if (delays < 0).all() else np.where(delays < 0, 1, delays).astype(np.int32),
        )
