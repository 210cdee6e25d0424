"""Which neurons share a crossbar."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.model.arrays import frozen_array, require
from mapper.model.network import SpikingNetwork

__all__ = ["Clustering"]


@dataclass(frozen=True, eq=False)
class Clustering:
    """A partition of a network's neurons into clusters.

    Attributes
    ----------
    assignment : int32, shape (neurons,)
        Each neuron's cluster, -1 for input neurons.
    count
        Clusters, numbered 0 .. count - 1; none is empty.
    method
        How it was found.

    Examples
    --------
    >>> Clustering([-1, 0, 0, 1], 2, "by hand").sizes().tolist()
    [2, 1]
    """

    assignment: NDArray[np.int32]
    count: int
    method: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "assignment", frozen_array("assignment", self.assignment, np.int32, (None,), -1))
        found = np.unique(self.assignment[self.assignment >= 0])
        filled = found.size == self.count and (self.count == 0 or int(found[-1]) == self.count - 1)
        require(filled, "assignment", f"every cluster 0..{self.count - 1} to be used", f"{found.size} clusters")

    def sizes(self) -> NDArray[np.int64]:
        """Neurons of each cluster, int64, shape (count,)."""
        return np.bincount(self.assignment[self.assignment >= 0], minlength=self.count).astype(np.int64)

    def axons(self, network: SpikingNetwork) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The distinct (presynaptic neuron, cluster) pairs, sorted by cluster; each takes one crossbar row."""
        found = [np.zeros(0, np.int64)]
        for start, rows in network.pieces():
            into = self.assignment[rows.targets].astype(np.int64)
            found.append(np.unique(into * network.size + rows.sources(start)))
        pairs = np.sort(np.concatenate(found))
        return pairs % max(network.size, 1), pairs // max(network.size, 1)

    def demand(self, network: SpikingNetwork) -> NDArray[np.int64]:
        """(axons, neurons, synapses) of each cluster, int64, shape (count, 3)."""
        _, into = self.axons(network)
        taken = self.assignment >= 0
        synapses = np.bincount(self.assignment[taken], network.fan_in()[taken], minlength=self.count)
        return np.stack([np.bincount(into, minlength=self.count), self.sizes(), synapses], axis=1).astype(np.int64)
