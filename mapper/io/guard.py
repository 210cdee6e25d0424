"""Turning what goes wrong below a reader into an ``InputError`` that names the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mapper.errors import InputError

__all__ = ["existing_file", "library_errors", "model_errors", "require_dense_ids"]

_MODEL_WORDING = re.compile(r"(?P<where>.*?): expected (?P<expected>.*), got (?P<got>.*)", re.DOTALL)
#: Integer neuron ids keep their value, so a stray large one would allocate arrays for every id below it.
_FREE_IDS, _IDS_PER_SYNAPSE = 10_000_000, 100


def existing_file(path: str | Path, formats: str = "a file") -> Path:
    """``path`` as a :class:`Path`, or ``InputError`` where it is no file."""
    path = Path(path)
    try:
        found = path.is_file()
        got = "a folder" if path.is_dir() else "nothing there"
    except (OSError, ValueError) as error:  # a name with a NUL byte, or too long
        raise InputError(repr(str(path)), formats, str(error)) from error
    if not found:
        raise InputError(str(path), formats, got, "check the path")
    return path


@contextmanager
def library_errors(where: str | Path, expected: str, fix: str = "") -> Iterator[None]:
    """Translate whatever a file library raises in the block.

    The block must hold library calls only: a damaged file can make h5py, zipfile or NumPy raise nearly any
    exception, so all are caught here.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        got = " ".join(str(error).split()) or type(error).__name__
        raise InputError(str(where), expected, got[:300], fix) from error


@contextmanager
def model_errors(where: str | Path, fix: str = "") -> Iterator[None]:
    """Translate the ``ValueError`` of a model constructor."""
    try:
        yield
    except ValueError as error:
        words = _MODEL_WORDING.fullmatch(str(error))
        if words is None:
            raise InputError(str(where), "a valid network", str(error), fix) from error
        raise InputError(f"{where}: {words['where']}", words["expected"], words["got"], fix) from error


def require_dense_ids(where: str | Path, highest: int, synapses: int) -> None:
    """Refuse ids so sparse that the arrays over all ids would dwarf the synapses."""
    limit = max(_FREE_IDS, _IDS_PER_SYNAPSE * synapses)
    if highest >= min(limit, 2**31 - 1):
        raise InputError(
            str(where), f"neuron ids below {limit}", str(highest), "number the neurons from 0 without gaps"
        )
