"""Fronts as versioned JSON: what all points share is written once, each point holds the rest of a result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mapper.errors import CheckError, InputError
from mapper.io.json_file import read_json, write_json
from mapper.io.result import result_from_dict, result_to_dict
from mapper.model.front import Front
from mapper.model.result import Result

__all__ = ["front_from_dict", "front_to_dict", "read_result_or_front", "write_front"]

FORMAT, VERSION = "mapper-front", 1


def front_to_dict(front: Front) -> dict[str, Any]:
    """The file's content."""
    points = [result_to_dict(point) for point in front.points]
    shared = [
        key for key in (points[0] if points else {}) if all(key in p and p[key] == points[0][key] for p in points)
    ]
    return {
        "format": FORMAT,
        "version": VERSION,
        "axes": list(front.axes),
        "complete": front.complete,
        "reason": front.reason,
        "seconds": front.seconds,
        "shared": {key: points[0][key] for key in shared},
        "points": [{key: value for key, value in point.items() if key not in shared} for point in points],
    }


def write_front(front: Front, path: str | Path) -> None:
    """Write a front; an existing file is replaced only once the new one is complete.

    Raises
    ------
    InputError
        The folder cannot be written.
    """
    write_json(front_to_dict(front), path)


def read_result_or_front(path: str | Path) -> Result | Front:
    """Read a file that holds either.

    Raises
    ------
    InputError
        Not a readable file, not JSON, neither of the two, or contents that do not fit each other.
    """
    content = read_json(path)
    if isinstance(content, dict) and content.get("format") == FORMAT:
        return front_from_dict(content, str(path))
    return result_from_dict(content, str(path))


def front_from_dict(content: dict[str, Any], where: str = "front") -> Front:
    """Rebuild a front; nothing is evaluated again.

    Raises
    ------
    InputError
        Something is missing or of the wrong kind.
    CheckError
        The points are no front.
    """
    if content.get("version") != VERSION:
        raise InputError(where, f"version {VERSION}", repr(content.get("version")), "read it with its own release")
    try:
        points = tuple(
            result_from_dict({**content["shared"], **entry}, f"{where}: point {number}")
            for number, entry in enumerate(content["points"])
        )
        first, second = content["axes"]
        parts = (bool(content["complete"]), str(content["reason"]), float(content["seconds"]))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(where, "a complete front", str(error), "write it with `mapper map ... --pareto`") from error
    try:
        return Front((first, second), points, *parts)
    except (ValueError, AttributeError) as error:
        raise CheckError("front", f"{where}: {error}") from error
