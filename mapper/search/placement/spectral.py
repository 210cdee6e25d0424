"""Spectral coordinates: clusters that talk much lie close (Hall 1970, with weighted degrees)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.search.placement.problem import PlacementProblem

__all__ = ["slow_coordinates"]


def slow_coordinates(problem: PlacementProblem, rounds: int = 40) -> NDArray[np.float64]:
    """The three slowest eigenvectors of the random walk on the traffic, roughly, float64, shape (clusters, 3).

    Subspace iteration on (identity + symmetrically normalised traffic) / 2 with Chebyshev filters; places in an order
    are all that is read from them, so few digits suffice. The same input gives the same coordinates.
    """
    from scipy.sparse import csr_array

    n = problem.traffic.clusters
    if n < 5:
        return np.arange(3 * n, dtype=float).reshape(n, 3)
    weight = problem.weight.astype(float)
    owner = np.repeat(np.arange(n), np.diff(problem.first))
    degree = np.bincount(owner, weights=weight, minlength=n)
    scale = np.sqrt(np.where(degree > 0, degree, 1.0))
    walk = csr_array((weight / (scale[owner] * scale[problem.other]), problem.other, problem.first), shape=(n, n))
    still = scale / np.linalg.norm(scale)
    block = np.random.default_rng(1).standard_normal((n, 4))
    block[:, 0] = np.linspace(-1, 1, n)
    for _ in range(rounds):
        block -= still[:, None] * (still @ block)
        block, _ = np.linalg.qr(block)
        inner = block.T @ (walk @ block)
        values, vectors = np.linalg.eigh((inner + inner.T) / 2)
        block = block @ vectors[:, ::-1]
        block = _filtered(walk, block, float(values[0].clip(-1, 0.9)))
    block, _ = np.linalg.qr(block)
    result: NDArray[np.float64] = block[:, :3] / scale[:, None]
    return result


def _filtered(walk: Any, block: NDArray[np.float64], edge: float) -> NDArray[np.float64]:
    """Apply the Chebyshev polynomial of degree 8 that is small on eigenvalues -1 .. ``edge`` and large above."""
    centre, half = (edge - 1) / 2, (edge + 1) / 2 + 1e-9
    before, now = block, (walk @ block - centre * block) / half
    for _ in range(7):
        before, now = now, 2 * (walk @ now - centre * now) / half - before
    result: NDArray[np.float64] = now
    return result
