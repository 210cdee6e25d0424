"""Utilisation-aware greedy clustering: a neuron joins the feasible cluster that shares most of its inputs.

After the greedy clustering of arXiv 2004.03717 (section 4); neurons are placed in topological order in frame mode, in
that of their ids otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mapper.errors import InputError
from mapper.lower.semantics import Iteration
from mapper.lower.traffic import recorded_spikes
from mapper.model.clustering import Clustering
from mapper.model.network import SpikingNetwork
from mapper.search.cluster.limits import Limits, limit_rows
from mapper.search.cluster.params import ClusterParams
from mapper.search.cluster.place import place
from mapper.search.cluster.vertices import neuron_vertices

__all__ = ["cluster_by_shared_inputs", "cluster_greedily", "refusal", "too_large"]


def cluster_greedily(
    network: SpikingNetwork, limits: Limits | Sequence[Limits], iteration: Iteration = Iteration.FRAME
) -> Clustering:
    """Cluster a network whose fan-ins fit.

    Parameters
    ----------
    network
        With at most as many distinct sources a neuron as a crossbar has rows (see ``unroll_fan_in``).
    limits
        Of every cluster, or of each in turn (the last one's hold for all further clusters).
    iteration
        ``frame`` keeps clusters convex; ``timestep`` lets any neurons share.

    Raises
    ------
    InputError
        A single neuron exceeds the limits.

    Examples
    --------
    >>> net = SpikingNetwork.from_edges("v", 4, [0, 0, 1], [2, 3, 3])
    >>> cluster_greedily(net, Limits(2, 4, 8)).assignment.tolist()
    [0, 0, 0, 0]
    """
    neurons = neuron_vertices(network, iteration)
    order = np.flatnonzero(~network.is_input)
    order = order[np.argsort(neurons.level[order], kind="stable")]
    assignment, count = place(neurons.vertices, order, limit_rows(limits, network.windows), recorded_spikes(network))
    if count < 0:
        raise too_large(network, -1 - count, limits)
    return Clustering(assignment.astype(np.int32), count, "greedy")


def cluster_by_shared_inputs(
    network: SpikingNetwork, limits: Limits | Sequence[Limits], params: ClusterParams
) -> Clustering:
    """`maxshare`: :func:`cluster_greedily` as one of the methods; it has no random choice and no time limit."""
    found = cluster_greedily(network, limits, params.iteration)
    return Clustering(found.assignment, found.count, "maxshare")


def too_large(network: SpikingNetwork, neuron: int, limits: Limits | Sequence[Limits]) -> InputError:
    """The error that says that a neuron on its own exceeds the limits of the cluster it would open."""
    sources = network.sources()[network.targets == neuron]
    distinct = np.unique(sources)
    packets = int(recorded_spikes(network)[distinct].sum())
    return refusal(network, neuron, limits, distinct.size, sources.size, packets)


def refusal(
    network: SpikingNetwork, neuron: int, limits: Limits | Sequence[Limits], inputs: int, synapses: int, packets: int
) -> InputError:
    """The same, told what the neuron needs; ``packets`` those of the recording."""
    where = f"neuron {neuron} of network {network.name!r}"
    row = limits if isinstance(limits, Limits) else limits[-1]
    if row.buffer is not None and inputs <= row.inputs and synapses <= row.synapses:
        return InputError(
            where,
            f"inputs that send at most {row.buffer} packets in a window, the room in a cluster's buffer",
            f"{inputs} inputs that send {packets} packets"
            + (f" in {network.windows} windows" if network.windows > 1 else ""),
            "allow a larger buffer, or leave it without a limit",
        )
    return InputError(
        where,
        f"at most {row.inputs} inputs and {row.synapses} synapses on one crossbar",
        f"{inputs} inputs and {synapses} synapses",
        "unroll its fan-in, or choose a platform with larger crossbars",
    )
