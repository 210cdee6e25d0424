"""Writing files so that a failure loses nothing: into a temporary neighbour first, then renamed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from mapper.errors import InputError

__all__ = ["atomic_write"]


@contextmanager
def atomic_write(path: str | Path, mode: str = "w") -> Iterator[IO[Any]]:
    """Open a temporary file beside ``path`` and rename it over ``path`` when the block ends without an error.

    Raises
    ------
    InputError
        The folder does not exist or cannot be written.

    Examples
    --------
    >>> with atomic_write("/tmp/mapper_example.txt") as stream:
    ...     _ = stream.write("done")
    >>> Path("/tmp/mapper_example.txt").read_text()
    'done'
    """
    import tempfile  # loads random and hashlib, which reading needs not wait for

    path = Path(path)
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise InputError(str(path), "a folder that can be written", error.strerror or str(error)) from error
    try:
        encoding = None if "b" in mode else "utf-8"
        with os.fdopen(handle, mode, encoding=encoding) as stream:
            yield stream
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
