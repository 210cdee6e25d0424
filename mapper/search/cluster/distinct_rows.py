"""The rows of a network that a kernel has to read: of neurons known to have the same targets, the first one's."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mapper.model.blocks import spans
from mapper.model.network import SpikingNetwork
from mapper.model.rows import Rows

__all__ = ["DistinctRows", "all_rows"]


class DistinctRows:
    """Goes through the rows of a network, some millions of synapses at a time where it is implicit.

    Attributes
    ----------
    leader : int64, shape (n,)
        The neuron whose row is read for each neuron (``SpikingNetwork.alike``).

    Examples
    --------
    >>> net = SpikingNetwork.from_edges("v", 3, [0, 0, 1], [1, 2, 2])
    >>> [(start, rows.targets.tolist()) for start, rows in DistinctRows(net)]
    [(0, [1, 2, 2])]
    """

    def __init__(self, network: SpikingNetwork) -> None:
        self._network = network
        self.leader = network.alike()
        self._read = self.leader == np.arange(network.size)
        self.alone = bool(self._read.all())

    @property
    def size(self) -> int:
        """Synapses in the rows that are read."""
        return int(np.diff(self._network.indptr)[self._read].sum())

    @cached_property
    def members(self) -> NDArray[np.int64]:
        """For how many neurons each row is read, int64, shape (n,)."""
        return np.bincount(self.leader, minlength=self.leader.size).astype(np.int64, copy=False)

    def mixed(self, code: NDArray[np.int64]) -> NDArray[np.int64]:
        """The exclusive or of the codes of the neurons each row is read for, int64, shape (n,)."""
        if self.alone:
            return code
        found = np.zeros(code.size, np.int64)
        np.bitwise_xor.at(found, self.leader, code)
        return found

    def __iter__(self) -> Iterator[tuple[int, Rows]]:
        """(first neuron, rows of consecutive neurons) in turn."""
        if self.alone:
            yield from all_rows(self._network)
            return
        edges = np.flatnonzero(np.diff(self._read, prepend=False, append=False)).tolist()
        for first, end in zip(edges[::2], edges[1::2], strict=True):
            for start, stop in spans(self._network.indptr[first : end + 1]):
                yield first + start, self._network.rows(first + start, first + stop)


def all_rows(network: SpikingNetwork) -> Iterator[tuple[int, Rows]]:
    """(first neuron, rows of consecutive neurons): all of an explicit network at once, of an implicit one in turn."""
    if "targets" in vars(network):
        yield 0, network.rows(0, network.size)
    else:
        yield from network.pieces()
