"""The hardware: tiles, their crossbars, the network between them and what everything costs."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mapper.model.arrays import frozen_array, require
from mapper.model.topology import Topology

__all__ = ["ARBITRATIONS", "UNLIMITED", "Energy", "Platform", "TileClass", "Timing"]

ARBITRATIONS = ("tdm", "round_robin")

#: Largest time or energy of a coefficient: sums then stay within 64 bits.
LARGEST = 10**15

#: Stands for "no limit" in the per-tile arrays.
UNLIMITED = np.iinfo(np.int64).max


def _require_non_negative(values: object, where: str) -> None:
    for entry in fields(values):  # type: ignore[arg-type]
        value = getattr(values, entry.name)
        fits = isinstance(value, int) and 0 <= value <= LARGEST
        require(fits, f"{where}.{entry.name}", f"an integer 0..{LARGEST}", repr(value))


@dataclass(frozen=True)
class Timing:
    """Times in picoseconds.

    A cluster's execution time is ``base + per_input_event * events in + per_synaptic_event * synaptic events +
    per_output_spike * spikes out + per_step * steps``. A transfer of n packets over h hops takes
    ``setup + h * hop + n * packet``, or ``local`` on one tile. ``inject`` and ``eject`` (per remote packet) keep the
    sending and the receiving crossbar busy. ``reprogram`` is paid between two firings on a tile that holds more
    clusters than crossbars. ``input_base`` and ``input_spike`` make up the execution time of the input actor.
    """

    base_ps: int = 0
    per_input_event_ps: int = 0
    per_synaptic_event_ps: int = 0
    per_output_spike_ps: int = 0
    per_step_ps: int = 0
    setup_ps: int = 0
    hop_ps: int = 0
    packet_ps: int = 0
    local_ps: int = 0
    inject_ps: int = 0
    eject_ps: int = 0
    reprogram_ps: int = 0
    input_base_ps: int = 0
    input_spike_ps: int = 0

    def __post_init__(self) -> None:
        _require_non_negative(self, "timing")


@dataclass(frozen=True)
class Energy:
    """Energies in femtojoules: per remote packet (inject, hop, eject), per local packet, per event and per spike."""

    inject_fj: int = 0
    hop_fj: int = 0
    eject_fj: int = 0
    local_fj: int = 0
    synaptic_event_fj: int = 0
    output_spike_fj: int = 0

    def __post_init__(self) -> None:
        _require_non_negative(self, "energy")


@dataclass(frozen=True)
class TileClass:
    """What one kind of tile holds; ``None`` means no limit.

    Attributes
    ----------
    crossbars
        Crossbars on the tile. Its clusters fire one at a time, in the tile's static order.
    inputs, outputs, synapses
        Rows (N_in), columns (N_out) and usable cells of one crossbar.
    clusters_per_crossbar
        Clusters that may share one crossbar in time (it is reprogrammed between them).
    buffer_packets
        Packets the tile can buffer for its clusters' remote channels.
    """

    name: str
    inputs: int
    outputs: int
    synapses: int | None = None
    crossbars: int = 1
    clusters_per_crossbar: int | None = 1
    buffer_packets: int | None = None

    def __post_init__(self) -> None:
        for entry in fields(self)[1:]:
            value = getattr(self, entry.name)
            where = f"tile class {self.name!r}, {entry.name}"
            require(value is None or (isinstance(value, int) and value >= 1), where, "an integer >= 1", repr(value))

    @property
    def slots(self) -> int | None:
        """Clusters the tile can hold."""
        return None if self.clusters_per_crossbar is None else self.crossbars * self.clusters_per_crossbar

    @property
    def cells(self) -> int:
        """Synapses one crossbar can hold."""
        return self.inputs * self.outputs if self.synapses is None else self.synapses


@dataclass(frozen=True, eq=False)
class Platform:
    """A chip.

    Attributes
    ----------
    topology
        Tiles and links.
    tile_classes
        The kinds of tile.
    class_of : int32, shape (tiles,)
        Each tile's kind.
    timing, energy
        What firing and sending costs.
    io_tile
        The tile whose router carries the I/O port; the input actor sits there.
    buffer_iterations
        Iterations' worth of packets each channel can buffer (B of the bound graph).
    arbitration
        ``tdm``: transfers do not interfere. ``round_robin``: each waits for one bundle of every channel it meets.
    broken
        Tiles that run nothing; their routers still forward packets.

    Examples
    --------
    >>> from mapper.model.topology import Mesh
    >>> chip = Platform("tiny", Mesh(2, 1), (TileClass("tile", 4, 4),), [0, 0])
    >>> chip.tiles, chip.usable.tolist()
    (2, [True, True])
    """

    name: str
    topology: Topology
    tile_classes: tuple[TileClass, ...]
    class_of: NDArray[np.int32]
    timing: Timing = Timing()
    energy: Energy = Energy()
    io_tile: int = 0
    buffer_iterations: int = 2
    arbitration: str = "tdm"
    broken: tuple[int, ...] = ()
    description: str = ""

    def __post_init__(self) -> None:
        classes = frozen_array("class_of", self.class_of, np.int32, (self.tiles,), 0)
        object.__setattr__(self, "class_of", classes)
        require(len(self.tile_classes) > int(classes.max()), "class_of", "known tile classes", classes.max())
        require(0 <= self.io_tile < self.tiles, "io tile", f"a tile 0..{self.tiles - 1}", self.io_tile)
        require(self.buffer_iterations >= 1, "buffer_iterations", "at least 1", self.buffer_iterations)
        require(self.arbitration in ARBITRATIONS, "arbitration", f"one of {ARBITRATIONS}", self.arbitration)
        broken = all(0 <= t < self.tiles for t in self.broken) and len(set(self.broken)) < self.tiles
        require(broken, "broken", f"tiles 0..{self.tiles - 1}, not all of them", self.broken)

    @property
    def tiles(self) -> int:
        return self.topology.tiles

    def _per_tile(self, attribute: str) -> NDArray[np.int64]:
        values = [getattr(c, attribute) for c in self.tile_classes]
        return np.array([UNLIMITED if v is None else v for v in values], np.int64)[self.class_of]

    @cached_property
    def usable(self) -> NDArray[np.bool_]:
        """Tiles that can run clusters, bool, shape (tiles,)."""
        mask = np.ones(self.tiles, np.bool_)
        mask[list(self.broken)] = False
        return mask

    @cached_property
    def limits(self) -> NDArray[np.int64]:
        """(axons, neurons, synapses) one crossbar of each tile can hold, int64, shape (tiles, 3)."""
        return np.stack([self._per_tile(key) for key in ("inputs", "outputs", "cells")], axis=1)

    @cached_property
    def slots(self) -> NDArray[np.int64]:
        """Clusters each tile can hold, int64, shape (tiles,); 0 on broken tiles, the largest int64 for no limit."""
        return np.where(self.usable, self._per_tile("slots"), 0)

    @cached_property
    def crossbars(self) -> NDArray[np.int64]:
        return self._per_tile("crossbars")

    @cached_property
    def buffer_packets(self) -> NDArray[np.int64]:
        """Packets each tile can buffer, int64, shape (tiles,); the largest int64 for no limit."""
        return self._per_tile("buffer_packets")

    def most_iterations(self, initial: NDArray[np.int64]) -> NDArray[np.int64]:
        """Iterations that channels can hold if they start with so many of tokens, int64, the same shape.

        ``buffer_iterations``, or one more than the channel starts with where that is larger: a channel as full at the
        start as it can ever be would let its producer wait for its consumer, and two such channels head-on would block
        each other for ever.
        """
        return np.maximum(self.buffer_iterations, initial + 1)
