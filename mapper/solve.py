"""The one verb: map a network onto a platform. Read it top to bottom to see what the engine does."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from mapper.check.network import check_application, check_clustering
from mapper.check.result import check_result
from mapper.errors import CheckError, InputError
from mapper.evaluator import evaluate
from mapper.lower.application import build_application
from mapper.lower.semantics import Iteration
from mapper.model.application import Application
from mapper.model.clustering import Clustering
from mapper.model.goal import GOALS, NO_CEILINGS, Ceilings, objective_of
from mapper.model.mapping import OrderSemantics
from mapper.model.network import SpikingNetwork
from mapper.model.platform import Platform
from mapper.model.result import NetworkSummary, Result, Status
from mapper.progress import Event, Progress, silent
from mapper.search.cluster.limits import Limits
from mapper.search.cluster.methods import DEFAULT_METHOD
from mapper.search.cluster.params import ClusterParams
from mapper.search.cluster.run import cluster_for_platform
from mapper.search.cluster.unroll import Unrolled, unroll_fan_in
from mapper.search.feasibility import why_infeasible
from mapper.search.objectives.steps import Task, pursue
from mapper.search.strategy import METHODS
from mapper.stop import MaxRuntime, Stop

__all__ = ["METHODS", "check_against", "cluster_network", "fingerprint", "map_network", "summarise"]

ONE_MINUTE, ONE_SECOND = MaxRuntime(60), MaxRuntime(1)


def map_network(
    network: SpikingNetwork,
    platform: Platform,
    *,
    method: str = "auto",
    orders: Literal["plain", "pipelined"] | OrderSemantics = "pipelined",
    iteration: Literal["frame", "timestep"] | Iteration = "frame",
    objective: str | Sequence[str] = "period",
    limits: Ceilings = NO_CEILINGS,
    stop: Stop = ONE_MINUTE,
    seed: int = 1,
    workers: int = 0,
    unroll: bool = True,
    partial_spikes: Literal["any", "sum"] = "any",
    scheme: str = "auto",
    cluster_method: str = DEFAULT_METHOD,
    cluster_stop: Stop = ONE_SECOND,
    progress: Progress = silent,
) -> Result:
    """Cut a network into clusters, bind them to tiles, order them, and prove what the result can do.

    Parameters
    ----------
    network
        With spike counts; without, every neuron is taken to spike once per window.
    method
        One of :data:`METHODS`: ``greedy``, ``local``, ``cpsat``, or ``auto``, which takes turns with all of them.
    orders
        What a tile's static order may do. ``pipelined``: hold firings of different iterations in one round, which is
        never slower and often much faster; ``plain``: finish one iteration before the next (the source method's).
    iteration
        ``frame``: one iteration is a whole inference; ``timestep``: one time step (models/README.md, section 2).
    objective
        What is to be small, by falling importance: some of :data:`~mapper.model.goal.GOALS`, as a list or like
        ``"period,energy"``. A later goal chooses among the mappings that are no worse in the earlier ones.
    limits
        The most that period, energy, tiles and latency may be.
    stop
        When the search ends, for instance ``MaxRuntime(60) | Gap(0.01)``. Ctrl-C ends it too; either way the best
        mapping so far is returned.
    seed, workers
        For the exact search. One worker makes it reproducible; 0 is one per core, at least four.
    unroll
        Whether neurons with more inputs than crossbar rows may become trees of partial sums.
    partial_spikes
        How often a partial sum spikes: ``any``, once in a step at most, or ``sum`` (see ``unroll_fan_in``).
    scheme
        How those trees are built: ``auto`` tries several ways (see ``choose_unrolling``).
    cluster_method, cluster_stop
        How neurons are clustered (a key of ``CLUSTER_METHODS``), and when a method that could go on stops.
    progress
        Called with an :class:`~mapper.progress.Event` now and then.

    Returns
    -------
    Result
        Checked by :mod:`mapper.check`, whatever its status.

    Raises
    ------
    InputError
        Unknown method or goal, or a neuron that fits no crossbar.

    Examples
    --------
    >>> import mapper
    >>> net = mapper.read_network("mlp_digits")
    >>> result = map_network(net, mapper.read_platform("dynapse-3x3"), method="greedy")
    >>> result.status.value in ("FEASIBLE", "OPTIMAL"), result.evaluation.period >= result.bound.value
    (True, True)
    """
    if method not in METHODS:
        raise InputError("method", f"one of {', '.join(METHODS)}", repr(method))
    if orders not in tuple(OrderSemantics):
        raise InputError("orders", f"one of {', '.join(OrderSemantics)}", repr(orders))
    if iteration not in tuple(Iteration):
        raise InputError("iteration", f"one of {', '.join(Iteration)}", repr(iteration))
    try:
        goals = objective_of(objective)
    except ValueError as error:
        raise InputError("objective", f"different ones of {', '.join(GOALS)}", repr(objective)) from error
    begin = time.perf_counter()
    progress(Event("cluster"))
    unrolled, clustering, application, scheme = cluster_network(
        network,
        platform,
        ClusterParams(Iteration(iteration), seed, cluster_stop, progress),
        method=cluster_method,
        unroll=unroll,
        partial_spikes=partial_spikes,
        scheme=scheme,
    )

    task = Task(
        application, platform, stop, begin, goals, limits, method, OrderSemantics(orders), seed, workers, progress
    )
    outcome, reached, searched = pursue(task)
    statistics = _describe_clustering(unrolled, clustering, platform, application) | searched
    if outcome.status is Status.INFEASIBLE:
        statistics["infeasible"] = why_infeasible(application, platform, bool(limits))

    progress(Event("check", seconds=time.perf_counter() - begin))
    result = Result(
        network=summarise(network),
        platform=platform,
        application=application,
        clustering=clustering,
        origin=unrolled.origin,
        method=method,
        orders=task.semantics,
        status=outcome.status,
        mapping=outcome.mapping,
        evaluation=None if outcome.mapping is None else evaluate(application, outcome.mapping, platform),
        bound=outcome.bound,
        seconds=round(time.perf_counter() - begin, 6),
        statistics={
            **statistics,
            "seed": seed,
            "workers": workers,
            "partial_spikes": partial_spikes,
            "unrolling": scheme,
        },
        trace=outcome.trace,
        goals=reached,
        ceilings=limits,
    )
    check_result(result)
    return result


def cluster_network(
    network: SpikingNetwork,
    platform: Platform,
    params: ClusterParams,
    *,
    method: str = DEFAULT_METHOD,
    unroll: bool = True,
    partial_spikes: Literal["any", "sum"] = "any",
    scheme: str = "auto",
) -> tuple[Unrolled, Clustering, Application, str]:
    """Unroll, cluster and lower a network, each step checked against the network; last comes the unrolling scheme.

    Raises
    ------
    InputError
        A neuron fits no crossbar, or an unknown method or scheme.
    """
    found, _ = cluster_for_platform(
        network, platform, method, params, unroll=unroll, partial_spikes=partial_spikes, scheme=scheme
    )
    unrolled, clustering = found.unrolled, found.clustering
    check_clustering(unrolled.network, clustering, platform, params.iteration)
    application = build_application(unrolled.network, clustering, platform.timing, params.iteration)
    check_application(unrolled.network, clustering, application, platform)
    return unrolled, clustering, application, found.scheme


def check_against(result: Result, network: SpikingNetwork) -> tuple[str, ...]:
    """Verify a result's clusters, traffic and execution times against the network it claims to come from.

    Returns
    -------
    tuple of str
        What was verified, for people.

    Raises
    ------
    CheckError
        Another network, or the first violated rule.
    """
    if replace(summarise(network), name=result.network.name) != result.network:
        raise CheckError("network", f"{network.name} is not the network that the result was made from")
    spikes = result.statistics.get("partial_spikes", "any")
    scheme = result.statistics.get("unrolling", "balanced")
    unrolled = unroll_fan_in(network, Limits.of(result.platform).fan_in, partial_spikes=spikes, scheme=scheme)
    if not np.array_equal(unrolled.origin, result.origin):
        raise CheckError("clustering", "the units' origins are not those of the unrolled network")
    check_clustering(unrolled.network, result.clustering, result.platform, Iteration(result.application.iteration))
    check_application(unrolled.network, result.clustering, result.application, result.platform)
    return "clusters against the network", "traffic and execution times against the network"


def summarise(network: SpikingNetwork) -> NetworkSummary:
    """What a result remembers of its network."""
    return NetworkSummary(
        name=network.name,
        inputs=network.input_count,
        neurons=network.neuron_count,
        synapses=network.synapse_count,
        spikes=None if network.spike_counts is None else int(network.spike_counts.sum()),
        steps=network.steps,
        windows=network.windows,
        fingerprint=fingerprint(network),
    )


def fingerprint(network: SpikingNetwork) -> str:
    """SHA-256 over everything about a network that a mapping depends on."""
    digest = hashlib.sha256(f"{network.size} {network.steps} {network.windows}".encode())
    for population in network.populations:
        digest.update(f"{population.start} {population.stop}".encode())
    for array in (network.indptr, network.targets, network.is_input, network.delays, network.spike_counts):
        digest.update(b"-" if array is None else array.tobytes())
    return digest.hexdigest()


def _describe_clustering(
    unrolled: Unrolled, clustering: Clustering, platform: Platform, application: Application
) -> dict[str, Any]:
    demand = application.demand[~application.is_input]
    limits = platform.limits[platform.usable].max(axis=0)
    shares = demand / limits
    return {
        "partial_units": int(unrolled.partial.sum()),
        "clusters": clustering.count,
        "mean_utilisation": dict(
            zip(("axons", "neurons", "synapses"), shares.mean(axis=0).round(4).tolist(), strict=True)
        )
        if clustering.count
        else {},
        "spikes_recorded": unrolled.network.spike_counts is not None,
    }
