"""The entry point: a NIR file as a spiking network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Literal

import numpy as np

from mapper.errors import InputError
from mapper.io.nir.compose import Signal, compose, identity
from mapper.io.nir.convolution import Convolution, Map, without_zeros
from mapper.io.nir.flatten import flatten
from mapper.io.nir.load import load_tree
from mapper.io.nir.neurons import neuron_model, population_nodes, readout_nodes
from mapper.io.nir.order import flow_order, linear_order
from mapper.io.nir.shapes import infer_shapes
from mapper.model.blocks import Block, Blocks, Listed
from mapper.model.network import Population, SpikingNetwork
from mapper.model.rows import Rows
from mapper.model.stencil import Stencil

__all__ = ["read_nir"]


def read_nir(
    path: str | Path,
    *,
    input_shape: tuple[int, ...] | None = None,
    pooling: Literal["compose", "neurons"] = "compose",
    step_s: float = 1e-4,
    name: str | None = None,
) -> SpikingNetwork:
    """Read a network in the Neuromorphic Intermediate Representation (Pedersen et al., Nat. Commun. 15, 2024).

    Input, IF, LIF, CubaLIF, LI, CubaLI, I and Threshold nodes become populations of the same name, in the order in
    which spikes flow. Everything linear between two of them is composed into one map, whose nonzero weights are the
    synapses; where it is a convolution (also of pooled inputs) or a dense layer it stays one, and the network is
    implicit (:meth:`~mapper.model.network.SpikingNetwork.from_blocks`). Biases end in the parameter ``bias`` of the
    population they reach. A linear node whose result leaves the graph becomes a population of ``relay`` neurons, so
    that every output has a neuron. Output nodes have none.

    Parameters
    ----------
    path
        The file (HDF5).
    input_shape
        Shape of the only Input node, for files that state none or one with a batch dimension.
    pooling
        ``compose``: SumPool2d and AvgPool2d are folded into the synapses. ``neurons``: each becomes a population of
        ``relay`` neurons with synapses of its own.
    step_s
        Length of a time step in seconds, which turns Delay nodes into synaptic delays: the nearest integer, at least
        1 for a delay above zero and for a synapse that does not lead to a later population. Without any delay the
        network has no delays.
    name
        Name of the network; default: the file's, without suffix.

    Raises
    ------
    InputError
        A file that cannot be read or a graph that cannot be understood; names the node and the cure.

    Examples
    --------
    >>> import nir, numpy as np, tempfile
    >>> graph = nir.NIRGraph.from_list(
    ...     nir.Linear(np.array([[1.0, 2.0]])), nir.IF(r=np.ones(1), v_threshold=np.ones(1)))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     nir.write(f"{folder}/tiny.nir", graph)
    ...     network = read_nir(f"{folder}/tiny.nir")
    >>> [p.name for p in network.populations], network.weights.tolist()
    (['input', 'if'], [1.0, 2.0])
    """
    file = str(path)
    if pooling not in ("compose", "neurons"):
        raise InputError("pooling", "'compose' or 'neurons'", repr(pooling))
    if not (step_s > 0 and np.isfinite(step_s)):
        raise InputError("step_s", "a positive number of seconds", repr(step_s))
    if input_shape is not None and (not input_shape or min(input_shape) < 1):
        raise InputError("--input-shape", "positive integers", repr(input_shape), "write for instance 2,34,34")
    graph = flatten(file, load_tree(path))
    sources = population_nodes(graph, pooling == "neurons")
    order, paths = flow_order(graph), linear_order(graph, sources)
    layers = infer_shapes(graph, order, input_shape)
    readouts = readout_nodes(graph, sources)
    members = [n for n in order if n in sources or n in readouts]
    if all(graph.nodes[n].kind == "Input" for n in members):
        raise InputError(file, "at least one node with neurons", "none", "export the whole network")
    signals = compose(graph, paths, layers, sources, readouts, step_s)
    populations: list[Population] = []
    start = 0
    try:
        for member in members:
            shape = layers[member].given
            signal = signals.get(member, Signal())
            model = neuron_model(graph.nodes[member], shape, signal.bias)
            populations.append(Population(member, start, start + prod(shape), shape, model))
            start = populations[-1].stop
        blocks = _synapses(populations, signals)
        is_input = np.repeat([p.neuron is None for p in populations], [p.size for p in populations])
        found = SpikingNetwork.from_blocks(
            Path(path).stem if name is None else name, tuple(populations), blocks, is_input
        )
        implicit = any(isinstance(block.synapses, Stencil) for block in blocks.blocks)
        return found if implicit else replace(found)  # nothing to gain: lists only
    except ValueError as error:
        raise InputError(file, "a consistent network", str(error), "export the network again") from error


def _synapses(populations: Sequence[Population], signals: Mapping[str, Signal]) -> Blocks:
    """All maps; a neuron's synapses are sorted by population, delay and target."""
    index = {p.name: i for i, p in enumerate(populations)}
    found: list[tuple[int, int, int, Stencil | Listed]] = []
    for post, population in enumerate(populations):
        for (source, delay), matrix in signals.get(population.name, Signal()).terms.items():
            try:
                synapses = _of_map(identity(population.size) if matrix is None else matrix, population.size)
            except ValueError:
                raise ValueError(
                    f"weights from {source!r} to {population.name!r}: too large for 32-bit floats"
                ) from None
            found.append((index[source], post, delay, synapses))
    found.sort(key=lambda b: b[:3])
    blocks = (
        Block(populations[pre].start, populations[post].start, synapses, delay if post > pre else max(delay, 1))
        for pre, post, delay, synapses in found
    )
    return Blocks(populations[-1].stop, tuple(blocks), delayed=any(delay for _, _, delay, _ in found))


def _of_map(matrix: Map, size: int) -> Stencil | Listed:
    """A map to ``size`` neurons in the form that takes less memory: its kernel, or eight bytes a synapse."""
    if isinstance(matrix, Convolution):
        stencil = matrix.stencil()
        if stencil.weights.size <= 2 * stencil.synapse_count:
            return stencil
        matrix = matrix.explicit()
    with np.errstate(over="ignore"):
        matrix.data = matrix.data.astype(np.float32, copy=False)
    without_zeros(matrix)
    rows = Rows(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32, copy=False), matrix.data)
    return Listed(rows, size)
