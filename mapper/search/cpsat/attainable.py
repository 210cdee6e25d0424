"""Which periods can occur at all: a cycle's time, a multiple of the time unit, over at most so many tokens."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

__all__ = ["attainable_above", "attainable_below"]


def attainable_above(value: Fraction, tokens: int, unit: int) -> Fraction:
    """The least multiple of ``unit / q``, q <= ``tokens``, above ``value``: no period lies strictly between.

    Examples
    --------
    >>> attainable_above(Fraction(30), 4, 10), attainable_above(Fraction(75, 2), 4, 10)
    (Fraction(65, 2), Fraction(40, 1))
    """
    return min(Fraction((floor(value * q / unit) + 1) * unit, q) for q in range(1, tokens + 1))


def attainable_below(value: Fraction, tokens: int, unit: int) -> Fraction:
    """The largest multiple of ``unit / q``, q <= ``tokens``, below ``value``.

    Examples
    --------
    >>> attainable_below(Fraction(40), 4, 10)
    Fraction(75, 2)
    """
    return max(Fraction((ceil(value * q / unit) - 1) * unit, q) for q in range(1, tokens + 1))
