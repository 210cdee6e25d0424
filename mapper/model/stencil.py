"""The synapses of a convolution, held as its kernel: they are written out only for the sources asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mapper.model.arrays import frozen_array, require
from mapper.model.rows import Rows

__all__ = ["Stencil", "Taps"]

#: Synapses of one channel that are laid out at a time.
_SPAN = 1 << 18


@dataclass(frozen=True, eq=False)
class Taps:
    """Along one axis: source position ``at[i]`` meets target position ``to[i]`` in kernel element ``tap[i]``.

    A source and a target position meet at most once. ``size`` and ``out`` count the positions of the two sides.

    Raises
    ------
    ValueError
        Lists of different length, positions out of range, or a pair that meets twice.

    Examples
    --------
    >>> valid = Taps(size=3, out=2, at=[0, 1, 1, 2], tap=[0, 1, 0, 1], to=[0, 0, 1, 1])
    >>> valid.ptr.tolist()
    [0, 1, 3, 4]
    """

    size: int
    out: int
    at: NDArray[np.integer]
    tap: NDArray[np.integer]
    to: NDArray[np.integer]

    def __post_init__(self) -> None:
        for key in ("at", "tap", "to"):
            object.__setattr__(self, key, frozen_array(key, getattr(self, key), np.int64, minimum=0))
        require(self.at.size == self.tap.size == self.to.size, "taps", "lists of one length", "different ones")
        require(int(self.at.max(initial=-1)) < self.size, "taps", f"sources below {self.size}", self.at)
        require(int(self.to.max(initial=-1)) < self.out, "taps", f"targets below {self.out}", self.to)
        order = np.lexsort((self.to, self.at))
        for key in ("at", "tap", "to"):
            object.__setattr__(self, key, frozen_array(key, getattr(self, key)[order], np.int64))
        twice = (np.diff(self.at) == 0) & (np.diff(self.to) == 0)
        require(not twice.any(), "taps", "pairs that meet once", "one that meets twice")

    @cached_property
    def ptr(self) -> NDArray[np.int64]:
        """The taps of source position p are ``ptr[p] .. ptr[p + 1] - 1``, their targets ascending."""
        return np.searchsorted(self.at, np.arange(self.size + 1)).astype(np.int64)

    def count(self, positions: NDArray[np.integer], size: int, kernel: int) -> NDArray[np.int64]:
        """How often each position (``at`` or ``to``) meets each kernel element, int64, shape (size, kernel)."""
        found = np.bincount(positions * kernel + self.tap, minlength=size * kernel)
        return found.reshape(size, kernel).astype(np.int64, copy=False)


@dataclass(frozen=True, eq=False)
class Stencil:
    """Synapses from (channels, rows, columns) to (maps, rows, columns) by a kernel, each weight held once.

    Source (c, y, x) feeds target (o, v, u) if c is a channel of o's group, y meets v in kernel row i, x meets u in
    kernel column j, and ``weights[o, c - first channel of the group, i, j]`` is not zero: that is the synapse's weight.
    Convolutions of any stride, padding, dilation and groups are such, pooling (one group a channel) and dense layers
    (one position) too. Neurons are numbered row-major; a source's targets ascend.

    Attributes
    ----------
    weights : float32, shape (maps, channels / groups, kernel rows, kernel columns)
    rows, columns
        Which positions meet in which kernel element.
    groups

    Raises
    ------
    ValueError
        Weights that are not finite or do not fit the groups and taps.

    Examples
    --------
    >>> one = Taps(1, 1, [0], [0], [0])
    >>> edge = Stencil(np.array([[[[-1.0, 1.0]]]]), one, Taps(3, 2, [0, 1, 1, 2], [0, 0, 1, 1], [0, 1, 0, 1]))
    >>> edge.synapse_count, edge.fan_out().tolist(), edge.fan_in().tolist()
    (4, [1, 2, 1], [2, 2])
    >>> piece = edge.piece(1, 3)
    >>> piece.indptr.tolist(), piece.targets.tolist(), piece.weights.tolist()
    ([0, 2, 3], [0, 1, 1], [1.0, -1.0, 1.0])
    """

    weights: NDArray[np.float32]
    rows: Taps
    columns: Taps
    groups: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", frozen_array("weights", self.weights, np.float32, (None,) * 4))
        require(bool(np.isfinite(self.weights).all()), "weights", "finite numbers", "others (NaN or infinite)")
        maps, _, height, width = self.weights.shape
        require(self.groups >= 1 and maps % self.groups == 0, "groups", f"a divisor of {maps}", self.groups)
        for axis, kernel in ((self.rows, height), (self.columns, width)):
            require(int(axis.tap.max(initial=-1)) < kernel, "taps", f"kernel elements below {kernel}", axis.tap)

    @property
    def channels(self) -> int:
        count: int = self.groups * self.weights.shape[1]
        return count

    @property
    def area(self) -> int:
        """Source positions of one channel."""
        return self.rows.size * self.columns.size

    @property
    def size(self) -> tuple[int, int]:
        """(sources, targets)."""
        return self.channels * self.area, self.weights.shape[0] * self.rows.out * self.columns.out

    @cached_property
    def synapse_count(self) -> int:
        count: int = self._fan_in.sum().item()
        return count

    def _used(self, axis: int) -> NDArray[np.int64]:
        """Weights that are synapses, counted over the maps (``axis`` 1) or channels (2) of a group."""
        maps, channels, *kernel = self.weights.shape
        grouped = self.weights.reshape(self.groups, maps // self.groups, channels, *kernel)
        used: NDArray[np.int64] = np.count_nonzero(grouped, axis=axis).astype(np.int64)
        return used.reshape(used.shape[0] * used.shape[1], *kernel)

    @cached_property
    def _fan_out(self) -> NDArray[np.int64]:
        height, width = self.weights.shape[2:]
        down = self.rows.count(self.rows.at, self.rows.size, height)
        across = self.columns.count(self.columns.at, self.columns.size, width)
        return frozen_array("fan out", (down @ self._used(1) @ across.T).ravel(), np.int64)

    @cached_property
    def _fan_in(self) -> NDArray[np.int64]:
        height, width = self.weights.shape[2:]
        down = self.rows.count(self.rows.to, self.rows.out, height)
        across = self.columns.count(self.columns.to, self.columns.out, width)
        return frozen_array("fan in", (down @ self._used(2) @ across.T).ravel(), np.int64)

    def fan_out(self) -> NDArray[np.int64]:
        """Synapses of each source, int64."""
        return self._fan_out

    def fan_in(self) -> NDArray[np.int64]:
        """Synapses of each target, int64."""
        return self._fan_in

    def alike(self) -> NDArray[np.int64]:
        """For each source, the first one that has the same targets because its channel has the same synapses."""
        maps, channels = self.weights.shape[0] // self.groups, self.weights.shape[1]
        leader = np.arange(self.channels) // channels * channels
        if np.count_nonzero(self.weights) < self.weights.size:
            first: dict[tuple[int, bytes], int] = {}
            for c in range(self.channels):
                group, inside = divmod(c, channels)
                mask = self.weights[group * maps : (group + 1) * maps, inside] != 0
                leader[c] = first.setdefault((group, mask.tobytes()), c)
        result: NDArray[np.int64] = (leader[:, None] * self.area + np.arange(self.area)).ravel()
        return result

    def piece(self, start: int, stop: int, weighted: bool = True, first_target: int = 0) -> Rows:
        """The synapses of the sources ``start .. stop - 1``; targets are numbered from ``first_target``."""
        indptr = np.zeros(stop - start + 1, np.int64)
        np.cumsum(self._fan_out[start:stop], out=indptr[1:])
        targets = np.empty(int(indptr[-1]), np.int32)
        weights = np.empty(targets.size, np.float32) if weighted else None
        maps, channels = self.weights.shape[0] // self.groups, self.weights.shape[1]
        offset = maps * self.rows.out * self.columns.out
        first, last = start // self.area, -(-stop // self.area) if stop > start else 0
        for low, high in self._spans() if last > first else ():
            layout: tuple[NDArray[np.int32], NDArray[np.int32]] | None = None
            for c in range(first, last):
                a, b = max(start, c * self.area + low), min(stop, c * self.area + high)
                if a >= b:
                    continue
                if b - a < high - low:
                    target, element = self._layout(a - c * self.area, b - c * self.area)
                else:
                    target, element = layout = layout or self._layout(low, high)
                group, inside = divmod(c, channels)
                values = self.weights[group * maps : (group + 1) * maps, inside].ravel()
                place = slice(int(indptr[a - start]), int(indptr[b - start]))
                shift = np.int32(first_target + group * offset)
                if (values != 0).all():
                    np.add(target, shift, out=targets[place])
                    if weights is not None:
                        np.take(values, element, out=weights[place])
                else:
                    taken = values[element]
                    kept = taken != 0
                    targets[place] = target[kept] + shift
                    if weights is not None:
                        weights[place] = taken[kept]
        return Rows(indptr, targets, weights)

    def _spans(self) -> list[tuple[int, int]]:
        """Runs of positions, each with some hundred thousand synapses of one channel at most (or of one position)."""
        taps = np.multiply.outer(np.diff(self.rows.ptr), np.diff(self.columns.ptr)).ravel()
        end = np.cumsum(taps) * (self.weights.shape[0] // self.groups)
        cuts, done = [0], 0
        while cuts[-1] < self.area:
            cut = max(int(np.searchsorted(end, done + _SPAN, side="right")), cuts[-1] + 1)
            done = int(end[cut - 1])
            cuts.append(cut)
        return list(pairwise(cuts))

    def _layout(self, low: int, high: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Of positions ``low .. high - 1`` in the first channel: (target, element of one channel's weights) in turn.

        As if no weight were zero; int32 each.
        """
        maps, _, height, width = self.weights.shape
        y, x = np.divmod(np.arange(low, high), self.columns.size)
        tall, wide = np.diff(self.rows.ptr)[y], np.diff(self.columns.ptr)[x]
        many = tall * wide
        counts = many * (maps // self.groups)
        position = np.repeat(np.arange(high - low), counts)
        rank = np.arange(position.size) - np.repeat(np.cumsum(counts) - counts, counts)
        o, rank = np.divmod(rank, many[position])
        i, j = np.divmod(rank, wide[position])
        i += self.rows.ptr[y][position]
        j += self.columns.ptr[x][position]
        target = (o * self.rows.out + self.rows.to[i]) * self.columns.out + self.columns.to[j]
        element = (o * height + self.rows.tap[i]) * width + self.columns.tap[j]
        return target.astype(np.int32), element.astype(np.int32)
