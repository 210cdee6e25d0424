"""Unroll, then cluster: the way of unrolling is chosen by what clustering makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mapper.errors import InputError
from mapper.model.clustering import Clustering
from mapper.model.network import SpikingNetwork
from mapper.search.cluster.limits import Limits
from mapper.search.cluster.methods import DEFAULT_METHOD, cluster
from mapper.search.cluster.metrics import cost, measure
from mapper.search.cluster.params import ClusterParams
from mapper.search.cluster.unroll import Unrolled, unroll_fan_in
from mapper.search.cluster.unroll_plans import SCHEMES

__all__ = ["AUTO", "Clustered", "choose_unrolling", "cluster_unrolled", "partial_crossbars"]

#: The scheme is chosen by trial.
AUTO = "auto"
#: Beyond so many synapses there is no trial: the first scheme is taken.
_TRIAL_SYNAPSES = 3_000_000


@dataclass(frozen=True, eq=False)
class Clustered:
    """A clustering and the unrolled network it belongs to; ``scheme`` says how fan-ins were unrolled."""

    unrolled: Unrolled
    clustering: Clustering
    scheme: str


def cluster_unrolled(
    network: SpikingNetwork,
    limits: Limits | Sequence[Limits],
    method: str = DEFAULT_METHOD,
    params: ClusterParams | None = None,
    *,
    unroll: bool = True,
    partial_spikes: Literal["any", "sum"] = "any",
    scheme: str = AUTO,
) -> Clustered:
    """Unroll what is too wide for the smallest cluster, then cluster by ``method``.

    Parameters
    ----------
    scheme
        One of :data:`~mapper.search.cluster.unroll_plans.SCHEMES`, or ``auto``: see :func:`choose_unrolling`.

    Raises
    ------
    InputError
        Unknown method or scheme, a neuron that cannot be unrolled or fits no cluster, or a missing library.

    Examples
    --------
    >>> net = SpikingNetwork.from_edges("wide", 7, range(6), [6] * 6, is_input=[1] * 6 + [0])
    >>> found = cluster_unrolled(net, Limits(4, 4, 16))
    >>> found.scheme, found.clustering.count
    ('direct', 2)
    """
    params = params or ClusterParams()
    unrolled, scheme = choose_unrolling(
        network, limits, params, unroll=unroll, partial_spikes=partial_spikes, scheme=scheme
    )
    return Clustered(unrolled, cluster(unrolled.network, limits, method, params), scheme)


def choose_unrolling(
    network: SpikingNetwork,
    limits: Limits | Sequence[Limits],
    params: ClusterParams,
    *,
    unroll: bool = True,
    partial_spikes: Literal["any", "sum"] = "any",
    scheme: str = AUTO,
) -> tuple[Unrolled, str]:
    """The unrolled network and the scheme: with ``auto`` the one that the max-share rule clusters at the least cost.

    ``chain`` is never chosen, nor a scheme after which a unit exceeds the limits; large networks take the first scheme
    untried.
    """
    rows = [limits] if isinstance(limits, Limits) else list(limits)
    inputs = min(row.fan_in for row in rows)

    def by(name: str) -> Unrolled:
        return unroll_fan_in(network, inputs, unroll=unroll, partial_spikes=partial_spikes, scheme=name)

    if scheme != AUTO:
        return by(scheme), scheme
    first = by(SCHEMES[0])
    if not first.partial.any() or network.synapse_count > _TRIAL_SYNAPSES:
        return first, SCHEMES[0]
    candidates = {SCHEMES[0]: first, **{name: by(name) for name in SCHEMES[1:] if name != "chain"}}
    costs = {}
    for name, one in candidates.items():
        with suppress(InputError):  # a unit's packets may exceed a buffer, which unrolling knows nothing of
            found = cluster(one.network, limits, "maxshare", params)
            costs[name] = cost(measure(one.network, found), params.objective)
    best = min(costs, key=costs.__getitem__, default=SCHEMES[0])
    return candidates[best], best


def partial_crossbars(unrolled: Unrolled, clustering: Clustering) -> tuple[int, int]:
    """(clusters that hold partial-sum units only, clusters that hold a combiner: a unit that adds partial sums)."""
    home, network = clustering.assignment, unrolled.network
    if not unrolled.partial.any():
        return 0, 0
    original = np.unique(home[~unrolled.partial & ~network.is_input])
    combines = np.zeros(network.size, np.bool_)
    combines[network.targets[network.indptr[:-1][unrolled.partial]]] = True  # a unit has exactly one target
    return clustering.count - original.size, np.unique(home[combines]).size
