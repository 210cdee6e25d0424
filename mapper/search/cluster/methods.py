"""The clustering methods by name, and the one way to call them: what they return is checked before anyone sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import cast

from mapper.check.clusters import check_cluster_limits
from mapper.errors import CheckError, InputError
from mapper.model.clustering import Clustering
from mapper.model.network import SpikingNetwork
from mapper.search.cluster.limits import Limits, limit_rows
from mapper.search.cluster.params import ClusterParams

__all__ = ["CLUSTER_METHODS", "DEFAULT_METHOD", "Method", "cluster", "method_named"]

Method = Callable[[SpikingNetwork, Limits | Sequence[Limits], ClusterParams], Clustering]

DEFAULT_METHOD = "grow"

#: Name, and where in this package the function is (modules load when they are used).
CLUSTER_METHODS: dict[str, str] = {
    "grow": "grow:cluster_by_growing",
    "refine": "refine.search:refine",
    "exact": "exact.search:exact",
    "hypergraph": "hypergraph:cluster_by_hypergraph",
    "maxshare": "greedy:cluster_by_shared_inputs",
    "firstfit": "grow:cluster_by_first_fit",
    "nextfit": "grow:cluster_by_next_fit",
    "metis": "metis:cluster_by_metis",
    "kl": "baselines.kernighan_lin:cluster_by_exchange",
    "sequential": "baselines.fill:cluster_layer_by_layer",
    "random": "baselines.fill:cluster_at_random",
}


def method_named(name: str) -> Method:
    """The function of a method.

    Raises
    ------
    InputError
        There is no method of that name.
    """
    if name not in CLUSTER_METHODS:
        raise InputError("cluster method", f"one of {', '.join(CLUSTER_METHODS)}", repr(name))
    module, function = CLUSTER_METHODS[name].split(":")
    return cast(Method, getattr(import_module(f"mapper.search.cluster.{module}"), function))


def cluster(
    network: SpikingNetwork,
    limits: Limits | Sequence[Limits],
    method: str = DEFAULT_METHOD,
    params: ClusterParams | None = None,
) -> Clustering:
    """Cluster a network whose fan-ins fit, and verify the result.

    Parameters
    ----------
    network
        With at most as many distinct sources a neuron as a cluster has rows (see ``unroll_fan_in``).
    limits
        Of every cluster, or of each in turn (the last one's hold for all further clusters).
    method
        A key of :data:`CLUSTER_METHODS`.

    Raises
    ------
    InputError
        No such method, a single neuron exceeds the limits, an optional library is missing, or ``params.start`` is not
        legal.
    CheckError
        The method returned an illegal clustering (never expected).

    Examples
    --------
    >>> net = SpikingNetwork.from_edges("v", 4, [0, 0, 1], [2, 3, 3])
    >>> cluster(net, Limits(2, 2, 8)).sizes().tolist()
    [2, 2]
    """
    params = params or ClusterParams()
    rows = limit_rows(limits)
    if params.start is not None:
        try:
            check_cluster_limits(network, params.start, rows, params.iteration)
        except CheckError as error:
            expected = "a legal clustering of this network under these limits"
            raise InputError("clustering to start from", expected, str(error), "start from another") from error
    found = method_named(method)(network, limits, params)
    check_cluster_limits(network, found, rows, params.iteration)
    return found
