"""Damage that makes the HDF5 library hang instead of reporting it, found before the data is read.

Both checks raise ``ValueError``. They do not make HDF5 safe against every damaged or hostile file: a hang or a crash
inside the C library cannot be caught from Python.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import Any

__all__ = ["refuse_oversized", "refuse_stuck_heaps"]

#: Bytes of data a byte of file can hold: the limit of gzip (1032), which nir.write uses, and some room.
_MAX_RATIO = 1100
#: A global heap collection: signature, version 1, three reserved bytes (HDF5 file format, section III.E).
_HEAP = b"GCOL\x01\x00\x00\x00"
_HEADER = struct.Struct("<HHIQ")  # index, references, reserved, size


def refuse_oversized(root: Any, file_bytes: int) -> None:
    """Refuse headers that claim terabytes, which HDF5 would patiently fill with zeros."""
    claimed = 0

    def add(_: str, item: Any) -> None:
        nonlocal claimed
        claimed += getattr(item, "nbytes", 0)

    root.visititems(add)
    if claimed > _MAX_RATIO * file_bytes:
        raise ValueError(f"it claims {claimed} bytes of data in {file_bytes} bytes of file")


def refuse_stuck_heaps(file: Path) -> None:
    """Refuse a heap of strings with free space of size zero, past which HDF5 (2.0 at least) never advances.

    Free space has index 0 and a size that counts its own 16-byte header; other objects follow their header and are
    padded to 8 bytes.
    """
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        start = content.find(_HEAP)
        while start >= 0:
            at = start + 16
            if at > len(content):
                return
            end = min(start + int.from_bytes(content[start + 8 : at], "little"), len(content))
            while at + _HEADER.size <= end:
                index, _, _, size = _HEADER.unpack_from(content, at)
                if index == 0 and size == 0:
                    raise ValueError(f"a heap at byte {start} has free space of size 0")
                at += size if index == 0 else _HEADER.size + -(-size // 8) * 8
            start = content.find(_HEAP, start + 1)
