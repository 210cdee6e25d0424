"""Random numbers that are the same plain and compiled: a multiplicative congruential generator in 64-bit arithmetic."""

from __future__ import annotations

from mapper.compiled import kernel

__all__ = ["draw", "shuffle", "uniform"]


@kernel
def draw(state, below):  # type: ignore[no-untyped-def]
    """An integer 0 .. below - 1 (below at most 2^31 - 1); ``state`` is an int64 array of one entry, 1 .. 2^31 - 2.

    Multiplier 48271 modulo 2^31 - 1 (Park, Miller and Stockmeyer, CACM 36(7), 1993).
    """
    state[0] = state[0] * 48271 % 2147483647
    return state[0] % below


@kernel
def uniform(state):  # type: ignore[no-untyped-def]
    """A number between 0 and 1."""
    state[0] = state[0] * 48271 % 2147483647
    return state[0] / 2147483647.0


@kernel
def shuffle(state, values, count):  # type: ignore[no-untyped-def]
    """Put the first ``count`` values into a drawn order (Fisher and Yates 1938)."""
    for k in range(count - 1, 0, -1):
        other = draw(state, k + 1)
        values[k], values[other] = values[other], values[k]
