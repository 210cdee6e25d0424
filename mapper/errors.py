"""The errors a user can meet, and how they are worded.

Every message says *where* the problem is, what was *expected*, what was *found* and how to *fix* it, so that a
caller never needs a traceback to understand bad input. The command line turns :class:`InputError` into exit code 2
and the others into exit code 1.
"""

from __future__ import annotations

__all__ = [
    "CheckError",
    "DeadlockError",
    "InconsistentError",
    "InfeasibleError",
    "InputError",
    "MapperError",
    "MissingExtraError",
]


class MapperError(Exception):
    """Base class of every error this package raises on purpose."""


class InputError(MapperError):
    """The input is not what it should be.

    Parameters
    ----------
    where
        The file, key, node or argument in question.
    expected, got
        What was expected there and what was found.
    fix
        What the user can do about it.

    Examples
    --------
    >>> print(InputError("counts.npz: key 'lif0'", "100 values", "99 values", "record the whole population"))
    counts.npz: key 'lif0': expected 100 values, got 99 values; record the whole population
    """

    def __init__(self, where: str, expected: str, got: str, fix: str = "") -> None:
        self.where, self.expected, self.got, self.fix = where, expected, got, fix
        super().__init__(where, expected, got, fix)

    def __str__(self) -> str:
        text = f"{self.where}: expected {self.expected}, got {self.got}"
        return f"{text}; {self.fix}" if self.fix else text


class MissingExtraError(InputError):
    """An optional library is needed and not installed."""

    def __init__(self, library: str, extra: str, purpose: str) -> None:
        super().__init__(purpose, f"the library {library!r}", "none installed", f"pip install 'mapper[{extra}]'")


class InfeasibleError(MapperError):
    """No mapping can satisfy the stated limits; the message carries the proof's reason."""


class DeadlockError(MapperError):
    """A dataflow graph has a cycle without tokens; ``cycle`` lists its nodes in order."""

    def __init__(self, message: str, cycle: tuple[int, ...]) -> None:
        self.cycle = cycle
        super().__init__(message)


class InconsistentError(MapperError):
    """A dataflow graph's rates contradict each other; ``channel`` is one that cannot be balanced with the others."""

    def __init__(self, message: str, channel: int) -> None:
        self.channel = channel
        super().__init__(message)


class CheckError(MapperError):
    """An independent check found a violated rule; ``rule`` is its name."""

    def __init__(self, rule: str, message: str) -> None:
        self.rule = rule
        super().__init__(f"{rule}: {message}")
