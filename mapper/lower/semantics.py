"""How many iterations of tokens a synapse starts with: the two meanings of one iteration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from mapper.model.network import SpikingNetwork

__all__ = ["Iteration", "feedback_rule", "feedback_synapses", "initial_iterations", "recorded_iterations"]


class Iteration(StrEnum):
    """``frame``: one iteration is a whole inference. ``timestep``: one iteration is one time step."""

    FRAME = "frame"
    TIMESTEP = "timestep"


def feedback_synapses(network: SpikingNetwork) -> NDArray[np.bool_]:
    """Synapses that hand state to the next window, decided on neurons, never on clusters.

    A synapse is feedback if both its ends lie in one strongly connected component of the network and it goes against
    the population order, that is to the same or an earlier population. The other synapses form an acyclic graph.

    Returns
    -------
    bool, shape (synapses,)

    Examples
    --------
    >>> loop = SpikingNetwork.from_edges("loop", 3, [0, 1, 2], [1, 2, 1])
    >>> feedback_synapses(loop).tolist()
    [False, True, True]
    """
    rule = feedback_rule(network)
    return rule(network.sources(), network.targets) if rule else np.zeros(network.synapse_count, np.bool_)


def feedback_rule(
    network: SpikingNetwork,
) -> Callable[[NDArray[np.int32], NDArray[np.int32]], NDArray[np.bool_]] | None:
    """The same for synapses given as (presynaptic neurons, postsynaptic neurons).

    ``None`` where it is known without looking at synapses that none is feedback.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    n, m = network.size, network.synapse_count
    if m == 0 or network.layered:
        return None
    graph = csr_array((np.ones(m, np.int8), network.targets, network.indptr), shape=(n, n))
    _, component = connected_components(graph, directed=True, connection="strong")
    population = network.population_of()

    def rule(pre: NDArray[np.int32], post: NDArray[np.int32]) -> NDArray[np.bool_]:
        result: NDArray[np.bool_] = (component[pre] == component[post]) & (population[post] <= population[pre])
        return result

    return rule


def initial_iterations(
    network: SpikingNetwork, iteration: Iteration
) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]]:
    """The synapses, some millions at a time: (presynaptic neurons, postsynaptic neurons, iterations of tokens).

    Frame: 0 forward, 1 for feedback. Timestep: the synaptic delay in steps, at least 1 (models/README.md, section 2).

    Examples
    --------
    >>> loop = SpikingNetwork.from_edges("loop", 2, [0, 1], [1, 0], delays=[0, 3])
    >>> [[part.tolist() for part in parts] for parts in initial_iterations(loop, Iteration.TIMESTEP)]
    [[[0, 1], [1, 0], [1, 3]]]
    """
    is_feedback = feedback_rule(network) if iteration is Iteration.FRAME else None
    for start, rows in network.pieces():
        pre, post = rows.sources(start), rows.targets
        tokens = np.full(pre.size, 0 if iteration is Iteration.FRAME else 1, np.int64)
        if is_feedback:
            tokens += is_feedback(pre, post)
        elif iteration is Iteration.TIMESTEP and network.delays is not None:
            begin = int(network.indptr[start])
            np.maximum(network.delays[begin : begin + pre.size], 1, out=tokens)
        yield pre, post, tokens


def recorded_iterations(network: SpikingNetwork, iteration: Iteration) -> int:
    """Iterations in the recording, by which its spike totals are divided."""
    return network.windows * (network.steps if iteration is Iteration.TIMESTEP else 1)
