"""Where the shipped networks and platforms lie: beside the package in a checkout, inside it once installed."""

from __future__ import annotations

from pathlib import Path

__all__ = ["names", "shipped"]

#: Folder below the root, and the endings of the files that count; an empty ending is a folder.
_KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "instances": ("instances", (".nir", ".npz", ".csv", "")),
    "platforms": ("models/platforms", (".yaml",)),
}


def shipped(kind: str, name: str) -> Path | None:
    """The path of the shipped ``instances`` network or ``platforms`` description called ``name``, or ``None``.

    Examples
    --------
    >>> shipped("platforms", "no-such-platform") is None
    True
    """
    return _found(kind).get(name)


def names(kind: str) -> list[str]:
    """The names :func:`shipped` knows, sorted; ``kind`` is ``instances`` or ``platforms``."""
    return sorted(_found(kind))


def _found(kind: str) -> dict[str, Path]:
    below, endings = _KINDS[kind]
    folder = _root() / below
    entries = sorted(folder.iterdir()) if folder.is_dir() else []
    found: dict[str, Path] = {}
    for ending in endings:
        for entry in entries:
            # An archive called NAME.WHAT.npz (counts, frames) goes with an instance and is none itself.
            if entry.name.startswith(".") or (entry.suffix == ".npz" and "." in entry.stem):
                continue
            if entry.is_dir() if not ending else entry.suffix == ending and entry.is_file():
                found.setdefault(entry.stem if ending else entry.name, entry)
    return found


def _root() -> Path:
    """The installed copy where there is one, else the checkout (known by its ``pyproject.toml``)."""
    package = Path(__file__).resolve().parent
    installed = package / "shipped_files"
    checkout = package.parent
    return checkout if not installed.is_dir() and (checkout / "pyproject.toml").is_file() else installed
