"""What binds within one iteration: the channels without initial tokens, and the longest ways along them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mapper.analysis.cycles.liveness import topological_order
from mapper.model.application import Application

__all__ = ["OneIteration"]


class OneIteration:
    """An application's actors and its channels without initial tokens.

    Attributes
    ----------
    arriving, leaving
        For each actor (other actor, channel) of those channels into it and out of it.
    order
        The actors in an order that agrees with them.
    """

    def __init__(self, application: Application) -> None:
        graph = application.graph
        channels = np.flatnonzero(application.delay_iterations == 0)
        sources, targets = graph.sources[channels].tolist(), graph.targets[channels].tolist()
        self.arriving: list[list[tuple[int, int]]] = [[] for _ in range(graph.actor_count)]
        self.leaving: list[list[tuple[int, int]]] = [[] for _ in range(graph.actor_count)]
        for a, b, channel in zip(sources, targets, channels.tolist(), strict=True):
            self.arriving[b].append((a, channel))
            self.leaving[a].append((b, channel))
        self.order: list[int] = topological_order(graph.actor_count, sources, targets)

    def longest_ways(self, durations: NDArray[np.int64], delays: Sequence[int] | None = None) -> list[int]:
        """Time from each actor's start to the end of the iteration, along the longest way.

        Parameters
        ----------
        durations : shape (actors,)
        delays
            Of each channel; none, if not given.
        """
        ways: list[int] = durations.tolist()
        for actor in reversed(self.order):
            after = (ways[b] + (0 if delays is None else delays[channel]) for b, channel in self.leaving[actor])
            ways[actor] += max(after, default=0)
        return ways
