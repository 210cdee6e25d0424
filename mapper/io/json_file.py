"""JSON files of results and fronts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mapper.errors import InputError
from mapper.io.atomic import atomic_write

__all__ = ["read_json", "write_json"]


def read_json(path: str | Path) -> Any:
    """The content of a JSON file.

    Raises
    ------
    InputError
        Not a readable file, or not JSON.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), "a result file", str(error)) from error
    except (ValueError, RecursionError) as error:
        raise InputError(str(path), "a result in JSON", str(error)[:200]) from error


def write_json(content: dict[str, Any], path: str | Path) -> None:
    """Write a JSON file; an existing one is replaced only once the new one is complete.

    Raises
    ------
    InputError
        The folder cannot be written.
    """
    text = json.dumps(content, indent=1, ensure_ascii=False)
    with atomic_write(path) as stream:
        stream.write(text + "\n")
