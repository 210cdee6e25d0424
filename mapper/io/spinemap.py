"""The text pair of SpiNeMap (Balaji et al., IEEE TVLSI 28, 2020): connectivity and spikes.

Lines are ``src dst dst ...`` and ``src t t ...``: one neuron per line, integers parted by blanks. Ids start at 0 and
keep their value. A time is a whole number of time steps (a decimal fraction falls into the step it lies in).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.errors import InputError
from mapper.io.guard import existing_file, library_errors, model_errors, require_dense_ids
from mapper.model.network import SpikingNetwork

__all__ = ["read_spinemap"]

_BLANKS = b" \t\r\n"
#: Numbers stay below what a float64 holds exactly; no such number needs more characters than this.
_END, _LONGEST = 2**53, 18


@dataclass(frozen=True)
class _Lines:
    """Numbers of a text file whose lines differ in length: ``heads`` are the first of their lines."""

    path: Path
    heads: NDArray[np.int64]
    counts: NDArray[np.int64]
    tail: NDArray[Any]
    numbers: NDArray[np.int64]


def read_spinemap(
    connectivity_path: str | Path, spikes_path: str | Path | None = None, *, name: str | None = None
) -> SpikingNetwork:
    r"""Read a network from SpiNeMap's connectivity file and, optionally, its spike file.

    Parameters
    ----------
    connectivity_path
        Lines ``src dst dst ...``; a source may have several lines, and a destination may occur several times.
    spikes_path
        Lines ``src t t ...``. The window is the whole recording: ``steps`` is the last spike's step plus one.
    name
        Default: the connectivity file's name without suffix.

    Raises
    ------
    InputError
        The message names the line.

    Examples
    --------
    >>> from mapper.io.atomic import atomic_write
    >>> with atomic_write("/tmp/mapper_example.txt") as stream:
    ...     _ = stream.write("0 1 2\n1 2\n")
    >>> read_spinemap("/tmp/mapper_example.txt").sources().tolist()
    [0, 0, 1]
    """
    lines = _read(existing_file(connectivity_path, "a text file with lines 'src dst dst ...'"), np.dtype(np.int64))
    if not lines.heads.size:
        raise InputError(str(lines.path), "at least one line 'src dst dst ...'", "an empty file")
    highest = max(int(lines.heads.max()), int(lines.tail.max(initial=0)))
    require_dense_ids(lines.path, highest, lines.tail.size)
    with model_errors(lines.path):
        network = SpikingNetwork.from_edges(
            name or lines.path.stem, highest + 1, np.repeat(lines.heads, lines.counts), lines.tail
        )
    return network if spikes_path is None else _with_spikes(network, spikes_path)


def _with_spikes(network: SpikingNetwork, path: str | Path) -> SpikingNetwork:
    lines = _read(existing_file(path, "a text file with lines 'src t t ...'"), np.dtype(np.float64))
    outside = lines.heads >= network.size
    if outside.any():
        row = int(np.argmax(outside))
        where = f"{path}: line {lines.numbers[row]}"
        raise InputError(where, f"a neuron 0..{network.size - 1} of the connectivity file", f"{lines.heads[row]}")
    counts = np.zeros(network.size, np.int64)
    np.add.at(counts, lines.heads, lines.counts)
    return replace(network, spike_counts=counts, steps=int(lines.tail.max(initial=0)) + 1)


def _read(path: Path, dtype: np.dtype[Any]) -> _Lines:
    """All numbers of the file at once; the lines they stand in follow from where the tokens start."""
    with library_errors(path, "a text file"):
        text = path.read_bytes() + b"\n"
    allowed = b"0123456789" + (b"" if dtype.kind == "i" else b".eE+-")
    data = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero(data == ord("\n"))

    def fault(position: int) -> InputError:
        line = int(np.searchsorted(ends, position))
        start = int(ends[line - 1]) + 1 if line else 0
        content = text[start : int(ends[line])].decode(errors="replace").strip()
        expected = "neuron ids: whole numbers parted by blanks" if dtype.kind == "i" else "a neuron id, then times"
        return InputError(f"{path}: line {line + 1}", expected, repr(content[:60]))

    known = np.zeros(256, np.bool_)
    known[list(allowed + _BLANKS)] = True
    if not known[data].all():
        raise fault(int(np.argmin(known[data])))
    blank = np.zeros(256, np.bool_)
    blank[list(_BLANKS)] = True
    edge = np.flatnonzero(np.diff(blank[data], prepend=True))
    starts, stops = edge[::2], edge[1::2]
    long = stops - starts > _LONGEST
    if long.any():
        raise fault(int(starts[np.argmax(long)]))
    values = _numbers(text, dtype)
    if values is None or values.size != starts.size or not ((values >= 0) & (values < _END)).all():
        raise fault(next((p for p, q in zip(starts, stops, strict=True) if not _is_number(text[p:q])), 0))
    of_line = np.searchsorted(ends, starts)
    first = np.diff(of_line, prepend=-1) > 0
    heads = values[first]
    if dtype.kind == "f" and (heads != np.floor(heads)).any():
        raise fault(int(starts[first][np.argmax(heads != np.floor(heads))]))
    places = np.flatnonzero(first)
    counts = np.diff(places, append=values.size) - 1
    return _Lines(path, heads.astype(np.int64), counts, values[~first], of_line[first] + 1)


def _numbers(text: bytes, dtype: np.dtype[Any]) -> NDArray[Any] | None:
    """Every number of the text, or ``None`` where it cannot be read to its end."""
    if not text.strip():
        return np.empty(0, dtype)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # NumPy only warns where it stops at text it cannot read
            return np.fromstring(text, dtype, sep=" ")
    except (DeprecationWarning, ValueError):
        return None


def _is_number(token: bytes) -> bool:
    try:
        return 0 <= float(token) < _END
    except ValueError:
        return False
