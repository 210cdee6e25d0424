"""What every dataflow format shares: checked numbers and names, and a graph put together from them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from operator import index

import numpy as np

from mapper.errors import InputError
from mapper.model.sdf import SDFGraph

__all__ = ["Assembly", "channel_rows", "located", "shown", "text_name", "whole_number"]

_LARGEST = np.iinfo(np.int64).max
_DIGITS = re.compile(r"\s*\+?([0-9]+)\s*", re.ASCII)


def shown(value: object) -> str:
    """``value`` for a message: its repr in one line of at most 60 characters, without what a terminal cannot print."""
    # Python refuses to print integers of thousands of digits.
    text = f"a number of {value.bit_length()} bits" if isinstance(value, int) and abs(value) >> 200 else repr(value)
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= 60 else f"{text[:57]}..."


def whole_number(value: object, where: str, least: int) -> int:
    """``value`` (an integer, or its decimal digits) as an int in ``least`` .. 2**63 - 1, else ``InputError``.

    Examples
    --------
    >>> whole_number(" 12", "rate", 1)
    12
    >>> whole_number("1.5", "graph.xml: line 3: rate", 1)
    Traceback (most recent call last):
    mapper.errors.InputError: graph.xml: line 3: rate: expected a whole number, at least 1, got '1.5'
    """
    number: int | None = None
    if type(value) is int:
        number = value
    elif isinstance(value, str):
        digits = _DIGITS.fullmatch(value)
        if digits is not None:
            significant = digits[1].lstrip("0")
            number = int(significant or "0") if len(significant) <= 19 else _LARGEST + 1
    elif isinstance(value, int | np.integer) and not isinstance(value, bool):
        number = index(value)
    if number is None or number < least:
        raise InputError(where, f"a whole number, at least {least}", shown(value))
    if number > _LARGEST:
        raise InputError(
            where, f"a whole number, at least {least} and below 2**63", shown(value), "choose a coarser unit"
        )
    return number


def text_name(value: object, where: str) -> str:
    """``value`` if it is text that can be written as UTF-8, else ``InputError``."""
    if not isinstance(value, str):
        raise InputError(where, "a name (text)", shown(value))
    if not value.isascii():
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise InputError(where, "a name of valid Unicode", shown(value)) from error
    return value


def located(error: InputError, place: str) -> InputError:
    """``error`` with ``place`` before its own words on where; places are only worked out for errors."""
    return InputError(f"{place}: {error.where}" if error.where else place, error.expected, error.got, error.fix)


def channel_rows(graph: SDFGraph) -> Iterator[tuple[int, int, int, int, int]]:
    """(source, target, production, consumption, initial tokens) of every channel, as Python integers."""
    return zip(
        graph.sources.tolist(),
        graph.targets.tolist(),
        graph.production.tolist(),
        graph.consumption.tolist(),
        graph.initial_tokens.tolist(),
        strict=True,
    )


class Assembly:
    """Collects actors and channels, checks each, and builds the graph.

    The errors say which part of an actor or channel is wrong; the reader adds the place with :func:`located`.

    Examples
    --------
    >>> parts = Assembly("tiny")
    >>> parts.actor("a", 5)
    >>> parts.actor("b", "7")
    >>> parts.channel("a", "b", 2, 1, 0)
    >>> parts.graph().execution_times.tolist()
    [5, 7]
    """

    def __init__(self, name: object, where: str = "graph") -> None:
        self.name = text_name(name, f"{where}: name")
        self.numbers: dict[str, int] = {}
        self._times: list[int] = []
        self._channels: list[tuple[int, int, int, int, int]] = []

    def actor(self, name: object, time: object) -> None:
        checked = text_name(name, "name")
        if checked in self.numbers:
            raise InputError("", "a name of its own for every actor", f"{shown(name)} a second time")
        self._times.append(whole_number(time, "execution time", 0))
        self.numbers[checked] = len(self.numbers)

    def find(self, name: object, where: str) -> int:
        """The number of the actor called ``name``."""
        number = self.numbers.get(name) if isinstance(name, str) else None
        if number is None:
            first = ", ".join(shown(known) for known in list(self.numbers)[:5])
            more = ", ..." if len(self.numbers) > 5 else ""
            fix = f"the actors are {first}{more}" if first else "the graph has no actors"
            raise InputError(where, "an actor of the graph", shown(name), fix)
        return number

    def channel(self, source: object, target: object, produced: object, consumed: object, tokens: object) -> None:
        """Add a channel between two actors that exist."""
        row = (
            self.find(source, "source"),
            self.find(target, "target"),
            whole_number(produced, "production", 1),
            whole_number(consumed, "consumption", 1),
            whole_number(tokens, "initial tokens", 0),
        )
        self._channels.append(row)

    def graph(self) -> SDFGraph:
        table = np.array(self._channels, np.int64).reshape(-1, 5)
        return SDFGraph(
            name=self.name,
            actors=tuple(self.numbers),
            execution_times=np.array(self._times, np.int64),
            sources=table[:, 0].astype(np.int32),
            targets=table[:, 1].astype(np.int32),
            production=table[:, 2],
            consumption=table[:, 3],
            initial_tokens=table[:, 4],
        )
