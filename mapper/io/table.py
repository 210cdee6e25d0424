"""Delimited text: a few named columns of numbers or labels, read fast, with errors that name the line.

Numbers go through NumPy's C reader. Only when that fails, or when neurons have names, is the text read line by line.
"""

from __future__ import annotations

import csv
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from mapper.errors import InputError
from mapper.io.guard import existing_file, library_errors

__all__ = ["Column", "Layout", "first_fields", "read_columns", "sniff"]

_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,18}\s*")
#: What is meant as a number: an id written so is no label, even where it is no valid integer.
_NUMBER = re.compile(r"[+-]?[0-9.]+([eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class Column:
    """One column a reader knows: the names it goes by, and ``id`` (integer or label), ``int`` or ``float``."""

    name: str
    aliases: tuple[str, ...]
    kind: str
    required: bool = False


@dataclass(frozen=True)
class Layout:
    """How a text file is laid out.

    ``skip`` lines come before the data; ``places`` says in which field each known column stands; ``width`` is the
    number of fields in the first data line (0: no data); ``named`` neurons have labels instead of integers.
    """

    path: Path
    delimiter: str | None
    header: bool
    skip: int
    places: dict[Column, int]
    width: int
    named: bool


def _opened(path: Path) -> IO[str]:
    return path.open(encoding="utf-8-sig", newline="")


def first_fields(path: str | Path) -> list[str]:
    """The fields of the first line that is neither blank nor a comment."""
    lines = _first_lines(existing_file(path, "a text file"), 1)
    return _fields(Path(path), *lines[0], _delimiter(lines[0][1])) if lines else []


def _first_lines(path: Path, limit: int) -> list[tuple[int, str]]:
    with library_errors(path, "lines of UTF-8 text"), _opened(path) as stream:
        numbered = enumerate(stream, 1)
        content = ((n, line) for n, line in numbered if line.strip() and not line.lstrip().startswith("#"))
        return list(islice(content, limit))


def _delimiter(line: str) -> str | None:
    return next((mark for mark in "\t,;" if mark in line), None)


def _fields(path: Path, number: int, line: str, delimiter: str | None) -> list[str]:
    if delimiter is None:
        return line.split()
    with library_errors(f"{path}: line {number}", "delimited fields"):
        return [field.strip() for field in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])]


def sniff(path: str | Path, columns: Sequence[Column]) -> Layout:
    """Look at the first lines: delimiter (tab, comma, semicolon or blanks), header, integers or labels.

    A first line that holds the name of a required column is a header; without one the columns stand in the order
    of ``columns``. Blank lines and lines that start with ``#`` do not count.
    """
    path = existing_file(path, "a text file")
    lines = _first_lines(path, 2)
    if not lines:
        return Layout(path, ",", False, 0, {}, 0, False)
    number, first = lines[0]
    delimiter = _delimiter(first)
    fields = _fields(path, number, first, delimiter)
    lowered = [field.lower() for field in fields]
    found = {c: lowered.index(a) for c in columns for a in c.aliases if a in lowered}
    header = any(column.required for column in found)
    if not header:
        found = dict(zip(columns, range(len(fields)), strict=False))
    _check_columns(path, number, columns, found, header, fields)
    if header and len(lines) < 2:
        return Layout(path, delimiter, True, number, found, 0, False)
    if header:
        fields = _fields(path, *lines[1], delimiter)
    ids = [fields[place] for column, place in found.items() if column.kind == "id" and place < len(fields)]
    named = not all(_NUMBER.fullmatch(field) for field in ids)
    return Layout(path, delimiter, header, number if header else number - 1, found, len(fields), named)


def _check_columns(
    path: Path, number: int, columns: Sequence[Column], found: dict[Column, int], header: bool, fields: list[str]
) -> None:
    where = f"{path}: line {number}"
    missing = [column.name for column in columns if column.required and column not in found]
    known = ", ".join(c.name if c.required else f"[{c.name}]" for c in columns)
    if missing:
        raise InputError(where, f"columns {known}", f"no {missing[0]!r} in {fields[:6]}")
    if not header and len(fields) > len(columns):
        raise InputError(where, f"columns {known}", f"{len(fields)} fields", "name the columns in a header line")


def read_columns(layout: Layout) -> dict[str, Any]:
    """The columns by name: ``int`` as int64, ``float`` as float32 arrays, ``id`` as int64 or, if named, lists of str.

    Raises
    ------
    InputError
        Content that does not fit its column; the message names the line.
    """
    if not layout.width:
        return {c.name: np.empty(0, np.float32 if c.kind == "float" else np.int64) for c in layout.places}
    return _labelled(layout) if layout.named else _numbers(layout)


def _numbers(layout: Layout) -> dict[str, NDArray[Any]]:
    dtype = np.dtype([(c.name, np.float32 if c.kind == "float" else np.int64) for c in layout.places])
    try:
        with warnings.catch_warnings():
            # NumPy warns where a whole number is written as a decimal fraction: here that is an error.
            warnings.simplefilter("error")
            rows = np.loadtxt(
                str(layout.path),
                dtype,
                delimiter=layout.delimiter,
                skiprows=layout.skip,
                usecols=list(layout.places.values()) if layout.header else None,
                quotechar='"',
                encoding="utf-8-sig",
                ndmin=1,
            )
    except Exception as error:
        raise _first_fault(layout, str(error)) from error
    columns = {c.name: np.ascontiguousarray(rows[c.name]) for c in layout.places}
    if not all(np.isfinite(values).all() for values in columns.values() if values.dtype.kind == "f"):
        raise _first_fault(layout, "a number that is not finite")
    return columns


def _rows(layout: Layout) -> Iterator[tuple[int, list[str]]]:
    with _opened(layout.path) as stream:
        for _ in range(layout.skip):
            next(stream)
        if layout.delimiter is None:
            for number, line in enumerate(stream, layout.skip + 1):
                yield number, line.split()
        else:
            reader = csv.reader(stream, delimiter=layout.delimiter, skipinitialspace=True)
            for fields in reader:
                yield layout.skip + reader.line_num, fields


def _labelled(layout: Layout) -> dict[str, Any]:
    with library_errors(layout.path, "lines of delimited UTF-8 text"):
        rows = [fields for _, fields in _rows(layout) if fields and not fields[0].startswith("#")]
    result: dict[str, Any] = {}
    try:
        for column, place in layout.places.items():
            texts = [fields[place].strip() for fields in rows]
            if column.kind == "id":
                result[column.name] = texts
                faulty = not all(texts)
            else:
                with np.errstate(over="ignore"):
                    values = np.array(texts).astype(np.float32 if column.kind == "float" else np.int64)
                result[column.name] = values
                faulty = not bool(np.isfinite(values).all())
            if faulty:
                raise _first_fault(layout, f"a bad {column.name}")
    except (IndexError, ValueError, OverflowError) as error:
        raise _first_fault(layout, str(error)) from error
    if not layout.header and any(len(fields) != layout.width for fields in rows):
        raise _first_fault(layout, "lines of different length")
    return result


def _first_fault(layout: Layout, otherwise: str) -> InputError:
    """The error for the first line that does not fit; ``otherwise`` where every line looks fine."""
    needed = max(layout.places.values()) + 1
    with library_errors(layout.path, "lines of delimited UTF-8 text"):
        for number, fields in _rows(layout):
            if not any(field.strip() for field in fields) or fields[0].lstrip().startswith("#"):
                continue
            where = f"{layout.path}: line {number}"
            if len(fields) < needed or (not layout.header and len(fields) != layout.width):
                return InputError(where, f"{layout.width} fields", f"{len(fields)}")
            for column, place in layout.places.items():
                expected = _misfit(column, fields[place].split("#")[0].strip(), layout.named)
                if expected:
                    return InputError(f"{where}, {column.name}", expected, repr(fields[place]))
    return InputError(str(layout.path), "a table of numbers", " ".join(otherwise.split()))


def _misfit(column: Column, text: str, named: bool) -> str:
    """What was expected where ``text`` does not fit, else an empty string."""
    if column.kind == "id" and named:
        return "" if text else "a label"
    if column.kind != "float":
        return "" if _INTEGER.fullmatch(text) else "a whole number"
    try:
        with np.errstate(over="ignore"):
            return "" if np.isfinite(np.float32(text)) else "a finite number"
    except ValueError:
        return "a number"
