"""One door for every network format: the suffix, or the name of a shipped network, decides who reads it."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from mapper.errors import InputError
from mapper.io.edges import Inputs, read_edges
from mapper.io.spikes import with_spike_counts
from mapper.model.network import SpikingNetwork
from mapper.shipped import names, shipped

__all__ = ["FORMATS", "read_network"]

#: What can be read, for messages and help texts.
FORMATS = {
    ".nir": "a trained network in NIR",
    ".csv, .tsv, .npz": "an edge list pre,post[,weight[,delay]]",
    ".txt": "SpiNeMap's connectivity lines 'src dst dst ...'",
    "a folder, .json": "a SONATA circuit or its configuration",
}


def read_network(
    source: str | Path,
    *,
    spikes: str | Path | None = None,
    input_shape: tuple[int, ...] | None = None,
    pooling: Literal["compose", "neurons"] = "compose",
    inputs: Inputs = "none",
) -> SpikingNetwork:
    """Read a spiking network from a file, a folder, or the shipped networks.

    Parameters
    ----------
    source
        A path in one of :data:`FORMATS`, or a name without separators that is no file: then a shipped network.
        A shipped network comes with its recorded spike counts.
    spikes
        Spike counts (see :mod:`mapper.io.spikes`), for a ``.txt`` network also a ``.txt`` of spike times.
    input_shape, pooling
        For NIR: see :func:`mapper.io.nir.read_nir`.
    inputs
        For edge lists: see :func:`mapper.io.edges.read_edges`.

    Raises
    ------
    InputError
        Unknown names (with near matches), unknown formats, options that the format has no use for, and whatever the
        reader of the format finds.
    """
    path = _find(source)
    kind = "folder" if path.is_dir() else path.suffix.lower()
    if kind != ".nir" and input_shape is not None:
        raise InputError("input shape", "a NIR network (.nir)", str(path), "leave the input shape out")
    if kind not in {".csv", ".tsv", ".npz"} and inputs != "none":
        raise InputError("inputs", "an edge list (.csv, .tsv, .npz)", str(path), "leave the inputs out")
    if kind == ".nir":
        from mapper.io.nir import read_nir

        network = read_nir(path, input_shape=input_shape, pooling=pooling)
        spikes = spikes or _recorded(path)
    elif kind in {".csv", ".tsv", ".npz"}:
        return read_edges(path, spikes=spikes or _recorded(path), inputs=inputs)
    elif kind == ".txt":
        from mapper.io.spinemap import read_spinemap

        if spikes is not None and Path(spikes).suffix.lower() == ".txt":
            return read_spinemap(path, spikes)
        network = read_spinemap(path)
    elif kind in {"folder", ".json"}:
        from mapper.io.sonata import read_sonata

        network = read_sonata(path)
    else:
        known = "; ".join(f"{suffix}: {what}" for suffix, what in FORMATS.items())
        raise InputError(str(path), f"a known network format ({known})", f"suffix {path.suffix!r}")
    return network if spikes is None else with_spike_counts(network, spikes)


def _find(source: str | Path) -> Path:
    """The path meant by ``source``."""
    path, text = Path(source), str(source)
    if not text:
        raise InputError("network", "a file, a folder or a shipped network", "an empty name")
    try:
        if path.exists():
            return path
    except (OSError, ValueError) as error:  # a NUL byte, or a name too long
        raise InputError(repr(text)[:120], "a path", str(error)) from error
    if "/" in text or "\\" in text:
        raise InputError(text, "a network file or folder", "nothing there", "check the path")
    found = shipped("instances", text)
    if found is None:
        every = names("instances")
        near = get_close_matches(text, every)
        meant = f"did you mean {' or '.join(near)}? " if near else ""
        fix = f"{meant}shipped are: {', '.join(every) or 'none'}"
        raise InputError(f"network {text!r}", "a file, a folder or a shipped network", "none of them", fix)
    return found


def _recorded(path: Path) -> Path | None:
    """The spike counts that come with a shipped network."""
    home = shipped("instances", path.stem)
    counts = path.with_name(f"{path.stem}.counts.npz")
    return counts if home is not None and home.resolve() == path.resolve() and counts.is_file() else None
