"""Dataflow graphs as JSON: a list of actors and a list of channels, both of plain objects.

    {"name": "tiny",
     "actors": [{"name": "a", "execution_time": 5}],
     "channels": [{"source": "a", "target": "a", "production": 1, "consumption": 1, "initial_tokens": 1}]}

Further keys (expected results, notes) are passed over; ``initial_tokens`` may be left out for 0 and the graph's
``name`` for the file's.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mapper.errors import InputError
from mapper.io.atomic import atomic_write
from mapper.io.dataflow.assemble import Assembly, channel_rows, located, shown, text_name
from mapper.io.guard import existing_file
from mapper.model.sdf import SDFGraph

__all__ = ["graph_from_dict", "graph_to_dict", "read_json", "write_json"]

WHAT = "a dataflow graph in JSON"


def read_json(path: str | Path) -> SDFGraph:
    """Read a graph.

    Raises
    ------
    InputError
        No such file, malformed JSON, a repeated or missing key, a repeated or unknown actor, and numbers that are no
        integers, too small, or do not fit 64 bits.
    """
    path = existing_file(path, WHAT)
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_each_key_once)
    except RecursionError as error:
        raise InputError(str(path), WHAT, "nesting too deep to read") from error
    except (OSError, ValueError) as error:  # JSON and encoding errors are ValueErrors
        raise InputError(str(path), WHAT, " ".join(str(error).split())[:200]) from error
    return graph_from_dict(content, str(path), path.stem)


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"the key {shown(key)} twice in one object")
            seen.add(key)
    return made


def graph_from_dict(content: object, where: str = "graph", name: str = "graph") -> SDFGraph:
    """The graph described by parsed JSON; ``where`` names the source in errors, ``name`` a graph without name.

    Examples
    --------
    >>> graph_from_dict({"actors": [{"name": "a", "execution_time": 5}], "channels": []}).actors
    ('a',)
    """
    if not isinstance(content, dict):
        raise InputError(where, "an object with 'actors' and 'channels'", _kind(content))
    parts = Assembly(content.get("name", name), where)
    for i, actor in enumerate(_objects(content, "actors", where)):
        try:
            parts.actor(_value(actor, "name"), _number(actor, "execution_time"))
        except InputError as error:
            raise located(error, f"{where}: actors[{i}]") from error
    for i, channel in enumerate(_objects(content, "channels", where)):
        try:
            ends = _value(channel, "source"), _value(channel, "target")
            rates = _number(channel, "production"), _number(channel, "consumption")
            parts.channel(*ends, *rates, _number(channel, "initial_tokens") if "initial_tokens" in channel else 0)
        except InputError as error:
            raise located(error, f"{where}: channels[{i}]") from error
    return parts.graph()


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _objects(content: dict[str, Any], key: str, where: str) -> list[dict[str, Any]]:
    entries = content.get(key)
    if not isinstance(entries, list):
        raise InputError(f"{where}: {key}", "a list of objects", _kind(entries) if key in content else "no such key")
    for i, entry in enumerate(entries):
        if not isinstance(entry, dict):
            raise InputError(f"{where}: {key}[{i}]", "an object", _kind(entry))
    return entries


def _value(entry: dict[str, Any], key: str) -> Any:
    if key not in entry:
        raise InputError("", f"a key {key!r}", ", ".join(map(shown, list(entry)[:8])) or "an empty object")
    return entry[key]


def _number(entry: dict[str, Any], key: str) -> Any:
    """The value if it is no text: the numbers of other formats are text, those of JSON are not."""
    value = _value(entry, key)
    if isinstance(value, str):
        raise InputError(key, "a number", shown(value))
    return value


def graph_to_dict(graph: SDFGraph) -> dict[str, Any]:
    """What :func:`graph_from_dict` reads back, of plain Python values."""
    names = graph.actors
    return {
        "name": graph.name,
        "actors": [
            {"name": name, "execution_time": time}
            for name, time in zip(names, graph.execution_times.tolist(), strict=True)
        ],
        "channels": [
            {"source": names[a], "target": names[b], "production": p, "consumption": c, "initial_tokens": d}
            for a, b, p, c, d in channel_rows(graph)
        ],
    }


def write_json(graph: SDFGraph, path: str | Path) -> None:
    """Write ``graph``, one actor or channel a line."""
    content = graph_to_dict(graph)
    for name in (graph.name, *graph.actors):
        text_name(name, f"{path}: name")
    with atomic_write(path, "wb") as stream:
        lines = [f'{{\n "name": {json.dumps(graph.name, ensure_ascii=False)}']
        for key in ("actors", "channels"):
            entries = ",\n  ".join(json.dumps(entry, ensure_ascii=False) for entry in content[key])
            lines.append(f' "{key}": [\n  {entries}\n ]' if entries else f' "{key}": []')
        stream.write((",\n".join(lines) + "\n}\n").encode())
