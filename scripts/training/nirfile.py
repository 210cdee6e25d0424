"""Writing the trained networks as NIR files and their recorded spike counts."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.io.atomic import atomic_write
from mapper.io.nir import read_nir
from mapper.io.npzfile import save_npz
from mapper.io.spikes import write_spike_counts
from mapper.simulate.coding import CODINGS
from mapper.simulate.params import SimulationParams
from mapper.simulate.run import simulate_with

__all__ = ["lif", "record", "write_graph"]


def lif(shape: tuple[int, ...], beta: float, step_s: float) -> Any:
    """A NIR LIF node whose update at ``step_s`` is v <- beta v + input, threshold 1, reset to 0."""
    import nir

    tau = step_s / (1 - beta)
    full = {"tau": tau, "r": tau / step_s, "v_leak": 0.0, "v_threshold": 1.0, "v_reset": 0.0}
    return nir.LIF(**{key: np.full(shape, value, np.float32) for key, value in full.items()})


def write_graph(
    path: Path, nodes: Mapping[str, Any], edges: Sequence[tuple[str, str]], metadata: Mapping[str, Any]
) -> None:
    """Write a NIR graph atomically; ``metadata`` values are strings, numbers or arrays."""
    import nir

    graph = nir.NIRGraph(nodes=dict(nodes), edges=list(edges), metadata=dict(metadata))
    buffer = io.BytesIO()
    nir.write(buffer, graph)
    with atomic_write(path, "wb") as stream:
        stream.write(buffer.getvalue())


def record(path: Path, frames: NDArray[Any], coding: str, params: SimulationParams, **labels: NDArray[Any]) -> None:
    """Simulate the network in ``path`` and write ``<name>.frames.npz`` and ``<name>.counts.npz`` beside it.

    The frames are kept (key ``raster`` or ``frames``, and ``labels``), and the counts carry the recipe, so that
    anyone can repeat it.
    """
    network = read_nir(path)
    given = frames / 255.0 if coding != "raster" and frames.dtype == np.uint8 else frames
    profile = simulate_with(network, given, params, CODINGS[coding])
    save_npz(path.with_suffix(".frames.npz"), {"raster" if coding == "raster" else "frames": frames, **labels})
    write_spike_counts(profile.on(network), path.with_suffix(".counts.npz"), profile.conventions)
