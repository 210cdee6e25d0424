"""Access to a network's synapses, which need not be written out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mapper.model.arrays import frozen_array
from mapper.model.blocks import Blocks, spans
from mapper.model.rows import Rows

__all__ = ["LISTS", "Synapses"]

#: Arrays over the synapses, which an implicit network writes out when they are first asked for.
LISTS = ("targets", "weights", "delays")


class Synapses:
    """What :class:`~mapper.model.network.SpikingNetwork` can tell of its synapses.

    ``blocks`` holds those of an implicit network, whose ``targets``, ``weights`` and ``delays`` are written out when
    they are first read, and then kept; it is ``None`` where they were given as arrays.
    """

    blocks: Blocks | None
    if TYPE_CHECKING:
        indptr: NDArray[np.int64]
        targets: NDArray[np.int32]
        weights: NDArray[np.float32] | None
        delays: NDArray[np.int32] | None
    else:

        def __getattr__(self, key):  # only asked for what is not there
            if key not in LISTS or self.__dict__.get("blocks") is None:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {key!r}")
            found = self.written_out(key)
            vars(self)[key] = None if found is None else frozen_array(key, found, found.dtype)
            return vars(self)[key]

    def written_out(self, key: str) -> NDArray[Any] | None:
        """``targets``, ``weights`` or ``delays``; of an implicit network that has not made them yet a fresh array.

        That one is writable and not kept: for those who need it once.
        """
        if self.blocks is None or key in vars(self):
            found: NDArray[Any] | None = getattr(self, key)
            return found
        if (key == "delays" and not self.delayed) or (key == "weights" and not self.weighted):
            return None
        if key == "delays":
            return self.blocks.delays()
        weighted = key == "weights"
        found = np.empty(self.synapse_count, np.float32 if weighted else np.int32)
        for start, stop in self.spans():
            rows: Any = self.blocks.rows(start, stop, weighted)
            found[int(self.indptr[start]) : int(self.indptr[stop])] = rows.weights if weighted else rows.targets
        return found

    @property
    def size(self) -> int:
        """Neurons, inputs included."""
        return self.indptr.size - 1

    @property
    def synapse_count(self) -> int:
        return int(self.indptr[-1])

    @property
    def delayed(self) -> bool:
        """Whether the synapses have delays (``delays`` is not ``None``)."""
        return self.delays is not None if self.blocks is None else self.blocks.delayed

    @property
    def weighted(self) -> bool:
        """Whether the synapses have weights (``weights`` is not ``None``)."""
        return self.weights is not None if self.blocks is None else self.blocks.weighted

    def rows(self, start: int, stop: int, weighted: bool = False) -> Rows:
        """The synapses of the neurons ``start .. stop - 1``, without weights unless asked for."""
        needed = {"targets", "weights"} if weighted else {"targets"}
        if self.blocks is not None and not needed.issubset(vars(self)):
            return self.blocks.rows(start, stop, weighted)
        part = slice(int(self.indptr[start]), int(self.indptr[stop]))
        weights = self.weights[part] if weighted and self.weights is not None else None
        return Rows(self.indptr[start : stop + 1] - self.indptr[start], self.targets[part], weights)

    def spans(self) -> Iterator[tuple[int, int]]:
        """Runs of neurons that cover the network, with a few million synapses each: what :meth:`rows` is asked for."""
        return spans(self.indptr)

    def pieces(self) -> Iterator[tuple[int, Rows]]:
        """(first neuron, :meth:`rows` of it and those after it), some millions of synapses at a time."""
        for start, stop in self.spans():
            yield start, self.rows(start, stop)

    def alike(self) -> NDArray[np.int64]:
        """For each neuron, the first one known to have the same targets in the same order, int64, shape (n,).

        Neurons of one position in the channels of a convolution are. An explicit network's neurons are their own.
        """
        return np.arange(self.size) if self.blocks is None else self.blocks.alike

    def sources(self) -> NDArray[np.int32]:
        """Presynaptic neuron of each synapse, int32, shape (m,); made on each call."""
        return np.repeat(np.arange(self.size, dtype=np.int32), np.diff(self.indptr))

    def fan_in(self) -> NDArray[np.int64]:
        """Synapses that end at each neuron, int64, shape (n,)."""
        if self.blocks is not None:
            return self.blocks.fan_in()
        found = np.zeros(self.size, np.int64)
        for _, rows in self.pieces():
            found += np.bincount(rows.targets, minlength=self.size)
        return found

    def incoming(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """The transposed synapses: (indptr, presynaptic neurons), sources in ascending order within a neuron."""
        indptr = np.zeros(self.size + 1, np.int64)
        np.cumsum(self.fan_in(), out=indptr[1:])
        order = np.argsort(self.targets, kind="stable")
        return indptr, self.sources()[order]
