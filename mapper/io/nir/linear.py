"""A linear node as a map.

Maps are CSR matrices with one row per input and one column per output (the transpose of a weight matrix), so that
rows are presynaptic neurons and a path is a product from left to right. Weights of exactly zero are no entries.
Convolutions, pooling and single dense layers stay kernels until a product or a sum needs the matrix.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.io.nir.convolution import Convolution, Map, Sparse, without_zeros
from mapper.io.nir.node import POOLING, Node
from mapper.io.nir.shapes import Layer
from mapper.io.nir.window import Axis, axes_of

__all__ = ["bias_of", "map_of"]


def map_of(node: Node, layer: Layer) -> Map | None:
    """The node's map, shape (inputs, outputs); ``None`` if it changes no value (ports, Flatten, Delay, neurons)."""
    if node.kind in ("Linear", "Affine"):
        return _dense(node, layer)
    if node.kind == "Scale":
        from scipy.sparse import diags_array

        scale = np.broadcast_to(node.spread("scale", layer.given), prod(layer.given))
        return without_zeros(diags_array(scale, format="csr"))
    if node.kind in POOLING:
        axes = axes_of(node, layer.taken[1:])
        k = prod(axis.kernel for axis in axes)
        value = 1.0 if node.kind == "SumPool2d" else 1.0 / k
        weight = np.full((layer.taken[0], 1, *(axis.kernel for axis in axes)), value, np.float32)
        return Convolution.over(weight, _two(axes), groups=layer.taken[0])
    if node.kind in ("Conv1d", "Conv2d"):
        weight = node.weights("weight", 3)
        axes = axes_of(node, layer.taken[1:])
        if node.kind == "Conv1d":
            weight = weight[:, :, None, :]
        return Convolution.over(weight, _two(axes), node.integers("groups", 1, 1)[0])
    return None


def bias_of(node: Node, layer: Layer) -> NDArray[np.float64] | None:
    """What the node adds to each output, shape (outputs,); ``None`` for nothing."""
    if node.kind in ("Conv1d", "Conv2d"):
        bias = node.array("bias", 0.0).ravel()
        if bias.size not in (1, layer.given[0]):
            raise node.error(f"1 or {layer.given[0]} values, one per channel", f"{bias.size}", key="bias")
        bias = np.repeat(bias, prod(layer.given) // bias.size)
    elif node.kind == "Affine":
        given = node.array("bias")
        try:
            bias = np.broadcast_to(given, layer.given).ravel()
        except ValueError:
            if given.size != prod(layer.given):
                raise node.error(f"shape {layer.given}", f"shape {given.shape}", key="bias") from None
            bias = given.ravel()
    else:
        return None
    if not np.isfinite(bias).all():
        raise node.error("finite numbers", "infinity", "export the network again", key="bias")
    return bias.astype(np.float64) if bias.any() else None


def _two(axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
    """With an axis of one position before a single one."""
    return axes if len(axes) == 2 else (Axis(size=1, kernel=1), *axes)


def _dense(node: Node, layer: Layer) -> Map:
    from scipy.sparse import block_diag

    weight = node.weights("weight", 2)
    if prod(weight.shape[:-2]) == 1 and prod(layer.taken) == weight.shape[-1]:
        return Convolution.dense(weight.reshape(weight.shape[-2:]))
    blocks = [_from_dense(w.T) for w in weight.reshape(-1, *weight.shape[-2:])]
    if len(blocks) == 1:
        blocks *= prod(layer.taken) // weight.shape[-1]  # over leading dimensions of the input
    return blocks[0] if len(blocks) == 1 else block_diag(blocks, format="csr")


def _from_dense(matrix: NDArray[Any]) -> Sparse:
    """The nonzero entries, without the 64-bit index arrays scipy would make on the way."""
    from scipy.sparse import csr_array

    present = matrix != 0
    columns = np.broadcast_to(np.arange(matrix.shape[1], dtype=np.int32), matrix.shape)[present]
    indptr = np.zeros(matrix.shape[0] + 1, np.int32)
    np.cumsum(np.count_nonzero(present, axis=1), out=indptr[1:])
    return csr_array((matrix[present], columns, indptr), shape=matrix.shape)
