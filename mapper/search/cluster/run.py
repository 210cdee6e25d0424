"""Cluster a network for a platform or for given limits, and report what that costs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Literal

import numpy as np

from mapper.errors import InputError
from mapper.lower.semantics import recorded_iterations
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
    buffer: int | None = None,
) -> tuple[Clustered, tuple[Limits, ...]]:
    """Clusters that fit every usable tile, or, if those are too many, clusters cut for the tiles one by one.

    Where the crossbars are still too few, the number of clusters comes before ``params.objective``. Clusters are cut
    to the tiles' ``buffer_packets``, too, unless a neuron alone exceeds them or the clusters are too many so: it and
    its sources may share a tile, and what stays on a tile takes no room.

    Parameters
    ----------
    buffer
        Packets of a window for the rows of a cluster, in place of what the platform's buffers hold; always kept.

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
    kinds = _kinds(platform, recorded_iterations(network, params.iteration) // network.windows, buffer)

    def clustered(limits: tuple[Limits, ...]) -> Clustered:
        return cluster_unrolled(
            network, limits, method, params, unroll=unroll, partial_spikes=partial_spikes, scheme=scheme
        )

    try:
        found = clustered(kinds[0])
    except InputError:
        without = [limits for limits in kinds if all(row.buffer is None for row in limits)]
        if not without or kinds == without:
            raise
        kinds = without
        found = clustered(kinds[0])
    common = kinds[0]
    best, best_limits = found.clustering, common
    objectives: tuple[Objective, ...] = (params.objective, "clusters")
    attempts = dict.fromkeys((limits, objective) for limits in kinds for objective in objectives)
    slots = platform.slots[platform.usable]
    places = None if (slots == UNLIMITED).any() else int(slots.sum())
    for limits, objective in list(attempts)[1:]:  # the first one is done
        if places is None or best.count <= places:
            break
        # A clustering for the common limits need not be one for the places in turn: nothing to start from there.
        start = params.start if limits is common else None
        with suppress(InputError):  # the smallest crossbars may not hold what is left
            again = replace(params, objective=objective, start=start)
            own = cluster(found.unrolled.network, limits, method, again)
            if own.count < best.count:
                best, best_limits = own, limits
    return replace(found, clustering=best), best_limits


def _kinds(platform: Platform, steps: int, buffer: int | None) -> list[tuple[Limits, ...]]:
    """The limits to try in turn: those of all tiles, then of each place, cut to the buffers and then without."""
    kinds: list[tuple[Limits, ...]] = []
    for iterations in (steps, None):
        kinds.append((Limits.of(platform, iterations),))
        places = Limits.by_slot(platform, iterations)
        if len(set(places)) > 1:
            kinds.append(places)
    if buffer is not None:
        kinds = [tuple(replace(limits, buffer=buffer) for limits in kind) for kind in kinds]
    return list(dict.fromkeys(kinds))


def report_clustering(
    network: SpikingNetwork,
    target: Platform | Limits | Sequence[Limits],
    method: str = DEFAULT_METHOD,
    params: ClusterParams | None = None,
    *,
    unroll: bool = True,
    partial_spikes: Literal["any", "sum"] = "any",
    scheme: str = AUTO,
    buffer: int | None = None,
) -> tuple[ClusteringReport, SpikingNetwork]:
    """Unroll, cluster, check and measure.

    Parameters
    ----------
    target
        The platform, or the limits of every cluster or of each in turn.
    buffer
        As :func:`cluster_for_platform` has it; limits bring their own.

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
        found, limits = cluster_for_platform(network, target, method, params, buffer=buffer, **options)  # type: ignore[arg-type]
        slots = target.slots[target.usable]
        crossbars = None if (slots == UNLIMITED).any() else int(slots.sum())
    else:
        found, limits = cluster_unrolled(network, target, method, params, **options), target  # type: ignore[arg-type]
    seconds = time.perf_counter() - begin
    unrolled, clustering = found.unrolled, found.clustering
    figures, bound = measure(unrolled.network, clustering), best_cluster_bound(unrolled.network, limits)
    rows, demand = limit_rows(limits), figures.demand
    if (rows[:, 3] == UNLIMITED).all():
        rows = rows[:, :3]
    else:
        demand = np.column_stack([demand, -(-figures.arriving // network.windows)])
    partial, combiners = partial_crossbars(unrolled, clustering)
    report = ClusteringReport(
        network=network.name,
        method=clustering.method,
        iteration=params.iteration.value,
        unrolling=found.scheme if unrolled.partial.any() else "none",
        clustering=clustering,
        origin=np.where(unrolled.partial, -1 - unrolled.origin, unrolled.origin),
        limits=rows,
        demand=demand,
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
