"""One door for every dataflow format: the suffix decides."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mapper.errors import InputError
from mapper.model.sdf import SDFGraph

__all__ = ["FORMATS", "convert", "read_dataflow", "write_dataflow"]

#: What can be read and written, for messages and help texts.
FORMATS = {
    ".xml, .sdf3": "an SDF3 application graph",
    ".json": "actors and channels in JSON",
    ".dot, .gv": "Graphviz DOT with execution times, rates and tokens as attributes",
}


def _format(path: str | Path) -> str:
    suffix = Path(path).suffix.lower()
    for suffixes in FORMATS:
        if suffix and suffix in suffixes.split(", "):
            return suffixes
    known = "; ".join(f"{suffixes}: {what}" for suffixes, what in FORMATS.items())
    raise InputError(repr(str(path))[1:-1], f"a known dataflow format ({known})", f"suffix {suffix!r}")


@contextmanager
def _without_gc() -> Iterator[None]:
    """Leave the garbage collector out: it would visit the growing tree of a large file again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@_without_gc()
def read_dataflow(path: str | Path, *, processor: str | None = None) -> SDFGraph:
    """Read a dataflow graph from a file in one of :data:`FORMATS`.

    Parameters
    ----------
    processor
        For SDF3: the processor type whose execution times count (see :mod:`mapper.io.dataflow.sdf3`).

    Raises
    ------
    InputError
        An unknown suffix, a processor for a format without processors, and whatever the format's reader finds.
    """
    kind = _format(path)
    if ".xml" in kind:
        from mapper.io.dataflow.sdf3 import read_sdf3

        return read_sdf3(path, processor=processor)
    if processor is not None:
        raise InputError("processor", "an SDF3 file (.xml, .sdf3)", str(path), "leave the processor out")
    if ".json" in kind:
        from mapper.io.dataflow.plain import read_json

        return read_json(path)
    from mapper.io.dataflow.dot_reader import read_dot

    return read_dot(path)


def write_dataflow(graph: SDFGraph, path: str | Path) -> None:
    """Write a dataflow graph in the format of the path's suffix; an existing file is replaced at the end only.

    Raises
    ------
    InputError
        An unknown suffix, a folder that cannot be written, or names that the format cannot hold.
    """
    kind = _format(path)
    if ".xml" in kind:
        from mapper.io.dataflow.sdf3 import write_sdf3

        write_sdf3(graph, path)
    elif ".json" in kind:
        from mapper.io.dataflow.plain import write_json

        write_json(graph, path)
    else:
        from mapper.io.dataflow.dot import write_dot

        write_dot(graph, path)


def convert(source: str | Path, target: str | Path, *, processor: str | None = None) -> SDFGraph:
    """Read ``source``, write it to ``target``, and return the graph; parameters and errors as in the two."""
    _format(target)
    graph = read_dataflow(source, processor=processor)
    write_dataflow(graph, target)
    return graph
