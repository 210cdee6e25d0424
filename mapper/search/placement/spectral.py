"""Spectral coordinates: clusters that talk much lie close (Hall 1970, with weighted degrees)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.search.placement.problem import PlacementProblem

__all__ = ["slow_coordinates"]

#: The share of entries whose ends share a neighbour that makes a grouped traffic, and what the others still count.
GROUPED, LEAST_TRUST = 0.5, 0.2
#: Paths of two channels that are worth counting.
MOST_PATHS = 2e7


def slow_coordinates(problem: PlacementProblem, rounds: int = 40) -> NDArray[np.float64]:
    """The three slowest eigenvectors of the random walk on the traffic, roughly, float64, shape (clusters, 3).

    Subspace iteration on (identity + symmetrically normalised traffic) / 2 with Chebyshev filters; places in an order
    are all that is read from them, so few digits suffice. The same input gives the same coordinates.
    """
    from scipy.sparse import csr_array

    n = problem.traffic.clusters
    if n < 5:
        return np.arange(3 * n, dtype=float).reshape(n, 3)
    owner = np.repeat(np.arange(n), np.diff(problem.first))
    weight = problem.weight * _trust(problem, owner)
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


def _trust(problem: PlacementProblem, owner: NDArray[np.int64]) -> NDArray[np.float64]:
    """How much each entry says about places, float64, shape (entries,): more, the more neighbours its ends share.

    Where most clusters talk in groups of neighbours, the few channels across tie far ends together and blur the slow
    coordinates; they seldom have a neighbour in common. Elsewhere (layers share none) all count alike.
    """
    from scipy.sparse import csr_array

    n, ones = problem.traffic.clusters, np.ones(owner.size)
    degree = np.diff(problem.first).astype(float)
    if not owner.size or problem.back.any() or (degree * degree).sum() > MOST_PATHS:
        return ones
    joined = csr_array((ones, problem.other, problem.first), shape=(n, n))
    paths = csr_array(joined @ joined)
    shared = np.asarray(paths[owner, problem.other]).ravel()
    return LEAST_TRUST + shared if (shared > 0).mean() > GROUPED else ones


def _filtered(walk: Any, block: NDArray[np.float64], edge: float) -> NDArray[np.float64]:
    """Apply the Chebyshev polynomial of degree 8 that is small on eigenvalues -1 .. ``edge`` and large above."""
    centre, half = (edge - 1) / 2, (edge + 1) / 2 + 1e-9
    before, now = block, (walk @ block - centre * block) / half
    for _ in range(7):
        before, now = now, 2 * (walk @ now - centre * now) / half - before
    result: NDArray[np.float64] = now
    return result
