"""Numbers for people: times, rates, energies and shares with fitting units."""

from __future__ import annotations

from fractions import Fraction

__all__ = ["energy", "exact_time", "rate", "share", "time"]


def _scaled(value: float, steps: tuple[tuple[float, str], ...]) -> str:
    factor, unit = next((step for step in steps if abs(value) >= step[0]), steps[-1])
    return f"{value / factor:.4g} {unit}"


def time(picoseconds: Fraction | int) -> str:
    """A time in the unit that suits it.

    >>> time(1_500_000)
    '1.5 µs'
    """
    return _scaled(float(picoseconds), ((1e12, "s"), (1e9, "ms"), (1e6, "µs"), (1e3, "ns"), (1, "ps")))


def exact_time(picoseconds: Fraction | int) -> str:
    """A time for the eye, and exactly.

    >>> exact_time(Fraction(3_000_001, 2))
    '1.5 µs (3000001/2 ps)'
    """
    return f"{time(picoseconds)} ({picoseconds} ps)"


def rate(hertz: float) -> str:
    """A rate in hertz.

    >>> rate(2250.0)
    '2.25 kHz'
    """
    if hertz == float("inf"):
        return "unlimited"
    return _scaled(hertz, ((1e9, "GHz"), (1e6, "MHz"), (1e3, "kHz"), (1, "Hz"), (1e-3, "mHz"), (1e-6, "µHz")))


def energy(femtojoules: int) -> str:
    """An energy in the unit that suits it.

    >>> energy(2_500_000)
    '2.5 nJ'
    """
    return _scaled(float(femtojoules), ((1e15, "J"), (1e12, "mJ"), (1e9, "µJ"), (1e6, "nJ"), (1e3, "pJ"), (1, "fJ")))


def share(value: Fraction | float | None) -> str:
    """A share in per cent.

    >>> share(Fraction(1, 8))
    '12.5 %'
    """
    return "unknown" if value is None else f"{100 * float(value):.3g} %"
