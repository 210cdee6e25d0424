"""A clustering with what it costs and what it was made for: what `mapper cluster` shows and stores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.model.arrays import frozen_array, require
from mapper.model.clustering import Clustering

__all__ = ["ClusteringReport"]


@dataclass(frozen=True, eq=False)
class ClusteringReport:
    """One method's answer for one network and one vector of limits.

    Attributes
    ----------
    network
        Name of the network.
    method, iteration, unrolling
        How it was clustered, what one iteration is, and how wide fan-ins were unrolled.
    clustering
        Of the unrolled network.
    origin : int64, shape (units,)
        The given network's neuron each unit of the unrolled one stems from; -1 - neuron for added partial-sum units.
    limits : int64, shape (at least 1, 3 or 4)
        Most axons, neurons and synapses of each cluster in turn, the last row for all further ones. Where buffers are
        limited, a fourth column holds the most packets of a window for a cluster's axons (the largest int64: any).
    demand : int64, shape (clusters, 3 or 4)
        Axons, neurons, synapses and, where buffers are limited, packets (the mean over the windows, rounded up).
    events : int64, shape (clusters,)
        Synaptic events of each cluster over the recording.
    packets, packets_between_clusters
        Over the recording: one for each spike and each destination cluster but the sender's own; the latter without
        what input neurons send.
    lower_bound, bound_reason
        No clustering of the unrolled network has fewer clusters, and why.
    partial_clusters, combiner_clusters
        Clusters with partial-sum units only, and clusters with a unit that adds partial sums.
    crossbars
        Crossbars the platform has, ``None`` if their number is unknown or there is no platform.
    seconds
        Unrolling, clustering and the check of the result.
    """

    network: str
    method: str
    iteration: str
    unrolling: str
    clustering: Clustering
    origin: NDArray[np.int64]
    limits: NDArray[np.int64]
    demand: NDArray[np.int64]
    events: NDArray[np.int64]
    packets: int
    packets_between_clusters: int
    lower_bound: int
    bound_reason: str
    partial_clusters: int = 0
    combiner_clusters: int = 0
    crossbars: int | None = None
    seconds: float = 0.0

    def __post_init__(self) -> None:
        k, units = self.clustering.count, self.clustering.assignment.size
        object.__setattr__(self, "origin", frozen_array("origin", self.origin, np.int64, (units,)))
        object.__setattr__(self, "limits", frozen_array("limits", self.limits, np.int64, (None, None), 1))
        kinds = self.limits.shape[1]
        require(kinds in (3, 4), "limits", "rows of three or four numbers", f"rows of {kinds}")
        require(len(self.limits) >= 1, "limits", "at least one row", "none")
        object.__setattr__(self, "demand", frozen_array("demand", self.demand, np.int64, (k, kinds), 0))
        object.__setattr__(self, "events", frozen_array("events", self.events, np.int64, (k,), 0))
        for key in ("packets", "packets_between_clusters", "lower_bound", "partial_clusters", "combiner_clusters"):
            require(getattr(self, key) >= 0, key, "at least 0", getattr(self, key))

    @property
    def allowed(self) -> NDArray[np.int64]:
        """The row of limits of each cluster, int64, shape (clusters, 3 or 4)."""
        return self.limits[np.minimum(np.arange(self.clustering.count), len(self.limits) - 1)]

    @property
    def utilisation(self) -> NDArray[np.float64]:
        """What each cluster holds as fractions of what it may, shape (clusters, 3 or 4): the columns of ``demand``."""
        shares: NDArray[np.float64] = self.demand / self.allowed
        return shares

    @property
    def feasible(self) -> bool:
        """Every cluster within its limits, and as many crossbars as clusters (where their number is known)."""
        fits = bool((self.demand <= self.allowed).all())
        return fits and (self.crossbars is None or self.clustering.count <= self.crossbars)

    @property
    def partial_units(self) -> int:
        return int(np.count_nonzero(self.origin < 0))
