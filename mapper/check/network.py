"""Does the clustering fit the network and the crossbars, and is the application what that network and clustering say?

The traffic is counted by sparse matrix products here, by sorting in ``mapper.lower``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.check.clusters import check_convex, cluster_demand
from mapper.errors import CheckError
from mapper.lower.semantics import Iteration, initial_iterations, recorded_iterations
from mapper.model.application import Application
from mapper.model.clustering import Clustering
from mapper.model.network import SpikingNetwork
from mapper.model.platform import Platform

__all__ = ["check_application", "check_clustering"]


def check_clustering(network: SpikingNetwork, clustering: Clustering, platform: Platform, iteration: Iteration) -> None:
    """Every neuron in one cluster, every cluster within some usable tile's crossbar, frame clusters convex.

    Raises
    ------
    CheckError
        Names the rule and the cluster.
    """
    limits = platform.limits[platform.usable]
    demand = cluster_demand(network, clustering)
    for cluster, need in enumerate(demand):
        if not (need <= limits).all(axis=1).any():
            needs = f"{need[0]} axons, {need[1]} neurons, {need[2]} synapses"
            raise CheckError("crossbar size", f"cluster {cluster} needs {needs}; no usable tile has them")
    if iteration is Iteration.FRAME:
        check_convex(network, clustering)


def _reached(network: SpikingNetwork, clustering: Clustering, iteration: Iteration) -> dict[int, Any]:
    """For each number of initial iterations, the synapses of these from each neuron to each cluster.

    Sparse matrices, int64, shape (neurons, clusters + 1); the last column is the inputs'.
    """
    from scipy.sparse import csr_array

    n, k = network.size, clustering.count
    home = np.where(network.is_input, k, clustering.assignment)
    member = csr_array((np.ones(n, np.int64), (np.arange(n), home)), shape=(n, k + 1))
    found: dict[int, Any] = {}
    for pre, post, initial in initial_iterations(network, iteration):
        for tokens in np.unique(initial).tolist():
            chosen = initial == tokens
            ones = np.ones(int(np.count_nonzero(chosen)), np.int64)
            part = csr_array((ones, (pre[chosen], post[chosen])), shape=(n, n)) @ member
            found[tokens] = found[tokens] + part if tokens in found else part
    return dict(sorted(found.items()))


def check_application(
    network: SpikingNetwork, clustering: Clustering, application: Application, platform: Platform
) -> None:
    """Recount channels, packets, demands and execution times from the network.

    Raises
    ------
    CheckError
        Names the rule and the actor or channel.
    """
    iteration = Iteration(application.iteration)
    iterations = recorded_iterations(network, iteration)
    k = clustering.count
    spikes = network.spike_counts
    if spikes is None:
        spikes = np.full(network.size, network.windows, np.int64)
    home = np.where(network.is_input, k, clustering.assignment)

    expected: dict[tuple[int, int, int], int] = {}
    reached, known = _reached(network, clustering, iteration), None
    for tokens, counts in reached.items():
        pattern = counts.astype(bool)
        if known is not None:
            pattern = pattern > known.multiply(pattern)
        known = pattern if known is None else known + pattern
        neuron, cluster = pattern.nonzero()
        for i, c in zip(neuron.tolist(), cluster.tolist(), strict=True):
            if home[i] != c:
                key = (int(home[i]), c, tokens)
                expected[key] = expected.get(key, 0) + int(spikes[i])
    graph = application.graph
    found = {
        (int(a), int(b), int(w)): int(n)
        for a, b, w, n in zip(
            graph.sources, graph.targets, application.delay_iterations, application.packets, strict=True
        )
    }
    packets = {key: -(-total // iterations) for key, total in expected.items()}
    if found != packets:
        wrong = sorted(set(found.items()) ^ set(packets.items()))[0]
        raise CheckError("packets", f"channel (from, to, iterations) {wrong[0]}: {wrong[1]} packets on one side only")
    _check_actors(network, clustering, application, platform, spikes, iterations, reached)


def _check_actors(
    network: SpikingNetwork,
    clustering: Clustering,
    application: Application,
    platform: Platform,
    spikes: NDArray[np.int64],
    iterations: int,
    parts: Mapping[int, Any],
) -> None:
    from scipy.sparse import csr_array

    k, timing = clustering.count, platform.timing
    steps = network.steps if application.iteration == "frame" else 1
    reached: Any = sum(parts.values(), csr_array((network.size, k + 1), dtype=np.int64))
    synapses = spikes @ reached
    events = spikes @ reached.astype(bool).astype(np.int64)
    axons, cells = np.diff(reached.tocsc().indptr), np.ones(network.size, np.int64) @ reached
    held = np.bincount(clustering.assignment[clustering.assignment >= 0], minlength=k)
    fired_in = np.zeros(k, np.int64)
    np.add.at(fired_in, clustering.assignment[~network.is_input], spikes[~network.is_input])
    for cluster in range(k):
        fired, heard, synaptic = (
            -(-int(total) // iterations) for total in (fired_in[cluster], events[cluster], synapses[cluster])
        )
        time = (
            timing.base_ps
            + timing.per_input_event_ps * heard
            + timing.per_synaptic_event_ps * synaptic
            + timing.per_output_spike_ps * fired
            + timing.per_step_ps * steps
        )
        if time != application.graph.execution_times[cluster]:
            got = application.graph.execution_times[cluster]
            raise CheckError("execution time", f"cluster {cluster} takes {time} ps, the application says {got}")
        if (synaptic, fired) != (application.synaptic_events[cluster], application.output_spikes[cluster]):
            raise CheckError("events", f"cluster {cluster}: {synaptic} synaptic events and {fired} spikes expected")
        need = (int(axons[cluster]), int(held[cluster]), int(cells[cluster]))
        if need != tuple(application.demand[cluster].tolist()):
            raise CheckError("demand", f"cluster {cluster} needs {need}, not {application.demand[cluster].tolist()}")
