"""Composition of linear nodes along every path from one population to the next."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from math import prod

import numpy as np
from numpy.typing import NDArray

from mapper.io.nir.convolution import Map, Sparse, explicit, product
from mapper.io.nir.flatten import Graph
from mapper.io.nir.linear import bias_of, map_of
from mapper.io.nir.node import INT32_MAX, Node
from mapper.io.nir.shapes import Layer

__all__ = ["Signal", "compose", "identity"]


@dataclass
class Signal:
    """What arrives somewhere: for each (population, delay in steps) a map, and a constant.

    A map of ``None`` is the identity. ``bias`` is ``None`` for zero.
    """

    terms: dict[tuple[str, int], Map | None] = field(default_factory=dict)
    bias: NDArray[np.float64] | None = None


def compose(
    graph: Graph,
    order: Iterable[str],
    layers: Mapping[str, Layer],
    populations: Collection[str],
    readouts: Collection[str],
    step_s: float,
) -> dict[str, Signal]:
    """The signal into every population and readout; ``order`` is :func:`~mapper.io.nir.order.linear_order`'s.

    Signals over several edges into one node are added: maps from the same population with the same delay become one
    map, so a pair of neurons joined over two such paths has one synapse with the sum of both weights.
    """

    def behind(name: str) -> Signal:
        return _through(graph.nodes[name], layers[name], _total(graph, name, layers[name], sent), step_s)

    sent = {name: Signal({(name, 0): None}) for name in populations}
    for name in order:
        if name not in populations and graph.nodes[name].kind != "Output":
            sent[name] = behind(name)
    received = {name: behind(name) for name in populations if graph.nodes[name].kind != "Input"}
    return received | {name: sent[name] for name in readouts}


def _total(graph: Graph, name: str, layer: Layer, sent: Mapping[str, Signal]) -> Signal:
    parts = [sent[p] for p in graph.predecessors[name]]
    if len(parts) == 1:
        return parts[0]
    total = Signal()
    for part in parts:
        for key, matrix in part.terms.items():
            _add(total, key, matrix, prod(layer.taken))
        if part.bias is not None:
            total.bias = part.bias if total.bias is None else total.bias + part.bias
    return total


def _add(signal: Signal, key: tuple[str, int], matrix: Map | None, size: int) -> None:
    if key not in signal.terms:
        signal.terms[key] = matrix
        return
    present = signal.terms[key]
    signal.terms[key] = (identity(size) if present is None else explicit(present)) + (
        identity(size) if matrix is None else explicit(matrix)
    )


def identity(size: int) -> Sparse:
    """One synapse of weight 1 from each element to itself."""
    return _selection(np.ones(size, np.bool_))


def _through(node: Node, layer: Layer, signal: Signal, step_s: float) -> Signal:
    """The signal behind a node (before the neurons, for a population)."""
    if node.kind == "Delay":
        return _delayed(node, layer, signal, step_s)
    matrix, bias = map_of(node, layer), bias_of(node, layer)
    if matrix is None:
        return signal
    carried = None if signal.bias is None else np.asarray(signal.bias @ explicit(matrix))
    if bias is not None:
        carried = bias if carried is None else carried + bias
    return Signal({key: product(m, matrix) for key, m in signal.terms.items()}, carried)


def _delayed(node: Node, layer: Layer, signal: Signal, step_s: float) -> Signal:
    """Every term delayed; where the node delays its elements differently, a term splits into one per delay."""
    steps = _steps(node, layer, step_s)
    if steps.size == 1:
        return Signal({(name, d + int(steps[0])): m for (name, d), m in signal.terms.items()}, signal.bias)
    delayed = Signal(bias=signal.bias)
    for value in np.unique(steps).tolist():
        only = _selection(steps == value)
        for (name, d), matrix in signal.terms.items():
            part = product(matrix, only)
            _add(delayed, (name, d + value), part, steps.size)
    return delayed


def _steps(node: Node, layer: Layer, step_s: float) -> NDArray[np.int64]:
    """Delays in steps, rounded to the nearest; a delay above zero is at least one step."""
    seconds = node.spread("delay", layer.given).astype(np.float64)
    steps = np.rint(seconds / step_s)
    if not (np.isfinite(seconds).all() and (seconds >= 0).all() and (steps <= INT32_MAX).all()):
        raise node.error(f"delays from 0 to {INT32_MAX} steps of {step_s} s", str(seconds.tolist()[:5]), key="delay")
    return np.maximum(steps, seconds > 0).astype(np.int64)


def _selection(chosen: NDArray[np.bool_]) -> Sparse:
    """The identity restricted to some elements."""
    from scipy.sparse import csr_array

    at = np.flatnonzero(chosen).astype(np.int32)
    indptr = np.concatenate([[0], np.cumsum(chosen)]).astype(np.int32)
    return csr_array((np.ones(at.size, np.float32), at, indptr), shape=(chosen.size, chosen.size))
