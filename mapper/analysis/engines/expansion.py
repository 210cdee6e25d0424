"""A multi-rate graph as one node per firing of an iteration (homogeneous expansion), in flat arrays.

A firing waits for the *last* firing that makes its tokens: earlier ones of the same producer end no later, because an
actor's firings start in order and all take the same time. That leaves one edge a channel and consumer firing (instead
of one a token; Lee and Messerschmitt 1987). Where a consumer's firings follow each other by a self-loop anyway, only
the first of those that wait for the same firing needs its edge: a channel then has as many edges as its slower end has
firings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.analysis.tier import compiled_pays
from mapper.compiled import kernel
from mapper.errors import MapperError
from mapper.model.sdf import SDFGraph

__all__ = ["MOST_FIRINGS", "Expansion", "expand"]

#: Firings and waits of one iteration above which nothing is expanded: about 1.5 GB of work space.
MOST_FIRINGS = 20_000_000


@dataclass(frozen=True, eq=False)
class Expansion:
    """The precedences between the firings of some actors.

    Node ``first[i] + j`` is firing j of ``actors[i]``. Edge e says: firing ``targets[e]`` of iteration k starts at
    least ``times[e]`` after the start of firing ``sources[e]`` of iteration k - ``tokens[e]``, because of channel
    ``channels[e]``. Nodes and channels are int32, times and tokens int64.
    """

    actors: Sequence[int]
    first: NDArray[np.int64]
    sources: NDArray[np.int32]
    targets: NDArray[np.int32]
    times: NDArray[np.int64]
    tokens: NDArray[np.int64]
    channels: NDArray[np.int32]

    @property
    def nodes(self) -> int:
        return int(self.first[-1])

    def firing(self, node: int) -> tuple[int, int]:
        """(actor, firing within the iteration) of a node."""
        place = int(np.searchsorted(self.first, node, side="right")) - 1
        return self.actors[place], node - int(self.first[place])


def expand(
    graph: SDFGraph, repetitions: Sequence[int], actors: Sequence[int] | None = None, fewest: bool = False
) -> Expansion:
    """Expand the given actors (one weak component or several; all if not given) and the channels between them.

    Parameters
    ----------
    repetitions
        The repetition vector, or a multiple of it for several iterations.
    fewest
        Leave out the waits that a self-loop's order implies.

    Raises
    ------
    MapperError
        More than :data:`MOST_FIRINGS` firings, or waits.

    Examples
    --------
    >>> made = expand(SDFGraph("pair", ("a", "b"), [5, 6], [0], [1], [2], [3], [1]), (3, 2))
    >>> list(zip(made.sources.tolist(), made.targets.tolist(), made.tokens.tolist()))
    [(0, 3, 0), (2, 4, 0)]
    """
    actors = range(graph.actor_count) if actors is None else actors
    counts = [repetitions[v] for v in actors]
    if (total := sum(counts)) > MOST_FIRINGS:
        raise MapperError(f"{graph.name}: {total} firings in an iteration are too many to expand")
    columns: list[NDArray[Any]] = [graph.sources, graph.targets, graph.production, graph.consumption]
    columns.append(graph.initial_tokens)
    times = graph.execution_times
    chosen: NDArray[Any] | None = None
    if len(actors) < graph.actor_count:
        place = np.full(graph.actor_count, -1, np.int32)
        place[list(actors)] = np.arange(len(actors))
        chosen = np.flatnonzero(place[graph.sources] >= 0)
        columns = [place[graph.sources[chosen]], place[graph.targets[chosen]], *(c[chosen] for c in columns[2:])]
        times = times[list(actors)]
    largest = max((int(column.max(initial=1)) for column in columns[2:]), default=1)
    # A firing's first token is at most (firings + 1) times the largest rate, after the initial ones.
    compiled = compiled_pays(20 * (total + graph.channel_count)) and (total + 2) * largest < 1 << 62
    make: Any = np.empty if compiled else _blank
    given: Any = columns if compiled else [column.tolist() for column in columns]
    firings: Any = np.array(counts, np.int64) if compiled else counts
    first, serial = make(len(counts) + 1, np.int64), make(len(counts), np.int64)
    measure, fill = (loop.jitted() if compiled else loop.python for loop in (_measure, _fill))
    edges = int(measure(firings, *given, first, serial, fewest))
    if edges > MOST_FIRINGS:
        raise MapperError(f"{graph.name}: {edges} waits in an iteration are too many to expand")
    sources, targets, channels = (make(edges, np.int32) for _ in range(3))
    delays, tokens = make(edges, np.int64), make(edges, np.int64)
    outputs = (sources, targets, delays, tokens, channels)
    fill(firings, times if compiled else times.tolist(), *given, first, serial, fewest, *outputs)
    kinds = (np.int64, np.int32, np.int32, np.int64, np.int64, np.int32)
    arrays = [np.asarray(values, kind) for values, kind in zip((first, *outputs), kinds, strict=True)]
    if chosen is not None:
        arrays[5] = chosen[arrays[5]].astype(np.int32)
    return Expansion(actors, *arrays)


def _blank(size: int, _: Any) -> list[int]:
    return [0] * size


@kernel
def _measure(  # type: ignore[no-untyped-def]
    counts, sources, targets, production, consumption, initial, offset, serial, fewest
):
    """Fill ``offset`` and ``serial`` (1: an actor's firings follow each other); return the number of edges."""
    offset[0] = 0
    for v in range(len(counts)):
        offset[v + 1] = offset[v] + counts[v]
        serial[v] = 0
    for c in range(len(sources)):
        if sources[c] == targets[c] and initial[c] // production[c] == 1:
            serial[sources[c]] = 1
    edges = 0
    for c in range(len(sources)):
        a = counts[sources[c]]
        b = counts[targets[c]]
        edges += a if fewest and a < b and serial[targets[c]] == 1 else b
    return edges


@kernel
def _fill(  # type: ignore[no-untyped-def]
    counts,
    times,
    sources,
    targets,
    production,
    consumption,
    initial,
    offset,
    serial,
    fewest,
    out_source,
    out_target,
    out_time,
    out_tokens,
    out_channel,
):
    e = 0
    for c in range(len(sources)):
        a = sources[c]
        b = targets[c]
        made = production[c]
        taken = consumption[c]
        held = initial[c]
        if fewest and counts[a] < counts[b] and serial[b] == 1:
            # Firing j's first token is number held + made * j: who takes it?
            for j in range(counts[a]):
                k = (held + made * j) // taken
                out_source[e] = offset[a] + j
                out_target[e] = offset[b] + k % counts[b]
                out_tokens[e] = k // counts[b]
                out_time[e] = times[a]
                out_channel[e] = c
                e += 1
        else:
            # Firing k's last token is number (k + 1) * taken - 1: who made it?
            for k in range(counts[b]):
                j = ((k + 1) * taken - held - 1) // made
                out_source[e] = offset[a] + j % counts[a]
                out_target[e] = offset[b] + k
                out_tokens[e] = -(j // counts[a])
                out_time[e] = times[a]
                out_channel[e] = c
                e += 1
