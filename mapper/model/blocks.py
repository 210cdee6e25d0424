"""A network's synapses as blocks between populations, some of them implicit; written out some neurons at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mapper.model.arrays import frozen_array, require
from mapper.model.rows import Rows
from mapper.model.stencil import Stencil

__all__ = ["Block", "Blocks", "Listed", "spans"]

#: Synapses written out at a time.
MOST = 4_000_000


def spans(indptr: NDArray[np.int64], most: int | None = None) -> Iterator[tuple[int, int]]:
    """Runs of neurons with at most so many synapses each (default: 4 million), or of one neuron.

    Examples
    --------
    >>> list(spans(np.array([0, 2, 2, 3, 9]), 3))
    [(0, 3), (3, 4)]
    """
    start, n = 0, indptr.size - 1
    while start < n:
        enough = int(np.searchsorted(indptr, indptr[start] + (most or MOST), side="right")) - 1
        stop = min(max(start + 1, enough), n)
        yield start, stop
        start = stop


@dataclass(frozen=True, eq=False)
class Listed:
    """Synapses written out, as a :class:`~mapper.model.stencil.Stencil` would give them; ``out`` counts the targets.

    Raises
    ------
    ValueError
        Targets out of range, or weights that are not finite.
    """

    rows: Rows
    out: int

    def __post_init__(self) -> None:
        targets, weights = self.rows.targets, self.rows.weights
        low, high = int(targets.min(initial=0)), int(targets.max(initial=-1))
        require(low >= 0 and high < self.out, "targets", f"neurons below {self.out}", f"{low}..{high}")
        require(weights is None or bool(np.isfinite(weights).all()), "weights", "finite numbers", "others")

    @property
    def size(self) -> tuple[int, int]:
        """(sources, targets)."""
        return self.rows.indptr.size - 1, self.out

    @property
    def synapse_count(self) -> int:
        return self.rows.targets.size

    def fan_out(self) -> NDArray[np.int64]:
        return np.diff(self.rows.indptr)

    def fan_in(self) -> NDArray[np.int64]:
        return np.bincount(self.rows.targets, minlength=self.out).astype(np.int64, copy=False)

    def alike(self) -> NDArray[np.int64]:
        """Every source is taken to differ from the others."""
        return np.arange(self.size[0])

    def piece(self, start: int, stop: int, weighted: bool = True, first_target: int = 0) -> Rows:
        """The synapses of the sources ``start .. stop - 1``; targets are numbered from ``first_target``."""
        indptr = self.rows.indptr[start : stop + 1]
        part = slice(int(indptr[0]), int(indptr[-1]))
        weights = self.rows.weights[part] if weighted and self.rows.weights is not None else None
        return Rows(indptr - indptr[0], self.rows.targets[part] + np.int32(first_target), weights)


@dataclass(frozen=True)
class Block:
    """Synapses from the neurons ``source ..`` to the neurons ``target ..``, all of one delay."""

    source: int
    target: int
    synapses: Stencil | Listed
    delay: int = 0

    @property
    def stop(self) -> int:
        """One behind the last source."""
        return self.source + self.synapses.size[0]


@dataclass(frozen=True, eq=False)
class Blocks:
    """All synapses of n neurons. A neuron's are those of its blocks in turn; all have weights, or none.

    Blocks either start at the same neuron and have equally many sources, or share no source.

    Raises
    ------
    ValueError
        Blocks that overlap otherwise, or leave the n neurons; a delay below zero.

    Examples
    --------
    >>> pair = Listed(Rows(np.array([0, 1]), np.array([0], np.int32), np.ones(1, np.float32)), 1)
    >>> chain = Blocks(3, (Block(0, 1, pair), Block(1, 2, pair), Block(0, 2, pair)))
    >>> chain.indptr.tolist(), chain.fan_in().tolist(), chain.rows(0, 3).targets.tolist()
    ([0, 2, 3, 3], [0, 1, 2], [1, 2, 2])
    """

    n: int
    blocks: tuple[Block, ...]
    delayed: bool = False

    def __post_init__(self) -> None:
        ends: dict[int, int] = {}
        for block in self.blocks:
            last = max(block.stop, block.target + block.synapses.size[1])
            require(min(block.source, block.target) >= 0 and last <= self.n, "blocks", f"neurons below {self.n}", last)
            require(0 <= block.delay < 1 << 31, "delays", "values >= 0 that fit int32", block.delay)
            same = ends.setdefault(block.source, block.stop) == block.stop
            require(same, "blocks", "equal runs of sources", f"others from neuron {block.source}")
        order = sorted(ends.items())
        apart = all(end <= start for (_, end), (start, _) in pairwise(order))
        require(apart, "blocks", "equal runs of sources, or distinct ones", "runs that overlap")

    @cached_property
    def indptr(self) -> NDArray[np.int64]:
        """The synapses of neuron i are ``indptr[i] .. indptr[i + 1] - 1`` of all, int64, shape (n + 1,)."""
        indptr = np.zeros(self.n + 1, np.int64)
        for block in self.blocks:
            indptr[block.source + 1 : block.stop + 1] += block.synapses.fan_out()
        return frozen_array("indptr", np.cumsum(indptr), np.int64)

    @property
    def weighted(self) -> bool:
        return all(isinstance(b.synapses, Stencil) or b.synapses.rows.weights is not None for b in self.blocks)

    def fan_in(self) -> NDArray[np.int64]:
        """Synapses that end at each neuron, int64, shape (n,)."""
        found = np.zeros(self.n, np.int64)
        for block in self.blocks:
            found[block.target : block.target + block.synapses.size[1]] += block.synapses.fan_in()
        return found

    @cached_property
    def alike(self) -> NDArray[np.int64]:
        """For each neuron, the first one known to have the same targets in the same order, int64, shape (n,)."""
        leader = np.arange(self.n)
        for start in dict.fromkeys(block.source for block in self.blocks):
            mine = [block for block in self.blocks if block.source == start]
            run = slice(start, mine[0].stop)
            found = mine[0].synapses.alike()
            for block in mine[1:]:
                _, first, which = np.unique(
                    found * found.size + block.synapses.alike(), return_index=True, return_inverse=True
                )
                found = first[which]
            leader[run] = start + found
        return frozen_array("alike", leader, np.int64)

    def rows(self, start: int, stop: int, weighted: bool = True) -> Rows:
        """The synapses of the neurons ``start .. stop - 1``."""
        indptr = self.indptr[start : stop + 1] - self.indptr[start]
        targets = np.empty(int(indptr[-1]), np.int32)
        weights = np.empty(targets.size, np.float32) if weighted and self.weighted else None
        for place, _, piece in self._pieces(start, stop, weights is not None):
            if piece.targets.size == targets.size and piece.indptr.size == indptr.size:
                return piece
            targets[place] = piece.targets
            if weights is not None and piece.weights is not None:
                weights[place] = piece.weights
        return Rows(indptr, targets, weights)

    def delays(self) -> NDArray[np.int32]:
        """Delay of every synapse, int32."""
        found = np.empty(int(self.indptr[-1]), np.int32)
        for a, b in spans(self.indptr):
            part = found[int(self.indptr[a]) : int(self.indptr[b])]
            for place, block, _ in self._pieces(a, b, False):
                part[place] = block.delay
        return found

    def _pieces(self, start: int, stop: int, weighted: bool) -> Iterator[tuple[slice | NDArray[np.int64], Block, Rows]]:
        """Each block's share of these neurons' synapses, and where among them it belongs."""
        indptr = self.indptr[start : stop + 1] - self.indptr[start]
        free = indptr[:-1].copy()
        for block in self.blocks:
            a, b = max(start, block.source), min(stop, block.stop)
            if a >= b:
                continue
            piece = block.synapses.piece(a - block.source, b - block.source, weighted, block.target)
            here = slice(a - start, b - start)
            if piece.targets.size == indptr[b - start] - indptr[a - start]:  # nobody else feeds from these sources
                yield slice(int(indptr[a - start]), int(indptr[b - start])), block, piece
            else:
                counts = np.diff(piece.indptr)
                yield np.repeat(free[here] - piece.indptr[:-1], counts) + np.arange(piece.targets.size), block, piece
                free[here] += counts
