"""Eigenvalues of max-plus matrices, exactly.

A strongly connected matrix has one. It is found by iterating the matrix until all coordinates have grown alike and,
where that takes long, as the largest cycle mean (Karp, "A characterization of the minimum cycle mean in a digraph",
Discrete Mathematics 1978). Integers only.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.analysis.cycles.strong import strong_components
from mapper.analysis.max_plus.symbolic import NEVER

__all__ = ["growth_rates", "times"]

_ROOM = 1 << 61


def times(matrix: NDArray[Any], x: NDArray[Any]) -> NDArray[Any]:
    """The max-plus product with a vector."""
    product: NDArray[Any] = (matrix + x[None, :]).max(axis=1)
    return product


def growth_rates(matrix: NDArray[np.int64]) -> tuple[Fraction, ...]:
    """Growth per iteration of every coordinate: the largest cycle mean among the parts that reach it."""
    heads, tails = np.nonzero(matrix > NEVER // 2)
    rates = [Fraction(0)] * len(matrix)
    sources: list[list[int]] = [[] for _ in rates]
    for v, u in zip(heads.tolist(), tails.tolist(), strict=True):
        sources[v].append(u)
    for part in strong_components(len(matrix), tails.tolist(), heads.tolist()):
        rate = _largest_cycle_mean(matrix[np.ix_(part, part)])
        rate = max([rate, *(rates[u] for v in part for u in sources[v])])
        for v in part:
            rates[v] = rate
    return tuple(rates)


def _largest_cycle_mean(matrix: NDArray[np.int64]) -> Fraction:
    """The eigenvalue of a strongly connected matrix; 0 if it has no cycle."""
    n, largest = len(matrix), int(matrix.max())
    if largest < NEVER // 2:
        return Fraction(0)
    dtype: Any = np.int64 if (n + 1) * (n + 1) * (largest + 1) < _ROOM else object
    weights = matrix.astype(dtype)
    never = -(n + 1) * (largest + 1) - 1  # far enough below, and products with it stay in range
    weights[matrix < NEVER // 2] = never
    found = _by_powers(weights)
    return _by_karp(weights, never) if found is None else found


def _by_powers(weights: NDArray[Any]) -> Fraction | None:
    """Iterate from 0: if all coordinates have grown alike since an earlier time, they always will.

    Gives up after as many steps as would cost a good part of Karp's.
    """
    x = np.zeros(len(weights), weights.dtype)
    seen: dict[tuple[int, ...], tuple[int, int]] = {}
    for k in range(len(weights) // 4 + 8):
        lowest = int(x.min())
        key = tuple((x - lowest).tolist())
        if key in seen:
            before, then = seen[key]
            return Fraction(lowest - then, k - before)
        seen[key] = k, lowest
        x = times(weights, x)
    return None


def _by_karp(weights: NDArray[Any], never: int) -> Fraction:
    """Karp: the largest over v of the smallest (D_n(v) - D_k(v)) / (n - k), with D_k the longest walks of k steps."""
    n = len(weights)
    walks = np.full((n + 1, n), never, weights.dtype)
    walks[0, 0] = 0
    for k in range(n):
        walks[k + 1] = np.maximum(times(weights, walks[k]), never)
    ends = np.flatnonzero(walks[n] >= 0)
    best, steps = walks[n, ends] - never, np.ones(len(ends), weights.dtype)
    for k in range(n):
        mean = walks[n, ends] - walks[k, ends]
        smaller = (walks[k, ends] >= 0) & (mean * steps < best * (n - k))  # fractions by cross-multiplication
        best, steps = np.where(smaller, mean, best), np.where(smaller, n - k, steps)
    return max(Fraction(int(b), int(s)) for b, s in zip(best, steps, strict=True))
