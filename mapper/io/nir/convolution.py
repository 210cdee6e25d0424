"""A convolution, pooling or dense layer as its kernel: made explicit only where it has to be added or multiplied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.io.nir.window import Axis
from mapper.model.stencil import Stencil, Taps

__all__ = ["Convolution", "Map", "Sparse", "explicit", "product", "without_zeros"]

Sparse = Any  # scipy.sparse.csr_array, imported only where needed
Map = Any  # Sparse, or a Convolution


@dataclass(frozen=True, eq=False)
class Convolution:
    """A map from (channels, rows, columns) to (maps, rows, columns), weights in the file's precision.

    Output (o, y, x) takes weight[o, c, i, j] * input[g(o) * in/groups + c, y', x'] summed over c and all (i, y') that
    meet y on the first axis and (j, x') that meet x on the second, with g(o) the group of channel o.

    Attributes
    ----------
    weight : floats, shape (out, in / groups, kernel rows, kernel columns)
    """

    weight: NDArray[Any]
    rows: Taps
    columns: Taps
    groups: int = 1

    @classmethod
    def over(cls, weight: NDArray[Any], axes: tuple[Axis, ...], groups: int) -> Convolution:
        """Of two axes."""
        rows, columns = (Taps(a.size, a.out, at, tap, to) for a in axes for to, tap, at in [a.taps()])
        return cls(weight, rows, columns, groups)

    @classmethod
    def dense(cls, weight: NDArray[Any]) -> Convolution:
        """Of a weight matrix, shape (out, in).

        Examples
        --------
        >>> explicit(Convolution.dense(np.array([[1.0, 2.0]]))).toarray().tolist()
        [[1.0], [2.0]]
        """
        return cls.over(weight[:, :, None, None], (Axis(1, 1), Axis(1, 1)), 1)

    def stencil(self) -> Stencil:
        """In 32 bits, without the kernel elements that only ever meet padding.

        Raises
        ------
        ValueError
            Weights too large for 32-bit floats.
        """
        weight, axes = self.weight, list[Taps]()
        for axis, dimension in ((self.rows, 2), (self.columns, 3)):
            used, tap = np.unique(axis.tap, return_inverse=True)
            if used.size < weight.shape[dimension]:
                weight = np.take(weight, used, axis=dimension)
            axes.append(Taps(axis.size, axis.out, axis.at, tap, axis.to))
        with np.errstate(over="ignore"):
            return Stencil(weight.astype(np.float32, copy=False), axes[0], axes[1], self.groups)

    def explicit(self) -> Sparse:
        """As a CSR matrix, shape (inputs, outputs), without zeros."""
        from scipy.sparse import coo_array

        out, per_group = self.weight.shape[:2]
        rows, columns = self.rows, self.columns
        oy, ky, iy = (a.astype(np.int32)[:, None] for a in (rows.to, rows.tap, rows.at))
        ox, kx, ix = (a.astype(np.int32) for a in (columns.to, columns.tap, columns.at))
        o = np.arange(out, dtype=np.int32)[:, None, None, None]
        c = np.arange(per_group, dtype=np.int32)[None, :, None, None]
        channel = o // np.int32(out // self.groups) * np.int32(per_group) + c
        post = (o * np.int32(rows.out) + oy) * np.int32(columns.out) + ox
        pre = (channel * np.int32(rows.size) + iy) * np.int32(columns.size) + ix
        values = self.weight[:, :, ky, kx]
        post = np.broadcast_to(post, values.shape)
        size = (self.groups * per_group * rows.size * columns.size, out * rows.out * columns.out)
        return without_zeros(coo_array((values.ravel(), (pre.ravel(), post.ravel())), shape=size).tocsr())

    def pooled(self) -> float | None:
        """The one weight of a map that joins each channel with itself by equal weights; ``None`` for others."""
        alone = self.weight.shape[0] == self.groups and self.weight.shape[1] == 1
        first = self.weight.flat[0]
        return first if alone and (self.weight == first).all() else None


def product(first: Map | None, second: Map) -> Map:
    """``first``, then ``second``; ``first`` may be ``None`` for the identity.

    A convolution over pooled inputs is a convolution again where no input reaches an output in two ways.

    Examples
    --------
    >>> pool = Convolution.over(np.ones((1, 1, 1, 2)), (Axis(1, 1), Axis(4, 2, stride=2)), 1)
    >>> difference = Convolution.over(np.array([[[[-1.0, 1.0]]]]), (Axis(1, 1), Axis(2, 2)), 1)
    >>> product(pool, difference).stencil().piece(0, 4).weights.tolist()
    [-1.0, -1.0, 1.0, 1.0]
    """
    if first is None:
        return second
    if isinstance(first, Convolution) and isinstance(second, Convolution):
        value = first.pooled()
        channels = second.groups * second.weight.shape[1]
        given, taken = (first.groups, first.rows.out, first.columns.out), (second.rows.size, second.columns.size)
        if value is not None and given == (channels, *taken):
            rows, columns = _joined(first.rows, second.rows), _joined(first.columns, second.columns)
            if rows and columns:
                with np.errstate(over="ignore"):
                    return Convolution(value * second.weight, rows, columns, second.groups)
    return explicit(first) @ explicit(second)


def _joined(first: Taps, second: Taps) -> Taps | None:
    """Pairs that meet by way of a position between; ``None`` if some would meet twice."""
    starts = np.searchsorted(second.at, first.to)
    counts = np.searchsorted(second.at, first.to, side="right") - starts
    which = np.repeat(starts - (np.cumsum(counts) - counts), counts) + np.arange(int(counts.sum()))
    at, to = np.repeat(first.at, counts), second.to[which]
    if np.unique(at * max(second.out, 1) + to).size < at.size:
        return None
    return Taps(first.size, second.out, at, second.tap[which], to)


def explicit(one: Map) -> Sparse:
    """The map as a CSR matrix."""
    return one.explicit() if isinstance(one, Convolution) else one


def without_zeros(matrix: Sparse) -> Sparse:
    """The CSR matrix with its indices sorted and its zeros left out, in place."""
    matrix.sort_indices()
    matrix.eliminate_zeros()
    return matrix
