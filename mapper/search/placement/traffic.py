"""Who sends how many packets to whom: all that a placement has to know of an application."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mapper.model.application import Application
from mapper.model.arrays import frozen_array, require
from mapper.model.platform import Platform

__all__ = ["ClusterTraffic", "traffic_of"]

_NONE = np.empty(0, np.int32)


@dataclass(frozen=True, eq=False)
class ClusterTraffic:
    """Packets of one iteration between ``clusters`` clusters.

    Attributes
    ----------
    sources, targets : int64, shape (m,)
        Cluster numbers; parallel entries add up, an entry from a cluster to itself costs nothing anywhere.
    packets : int64, shape (m,)
    fixed : int32, shape (clusters,)
        The tile of what cannot move and takes no slot (the input actor), -1 for all others; default: none is fixed.

    Examples
    --------
    >>> ClusterTraffic(3, [0, 1], [1, 2], [5, 7]).movable.tolist()
    [0, 1, 2]
    """

    clusters: int
    sources: NDArray[np.int64]
    targets: NDArray[np.int64]
    packets: NDArray[np.int64]
    fixed: NDArray[np.int32] = field(default_factory=lambda: _NONE)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "sources", frozen_array("sources", self.sources, np.int64, (None,), 0))
        for key in ("targets", "packets"):
            put(self, key, frozen_array(key, getattr(self, key), np.int64, (self.sources.size,), 0))
        fixed = self.fixed if np.size(self.fixed) else np.full(self.clusters, -1, np.int32)
        put(self, "fixed", frozen_array("fixed", fixed, np.int32, (self.clusters,), -1))
        last = max(int(self.sources.max(initial=-1)), int(self.targets.max(initial=-1)))
        require(last < self.clusters, "traffic", f"clusters 0..{self.clusters - 1}", last)
        require(float(self.packets.sum(dtype=float)) < 2.0**40, "packets", "less than 2^40 in all", "more")

    @property
    def movable(self) -> NDArray[np.int64]:
        """The clusters that need a slot, in order."""
        return np.flatnonzero(self.fixed < 0)


def traffic_of(application: Application, platform: Platform) -> ClusterTraffic:
    """An application's packets; its input actor is fixed at the platform's I/O tile."""
    graph = application.graph
    return ClusterTraffic(
        graph.actor_count,
        graph.sources.astype(np.int64),
        graph.targets.astype(np.int64),
        application.packets,
        np.where(application.is_input, platform.io_tile, -1).astype(np.int32),
    )
