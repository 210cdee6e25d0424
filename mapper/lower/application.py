"""The clustered network as a dataflow graph whose actors are clusters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mapper.errors import InputError
from mapper.lower.semantics import Iteration, recorded_iterations
from mapper.lower.traffic import count_traffic, recorded_spikes
from mapper.model.application import Application
from mapper.model.clustering import Clustering
from mapper.model.network import SpikingNetwork
from mapper.model.platform import Timing
from mapper.model.sdf import SDFGraph

__all__ = ["build_application"]


def _per_iteration(totals: NDArray[np.int64], iterations: int) -> NDArray[np.int64]:
    """Recording totals as events of one iteration, rounded up so that nothing that happened counts as nothing."""
    return -(-totals // iterations)


def _refuse_overflow(network: SpikingNetwork, timing: Timing, spikes: NDArray[np.int64], iterations: int) -> None:
    """All execution times together, estimated from above in floating point."""
    events = float(spikes.astype(float) @ np.diff(network.indptr).astype(float)) / iterations + network.size
    fired = float(spikes.sum(dtype=float)) / iterations + network.size
    total = (
        network.size * (timing.base_ps + timing.per_step_ps * network.steps)
        + events * (timing.per_input_event_ps + timing.per_synaptic_event_ps)
        + fired * (timing.per_output_spike_ps + timing.input_spike_ps)
        + timing.input_base_ps
    )
    if total > 2.0**61:
        raise InputError(
            f"execution times of network {network.name!r}",
            "less than 2^61 ps in all",
            f"up to {total:.3g} ps",
            "check the units of the platform's timing and of the spike counts",
        )


def build_application(
    network: SpikingNetwork, clustering: Clustering, timing: Timing, iteration: Iteration = Iteration.FRAME
) -> Application:
    """Turn clusters into actors and their packets into channels (models/README.md, section 3).

    Actors ``c0 .. c<k-1>`` are the clusters; if the network has inputs, the last actor is ``input``. Every actor has
    a self-loop with one token in the bound graph, so none is stored here.

    Parameters
    ----------
    network
        The unrolled network.
    timing
        The platform's coefficients, for the execution times.
    iteration
        ``frame`` or ``timestep``.

    Raises
    ------
    InputError
        Execution times that leave 64 bits.

    Returns
    -------
    Application
        Times in picoseconds, rates in packets of one iteration (the recording's total divided by its iterations,
        rounded up per channel).
    """
    k = clustering.count
    iterations = recorded_iterations(network, iteration)
    spikes = recorded_spikes(network)
    has_input = network.input_count > 0
    traffic = count_traffic(network, clustering, iteration)

    home = np.where(network.is_input, k, clustering.assignment)
    axon_source, axon_cluster = clustering.axons(network)
    events_in, synaptic, fired = (np.zeros(k + has_input, np.int64) for _ in range(3))
    np.add.at(events_in, axon_cluster, spikes[axon_source])
    for start, rows in network.pieces():
        np.add.at(synaptic, clustering.assignment[rows.targets], spikes[rows.sources(start)])
    np.add.at(fired, home, spikes)
    events_in, synaptic, fired = (_per_iteration(totals, iterations) for totals in (events_in, synaptic, fired))

    steps = network.steps if iteration is Iteration.FRAME else 1
    times = (
        timing.base_ps
        + timing.per_input_event_ps * events_in
        + timing.per_synaptic_event_ps * synaptic
        + timing.per_output_spike_ps * fired
        + timing.per_step_ps * steps
    )
    _refuse_overflow(network, timing, spikes, iterations)
    demand = np.zeros((k + has_input, 3), np.int64)
    demand[:k] = clustering.demand(network)
    if has_input:
        times[k] = timing.input_base_ps + timing.input_spike_ps * fired[k]

    packets = _per_iteration(traffic.spikes, iterations)
    rates = np.maximum(packets, 1)
    graph = SDFGraph(
        name=network.name,
        actors=tuple(f"c{c}" for c in range(k)) + ("input",) * has_input,
        execution_times=times,
        sources=traffic.sources.astype(np.int32),
        targets=traffic.targets.astype(np.int32),
        production=rates,
        consumption=rates,
        initial_tokens=rates * traffic.initial,
    )
    return Application(
        graph=graph,
        is_input=np.arange(k + has_input) == k,
        demand=demand,
        packets=packets,
        delay_iterations=traffic.initial,
        synaptic_events=synaptic,
        output_spikes=fired,
        iteration=iteration.value,
    )
