"""What a cluster may hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.model.arrays import require
from mapper.model.platform import UNLIMITED, Platform

__all__ = ["Limits", "limit_rows"]


@dataclass(frozen=True)
class Limits:
    """Most distinct axons (N_in), neurons (N_out) and synapses of one cluster.

    Examples
    --------
    >>> Limits(128, 128, 16384).inputs
    128
    """

    inputs: int
    outputs: int
    synapses: int

    def __post_init__(self) -> None:
        for key in ("inputs", "outputs", "synapses"):
            require(getattr(self, key) >= 1, f"limit on {key}", "at least 1", getattr(self, key))

    @property
    def fan_in(self) -> int:
        """Most distinct inputs of a neuron that is not unrolled: each needs a row and a cell."""
        return min(self.inputs, self.synapses)

    @classmethod
    def of(cls, platform: Platform) -> Limits:
        """Limits under which a cluster fits every usable tile: the smallest of each kind over the tile classes."""
        inputs, outputs, synapses = platform.limits[platform.usable].min(axis=0).tolist()
        return cls(inputs, outputs, synapses)

    @classmethod
    def by_slot(cls, platform: Platform) -> tuple[Limits, ...]:
        """The limits of each place a cluster can have, largest crossbar first; empty if the places have no number.

        Clusters cut to these in turn each fit their own tile, where those cut by :meth:`of` fit every tile but may be
        too many.
        """
        if (platform.slots == UNLIMITED).any():
            return ()
        rows = [tuple(row) for row in np.repeat(platform.limits, platform.slots, axis=0).tolist()]
        return tuple(cls(*row) for row in sorted(rows, key=lambda row: (row[2], row[1], row[0]), reverse=True))


def limit_rows(limits: Limits | Sequence[Limits]) -> NDArray[np.int64]:
    """(axons, neurons, synapses) of each cluster in turn, the last row for all further ones; int64, shape (k, 3).

    Examples
    --------
    >>> limit_rows([Limits(4, 2, 8), Limits(2, 2, 4)]).tolist()
    [[4, 2, 8], [2, 2, 4]]
    """
    rows = [limits] if isinstance(limits, Limits) else list(limits)
    return np.array([[row.inputs, row.outputs, row.synapses] for row in rows], np.int64)
