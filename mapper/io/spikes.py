"""Spike counts per neuron: attached to a network from a file, and written to one.

An ``.npz`` file holds one array for each population under its name (or another, where the sizes alone tell which one
is meant), or one flat array over all neurons under ``spikes``, ``counts`` or ``spikes_<steps>`` (or as the only array).
Its scalars ``T`` or ``steps`` give the time steps in a window, ``samples`` or ``windows`` the number of windows.
Counts are totals over the whole recording.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.errors import InputError
from mapper.io.guard import model_errors
from mapper.io.npzfile import load_npy, load_npz, optional_scalar, save_npz
from mapper.io.table import Column, first_fields, read_columns, sniff
from mapper.model.network import SpikingNetwork

__all__ = ["flat_key", "with_arrays", "with_spike_counts", "write_spike_counts"]

STEP_KEYS, WINDOW_KEYS = ("steps", "T"), ("windows", "samples")
_METADATA = {*STEP_KEYS, *WINDOW_KEYS, "profile"}
_FLAT = re.compile(r"(spikes|counts|spikes_([0-9]{1,9}))")
_COUNT = Column("count", ("count", "counts", "spikes"), "int", required=True)
_NEURON = Column("neuron", ("neuron", "id", "node"), "id", required=True)


def with_spike_counts(
    network: SpikingNetwork, path: str | Path, *, labels: Sequence[str] | None = None
) -> SpikingNetwork:
    """The same network with the spike counts of a file.

    Parameters
    ----------
    path
        ``.npz`` (see the module's text), ``.npy`` (one flat array), or ``.csv``, ``.tsv``, ``.txt`` with either the
        columns ``neuron,count`` (neurons not named there sent nothing) or one count per line for every neuron.
    labels
        Names of the neurons in order, for a table that names them.

    Raises
    ------
    InputError
        Missing or extra populations, wrong lengths, negative or fractional counts; the message names the key or line.
    """
    suffix = Path(path).suffix.lower()
    if suffix == ".npz":
        return with_arrays(network, path, load_npz(path))
    if suffix == ".npy":
        counts = _counts(str(path), load_npy(path), network.size)
    elif suffix in {".csv", ".tsv", ".txt"}:
        counts = _from_table(network, Path(path), labels)
    else:
        raise InputError(str(path), "spike counts as .npz, .npy, .csv or .tsv", f"suffix {suffix!r}")
    return network.with_spikes(counts)


def with_arrays(network: SpikingNetwork, where: str | Path, arrays: Mapping[str, NDArray[Any]]) -> SpikingNetwork:
    """The same network with counts from the arrays of an ``.npz`` file; ``where`` names the file in errors."""
    names = [population.name for population in network.populations]
    key = None
    if any(map(_taken, names)) or not set(names) & set(arrays):
        key = flat_key(where, arrays) or _only_array(arrays)
    steps = optional_scalar(where, arrays, *STEP_KEYS)
    windows = optional_scalar(where, arrays, *WINDOW_KEYS)
    if key is not None:
        counts = _counts(f"{where}: key {key!r}", arrays[key], network.size)
        match = _FLAT.fullmatch(key)
        if match and match[2]:
            if steps not in (None, int(match[2])):
                raise InputError(f"{where}: key {key!r}", f"{steps} steps, as the file says elsewhere", match[2])
            steps = int(match[2])
    else:
        counts = _by_population(network, where, arrays)
    with model_errors(where):
        return network.with_spikes(counts, steps or None, windows or None)


def flat_key(where: str | Path, arrays: Mapping[str, NDArray[Any]]) -> str | None:
    """The key of the flat count array, ``None`` without one; two of them are an error."""
    keys = [key for key in arrays if _FLAT.fullmatch(key)]
    if len(keys) > 1:
        raise InputError(str(where), "one array of spike counts", f"keys {keys}", "remove all but one")
    return keys[0] if keys else None


def _taken(name: str) -> bool:
    """Whether the format uses ``name`` itself, so that it cannot be a population's key."""
    return name in _METADATA or _FLAT.fullmatch(name) is not None


def _only_array(arrays: Mapping[str, NDArray[Any]]) -> str | None:
    keys = [key for key in arrays if key not in _METADATA and _numeric(arrays[key])]
    return keys[0] if len(keys) == 1 else None


def _numeric(values: NDArray[Any]) -> bool:
    return values.ndim > 0 and values.dtype.kind in "iufb"


def _by_population(network: SpikingNetwork, where: str | Path, arrays: Mapping[str, NDArray[Any]]) -> NDArray[np.int64]:
    sizes = {population.name: population.size for population in network.populations}
    given = {key: values.size for key, values in arrays.items() if key not in _METADATA and _numeric(values)}
    keys = {name: name for name in sizes if name in arrays}
    missing = {name: size for name, size in sizes.items() if name not in keys}
    extra = {key: size for key, size in given.items() if key not in keys}
    by_size = {size: key for key, size in extra.items()}
    if len(set(missing.values())) == len(by_size) == len(missing) == len(extra) and set(missing.values()) == set(
        by_size
    ):
        keys |= {name: by_size[size] for name, size in missing.items()}
    elif missing or extra:
        raise InputError(
            str(where),
            f"one array for each population: {', '.join(sizes)}",
            "; ".join(f"{what} {', '.join(names)}" for what, names in (("no", missing), ("also", extra)) if names),
            "or give one array 'spikes' over all neurons",
        )
    parts = [_counts(f"{where}: key {keys[name]!r}", arrays[keys[name]], size) for name, size in sizes.items()]
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def _counts(where: str, values: NDArray[Any], size: int) -> NDArray[np.int64]:
    """``values`` (any shape, in C order) as ``size`` counts."""
    flat = values.ravel()
    if flat.dtype.kind not in "iufb":
        raise InputError(where, "whole numbers", f"dtype {values.dtype}")
    if flat.size != size:
        raise InputError(where, f"{size} values", f"{flat.size}", "count the spikes of every neuron, inputs included")
    # Any float from 2**63 on would wrap around in the cast; NaN fails the comparison too.
    wrong = ~((flat >= 0) & (flat < 2.0**63))
    if flat.dtype.kind == "f":
        wrong |= flat != np.floor(flat)
    if wrong.any():
        first = int(np.argmax(wrong))
        raise InputError(where, "whole numbers, at least 0", f"{flat[first]} at position {first}")
    return flat.astype(np.int64)


def _from_table(network: SpikingNetwork, path: Path, labels: Sequence[str] | None) -> NDArray[np.int64]:
    layout = sniff(path, (_COUNT,) if len(first_fields(path)) == 1 else (_NEURON, _COUNT))
    if not layout.places:
        raise InputError(str(path), "spike counts", "an empty file")
    columns = read_columns(layout)
    if _NEURON not in layout.places:
        return _counts(str(path), columns["count"], network.size)
    neurons = columns["neuron"]
    if layout.named:
        neurons = _by_label(path, neurons, labels)
    counts = np.zeros(network.size, np.int64)
    outside = (neurons < 0) | (neurons >= network.size)
    if outside.any():
        raise InputError(str(path), f"neurons 0..{network.size - 1}", f"{neurons[np.argmax(outside)]}")
    if np.unique(neurons).size != neurons.size:
        twice = int(np.argmax(np.bincount(neurons)))
        raise InputError(str(path), "each neuron once", f"neuron {twice} several times", "add its counts up")
    counts[neurons] = _counts(str(path), columns["count"], neurons.size)
    return counts


def _by_label(path: Path, names: list[str], labels: Sequence[str] | None) -> NDArray[np.int64]:
    if labels is None:
        raise InputError(str(path), "neurons as integers", repr(names[0]), "this network's neurons have no labels")
    ids = {label: i for i, label in enumerate(labels)}
    unknown = next((name for name in names if name not in ids), None)
    if unknown is not None:
        raise InputError(str(path), "labels of the network's neurons", repr(unknown))
    return np.fromiter(map(ids.__getitem__, names), np.int64, len(names))


def write_spike_counts(network: SpikingNetwork, path: str | Path, metadata: Mapping[str, Any] | None = None) -> None:
    """Write the network's counts as an ``.npz`` that :func:`with_spike_counts` reads, atomically.

    The keys are the populations (or one array ``spikes`` where a population's name is one the format uses itself),
    ``steps``, ``windows``, and ``profile``: ``metadata`` as a JSON string. Equal content gives equal bytes.

    Raises
    ------
    InputError
        The network has no spike counts, or the folder cannot be written.
    """
    counts = network.spike_counts
    if counts is None:
        raise InputError("spike counts", "a network with recorded spikes", "none", "profile the network first")
    names = {p.name for p in network.populations}
    plain = all(re.fullmatch(r"[\w.+-]+", name) and not _taken(name) for name in names)
    arrays: dict[str, NDArray[Any]] = (
        {p.name: counts[p.start : p.stop].reshape(p.shape) for p in network.populations}
        if plain and names
        else {"spikes": counts}
    )
    arrays["steps"], arrays["windows"] = np.array(network.steps), np.array(network.windows)
    arrays["profile"] = np.array(json.dumps(dict(metadata or {}), sort_keys=True))
    save_npz(path, arrays)
