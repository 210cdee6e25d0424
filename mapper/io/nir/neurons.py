"""Which nodes become populations, and what their neurons compute."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from mapper.io.nir.flatten import Graph
from mapper.io.nir.node import POOLING, SHAPE_ONLY, STATEFUL, Node, Shape
from mapper.model.neurons import NEURON_PARAMETERS, NeuronModel

__all__ = ["neuron_model", "population_nodes", "readout_nodes"]

#: Fields a file may leave out, and what NIR says they are then.
_DEFAULTS = {"v_reset": 0.0, "w_in": 1.0}


def population_nodes(graph: Graph, pool_neurons: bool) -> set[str]:
    """Nodes whose outputs are neurons: Inputs, nodes with state and, on request, pooling nodes."""
    kinds = {"Input", *STATEFUL} | (POOLING if pool_neurons else frozenset())
    return {name for name, node in graph.nodes.items() if node.kind in kinds}


def readout_nodes(graph: Graph, populations: Collection[str]) -> set[str]:
    """Linear nodes whose result leaves the graph: the last ones that do more than reshape or delay."""
    ends = {name for name, after in graph.successors.items() if not after and graph.nodes[name].kind != "Output"}
    stack = [*ends, *(p for output in graph.named("Output") for p in graph.predecessors[output])]
    found: set[str] = set()
    seen: set[str] = set()
    while stack:
        name = stack.pop()
        if name in populations or name in seen:
            continue
        seen.add(name)
        if graph.nodes[name].kind in SHAPE_ONLY:
            stack.extend(graph.predecessors[name])
        else:
            found.add(name)
    return found


def neuron_model(node: Node, shape: Shape, bias: NDArray[np.float64] | None) -> NeuronModel | None:
    """The node's neurons with their parameters broadcast to ``shape``; ``None`` for an Input.

    Linear nodes that stand as populations (pooling, readouts) are ``relay`` neurons.
    """
    if node.kind == "Input":
        return None
    kind = STATEFUL.get(node.kind, "relay")
    parameters = {key: node.spread(key, shape, _DEFAULTS.get(key)) for key in NEURON_PARAMETERS[kind]}
    if bias is not None and bias.any():
        parameters["bias"] = bias
    return NeuronModel(kind, parameters)
