"""Throughput by self-timed execution: play the graph until its state comes back, and read off the rhythm.

Ghamarian, Geilen, Stuijk, Basten, Moonen, Bekooij, Theelen, Mousavi, "Throughput analysis of synchronous data flow
graphs", ACSD 2006. An algorithm unrelated to cycle ratios: nothing is expanded, no equation is solved.

Tokens can pile up without end where a fast part of a graph feeds a slower one, and then no state returns. So each
strongly connected part, in which tokens are bounded, is played alone: fed without limit it has a rhythm of its own,
and the slowest part's is the graph's. ``mapper.analysis.engines.execution`` plays whole components.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd

from mapper.analysis.answers import CriticalStep, GraphStatus, Throughput
from mapper.analysis.cycles.strong import strong_components
from mapper.analysis.engines.machine import BLOCKED, REACHED, Machine
from mapper.analysis.repetition import repetition_vector, weak_components
from mapper.errors import DeadlockError, InconsistentError, MapperError
from mapper.model.sdf import SDFGraph

__all__ = ["MAX_BATCHES", "NoRecurrenceError", "Part", "PartBlocked", "StateMemory", "state_space", "strong_parts"]

MAX_BATCHES = 20_000_000
#: States remembered before every other one is forgotten.
_MEMORY = 1 << 13


class NoRecurrenceError(MapperError):
    """The execution did not repeat within the allowed number of batches of firings."""


class PartBlocked(Exception):  # noqa: N818 - carries a result out of nested calls, never reaches the user
    """A part came to rest; ``error`` and ``steps`` hold the cycle of actors that wait for each other."""

    def __init__(self, graph: SDFGraph, part: Part, machine: Machine) -> None:
        waits: dict[int, tuple[int, int, int]] = {}
        for (a, b, _, rate, _), c, held in zip(part.channels, part.channel_indices, machine.tokens, strict=True):
            if held < rate:
                waits[b] = a, c, rate - held
        node, path = 0, list[int]()
        while node not in path:
            path.append(node)
            node = waits[node][0]
        cycle = path[path.index(node) :]
        name = [graph.actors[v] for v in part.actors]
        missing = ", ".join(f"{name[v]} lacks {waits[v][2]} token(s) from {name[waits[v][0]]}" for v in cycle)
        started = machine.started
        self.steps = tuple(
            CriticalStep(part.actors[a], started[a], part.durations[a], 0, c)
            for a, c, _ in (waits[v] for v in reversed(cycle))
        )
        self.error = DeadlockError(f"deadlock: {missing}", tuple(step.actor for step in self.steps))


@dataclass(frozen=True)
class Part:
    """Some actors of a graph with the channels among them; ``channels`` number the actors from 0.

    A channel is (source, target, production, consumption, initial tokens).
    """

    actors: tuple[int, ...]
    durations: list[int]
    channels: list[tuple[int, int, int, int, int]]
    channel_indices: list[int]

    def rhythm(self, graph: SDFGraph, repetitions: Sequence[int], budget: int) -> tuple[Fraction, int]:
        """Time per iteration (of the weak component) of a strongly connected part, and batches of firings played.

        Raises
        ------
        PartBlocked, NoRecurrenceError
        """
        if not self.channels:
            return Fraction(0), 0
        if len(self.actors) == 1:
            overlap = min(tokens // rate for _, _, _, rate, tokens in self.channels)
            if overlap > 0:
                return Fraction(repetitions[self.actors[0]] * self.durations[0], overlap), 0
        timeless = not any(self.durations)  # only its liveness is in question, which does not depend on times
        machine = Machine([1] * len(self.actors) if timeless else self.durations, self.channels)
        counts = [repetitions[v] for v in self.actors]
        reference = counts.index(min(counts))
        step = counts[reference] // gcd(*counts)
        memory, goal = StateMemory(), step
        while (status := machine.advance({reference: goal}, budget)) == REACHED:
            tokens, under_way = machine.state()
            begun = machine.started[reference]
            before = memory.visit((tuple(tokens), tuple(under_way)), machine.now, [begun])
            if before is not None:
                period = (machine.now - before[0]) / Fraction(begun - before[1][0], counts[reference])
                return Fraction(0) if timeless else period, machine.batches
            goal = (begun // step + 1) * step
        if status == BLOCKED:
            raise PartBlocked(graph, self, machine)
        raise NoRecurrenceError(f"no recurrence within {budget} batches of firings: allow more, or another engine")


class StateMemory:
    """States met so far, each with a note; thinned out once there are thousands, so that it stays small.

    The first state to return is found without fail, and after its shortest period; where states were thinned out it
    may be a later one than the first that ever will.
    """

    def __init__(self) -> None:
        self._seen: dict[object, tuple[int, list[int]]] = {}
        self._stride, self._looks = 1, 0

    def visit(self, state: object, time: int, started: list[int]) -> tuple[int, list[int]] | None:
        """The note (time, firings begun) of an earlier visit; otherwise the present one is kept."""
        if state in self._seen:
            return self._seen[state]
        if self._looks % self._stride == 0:
            self._seen[state] = time, started
            if len(self._seen) > _MEMORY:
                self._seen = dict(list(self._seen.items())[::2])
                self._stride *= 2
        self._looks += 1
        return None


def state_space(graph: SDFGraph, max_batches: int = MAX_BATCHES) -> Throughput:
    """Exact throughput by self-timed execution; a cycle is given for deadlocks only.

    Parameters
    ----------
    max_batches
        How many batches of simultaneous firings of one actor may be played, over the whole graph.

    Raises
    ------
    NoRecurrenceError
        The transient or the period is longer.

    Examples
    --------
    >>> ring = SDFGraph("ring", ("a", "b"), [2, 3], [0, 1], [1, 0], [2, 1], [1, 2], [0, 2])
    >>> state_space(ring).period
    Fraction(5, 1)
    """
    try:
        repetitions = repetition_vector(graph)
    except InconsistentError as error:
        return Throughput(GraphStatus.INCONSISTENT, None, "state-space", explanation=str(error))
    periods: list[Fraction | None] = []
    blocked: PartBlocked | None = None
    parts = strong_parts(graph)
    for actors in weak_components(graph):
        members = set(actors)
        slowest: Fraction | None = Fraction(0)
        for part in parts:
            if part.actors[0] not in members:
                continue
            try:
                own, spent = part.rhythm(graph, repetitions, max_batches)
            except PartBlocked as stop:
                blocked, slowest = blocked or stop, None
                break
            max_batches -= spent
            slowest = max(slowest, own) if slowest is not None else None
        periods.append(slowest)
    if blocked is not None:
        return Throughput(
            GraphStatus.DEADLOCK,
            None,
            "state-space",
            component_periods=tuple(periods),
            critical_cycle=blocked.steps,
            explanation=str(blocked.error),
        )
    period = max((p for p in periods if p is not None), default=Fraction(0))
    return Throughput(GraphStatus.OK, period, "state-space", component_periods=tuple(periods))


def strong_parts(graph: SDFGraph) -> list[Part]:
    """The strongly connected parts, upstream ones first."""
    sources, targets = graph.sources.tolist(), graph.targets.tolist()
    components = strong_components(graph.actor_count, sources, targets)
    part_of = {v: p for p, part in enumerate(components) for v in part}
    number = {v: i for part in components for i, v in enumerate(part)}
    times = graph.execution_times.tolist()
    parts = [Part(tuple(part), [times[v] for v in part], [], []) for part in components]
    rates = zip(graph.production.tolist(), graph.consumption.tolist(), graph.initial_tokens.tolist(), strict=True)
    for c, (a, b, (produced, consumed, tokens)) in enumerate(zip(sources, targets, rates, strict=True)):
        if part_of[a] == part_of[b]:
            parts[part_of[a]].channels.append((number[a], number[b], produced, consumed, tokens))
            parts[part_of[a]].channel_indices.append(c)
    return parts
