"""Profiling on the frames of a file.

The counts go to a file by ``mapper.io.spikes.write_spike_counts(profile.on(network), path, profile.conventions)``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mapper.errors import InputError
from mapper.io.npzfile import load_npy, load_npz
from mapper.model.network import SpikingNetwork
from mapper.simulate.coding import CODINGS, Coding
from mapper.simulate.params import SimulationParams
from mapper.simulate.run import Profile, Progress, simulate_with

__all__ = ["FRAME_KEYS", "profile_network", "read_frames"]

#: Keys looked for in an NPZ file, in this order.
FRAME_KEYS = ("frames", "raster", "x", "images")


def profile_network(
    network: SpikingNetwork,
    frames_path: str | Path,
    params: SimulationParams | None = None,
    *,
    coding: str = "poisson",
    windows: int | None = None,
    progress: Progress | None = None,
) -> Profile:
    """Simulate ``network`` on the frames in a file.

    Parameters
    ----------
    frames_path
        NPY or NPZ; see :func:`read_frames`.
    coding
        ``poisson``, ``direct`` or ``raster``. Unless it is ``raster``, frames of dtype uint8 are taken as 0..255 and
        scaled to 0..1.
    windows
        Use only the first so many frames.

    Raises
    ------
    InputError
        An unknown coding, a file that cannot be read, frames that do not fit the network.

    Examples
    --------
    >>> from mapper.model.network import Population
    >>> from mapper.io.npzfile import save_npz
    >>> save_npz("/tmp/mapper_frames.npz", {"frames": np.array([[255, 0], [255, 255]], np.uint8)})
    >>> inputs = SpikingNetwork.from_edges("inputs", 2, [], [], is_input=[True, True])
    >>> profile_network(inputs, "/tmp/mapper_frames.npz", SimulationParams(steps=10)).spike_counts.tolist()
    [20, 10]
    """
    chosen: Coding | None = CODINGS.get(coding)
    if chosen is None:
        raise InputError("coding", f"one of {sorted(CODINGS)}", repr(coding))
    if windows is not None and windows < 1:
        raise InputError("windows", "at least 1", str(windows))
    frames = read_frames(frames_path)[:windows]
    if frames.dtype == np.uint8 and not chosen.recorded:
        frames = np.divide(frames, 255.0)
    try:
        return simulate_with(network, frames, params or SimulationParams(), chosen, progress)
    except InputError as error:
        if error.where != "frames":
            raise
        raise InputError(str(frames_path), error.expected, error.got, error.fix) from error


def read_frames(path: str | Path) -> NDArray[np.generic]:
    """The array of an NPY file, or of an NPZ file under a key of :data:`FRAME_KEYS` or its only key.

    Raises
    ------
    InputError
        No such file, not NPY or NPZ, or no array that is clearly meant.
    """
    path = Path(path)
    if path.suffix == ".npy":
        return load_npy(path)
    arrays = load_npz(path)
    key = next((key for key in FRAME_KEYS if key in arrays), None)
    if key is None and len(arrays) == 1:
        key = next(iter(arrays))
    if key is None:
        raise InputError(str(path), f"a key of {FRAME_KEYS}", f"keys {sorted(arrays)}", "rename the array")
    return arrays[key]
