"""What a cluster may hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.model.arrays import require
from mapper.model.platform import UNLIMITED, Platform

__all__ = ["Limits", "limit_rows", "limits_of_rows"]


@dataclass(frozen=True)
class Limits:
    """Most distinct axons (N_in), neurons (N_out) and synapses of one cluster, and room in its input buffer.

    ``buffer`` is the most packets that the cluster's rows may take in one window: the spikes of all its axons, also
    of those whose neuron is in the cluster, because every row is fed through the same buffer. ``None``: no limit.

    Examples
    --------
    >>> Limits(128, 128, 16384).inputs
    128
    """

    inputs: int
    outputs: int
    synapses: int
    buffer: int | None = None

    def __post_init__(self) -> None:
        for key in ("inputs", "outputs", "synapses"):
            require(getattr(self, key) >= 1, f"limit on {key}", "at least 1", getattr(self, key))
        require(self.buffer is None or self.buffer >= 1, "limit on buffer", "at least 1, or None", self.buffer)

    @property
    def fan_in(self) -> int:
        """Most distinct inputs of a neuron that is not unrolled: each needs a row and a cell."""
        return min(self.inputs, self.synapses)

    @classmethod
    def of(cls, platform: Platform, steps: int | None = None) -> Limits:
        """Limits under which a cluster fits every usable tile: the smallest of each kind over the tile classes.

        ``steps``, the iterations of a window, asks for the buffer, too: see :meth:`by_slot`.
        """
        inputs, outputs, synapses, buffer = _of_tiles(platform, steps)[platform.usable].min(axis=0).tolist()
        return cls(inputs, outputs, synapses, _finite(buffer))

    @classmethod
    def by_slot(cls, platform: Platform, steps: int | None = None) -> tuple[Limits, ...]:
        """The limits of each place a cluster can have, largest crossbar first; empty if the places have no number.

        Clusters cut to these in turn each fit their own tile, where those cut by :meth:`of` fit every tile but may be
        too many.

        Parameters
        ----------
        steps
            Iterations of a window. Given, a tile's ``buffer_packets`` hold its cluster's packets of as many iterations
            as the platform buffers; where not even one packet fits so often, it has no limit. ``None``: no limit.
        """
        if (platform.slots == UNLIMITED).any():
            return ()
        rows = [tuple(row) for row in np.repeat(_of_tiles(platform, steps), platform.slots, axis=0).tolist()]
        rows.sort(key=lambda row: (row[2], row[1], row[0], row[3]), reverse=True)
        return tuple(cls(a, n, s, _finite(packets)) for a, n, s, packets in rows)


def _of_tiles(platform: Platform, steps: int | None) -> NDArray[np.int64]:
    """Axons, neurons, synapses and packets of a window of each tile, int64, shape (tiles, 4)."""
    room = [UNLIMITED] * platform.tiles
    if steps is not None:
        packets = platform.buffer_packets.tolist()
        room = [UNLIMITED if n == UNLIMITED else n // platform.buffer_iterations * steps or UNLIMITED for n in packets]
    return np.column_stack([platform.limits, np.array(room, np.int64)])


def _finite(limit: int) -> int | None:
    return None if limit == UNLIMITED else limit


def limit_rows(limits: Limits | Sequence[Limits], windows: int = 1) -> NDArray[np.int64]:
    """(axons, neurons, synapses, packets) of each cluster in turn, the last row for all further ones; shape (k, 4).

    int64; the packets are those of so many windows (those of a recording bound its spike totals), and ``UNLIMITED``
    where the buffer is not limited.

    Examples
    --------
    >>> limit_rows([Limits(4, 2, 8), Limits(2, 2, 4)])[:, :3].tolist()
    [[4, 2, 8], [2, 2, 4]]
    >>> limit_rows(Limits(4, 2, 8, buffer=5), windows=100).tolist()
    [[4, 2, 8, 500]]
    """
    rows = [limits] if isinstance(limits, Limits) else list(limits)
    most = [UNLIMITED if row.buffer is None else min(row.buffer * windows, UNLIMITED) for row in rows]
    return np.array([[row.inputs, row.outputs, row.synapses, n] for row, n in zip(rows, most, strict=True)], np.int64)


def limits_of_rows(rows: NDArray[np.int64], windows: int) -> list[Limits]:
    """The limits that :func:`limit_rows` gave these rows.

    Examples
    --------
    >>> limits_of_rows(limit_rows(Limits(4, 2, 8, 5), 100), 100)
    [Limits(inputs=4, outputs=2, synapses=8, buffer=5)]
    """
    return [Limits(a, n, s, None if room == UNLIMITED else room // windows) for a, n, s, room in rows.tolist()]
