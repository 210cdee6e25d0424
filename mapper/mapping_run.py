"""One mapping run: cluster the network, state the task, and turn what a search found into a checked result."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import Any, Literal

from mapper.check.network import check_application, check_clustering
from mapper.check.result import check_result
from mapper.evaluator import evaluate
from mapper.lower.application import build_application
from mapper.model.application import Application
from mapper.model.clustering import Clustering
from mapper.model.mapping import BufferChoice
from mapper.model.network import SpikingNetwork
from mapper.model.platform import Platform
from mapper.model.result import NetworkSummary, Result, Status
from mapper.progress import Event
from mapper.search.cluster.methods import DEFAULT_METHOD
from mapper.search.cluster.params import ClusterParams
from mapper.search.cluster.run import cluster_for_platform
from mapper.search.cluster.unroll import Unrolled
from mapper.search.feasibility import why_infeasible
from mapper.search.objectives.steps import Task
from mapper.search.objectives.sweep import Found
from mapper.search.options import MapOptions

__all__ = ["MappingRun", "begin", "cluster_network", "conclude", "fingerprint", "summarise"]


@dataclass(frozen=True)
class MappingRun:
    """A network clustered and lowered, ready to be searched; ``began`` is when clustering did."""

    began: float
    network: SpikingNetwork
    options: MapOptions
    unrolled: Unrolled
    clustering: Clustering
    scheme: str
    task: Task


def begin(network: SpikingNetwork, platform: Platform, goals: tuple[str, ...], options: MapOptions) -> MappingRun:
    """Cluster the network and state the task; the stopping rule's clock starts when that is done."""
    began = time.perf_counter()
    options.progress(Event("cluster"))
    unrolled, clustering, application, scheme = cluster_network(
        network,
        platform,
        ClusterParams(options.iteration, options.seed, options.cluster_stop, options.progress),
        method=options.cluster_method,
        unroll=options.unroll,
        partial_spikes=options.partial_spikes,
        scheme=options.scheme,
    )
    task = Task(
        application,
        platform,
        options.stop,
        time.perf_counter(),
        goals,
        options.limits,
        options.method,
        options.orders,
        options.seed,
        options.workers,
        options.progress,
        options.buffers,
    )
    return MappingRun(began, network, options, unrolled, clustering, scheme, task)


def conclude(run: MappingRun, found: Found) -> Result:
    """Evaluate what was found, put it together and check all of it."""
    task, options, outcome = run.task, run.options, found.outcome
    application, platform = task.application, task.platform
    statistics = _describe_clustering(run.unrolled, run.clustering, platform, application) | found.statistics
    if outcome.status is Status.INFEASIBLE:
        statistics["infeasible"] = why_infeasible(
            application, platform, bool(found.ceilings), sized=options.buffers is BufferChoice.SIZED
        )
    options.progress(Event("check", seconds=time.perf_counter() - run.began))
    result = Result(
        network=summarise(run.network),
        platform=platform,
        application=application,
        clustering=run.clustering,
        origin=run.unrolled.origin,
        method=options.method,
        orders=task.semantics,
        status=outcome.status,
        mapping=outcome.mapping,
        evaluation=None if outcome.mapping is None else evaluate(application, outcome.mapping, platform),
        bound=outcome.bound,
        seconds=round(time.perf_counter() - run.began, 6),
        statistics={
            **statistics,
            "seed": options.seed,
            "workers": options.workers,
            "partial_spikes": options.partial_spikes,
            "unrolling": run.scheme,
        },
        trace=outcome.trace,
        goals=found.goals,
        ceilings=found.ceilings,
        buffers=task.buffers,
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
    digest.update(network.indptr.tobytes())
    for _, rows in network.pieces():
        digest.update(rows.targets.tobytes())
    for array in (network.is_input, network.delays, network.spike_counts):
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
