"""Edge lists: delimited text or NumPy archives with one synapse per row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.errors import InputError
from mapper.io.guard import existing_file, model_errors, require_dense_ids
from mapper.io.npzfile import load_npz, optional_scalar
from mapper.io.spikes import flat_key, with_arrays, with_spike_counts
from mapper.io.table import Column, read_columns, sniff
from mapper.model.network import Population, SpikingNetwork

__all__ = ["Inputs", "read_edges"]

#: Which neurons are inputs: ``"none"``, ``"sources"``, or their ids or labels.
Inputs = str | Sequence[int] | Sequence[str]

PRE = Column("pre", ("pre", "src", "source"), "id", required=True)
POST = Column("post", ("post", "dst", "target"), "id", required=True)
WEIGHT = Column("weight", ("weight", "weights"), "float")
DELAY = Column("delay", ("delay", "delays"), "int")
COLUMNS = (PRE, POST, WEIGHT, DELAY)


def read_edges(
    path: str | Path, *, spikes: str | Path | None = None, inputs: Inputs = "none", name: str | None = None
) -> SpikingNetwork:
    r"""Read a network from an edge list.

    Text (``.csv``, ``.tsv``): a header line with ``pre,post`` (or ``src,dst`` or ``source,target``) and optionally
    ``weight`` and ``delay``, other columns are ignored; without a header, columns in that order. Fields are parted
    by tabs, commas, semicolons or blanks. If both ends of the first synapse are integers, all must be, and neurons
    keep their ids 0 .. largest; else they are labels, numbered in order of first appearance (pre before post).

    Archives (``.npz``): integer arrays under the same names; optionally ``neurons`` (their number), ``is_input``,
    ``group_offsets`` (first neuron of each population, with or without the number of neurons at the end) and spike
    counts under ``spikes``, ``counts`` or ``spikes_<steps>``; ``steps`` and ``windows`` as in a file of counts.

    Parameters
    ----------
    spikes
        A file for :func:`mapper.io.spikes.with_spike_counts`; it replaces counts in the edge list's own file.
    inputs
        Besides those of ``is_input``: ``"none"``; ``"sources"``: every neuron that sends and receives nothing;
        or ids or labels. The default is ``"none"`` because a neuron without listed fan-in may still be a neuron of
        the chip (an edge list often leaves out what lies outside the circuit it describes).
    name
        Default: the file's name without suffix.

    Raises
    ------
    InputError
        The message names the line or key. Delays are whole numbers of time steps; fractions are refused.

    Examples
    --------
    >>> from mapper.io.atomic import atomic_write
    >>> with atomic_write("/tmp/mapper_example.csv") as stream:
    ...     _ = stream.write("pre,post,weight\n0,1,0.5\n0,1,0.25\n")
    >>> net = read_edges("/tmp/mapper_example.csv", inputs="sources")
    >>> net.synapse_count, net.input_count, net.weights.tolist()
    (2, 1, [0.5, 0.25])
    """
    path = existing_file(path, "an edge list as .csv, .tsv or .npz")
    labels: list[str] | None = None
    arrays: Mapping[str, NDArray[Any]] = {}
    if path.suffix.lower() == ".npz":
        arrays = load_npz(path)
        columns = _from_archive(path, arrays)
    else:
        columns, labels = _from_text(path)
    pre, post = columns["pre"], columns["post"]
    size = _size(path, arrays, pre, post)
    with model_errors(path):
        network = SpikingNetwork.from_edges(
            name or path.stem,
            size,
            pre,
            post,
            is_input=_is_input(path, arrays, inputs, labels, pre, post, size),
            weights=columns.get("weight"),
            delays=columns.get("delay"),
            populations=_groups(path, arrays, size),
        )
    if spikes is None and flat_key(path, arrays):
        network = with_arrays(network, path, arrays)
    return network if spikes is None else with_spike_counts(network, spikes, labels=labels)


def _from_text(path: Path) -> tuple[dict[str, Any], list[str] | None]:
    layout = sniff(path, COLUMNS)
    if not layout.width:
        raise InputError(str(path), "at least one synapse", "an empty list")
    columns = read_columns(layout)
    if not layout.named:
        return columns, None
    appearance = dict.fromkeys(label for pair in zip(columns["pre"], columns["post"], strict=True) for label in pair)
    ids = {label: i for i, label in enumerate(appearance)}
    for end in ("pre", "post"):
        columns[end] = np.fromiter(map(ids.__getitem__, columns[end]), np.int64, len(columns[end]))
    return columns, list(ids)


def _from_archive(path: Path, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    columns = {}
    for column in COLUMNS:
        keys = [alias for alias in column.aliases if alias in arrays]
        if len(keys) > 1:
            raise InputError(str(path), f"one key for {column.name!r}", f"{keys}", "remove all but one")
        if not keys and column.required:
            raise InputError(str(path), f"a key {' or '.join(column.aliases)}", f"keys {sorted(arrays)[:12]}")
        for key in keys:
            values = arrays[key]
            kinds, expected = ("iuf", "numbers") if column.kind == "float" else ("iu", "integers")
            if values.ndim != 1 or (values.dtype.kind not in kinds and values.size):
                got = f"shape {values.shape}, dtype {values.dtype}"
                raise InputError(f"{path}: key {key!r}", f"{expected} in one dimension", got)
            columns[column.name] = values
    for key, values in columns.items():
        if values.size != columns["pre"].size:
            raise InputError(f"{path}: {key}", f"{columns['pre'].size} values, as for pre", f"{values.size}")
    return columns


def _size(path: Path, arrays: Mapping[str, NDArray[Any]], pre: NDArray[Any], post: NDArray[Any]) -> int:
    """The number of neurons: what the archive says of it, else the largest id plus one."""
    for label, ends in (("pre", pre), ("post", post)):
        if ends.size and int(ends.min()) < 0:
            row = int(np.argmax(ends < 0))
            raise InputError(f"{path}: {label}", "neuron ids from 0", f"{ends[row]} in synapse {row + 1}")
    used = max((int(ends.max()) + 1 for ends in (pre, post) if ends.size), default=0)
    require_dense_ids(path, used - 1, pre.size)
    said = {key: arrays[key].size for key in (flat_key(path, arrays), "is_input") if key and key in arrays}
    stated = optional_scalar(path, arrays, "neurons")
    if stated is not None:
        said["neurons"] = stated
    if len(set(said.values())) > 1:
        raise InputError(str(path), "one number of neurons", ", ".join(f"{n} by {key!r}" for key, n in said.items()))
    for key, count in said.items():
        if used > count:
            raise InputError(f"{path}: key {key!r}", f"at least {used} neurons, as the synapses have", f"{count}")
        require_dense_ids(path, count - 1, pre.size)
        return count
    return used


def _is_input(
    path: Path,
    arrays: Mapping[str, NDArray[Any]],
    inputs: Inputs,
    labels: list[str] | None,
    pre: NDArray[Any],
    post: NDArray[Any],
    size: int,
) -> NDArray[np.bool_]:
    mask = np.zeros(size, np.bool_)
    if "is_input" in arrays:
        given = arrays["is_input"]
        if given.dtype.kind not in "biu" or given.shape != (size,):
            got = f"shape {given.shape}, dtype {given.dtype}"
            raise InputError(f"{path}: key 'is_input'", f"{size} booleans", got)
        mask |= given.astype(np.bool_)
    if isinstance(inputs, str):
        if inputs not in ("none", "sources"):
            raise InputError("inputs", "'none', 'sources' or a list of neurons", repr(inputs))
        if inputs == "sources":
            sends, receives = np.zeros((2, size), np.bool_)
            sends[pre], receives[post] = True, True
            mask |= sends & ~receives
        return mask
    known: dict[Any, int] = {label: i for i, label in enumerate(range(size) if labels is None else labels)}
    for neuron in inputs:
        if neuron not in known:
            what = f"neurons 0..{size - 1}" if labels is None else "labels of neurons"
            raise InputError(f"inputs for {path}", what, repr(neuron))
        mask[known[neuron]] = True
    return mask


def _groups(path: Path, arrays: Mapping[str, NDArray[Any]], size: int) -> tuple[Population, ...] | None:
    if "group_offsets" not in arrays:
        return None
    where = f"{path}: key 'group_offsets'"
    given = arrays["group_offsets"]
    if given.ndim != 1 or given.dtype.kind not in "iu" or not given.size:
        raise InputError(where, "integers in one dimension", f"shape {given.shape}, dtype {given.dtype}")
    bounds = [int(value) for value in given]
    if bounds[-1] < size:
        bounds.append(size)
    if bounds[0] != 0 or bounds[-1] != size or sorted(bounds) != bounds:
        raise InputError(where, f"ascending offsets from 0 to at most {size}", f"{bounds[:8]}")
    return tuple(Population(f"group{i}", start, stop) for i, (start, stop) in enumerate(pairwise(bounds)))
