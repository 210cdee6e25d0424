"""The tables of node and edge types: text with a header, fields parted by single blanks."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mapper.errors import InputError
from mapper.io.guard import existing_file, library_errors

__all__ = ["Types", "read_types"]

_ABSENT = {"", "NULL", "NONE", "NA", "NAN"}


class Types:
    """Attributes by type id; an attribute that is not given is ``None``."""

    def __init__(self, where: str, rows: dict[int, dict[str, str]]) -> None:
        self.where, self.rows = where, rows

    def texts(self, attribute: str, type_ids: NDArray[np.int64]) -> list[str | None]:
        """The attribute of each id in ``type_ids``; ids that the table lacks are an error."""
        if not self.rows:
            return [None] * type_ids.size
        unknown = [int(i) for i in type_ids if int(i) not in self.rows]
        if unknown:
            raise InputError(self.where, f"a row for type {unknown[0]}", f"types {sorted(self.rows)[:12]}")
        return [self.rows[int(i)].get(attribute) for i in type_ids]

    def numbers(self, attribute: str, type_ids: NDArray[np.int64]) -> NDArray[np.float64]:
        """The same as float64, NaN where it is not given."""
        values = np.full(type_ids.size, np.nan)
        for i, text in enumerate(self.texts(attribute, type_ids)):
            if text is not None:
                try:
                    values[i] = float(text)
                except ValueError as error:
                    where = f"{self.where}: type {int(type_ids[i])}, {attribute}"
                    raise InputError(where, "a number", repr(text)) from error
        return values


def read_types(path: Path | None, key: str) -> Types:
    """Read a table whose id column is ``key``; without a file there are no attributes."""
    if path is None:
        return Types("no table of types", {})
    path = existing_file(path, "a table of types (CSV)")
    rows: dict[int, dict[str, str]] = {}
    with (
        library_errors(path, "UTF-8 text, fields parted by blanks"),
        path.open(encoding="utf-8-sig", newline="") as stream,
    ):
        reader = csv.reader(stream, delimiter=" ", skipinitialspace=True)
        lines = [(reader.line_num, [f.strip() for f in fields]) for fields in reader]
    header: list[str] = []
    for number, fields in lines:
        while fields and not fields[-1]:
            fields.pop()
        if not fields:
            continue
        if not header:
            header = fields
            if key not in header:
                raise InputError(f"{path}: line {number}", f"a column {key!r}", f"{header[:8]}")
            continue
        row = dict(zip(header, fields, strict=False))
        if len(fields) > len(header) or key not in row or not row[key].isdecimal():
            raise InputError(f"{path}: line {number}", f"{len(header)} fields with a whole {key}", f"{fields[:8]}")
        rows[int(row[key])] = {name: text for name, text in row.items() if text.upper() not in _ABSENT}
    return Types(str(path), rows)
