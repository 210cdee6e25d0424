"""Numbers with units as people type them, read exactly: ``2.5 kHz``, ``12uJ``, ``300000`` (the base unit)."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

from mapper.errors import InputError

__all__ = ["energy_fj", "rate_hz", "time_ps"]

_TIMES = {"": 1, "ps": 1, "ns": 10**3, "us": 10**6, "µs": 10**6, "ms": 10**9, "s": 10**12}
_ENERGIES = {"": 1, "fJ": 1, "pJ": 10**3, "nJ": 10**6, "uJ": 10**9, "µJ": 10**9, "mJ": 10**12, "J": 10**15}
_RATES = {"": 1, "Hz": 1, "kHz": 10**3, "MHz": 10**6, "GHz": 10**9}


def time_ps(option: str, text: str) -> Fraction:
    """A time in picoseconds.

    Examples
    --------
    >>> time_ps("--max-latency", "1.5 us")
    Fraction(1500000, 1)
    """
    return _read(option, text, _TIMES)


def energy_fj(option: str, text: str) -> Fraction:
    """An energy in femtojoules."""
    return _read(option, text, _ENERGIES)


def rate_hz(option: str, text: str) -> Fraction:
    """A rate in hertz, more than 0."""
    rate = _read(option, text, _RATES)
    if not rate:
        raise InputError(option, "more than 0 Hz", text)
    return rate


def _read(option: str, text: str, units: dict[str, int]) -> Fraction:
    found = re.fullmatch(r"\s*(\d+(?:\.\d*)?(?:e[+-]?\d{1,2})?|\.\d+)\s*([A-Za-zµ]*)\s*", text)
    if found is None or found[2] not in units:
        named = ", ".join(unit for unit in units if unit.isascii() and unit)
        raise InputError(option, f"a number, with {named} or without", repr(text))
    return Fraction(Decimal(found[1])) * units[found[2]]
