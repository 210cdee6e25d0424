"""The shapes each node takes and gives, inferred along the flow; what the file states is used only where needed."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

import numpy as np

from mapper.errors import InputError
from mapper.io.nir.flatten import Graph
from mapper.io.nir.node import INT32_MAX, LINEAR, POOLING, PORT, STATEFUL, Node, Shape, text
from mapper.io.nir.window import window_output
from mapper.model.neurons import NEURON_PARAMETERS

__all__ = ["Layer", "infer_shapes"]

_OPTION = "pass --input-shape C,H,W (read_nir(..., input_shape=(C, H, W)))"


class Layer(NamedTuple):
    """What a node takes and what it gives."""

    taken: Shape
    given: Shape


def infer_shapes(graph: Graph, order: list[str], input_shape: Shape | None) -> dict[str, Layer]:
    """Shapes of every node but the Outputs.

    Nodes are visited in flow order; one whose shape needs a predecessor that is not known yet (a feedback edge)
    waits for the next round.

    Raises
    ------
    InputError
        A shape that cannot be inferred, or nodes that do not fit together.
    """
    inputs = graph.named("Input")
    if input_shape is not None and len(inputs) != 1:
        fix = "leave --input-shape out and state the shapes in the file"
        raise InputError(f"{graph.file}: --input-shape", "a network with one Input node", f"{len(inputs)}", fix)
    layers: dict[str, Layer] = {}
    pending = [name for name in order if graph.nodes[name].kind != "Output"]
    while pending:
        waiting = []
        for name in pending:
            node = graph.nodes[name]
            known = [layers[p].given for p in graph.predecessors[name] if p in layers]
            if not known and node.kind in LINEAR and not graph.predecessors[name]:
                raise node.error("an edge into it", "none", "add an Input node before it")
            layer = _infer(node, max(known, key=len, default=None), input_shape)
            if layer is None:
                waiting.append(name)
            elif max(prod(layer.taken), prod(layer.given)) > INT32_MAX:
                raise node.error(f"at most {INT32_MAX} elements", text(layer.given), _OPTION)
            else:
                layers[name] = layer
        if len(waiting) == len(pending):
            node = graph.nodes[waiting[0]]
            raise node.error("a shape, stated or inferred", "neither", f"state it in the file, or {_OPTION}")
        pending = waiting
    for source, target in graph.edges:
        if target in layers and prod(layers[source].given) != prod(layers[target].taken):
            got = f"shape {text(layers[source].given)} from node {source!r}"
            fix = f"check both nodes, or {_OPTION}"
            raise graph.nodes[target].error(f"an input of shape {text(layers[target].taken)}", got, fix)
    return layers


def _infer(node: Node, incoming: Shape | None, input_shape: Shape | None) -> Layer | None:
    """The layer of one node, ``None`` if that needs an incoming shape that is not known yet."""
    if node.kind == "Input":
        shape = input_shape or node.shape("shape")
        if shape is None:
            got = str(np.asarray(node.fields.get("shape", "none")).tolist())
            raise node.error("a shape of positive integers", got, _OPTION, "shape")
        return Layer(shape, shape)
    if node.kind in STATEFUL:
        return _same(_population(node, incoming))
    if node.kind == PORT:
        return _same(incoming or node.shape("shape"))
    if node.kind in ("Scale", "Delay"):
        stated = node.array(node.kind.lower()).shape
        return _same(incoming or stated or None)
    if node.kind in ("Linear", "Affine"):
        return _dense(node, incoming)
    if node.kind == "Flatten":
        return None if incoming is None else Layer(incoming, _flattened(node, incoming))
    return _windowed(node, incoming)


def _same(shape: Shape | None) -> Layer | None:
    return None if shape is None else Layer(shape, shape)


def _population(node: Node, incoming: Shape | None) -> Shape | None:
    """The layer's shape: the incoming one, or the parameters' where those tell more dimensions or stand alone."""
    keys = NEURON_PARAMETERS[STATEFUL[node.kind]]
    shapes = [np.shape(node.fields[key]) for key in keys if key in node.fields]
    own: Shape = max(shapes, key=lambda s: (prod(s), len(s)), default=())
    if incoming is None:
        return own or None
    if _bare(own) == _bare(incoming) or prod(own) != prod(incoming):
        return incoming
    while len(own) > 3 and own[0] == 1:  # a batch dimension before (channels, height, width)
        own = own[1:]
    return own if len(own) > len(incoming) else incoming


def _bare(shape: Shape) -> Shape:
    return shape[next((i for i, n in enumerate(shape) if n > 1), len(shape)) :]


def _dense(node: Node, incoming: Shape | None) -> Layer:
    """Weights (*batch, out, in) act on the flattened input if its size fits, else on its last dimension."""
    *lead, out, features = node.weights("weight", 2).shape
    taken = (*lead, features)
    if incoming is None or prod(incoming) == prod(taken):
        return Layer(incoming or taken, (*lead, out))
    if not lead and incoming[-1] == features:
        return Layer(incoming, (*incoming[:-1], out))
    raise node.error(f"{prod(taken)} inputs", f"shape {text(incoming)}", f"check the node before it, or {_OPTION}")


def _flattened(node: Node, incoming: Shape) -> Shape:
    """A batch dimension counts in ``start_dim`` and ``end_dim`` if ``input_type`` has one more than the input."""
    first, last = node.integers("start_dim", 1, -64)[0], node.integers("end_dim", 1, -64, -1)[0]
    stated = np.size(node.fields.get("input_type", ()))
    dims = len(incoming)
    batch = 1 if stated == dims + 1 else 0
    first, last = (d - batch if d >= batch else d + dims if d < 0 else 0 for d in (first, last))
    if not 0 <= first <= last < dims:
        if first >= dims:  # a single dimension behind the batch: nothing to flatten
            return incoming
        raise node.error(f"dimensions to flatten within {dims}", f"{first}..{last}", _OPTION)
    return (*incoming[:first], prod(incoming[first : last + 1]), *incoming[last + 1 :])


def _windowed(node: Node, incoming: Shape | None) -> Layer | None:
    """Convolution and pooling need (channels, *spatial): from the incoming shape, else from ``input_shape``."""
    pooling = node.kind in POOLING
    spatial_dims = 1 if node.kind == "Conv1d" else 2
    if pooling:
        channels = None if incoming is None else incoming[0]
        stated = None
    else:
        weight = node.weights("weight", 2 + spatial_dims)
        if weight.ndim != 2 + spatial_dims:
            raise node.error(f"{2 + spatial_dims} dimensions", f"{weight.ndim}", key="weight")
        groups = node.integers("groups", 1, 1)[0]
        if weight.shape[0] % groups:
            raise node.error(f"a divisor of {weight.shape[0]} output channels", f"{groups}", key="groups")
        channels = weight.shape[1] * groups
        own = node.shape("input_shape")
        stated = None if own is None else (channels, *own[-spatial_dims:])
    if incoming is None:
        taken = stated
    elif len(incoming) == 1 + spatial_dims and incoming[0] == channels:
        taken = incoming
        if stated is not None and stated != incoming:
            raise node.error(f"the stated input_shape {text(stated)}", f"shape {text(incoming)}", _OPTION)
    elif stated is not None and prod(stated) == prod(incoming):
        taken = stated
    else:
        wanted = f"an input of shape {'C,L' if spatial_dims == 1 else 'C,H,W'}"
        wanted += "" if channels is None or pooling else f" with C = {channels}"
        known = "" if pooling else f" and {'no input_shape' if stated is None else f'input_shape {text(stated)}'}"
        hint = ""
        if incoming[0] == 1 and len(incoming) == 2 + spatial_dims and (pooling or incoming[1] == channels):
            hint = f", here --input-shape {text(incoming[1:])}" if stated is None else ""
        raise node.error(wanted, f"shape {text(incoming)}{known}", _OPTION + hint)
    if taken is None:
        return None
    out = taken[0] if pooling else weight.shape[0]
    return Layer(taken, (out, *window_output(node, taken[1:])))
