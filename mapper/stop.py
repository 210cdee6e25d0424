"""When a search should stop: small objects, joined with ``|``."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction

from mapper.model.arrays import require

__all__ = ["AnyOf", "Gap", "MaxRuntime", "Stop"]


class Stop(ABC):
    """A stopping rule."""

    @abstractmethod
    def reached(self, seconds: float, period: Fraction | None, bound: Fraction | None) -> bool:
        """Whether to stop after ``seconds`` with the best period and the best bound known (``None``: none yet)."""

    def seconds_left(self, seconds: float) -> float:
        """Time still allowed after ``seconds``; infinite if this rule knows no clock."""
        return math.inf

    def __or__(self, other: Stop) -> AnyOf:
        return AnyOf((self, other))


@dataclass(frozen=True)
class MaxRuntime(Stop):
    """Stop after so many seconds.

    Examples
    --------
    >>> (MaxRuntime(60) | Gap(0.01)).seconds_left(20.0)
    40.0
    """

    seconds: float

    def __post_init__(self) -> None:
        require(self.seconds >= 0, "time limit", "at least 0 seconds", self.seconds)

    def reached(self, seconds: float, period: Fraction | None, bound: Fraction | None) -> bool:
        return seconds >= self.seconds

    def seconds_left(self, seconds: float) -> float:
        return max(0.0, self.seconds - seconds)


@dataclass(frozen=True)
class Gap(Stop):
    """Stop when (period - bound) / bound is at most ``value``."""

    value: float

    def __post_init__(self) -> None:
        require(self.value >= 0, "gap", "at least 0", self.value)

    def reached(self, seconds: float, period: Fraction | None, bound: Fraction | None) -> bool:
        return period is not None and bound is not None and period - bound <= Fraction(self.value) * bound


@dataclass(frozen=True)
class AnyOf(Stop):
    """Stop as soon as one of the rules says so."""

    rules: tuple[Stop, ...]

    def reached(self, seconds: float, period: Fraction | None, bound: Fraction | None) -> bool:
        return any(rule.reached(seconds, period, bound) for rule in self.rules)

    def seconds_left(self, seconds: float) -> float:
        return min(rule.seconds_left(seconds) for rule in self.rules)
