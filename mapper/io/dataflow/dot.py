"""Writing dataflow graphs as Graphviz DOT, for pictures and for reading back.

Actors show their time, channels their rates at the two ends and their initial tokens in the middle; the same numbers
stand as attributes ``execution_time``, ``production``, ``consumption`` and ``initial_tokens``.
"""

from __future__ import annotations

from pathlib import Path

from mapper.errors import InputError
from mapper.io.atomic import atomic_write
from mapper.io.dataflow.assemble import channel_rows, shown, text_name
from mapper.model.sdf import SDFGraph

__all__ = ["to_dot", "write_dot"]


def to_dot(graph: SDFGraph) -> str:
    r"""``graph`` as DOT text.

    Examples
    --------
    >>> import numpy as np
    >>> print(to_dot(SDFGraph("loop", ("a",), *(np.array([v]) for v in (5, 0, 0, 1, 1, 2)))))
    digraph "loop" {
      "a" [execution_time=5, label="a\n5"];
      "a" -> "a" [production=1, consumption=1, initial_tokens=2, label="2"];
    }
    <BLANKLINE>
    """
    names = [_quoted(name) for name in graph.actors]
    lines = [f"digraph {_quoted(graph.name)} {{"]
    for name, time in zip(names, graph.execution_times.tolist(), strict=True):
        lines.append(f'  {name} [execution_time={time}, label={name[:-1]}\\n{time}"];')
    for a, b, p, c, d in channel_rows(graph):
        rates = f', taillabel="{p}", headlabel="{c}"' if (p, c) != (1, 1) else ""
        label = f', label="{d}"' if d else ""
        numbers = f"production={p}, consumption={c}, initial_tokens={d}"
        lines.append(f"  {names[a]} -> {names[b]} [{numbers}{rates}{label}];")
    return "\n".join([*lines, "}", ""])


def write_dot(graph: SDFGraph, path: str | Path) -> None:
    """Write ``graph`` to a file.

    Raises
    ------
    InputError
        A folder that cannot be written, or a name with a NUL, which DOT cannot hold.
    """
    for name in (graph.name, *graph.actors):
        if "\0" in text_name(name, f"{path}: name"):
            raise InputError(f"{path}: name", "no NUL character", shown(name), "rename it")
    with atomic_write(path, "wb") as stream:
        stream.write(to_dot(graph).encode())


def _quoted(name: str) -> str:
    r"""A DOT string; backslashes are doubled, since Graphviz would take ``\n`` or a last ``\`` for an escape."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
