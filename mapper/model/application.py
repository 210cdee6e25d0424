"""What a clustered network becomes: a dataflow graph, with what its actors need and cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.model.arrays import frozen_array, require
from mapper.model.sdf import SDFGraph

__all__ = ["Application"]


@dataclass(frozen=True, eq=False)
class Application:
    """A clustered network as a dataflow graph, with what its actors need and cost.

    Every actor fires once per iteration. With n actors and m channels:

    Attributes
    ----------
    graph
        One actor per cluster and, if the network has inputs, one input actor; tokens are packets.
    is_input : bool, shape (n,)
        The actors fixed at the I/O port, which take no crossbar and no place in a tile's order.
    demand : int64, shape (n, 3)
        Axons, neurons and synapses of each cluster; zero for the input actor.
    packets : int64, shape (m,)
        Packets of one iteration; 0 where the recording saw no spike (the channel's rate is then 1).
    delay_iterations : int64, shape (m,)
        Iterations of tokens each channel starts with.
    synaptic_events, output_spikes : int64, shape (n,)
        Events of one iteration, for the energy.
    iteration
        ``frame`` or ``timestep``.
    """

    graph: SDFGraph
    is_input: NDArray[np.bool_]
    demand: NDArray[np.int64]
    packets: NDArray[np.int64]
    delay_iterations: NDArray[np.int64]
    synaptic_events: NDArray[np.int64]
    output_spikes: NDArray[np.int64]
    iteration: str = "frame"

    def __post_init__(self) -> None:
        n, m = self.graph.actor_count, self.graph.channel_count
        put = object.__setattr__
        put(self, "is_input", frozen_array("is_input", self.is_input, np.bool_, (n,)))
        put(self, "demand", frozen_array("demand", self.demand, np.int64, (n, 3), 0))
        for key, size in (("packets", m), ("delay_iterations", m), ("synaptic_events", n), ("output_spikes", n)):
            put(self, key, frozen_array(key, getattr(self, key), np.int64, (size,), 0))
        require(self.iteration in ("frame", "timestep"), "iteration", "'frame' or 'timestep'", self.iteration)
        rates = np.maximum(self.packets, 1)
        graph = self.graph
        one_each = (graph.production == rates).all() and (graph.consumption == rates).all()
        require(bool(one_each), "rates", "max(packets, 1) on both ends of each channel", "others")
        tokens = (graph.initial_tokens == rates * self.delay_iterations).all()
        require(bool(tokens), "initial_tokens", "whole iterations of packets", "others")

    @property
    def clusters(self) -> tuple[int, ...]:
        """The actors that need a tile, in order."""
        return tuple(np.flatnonzero(~self.is_input).tolist())
