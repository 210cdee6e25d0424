"""A multi-rate graph as one node per firing of an iteration (homogeneous expansion), in flat arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.errors import MapperError
from mapper.model.sdf import SDFGraph

__all__ = ["MOST_FIRINGS", "Expansion", "expand"]

#: Firings of one iteration above which nothing is expanded.
MOST_FIRINGS = 20_000_000


@dataclass(frozen=True, eq=False)
class Expansion:
    """The precedences between the firings of some actors.

    Node ``first[i] + j`` is firing j of ``actors[i]``. Edge e says: firing ``targets[e]`` of iteration k starts at
    least ``times[e]`` after the start of firing ``sources[e]`` of iteration k - ``tokens[e]``, because of channel
    ``channels[e]``.
    """

    actors: tuple[int, ...]
    first: NDArray[np.int64]
    sources: NDArray[np.int64]
    targets: NDArray[np.int64]
    times: NDArray[np.int64]
    tokens: NDArray[np.int64]
    channels: NDArray[np.int64]

    @property
    def nodes(self) -> int:
        return int(self.first[-1])

    def firing(self, node: int) -> tuple[int, int]:
        """(actor, firing within the iteration) of a node."""
        place = int(np.searchsorted(self.first, node, side="right")) - 1
        return self.actors[place], node - int(self.first[place])


def expand(graph: SDFGraph, repetitions: Sequence[int], actors: Sequence[int]) -> Expansion:
    """Expand the given actors (a weak component) and the channels between them.

    A consumer's firing waits for the producer's firing that makes the last token it takes; earlier ones end no later,
    because an actor's firings start in order and all take the same time. So each channel gives one edge a firing of
    its consumer.

    Raises
    ------
    MapperError
        More than :data:`MOST_FIRINGS` firings.
    """
    total = sum(repetitions[v] for v in actors)
    if total > MOST_FIRINGS:
        raise MapperError(f"{graph.name}: {total} firings in an iteration are too many to expand")
    first = np.zeros(len(actors) + 1, np.int64)
    np.cumsum([repetitions[v] for v in actors], out=first[1:])
    place = np.full(graph.actor_count, -1, np.int64)
    place[list(actors)] = np.arange(len(actors))
    channels = np.flatnonzero(place[graph.sources] >= 0) if actors else np.zeros(0, np.int64)
    a, b = place[graph.sources[channels]], place[graph.targets[channels]]
    counts = np.diff(first)
    # One edge for each firing j of each channel's consumer.
    length = counts[b]
    channel = np.repeat(np.arange(channels.size), length)
    start = np.concatenate([[0], np.cumsum(length)])[:-1]
    j = np.arange(channel.size) - start[channel]
    last_token = (j + 1) * graph.consumption[channels][channel] - 1 - graph.initial_tokens[channels][channel]
    producer = last_token // graph.production[channels][channel]
    rounds = producer // counts[a][channel]
    return Expansion(
        actors=tuple(actors),
        first=first,
        sources=first[a][channel] + producer - rounds * counts[a][channel],
        targets=first[b][channel] + j,
        times=graph.execution_times[graph.sources[channels]][channel],
        tokens=-rounds,
        channels=channels[channel],
    )
