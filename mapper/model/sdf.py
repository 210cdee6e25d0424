"""Synchronous dataflow graphs, and the application a clustered network becomes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.model.arrays import frozen_array, require

__all__ = ["Application", "SDFGraph"]


@dataclass(frozen=True, eq=False)
class SDFGraph:
    """A synchronous dataflow graph (Lee and Messerschmitt 1987): n actors, m channels.

    Attributes
    ----------
    actors
        Distinct names, length n.
    execution_times : int64, shape (n,)
        Picoseconds of one firing.
    sources, targets : int32, shape (m,)
        Producer and consumer of each channel.
    production, consumption, initial_tokens : int64, shape (m,)
        Tokens per firing (at least 1) and at the start (at least 0).

    An actor without a self-loop may overlap its own firings without limit.
    """

    name: str
    actors: tuple[str, ...]
    execution_times: NDArray[np.int64]
    sources: NDArray[np.int32]
    targets: NDArray[np.int32]
    production: NDArray[np.int64]
    consumption: NDArray[np.int64]
    initial_tokens: NDArray[np.int64]

    def __post_init__(self) -> None:
        n = len(self.actors)
        require(len(set(self.actors)) == n, "actors", "distinct names", "a repeated name")
        put = object.__setattr__
        put(self, "execution_times", frozen_array("execution_times", self.execution_times, np.int64, (n,), 0))
        put(self, "sources", frozen_array("sources", self.sources, np.int32, (None,), 0))
        m = self.sources.size
        for key, dtype, low in (
            ("targets", np.int32, 0),
            ("production", np.int64, 1),
            ("consumption", np.int64, 1),
            ("initial_tokens", np.int64, 0),
        ):
            put(self, key, frozen_array(key, getattr(self, key), dtype, (m,), low))
        last = max(int(self.sources.max(initial=-1)), int(self.targets.max(initial=-1)))
        require(last < n, "channels", f"actors 0..{n - 1}", last)

    @property
    def actor_count(self) -> int:
        return len(self.actors)

    @property
    def channel_count(self) -> int:
        return int(self.sources.size)


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
