"""Liveness of multi-rate graphs, with a witness: actors that wait for each other in a circle, and what each one lacks.

Liveness does not depend on times, and nothing is expanded. First the graph is played for one iteration, in batches of
firings, and mostly ends it or comes to rest soon. Where that takes too many batches, schedules decide: where some
K-periodic schedule exists (Bodin, Munier-Kordon, de Dinechin, DAC 2016) the graph is live; a circuit that allows none
is played alone, for its own smallest iteration, and comes to rest or makes K grow. Single-rate graphs need only a look
for a cycle without tokens.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from mapper.analysis.answers import CriticalStep
from mapper.analysis.cycles.liveness import zero_token_cycle
from mapper.analysis.repetition import weak_components
from mapper.model.sdf import SDFGraph

__all__ = ["Deadlock", "deadlock_on", "find_deadlock"]

#: Batches of firings to play before schedules are tried: so many an actor or channel, or all of so many firings.
_BATCHES_EACH, _ALL_FIRINGS = 100, 500_000
#: No schedule needs to be faster than this for the graph to be live.
_ANY_PERIOD = Fraction(1 << 4096)


@dataclass(frozen=True)
class Deadlock:
    """A circle of actors at rest, each waiting for the one before.

    Attributes
    ----------
    actors
        In order of the arrows: ``actors[i]`` sends to ``actors[i + 1]``, the last one to the first.
    channels
        ``channels[i]`` leads from ``actors[i]`` to its successor.
    firings
        ``actors[i]`` has fired so often when everything in the circle has come to rest.
    missing
        So many tokens on ``channels[i]`` lack for its consumer's next firing.
    """

    actors: tuple[int, ...]
    channels: tuple[int, ...]
    firings: tuple[int, ...]
    missing: tuple[int, ...]

    def explain(self, graph: SDFGraph) -> str:
        """One clause a channel."""
        names = [graph.actors[v] for v in self.actors]
        clauses = [
            f"firing {fired} of {consumer} lacks {lack} token(s) from {producer}"
            for producer, consumer, fired, lack in zip(
                names, names[1:] + names[:1], self.firings[1:] + self.firings[:1], self.missing, strict=True
            )
        ]
        return "deadlock: " + "; ".join(clauses)

    def steps(self, graph: SDFGraph) -> tuple[CriticalStep, ...]:
        """The circle as steps of a blocking cycle."""
        return tuple(
            CriticalStep(v, fired, int(graph.execution_times[v]), 0, channel)
            for v, fired, channel in zip(self.actors, self.firings, self.channels, strict=True)
        )


def find_deadlock(graph: SDFGraph, repetitions: Sequence[int]) -> Deadlock | None:
    """A deadlock of a consistent graph, or ``None`` if every actor can fire forever.

    Raises
    ------
    TooManyFiringsError
        Liveness hinges on more firings than fit into memory.

    Examples
    --------
    >>> ring = SDFGraph("ring", ("a", "b"), [1, 1], [0, 1], [1, 0], [2, 3], [3, 2], [0, 3])
    >>> stuck = find_deadlock(ring, (3, 2))
    >>> stuck.explain(ring)
    'deadlock: firing 0 of b lacks 1 token(s) from a; firing 1 of a lacks 1 token(s) from b'
    """
    if np.array_equal(graph.production, graph.consumption):
        held = (graph.initial_tokens // graph.production).tolist()
        cycle = zero_token_cycle(graph.actor_count, graph.sources.tolist(), graph.targets.tolist(), held)
        if cycle is None:
            return None
        ends = zip(graph.sources.tolist(), graph.targets.tolist(), held, strict=True)
        empty = {(a, b): c for c, (a, b, tokens) in enumerate(ends) if tokens == 0}
        circuit = [empty[pair] for pair in zip(cycle, cycle[1:] + cycle[:1], strict=True)]
        return deadlock_on(graph, repetitions, circuit)
    finished, stuck = _play(graph, repetitions)
    if finished:
        return stuck
    from mapper.analysis.engines.k_periodic import Blocked, channels_of_components, improve, unfolding_of

    members = channels_of_components(graph)
    for actors in weak_components(graph):
        unfolding = unfolding_of(graph, repetitions, actors, members)
        unfolding.durations = [1] * len(actors)
        answer = improve(unfolding, _ANY_PERIOD)
        if isinstance(answer, Blocked):
            return _named(graph, [unfolding.channels[wait[0]].number for wait in answer.waits], answer.waits)
    return None


def deadlock_on(graph: SDFGraph, repetitions: Sequence[int], channels: Sequence[int]) -> Deadlock | None:
    """Play some channels alone, at most for their own smallest iteration; ``None`` if they complete it."""
    from mapper.analysis.engines.k_periodic import play
    from mapper.analysis.engines.unfolding import Channel, Unfolding

    numbered = sorted(set(channels))
    rows = [
        Channel(
            int(graph.sources[c]),
            int(graph.targets[c]),
            int(graph.production[c]),
            int(graph.consumption[c]),
            int(graph.initial_tokens[c]),
            c,
        )
        for c in numbered
    ]
    blocked = play(Unfolding([1] * graph.actor_count, repetitions, rows), range(len(rows)))
    return None if blocked is None else _named(graph, [numbered[wait[0]] for wait in blocked.waits], blocked.waits)


def _play(graph: SDFGraph, repetitions: Sequence[int]) -> tuple[bool, Deadlock | None]:
    """(whether the play came to its end, the deadlock if it ended in one)."""
    columns = (graph.sources, graph.targets, graph.production, graph.consumption, graph.initial_tokens)
    sources, targets, production, consumption, held = (column.tolist() for column in columns)
    into: list[list[int]] = [[] for _ in range(graph.actor_count)]
    out: list[list[int]] = [[] for _ in range(graph.actor_count)]
    for c, (a, b) in enumerate(zip(sources, targets, strict=True)):
        out[a].append(c)
        into[b].append(c)
    left = list(repetitions)
    waiting = deque(range(graph.actor_count))
    batches = _BATCHES_EACH * (graph.actor_count + graph.channel_count)
    if (firings := sum(left)) <= _ALL_FIRINGS:
        batches = firings
    while waiting:
        v = waiting.popleft()
        batch = min([left[v], *(held[c] // consumption[c] for c in into[v])])
        if batch == 0:
            continue
        if batches == 0:
            return False, None
        batches -= 1
        left[v] -= batch
        for c in into[v]:
            held[c] -= batch * consumption[c]
        for c in out[v]:
            held[c] += batch * production[c]
            waiting.append(targets[c])
    if not any(left):
        return True, None
    # Whoever has firings left waits for another such actor: one that has none left has made all its tokens.
    v = next(v for v, remaining in enumerate(left) if remaining)
    path: list[int] = []
    waits: list[tuple[int, int, int]] = []
    while v not in path:
        path.append(v)
        c = next(c for c in into[v] if held[c] < consumption[c])
        waits.append((c, repetitions[v] - left[v], consumption[c] - held[c]))
        v = sources[c]
    circle = waits[path.index(v) :][::-1]
    return True, _named(graph, [wait[0] for wait in circle], circle)


def _named(graph: SDFGraph, channels: Sequence[int], waits: Sequence[tuple[int, int, int]]) -> Deadlock:
    """``waits``: (channel, firings its consumer has started, tokens that lack), in order of the arrows."""
    fired = [wait[1] for wait in waits]
    return Deadlock(
        tuple(int(graph.sources[c]) for c in channels),
        tuple(channels),
        tuple(fired[-1:] + fired[:-1]),
        tuple(wait[2] for wait in waits),
    )
