"""NumPy files: reading with clear errors, and writing archives whose bytes depend on their content only."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.errors import InputError
from mapper.io.atomic import atomic_write
from mapper.io.guard import existing_file, library_errors

__all__ = ["load_npy", "load_npz", "optional_scalar", "save_npz"]


def load_npz(path: str | Path) -> dict[str, NDArray[Any]]:
    """Every array of an ``.npz`` archive by key.

    Raises
    ------
    InputError
        No such file, no archive, a damaged member, or pickled objects (never loaded).
    """
    path = existing_file(path, "an .npz file")
    # The file is opened here because NumPy leaves it open where it fails.
    with (
        library_errors(path, "an .npz archive of plain arrays", "write it with numpy.savez"),
        path.open("rb") as stream,
    ):
        archive = np.load(stream, allow_pickle=False)
        if isinstance(archive, np.ndarray):
            raise InputError(str(path), "an .npz archive", "a single .npy array", "name it .npy")
        with archive:
            return {key: np.asarray(archive[key]) for key in archive.files}


def load_npy(path: str | Path) -> NDArray[Any]:
    """The array of an ``.npy`` file; errors as in :func:`load_npz`."""
    path = existing_file(path, "an .npy file")
    with library_errors(path, "an .npy file with a plain array", "write it with numpy.save"), path.open("rb") as stream:
        array = np.load(stream, allow_pickle=False)
        if not isinstance(array, np.ndarray):
            raise InputError(str(path), "a single .npy array", "an archive", "name it .npz")
        return array


def optional_scalar(where: str | Path, arrays: Mapping[str, NDArray[Any]], *keys: str) -> int | None:
    """The positive whole number under the first of ``keys`` that is there, or ``None``."""
    for key in keys:
        if key in arrays:
            value = arrays[key]
            if value.size != 1 or value.dtype.kind not in "iu" or int(value.ravel()[0]) < 1:
                got = f"{value.ravel()[0]}" if value.size == 1 else f"shape {value.shape}"
                raise InputError(f"{where}: key {key!r}", "one whole number, at least 1", got)
            return int(value.ravel()[0])
    return None


def save_npz(path: str | Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write a compressed archive atomically; equal arrays under equal keys give equal bytes.

    ``numpy.savez`` does the same but for a key named ``file``.
    """
    with atomic_write(path, "wb") as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, values in arrays.items():
            # A fixed date (the earliest a zip file can hold): the bytes must not depend on the clock.
            member = zipfile.ZipInfo(f"{key}.npy", (1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(member, "w", force_zip64=True) as target:
                np.lib.format.write_array(target, np.asarray(values), allow_pickle=False)
