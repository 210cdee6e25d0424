"""The self-timed execution of whole components: transient, period, and how full the channels get.

A channel from a faster to a slower part of a component is *open*: its tokens grow without end. Actors joined by
channels that are not open form a *group*; a group repeats with a period of its own, so each group's state is watched
alone, without the open channels. A state that returns tells the future if no open channel held the group up in
between and none ever will: with A tokens arriving in the supplier's period and B leaving in the group's, and A the
faster pace, what is there never falls by more than A + B below what is there now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from mapper.analysis.engines.machine import REACHED, Machine
from mapper.analysis.engines.state_space import (
    MAX_BATCHES,
    NoRecurrenceError,
    Part,
    PartBlocked,
    StateMemory,
    strong_parts,
)
from mapper.analysis.repetition import repetition_vector, weak_components
from mapper.model.sdf import SDFGraph

__all__ = ["Execution", "Rhythm", "executions"]


@dataclass(frozen=True)
class Rhythm:
    """What a group of actors that keep the same pace repeats.

    ``actors``: indices into the graph; ``transient_time``: when a state was first met that comes back (looked for once
    an iteration, after thousands of states once in several); ``period_time``: until it does; ``firings`` of each actor
    in between; ``iterations``: the same as a share of the component's repetition vector.
    """

    actors: tuple[int, ...]
    transient_time: int
    transient_iterations: int
    period_time: int
    iterations: Fraction
    firings: tuple[int, ...]

    @property
    def period(self) -> Fraction:
        return self.period_time / self.iterations


@dataclass(frozen=True)
class Execution:
    """How the self-timed execution of one weak component begins and what it repeats.

    Attributes
    ----------
    actors, channels
        The component's, as indices into the graph.
    rhythms
        One a group, the slowest first; actors that nothing slows down have none.
    most_tokens
        For each of ``channels`` the most tokens it ever holds, counting those that arrive at an instant before any are
        taken (so those that a firing without duration takes and returns count twice, except on a self-loop);
        ``None`` where they grow without end.
    most_space
        Likewise the most space, if it is claimed when a producer starts and released when a consumer ends: with this
        capacity a channel never slows the execution down.
    """

    actors: tuple[int, ...]
    channels: tuple[int, ...]
    rhythms: tuple[Rhythm, ...]
    most_tokens: tuple[int | None, ...]
    most_space: tuple[int | None, ...]

    @property
    def period(self) -> Fraction:
        """Time per iteration of the slowest group; 0 if no cycle takes time."""
        return self.rhythms[0].period if self.rhythms else Fraction(0)

    @property
    def transient_time(self) -> int:
        """When every group has settled in its rhythm."""
        return max((rhythm.transient_time for rhythm in self.rhythms), default=0)


def executions(graph: SDFGraph, max_batches: int = MAX_BATCHES) -> tuple[Execution, ...]:
    """The self-timed execution of every weak component from time 0 on, in order of their lowest actor.

    Parameters
    ----------
    max_batches
        How many batches of simultaneous firings of one actor may be played for each component.

    Raises
    ------
    InconsistentError, DeadlockError
    NoRecurrenceError
        The transient or a period is longer.

    Examples
    --------
    >>> pair = SDFGraph("pair", ("fast", "slow"), [2, 3], [0, 0, 1], [1, 0, 1], [1, 1, 1], [1, 1, 1], [0, 1, 1])
    >>> answer = executions(pair)[0]
    >>> answer.most_tokens, answer.period
    ((None, 1, 1), Fraction(3, 1))
    """
    repetitions = repetition_vector(graph)
    parts = strong_parts(graph)
    try:
        return tuple(_execute(graph, repetitions, actors, parts, max_batches) for actors in weak_components(graph))
    except PartBlocked as stop:
        raise stop.error from None


def _execute(
    graph: SDFGraph, repetitions: Sequence[int], actors: Sequence[int], parts: list[Part], budget: int
) -> Execution:
    pace = _paces(graph, repetitions, set(actors), parts, budget)
    sources = graph.sources.tolist()
    inside = [c for c, a in enumerate(sources) if a in pace]
    slow = _restrict(graph, [v for v in actors if pace[v] > 0])
    is_open = [pace[slow.actors[a]] < pace[slow.actors[b]] for a, b, *_ in slow.channels]
    machine = Machine(slow.durations, slow.channels, is_open)
    watches = _groups(slow, is_open, [repetitions[v] for v in slow.actors])
    group_of = {v: watch for watch in watches for v in watch.actors}
    watches.sort(key=lambda watch: pace[slow.actors[watch.actors[0]]])  # suppliers first
    while not all(watch.settled for watch in watches):
        status = machine.advance({watch.reference: watch.goal for watch in watches}, budget)
        if status != REACHED:
            raise NoRecurrenceError(f"no recurrence within {budget} batches of firings: allow more")
        look = machine.now, machine.started, machine.state()
        for watch in watches:
            if look[1][watch.reference] >= watch.goal:
                watch.look(machine, *look)
                watch.settled = watch.found is not None and all(
                    group_of[slow.channels[c][0]].settled
                    and look[2][0][c] >= _swing(slow.channels[c], group_of[slow.channels[c][0]], watch)
                    for c in watch.supplies
                )
    at = {c: i for i, c in enumerate(slow.channel_indices) if not is_open[i]}
    tokens, space = machine.most_tokens, machine.most_space
    return Execution(
        actors=tuple(actors),
        channels=tuple(inside),
        rhythms=tuple(watch.rhythm(slow.actors) for watch in reversed(watches)),
        most_tokens=tuple(tokens[at[c]] if c in at else None for c in inside),
        most_space=tuple(space[at[c]] if c in at else None for c in inside),
    )


class _Watch:
    """A group under observation; actors and channels are numbered as in the machine."""

    def __init__(self, actors: list[int], channels: list[int], supplies: list[int], repetitions: Sequence[int]) -> None:
        self.actors, self._channels, self.supplies = actors, channels, supplies
        self.reference = min(actors, key=lambda v: repetitions[v])
        self._step = self.goal = repetitions[self.reference]
        self._members = set(actors)
        self._memory = StateMemory()
        self.found: tuple[int, int, list[int], list[int]] | None = None
        self.settled = False

    def look(
        self,
        machine: Machine,
        now: int,
        started: list[int],
        state: tuple[list[int], list[tuple[int, int, int]]],
    ) -> None:
        self.goal = (started[self.reference] // self._step + 1) * self._step
        if machine.take_starved(self.actors):  # what came before says nothing about a future without starvation
            self._memory, self.found = StateMemory(), None
        if self.found is not None:
            return
        tokens = tuple(state[0][c] for c in self._channels)
        under_way = tuple(entry for entry in state[1] if entry[0] in self._members)
        before = self._memory.visit((tokens, under_way), now, started)
        if before is not None:
            self.found = before[0], now, before[1], started

    def firings(self, actor: int) -> int:
        assert self.found is not None
        return self.found[3][actor] - self.found[2][actor]

    def rhythm(self, names: Sequence[int]) -> Rhythm:
        assert self.found is not None
        first, second, begun, _ = self.found
        return Rhythm(
            actors=tuple(names[v] for v in self.actors),
            transient_time=first,
            transient_iterations=begun[self.reference] // self._step,
            period_time=second - first,
            iterations=Fraction(self.firings(self.reference), self._step),
            firings=tuple(self.firings(v) for v in self.actors),
        )


def _swing(channel: tuple[int, int, int, int, int], supplier: _Watch, consumer: _Watch) -> int:
    a, b, produced, consumed, _ = channel
    return produced * supplier.firings(a) + consumed * (consumer.firings(b) + 1)


def _paces(
    graph: SDFGraph, repetitions: Sequence[int], members: set[int], parts: list[Part], budget: int
) -> dict[int, Fraction]:
    """Time per iteration that each actor settles at: its part's own, or a slower supplier's."""
    mine = [part for part in parts if part.actors[0] in members]  # in topological order
    place = {v: p for p, part in enumerate(mine) for v in part.actors}
    pace = [part.rhythm(graph, repetitions, budget)[0] for part in mine]
    ends = zip(graph.sources.tolist(), graph.targets.tolist(), strict=True)
    for p, q in sorted((place[a], place[b]) for a, b in ends if a in members):
        pace[q] = max(pace[q], pace[p])
    return {v: pace[p] for v, p in place.items()}


def _restrict(graph: SDFGraph, actors: Sequence[int]) -> Part:
    """The given actors and the channels among them."""
    number = {v: i for i, v in enumerate(actors)}
    columns = (graph.sources, graph.targets, graph.production, graph.consumption, graph.initial_tokens)
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    kept = [c for c, row in enumerate(rows) if row[0] in number and row[1] in number]
    channels = [(number[rows[c][0]], number[rows[c][1]], *rows[c][2:]) for c in kept]
    return Part(tuple(actors), [int(graph.execution_times[v]) for v in actors], channels, kept)


def _groups(part: Part, is_open: Sequence[bool], repetitions: Sequence[int]) -> list[_Watch]:
    """Actors joined by channels that are not open."""
    leader = list(range(len(part.actors)))

    def find(v: int) -> int:
        while leader[v] != v:
            leader[v] = leader[leader[v]]
            v = leader[v]
        return v

    for (a, b, *_), opened in zip(part.channels, is_open, strict=True):
        if not opened:
            leader[find(b)] = find(a)
    groups: dict[int, tuple[list[int], list[int], list[int]]] = {}
    for v in range(len(part.actors)):
        groups.setdefault(find(v), ([], [], []))[0].append(v)
    for c, ((_, b, *_), opened) in enumerate(zip(part.channels, is_open, strict=True)):
        groups[find(b)][2 if opened else 1].append(c)
    return [_Watch(actors, channels, supplies, repetitions) for actors, channels, supplies in groups.values()]
