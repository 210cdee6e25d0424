"""Platform descriptions: YAML in, a :class:`Platform` out, and a plain dictionary for results."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mapper.errors import InputError
from mapper.model.platform import Energy, Platform, TileClass, Timing
from mapper.model.topology import Bus, LinkGraph, Mesh, Topology, fully_connected, ring
from mapper.shipped import names, shipped

if TYPE_CHECKING:
    from mapper.io.platform_schema import PlatformFile

__all__ = ["platform_from_dict", "platform_schema", "platform_to_dict", "read_platform"]

#: Parts of a validation error's location that name a union's branch, not a key of the file.
_BRANCHES = {"constrained-int", "int", "Sourced", "mesh", "torus", "ring", "bus", "full", "links"}


def read_platform(source: str | Path) -> Platform:
    """Read a platform by file name, or by the name of a shipped one.

    A file may say ``extends: NAME`` and give only what differs; ``timing`` and ``energy`` are merged number by number.

    Raises
    ------
    InputError
        No such file or name, not YAML, or a value that the schema refuses (the message names its key).

    Examples
    --------
    >>> read_platform("dfsynthesizer-2x2").tiles
    4
    """
    path, content = _load(source)
    seen = {path.resolve()}
    while "extends" in content:
        if not isinstance(content["extends"], str):
            raise InputError(f"{path}: extends", "a platform's name or file", repr(content["extends"])[:80])
        beside = path.parent / content["extends"]
        base_path, base = _load(beside if beside.is_file() else content["extends"])
        if base_path.resolve() in seen:
            raise InputError(f"{path}: extends", "a chain of platforms that ends", f"a circle at {base_path}")
        seen.add(base_path.resolve())
        content = _merge(base, {key: value for key, value in content.items() if key != "extends"})
    return platform_from_dict(content, str(path))


def _load(source: str | Path) -> tuple[Path, dict[str, Any]]:
    """The file meant by a path or a shipped name, and its content."""
    import yaml

    path = Path(source)
    if not path.is_file():
        found = shipped("platforms", str(source))
        if found is None:
            raise InputError(
                f"platform {str(source)!r}",
                "a YAML file or a shipped platform",
                "neither",
                f"choose one of {', '.join(names('platforms'))}",
            )
        path = found
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise InputError(str(path), "a YAML file", " ".join(str(error).split())) from error
    if not isinstance(content, dict):
        got = type(content).__name__
        raise InputError(str(path), "a mapping of keys to values", got, "see `mapper schema platform`")
    return path, content


def _merge(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """``base`` with the given keys replaced; ``timing`` and ``energy`` are merged number by number."""
    merged = {**base, **changes}
    for section in ("timing", "energy"):
        if isinstance(base.get(section), dict) and isinstance(changes.get(section), dict):
            merged[section] = {**base[section], **changes[section]}
    return merged


def platform_from_dict(content: dict[str, Any], where: str = "platform") -> Platform:
    """Validate a description and build the platform; ``where`` names the file in errors."""
    from pydantic import ValidationError

    from mapper.io.platform_schema import PlatformFile

    try:
        return _build(PlatformFile.model_validate(content))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"] if part not in _BRANCHES or part == first["loc"][0])
        raise InputError(
            f"{where}: {key or 'top level'}", first["msg"], repr(first["input"])[:80], "see `mapper schema platform`"
        ) from error
    except ValueError as error:
        raise InputError(where, "a consistent platform", str(error), "see `mapper schema platform`") from error


def platform_schema() -> dict[str, Any]:
    """The JSON Schema of a platform file."""
    from mapper.io.platform_schema import PlatformFile

    schema = PlatformFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _topology(spec: Any) -> Topology:
    match spec.kind:
        case "mesh" | "torus":
            return Mesh(spec.columns, spec.rows, torus=spec.kind == "torus")
        case "ring":
            return ring(spec.tiles)
        case "bus":
            return Bus(spec.tiles)
        case "full":
            return fully_connected(spec.tiles)
        case _:
            pairs = spec.links
            if spec.both_ways:
                pairs = tuple(dict.fromkeys(pair for a, b in pairs for pair in ((a, b), (b, a))))
            return LinkGraph(spec.tiles, pairs)


def _build(spec: PlatformFile) -> Platform:
    from mapper.io.platform_schema import number

    topology = _topology(spec.topology)
    class_of = np.full(topology.tiles, -1, np.int32)
    rest = [i for i, c in enumerate(spec.tile_classes) if c.tiles is None]
    if len(rest) > 1:
        raise ValueError("tile_classes: expected at most one class without 'tiles', got several")
    for i, entry in enumerate(spec.tile_classes):
        for tile in entry.tiles or ():
            if tile >= topology.tiles or class_of[tile] >= 0:
                raise ValueError(f"tile class {entry.name!r}: tile {tile} is missing or belongs to two classes")
            class_of[tile] = i
    if rest:
        class_of[class_of < 0] = rest[0]
    if (class_of < 0).any():
        raise ValueError(f"tile {int(np.argmin(class_of))} belongs to no tile class")

    def numbers(section: Any) -> dict[str, Any]:
        return {key: number(getattr(section, key)) for key in type(section).model_fields}

    classes = []
    for entry in spec.tile_classes:
        values = numbers(entry)
        del values["tiles"]
        classes.append(TileClass(**values))
    return Platform(
        name=spec.name,
        topology=topology,
        tile_classes=tuple(classes),
        class_of=class_of,
        timing=Timing(**numbers(spec.timing)),
        energy=Energy(**numbers(spec.energy)),
        io_tile=spec.io_tile,
        buffer_iterations=spec.buffer_iterations,
        arbitration=spec.arbitration,
        broken=spec.broken,
        description=spec.description,
    )


def platform_to_dict(platform: Platform) -> dict[str, Any]:
    """A description that :func:`platform_from_dict` reads back; sources of numbers stay in the original file."""
    topology = platform.topology
    spec: dict[str, Any]
    if isinstance(topology, Mesh):
        kind = "torus" if topology.torus else "mesh"
        spec = {"kind": kind, "columns": topology.columns, "rows": topology.rows}
    elif isinstance(topology, Bus):
        spec = {"kind": "bus", "tiles": topology.tiles}
    else:
        spec = {"kind": "links", "tiles": topology.tiles, "links": [list(pair) for pair in topology.links]}
    classes = []
    for i, entry in enumerate(platform.tile_classes):
        classes.append({**asdict(entry), "tiles": np.flatnonzero(platform.class_of == i).tolist()})
    return {
        "format": "mapper-platform",
        "version": 1,
        "name": platform.name,
        "description": platform.description,
        "topology": spec,
        "tile_classes": classes,
        "timing": asdict(platform.timing),
        "energy": asdict(platform.energy),
        "io_tile": platform.io_tile,
        "buffer_iterations": platform.buffer_iterations,
        "arbitration": platform.arbitration,
        "broken": list(platform.broken),
    }
