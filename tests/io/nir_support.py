"""Shared by the tests of the NIR reader: writing small graphs, and the dense matrices of what was read."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import nir
import numpy as np

from mapper.io.nir import read_nir
from mapper.model.network import SpikingNetwork


def write(path: Path, nodes: dict[str, Any], edges: list[tuple[str, str]]) -> Path:
    nir.write(path, nir.NIRGraph(nodes, edges, type_check=False))
    return path


def read(nodes: dict[str, Any], edges: list[tuple[str, str]] | None = None, **options: Any) -> SpikingNetwork:
    """Write the graph (a chain if no edges are given) and read it back."""
    names = list(nodes)
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "net.nir", nodes, edges or list(pairwise(names)))
        return read_nir(path, **options)


def source(*shape: int) -> nir.Input:
    return nir.Input({"input": np.array(shape)})


def sink(*shape: int) -> nir.Output:
    return nir.Output({"output": np.array(shape)})


def neurons(*shape: int) -> nir.IF:
    return nir.IF(r=np.ones(shape), v_threshold=np.ones(shape), v_reset=np.zeros(shape))


def part(network: SpikingNetwork, name: str) -> Any:
    return next(p for p in network.populations if p.name == name)


def dense(network: SpikingNetwork, pre: str, post: str) -> np.ndarray:
    """Weights from one population to another, shape (post, pre); parallel synapses are refused."""
    a, b = part(network, pre), part(network, post)
    matrix = np.zeros((b.size, a.size))
    for row in range(a.start, a.stop):
        for k in range(network.indptr[row], network.indptr[row + 1]):
            target = network.targets[k]
            if b.start <= target < b.stop:
                assert matrix[target - b.start, row - a.start] == 0, "parallel synapses"
                matrix[target - b.start, row - a.start] = network.weights[k]
    return matrix


def slow_conv(x: np.ndarray, w: np.ndarray, stride: Any, pads: Any, dilation: Any, groups: int) -> np.ndarray:
    """Cross-correlation of (C, H, W) straight from the definition; ``pads`` holds (before, after) per axis."""
    x = np.pad(x, [(0, 0), *pads])
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, w.shape[2:], strict=True)]
    size = [(n - r) // s + 1 for n, r, s in zip(x.shape[1:], reach, stride, strict=True)]
    y = np.zeros((w.shape[0], *size))
    per_in, per_out = w.shape[1], w.shape[0] // groups
    for o, i, j in np.ndindex(*y.shape):
        first = o // per_out * per_in
        top, left = i * stride[0], j * stride[1]
        window = x[first : first + per_in, top : top + reach[0] : dilation[0], left : left + reach[1] : dilation[1]]
        y[o, i, j] = (window * w[o]).sum()
    return y
