"""The bound graph: what must wait for what once every actor has its tile and its place in the order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from mapper.model.arrays import frozen_array, require

__all__ = ["BoundGraph", "EdgeKind"]


class EdgeKind(IntEnum):
    """Why an edge is there."""

    DATA = 0
    SELF = 1
    BUFFER = 2
    ORDER = 3
    WRAP = 4


@dataclass(frozen=True, eq=False)
class BoundGraph:
    """A single-rate timed event graph: firing k of ``target`` starts no earlier than ``time`` after the start of
    firing k - ``tokens`` of ``source``.

    Attributes
    ----------
    nodes
        Actors, numbered as in the application.
    sources, targets : int32, shape (m,)
    times, tokens : int64, shape (m,)
    kinds : int8, shape (m,)
        An :class:`EdgeKind` each.
    channels : int32, shape (m,)
        The channel of a data or buffer edge, -1 for others.
    durations : int64, shape (nodes,)
        How long each actor's firing keeps its crossbar busy (injection and ejection included).
    link_loads : int64, shape (links,)
        Picoseconds each link is busy in one iteration.
    """

    nodes: int
    sources: NDArray[np.int32]
    targets: NDArray[np.int32]
    times: NDArray[np.int64]
    tokens: NDArray[np.int64]
    kinds: NDArray[np.int8]
    channels: NDArray[np.int32]
    durations: NDArray[np.int64]
    link_loads: NDArray[np.int64]

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "sources", frozen_array("sources", self.sources, np.int32, (None,), 0))
        m = self.sources.size
        for key, dtype, low in (
            ("targets", np.int32, 0),
            ("times", np.int64, 0),
            ("tokens", np.int64, 0),
            ("kinds", np.int8, 0),
            ("channels", np.int32, -1),
        ):
            put(self, key, frozen_array(key, getattr(self, key), dtype, (m,), low))
        put(self, "durations", frozen_array("durations", self.durations, np.int64, (self.nodes,), 0))
        put(self, "link_loads", frozen_array("link_loads", self.link_loads, np.int64, (None,), 0))
        last = max(int(self.sources.max(initial=-1)), int(self.targets.max(initial=-1)))
        require(last < self.nodes, "edges", f"nodes 0..{self.nodes - 1}", last)
