"""Cluster a network for a platform or for given limits, and report what that costs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Literal

import numpy as np

from mapper.errors import InputError
from mapper.model.clustered import ClusteringReport
from mapper.model.network import SpikingNetwork
from mapper.model.platform import UNLIMITED, Platform
from mapper.search.cluster.bounds import best_cluster_bound
from mapper.search.cluster.limits import Limits, limit_rows
from mapper.search.cluster.methods import DEFAULT_METHOD, cluster
from mapper.search.cluster.metrics import measure
from mapper.search.cluster.params import ClusterParams, Objective
from mapper.search.cluster.unrolled import AUTO, Clustered, cluster_unrolled, partial_crossbars

__all__ = ["cluster_for_platform", "report_clustering"]


def cluster_for_platform(
    network: SpikingNetwork,
    platform: Platform,
    method: str = DEFAULT_METHOD,
    params: ClusterParams | None = None,
    *,
    unroll: bool = True,
    partial_spikes: Literal["any", "sum"] = "any",
    scheme: str = AUTO,
) -> tuple[Clustered, tuple[Limits, ...]]:
    """Clusters that fit every usable tile, or, if those are too many, clusters cut for the tiles one by one.

    Where the crossbars are still too few, the number of clusters comes before ``params.objective``.

    Returns
    -------
    (Clustered, tuple of Limits)
        The clustering, and the limits of each cluster in turn (the last for all further ones).

    Raises
    ------
    InputError
        Unknown method or scheme, or a neuron that fits no crossbar.
    """
    params = params or ClusterParams()
    common: tuple[Limits, ...] = (Limits.of(platform),)
    places = Limits.by_slot(platform)
    found = cluster_unrolled(
        network, common[0], method, params, unroll=unroll, partial_spikes=partial_spikes, scheme=scheme
    )
    best, best_limits = found.clustering, common
    objectives: tuple[Objective, ...] = (params.objective, "clusters")
    kinds = (common, places) if len(set(places)) > 1 else (common,)
    attempts = dict.fromkeys((limits, objective) for limits in kinds for objective in objectives)
    for limits, objective in list(attempts)[1:]:  # the first one is done
        if not places or best.count <= len(places):
            break
        # A clustering for the common limits need not be one for the places in turn: nothing to start from there.
        start = params.start if limits is common else None
        with suppress(InputError):  # the smallest crossbars may not hold what is left
            again = replace(params, objective=objective, start=start)
            own = cluster(found.unrolled.network, limits, method, again)
            if own.count < best.count:
                best, best_limits = own, limits
    return replace(found, clustering=best), best_limits


def report_clustering(
    network: SpikingNetwork,
    target: Platform | Limits | Sequence[Limits],
    method: str = DEFAULT_METHOD,
    params: ClusterParams | None = None,
    *,
    unroll: bool = True,
    partial_spikes: Literal["any", "sum"] = "any",
    scheme: str = AUTO,
) -> tuple[ClusteringReport, SpikingNetwork]:
    """Unroll, cluster, check and measure.

    Parameters
    ----------
    target
        The platform, or the limits of every cluster or of each in turn.

    Returns
    -------
    (ClusteringReport, SpikingNetwork)
        The report and the unrolled network it speaks of.

    Raises
    ------
    InputError
        As :func:`cluster_for_platform`.

    Examples
    --------
    >>> net = SpikingNetwork.from_edges("v", 4, [0, 0, 1], [2, 3, 3], is_input=[1, 1, 0, 0])
    >>> report, _ = report_clustering(net, Limits(2, 1, 4))
    >>> report.clustering.count, report.packets, report.lower_bound, report.feasible
    (2, 3, 2, True)
    """
    params = params or ClusterParams()
    begin = time.perf_counter()
    crossbars = None
    limits: Limits | Sequence[Limits]
    options = {"unroll": unroll, "partial_spikes": partial_spikes, "scheme": scheme}
    if isinstance(target, Platform):
        found, limits = cluster_for_platform(network, target, method, params, **options)  # type: ignore[arg-type]
        slots = target.slots[target.usable]
        crossbars = None if (slots == UNLIMITED).any() else int(slots.sum())
    else:
        found, limits = cluster_unrolled(network, target, method, params, **options), target  # type: ignore[arg-type]
    seconds = time.perf_counter() - begin
    unrolled, clustering = found.unrolled, found.clustering
    figures, bound = measure(unrolled.network, clustering), best_cluster_bound(unrolled.network, limits)
    partial, combiners = partial_crossbars(unrolled, clustering)
    report = ClusteringReport(
        network=network.name,
        method=clustering.method,
        iteration=params.iteration.value,
        unrolling=found.scheme if unrolled.partial.any() else "none",
        clustering=clustering,
        origin=np.where(unrolled.partial, -1 - unrolled.origin, unrolled.origin),
        limits=limit_rows(limits),
        demand=figures.demand,
        events=figures.events,
        packets=figures.packets,
        packets_between_clusters=figures.packets_between_clusters,
        lower_bound=bound.value,
        bound_reason=bound.reason,
        partial_clusters=partial,
        combiner_clusters=combiners,
        crossbars=crossbars,
        seconds=round(seconds, 6),
    )
    return report, unrolled.network
