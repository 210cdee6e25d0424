"""Throughput by K-periodic scheduling: the engine that never expands the graph (K-Iter).

Bodin, Munier-Kordon, de Dinechin, "Optimal and fast throughput evaluation of CSDF", DAC 2016. A schedule that repeats
every K firings of an actor needs K start times of it. With K = 1 everywhere the best such schedule is a small problem,
but often too slow or impossible. Its critical circuit of channels tells where more freedom helps: unless K is already a
multiple of the circuit's own smallest iteration (then this circuit alone forbids anything better), K is made one.

A circuit without tokens at a small K proves nothing, not even if it takes no time: such circuits are played, in batches
of firings, and either come to rest (a deadlock, with its witness) or make K grow. So actors that take no time are no
special case, and no graph is called live or dead by its times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd

from mapper.analysis.answers import CriticalStep, Throughput
from mapper.analysis.engines.components import ComponentAnswer, solve_components
from mapper.analysis.engines.unfolding import Channel, Solution, TooManyFiringsError, Unfolding
from mapper.model.sdf import SDFGraph

__all__ = [
    "Blocked",
    "KPeriodicSchedule",
    "TooManyFiringsError",
    "channels_of_components",
    "improve",
    "k_periodic",
    "k_periodic_schedule",
    "one_round",
    "play",
    "unfolding_of",
]

#: Steps of a critical cycle that are spelled out firing by firing.
_SPELLED_OUT = 64


@dataclass(frozen=True)
class KPeriodicSchedule:
    """Start times of all firings of a weak component, and the period they prove.

    Firing n (from 0) of ``actors[v]`` starts at ``starts[v][n % K] + (n // K) * K * period / repetitions[v]`` with
    ``K = len(starts[v])``. ``circuit`` holds the channels (indices into the graph) that forbid a shorter period, in
    order of their arrows; it is empty if no cycle takes time.
    """

    actors: tuple[int, ...]
    repetitions: tuple[int, ...]
    period: Fraction
    starts: tuple[tuple[Fraction, ...], ...]
    circuit: tuple[int, ...]

    def start(self, v: int, firing: int) -> Fraction:
        """When a firing of ``actors[v]`` starts."""
        count = len(self.starts[v])
        return self.starts[v][firing % count] + firing // count * count * self.period / self.repetitions[v]


@dataclass(frozen=True)
class Blocked:
    """A circuit at rest: (channel as numbered in the unfolding, firings its consumer started, tokens that lack)."""

    waits: tuple[tuple[int, int, int], ...]


def k_periodic(graph: SDFGraph) -> Throughput:
    """Exact throughput by K-periodic scheduling.

    A critical cycle of more than some dozen steps may go round the same channels many times over. It is then given in
    terms of the smallest iteration of its own actors: each step stands for all its likes, with their total time.
    ``potentials`` are the start times of :func:`k_periodic_schedule`, K of them an actor, component by component.

    Raises
    ------
    TooManyFiringsError

    Examples
    --------
    >>> ring = SDFGraph("ring", ("a", "b"), [2, 3], [0, 1], [1, 0], [10, 1], [1, 10], [0, 20])
    >>> k_periodic(ring).period
    Fraction(5, 2)
    """
    members = channels_of_components(graph)

    def solve(graph: SDFGraph, repetitions: Sequence[int], actors: Sequence[int]) -> ComponentAnswer:
        unfolding = unfolding_of(graph, repetitions, actors, members)
        answer = improve(unfolding)
        if isinstance(answer, Blocked):
            return _deadlock(graph, unfolding, actors, answer)
        assert answer.period is not None
        starts = tuple(Fraction(s, answer.unit) for phases in answer.starts for s in phases)
        return ComponentAnswer(answer.period, _critical_cycle(unfolding, actors, answer), starts)

    return solve_components(graph, "k-periodic", solve)


def k_periodic_schedule(graph: SDFGraph) -> tuple[KPeriodicSchedule, ...]:
    """A fastest K-periodic schedule of every weak component, in order of their lowest actor.

    Raises
    ------
    InconsistentError, DeadlockError
    TooManyFiringsError

    Examples
    --------
    >>> ring = SDFGraph("ring", ("a", "b"), [2, 3], [0, 1], [1, 0], [1, 2], [2, 1], [0, 2])
    >>> schedule = k_periodic_schedule(ring)[0]
    >>> [str(schedule.start(1, n)) for n in range(3)], schedule.period
    (['2', '7', '12'], Fraction(5, 1))
    """
    from mapper.analysis.repetition import repetition_vector, weak_components
    from mapper.errors import DeadlockError

    repetitions = repetition_vector(graph)
    members = channels_of_components(graph)
    schedules = []
    for actors in weak_components(graph):
        unfolding = unfolding_of(graph, repetitions, actors, members)
        answer = improve(unfolding)
        if isinstance(answer, Blocked):
            dead = _deadlock(graph, unfolding, actors, answer)
            raise DeadlockError(dead.explanation, tuple(step.actor for step in dead.cycle))
        assert answer.period is not None
        schedules.append(
            KPeriodicSchedule(
                tuple(actors),
                tuple(unfolding.repetitions),
                answer.period,
                tuple(tuple(Fraction(s, answer.unit) for s in phases) for phases in answer.starts),
                tuple(unfolding.channels[c].number for c in answer.circuit),
            )
        )
    return tuple(schedules)


def improve(unfolding: Unfolding, floor: Fraction = Fraction(0)) -> Solution | Blocked:
    """Let K grow until the schedule is optimal, or as short as ``floor``, or a circuit has come to rest; K stays."""
    while True:
        solution = unfolding.solve(floor)
        if solution.period is not None and solution.period <= floor:
            return solution
        if solution.period is None:
            blocked = play(unfolding, solution.circuit)
            if blocked is not None:
                return blocked
        if not unfolding.grow(solution.circuit):
            assert solution.period is not None, "a circuit that completes an iteration has a schedule of that K"
            return solution


def play(unfolding: Unfolding, circuit: Sequence[int]) -> Blocked | None:
    """Play the channels of a circuit for its own smallest iteration; None if it completes."""
    channels = sorted(set(circuit))
    into: dict[int, list[int]] = {}
    out: dict[int, list[int]] = {}
    for c in channels:
        into.setdefault(unfolding.channels[c].target, []).append(c)
        out.setdefault(unfolding.channels[c].source, []).append(c)
    held = {c: unfolding.channels[c].tokens for c in channels}
    left = unfolding.share(circuit)
    wanted = dict(left)
    moved = True
    while moved and any(left.values()):
        moved = False
        for v, remaining in left.items():
            batch = min([remaining, *(held[c] // unfolding.channels[c].consumption for c in into[v])])
            if batch > 0:
                moved = True
                left[v] -= batch
                for c in into[v]:
                    held[c] -= batch * unfolding.channels[c].consumption
                for c in out[v]:
                    held[c] += batch * unfolding.channels[c].production
    if not any(left.values()):
        return None
    # Every actor with firings left waits on a channel from another such actor: one that has none left gave it all.
    v = next(v for v, remaining in left.items() if remaining)
    path: list[int] = []
    waits: list[tuple[int, int, int]] = []
    while v not in path:
        path.append(v)
        c = next(c for c in into[v] if held[c] < unfolding.channels[c].consumption)
        waits.append((c, wanted[v] - left[v], unfolding.channels[c].consumption - held[c]))
        v = unfolding.channels[c].source
    return Blocked(tuple(waits[path.index(v) :][::-1]))


def channels_of_components(graph: SDFGraph) -> dict[int, list[Channel]]:
    """The channels of each component, by its lowest actor; actors are still the graph's."""
    from mapper.analysis.repetition import weak_components

    lowest = {v: actors[0] for actors in weak_components(graph) for v in actors}
    members: dict[int, list[Channel]] = {actor: [] for actor in lowest.values()}
    columns = (graph.sources, graph.targets, graph.production, graph.consumption, graph.initial_tokens)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    for c, (a, b, produced, consumed, tokens) in enumerate(rows):
        members[lowest[a]].append(Channel(a, b, produced, consumed, tokens, c))
    return members


def unfolding_of(
    graph: SDFGraph, repetitions: Sequence[int], actors: Sequence[int], members: dict[int, list[Channel]]
) -> Unfolding:
    channels = members[actors[0]]
    if len(actors) == graph.actor_count:
        return Unfolding(graph.execution_times.tolist(), repetitions, channels)
    place = {v: i for i, v in enumerate(actors)}
    channels = [c._replace(source=place[c.source], target=place[c.target]) for c in channels]
    return Unfolding([int(graph.execution_times[v]) for v in actors], [repetitions[v] for v in actors], channels)


def _deadlock(graph: SDFGraph, unfolding: Unfolding, actors: Sequence[int], answer: Blocked) -> ComponentAnswer:
    steps, parts = [], []
    # The producer's blocked firing is the one it waits with in the step before.
    previous = answer.waits[-1]
    for wait in answer.waits:
        channel = unfolding.channels[wait[0]]
        producer, consumer = actors[channel.source], actors[channel.target]
        steps.append(CriticalStep(producer, previous[1], unfolding.durations[channel.source], 0, channel.number))
        parts.append(
            f"firing {wait[1]} of {graph.actors[consumer]} lacks {wait[2]} token(s) from {graph.actors[producer]}"
        )
        previous = wait
    return ComponentAnswer(None, tuple(steps), explanation="deadlock: " + "; ".join(parts))


def one_round(unfolding: Unfolding, answer: Solution) -> list[tuple[int, int, int]]:
    """The critical circuit once round, in order: (channel, producer's firing, consumer's firing that waits for it).

    The last firing is the first one, some iterations of the circuit's own later; so the firings may be negative.
    """
    circuit = answer.circuit
    share = unfolding.share(circuit)
    if len({unfolding.counts[v] // count for v, count in share.items()}) > 1:
        # Phases of different lengths need not meet: solve the circuit alone, in its own iteration.
        own = sorted(set(circuit))
        alone = Unfolding(unfolding.durations, unfolding.repetitions, [unfolding.channels[c] for c in own])
        alone.grow(range(len(own)))
        return [(own[c], m, n) for c, m, n in one_round(alone, alone.solve())]
    n = answer.phase
    steps = []
    for c in reversed(circuit):
        channel = unfolding.channels[c]
        m = (channel.consumption * (n + 1) - channel.tokens - 1) // channel.production
        steps.append((c, m, n))
        n = m
    return steps[::-1]


def _critical_cycle(unfolding: Unfolding, actors: Sequence[int], answer: Solution) -> tuple[CriticalStep, ...]:
    if not answer.period:
        return ()
    channels = unfolding.channels
    once = one_round(unfolding, answer)
    share = unfolding.share([c for c, _, _ in once])
    first = channels[once[0][0]].source
    # A round reaches so many of the circuit's own iterations back; ``common`` of them make one of the graph.
    reach, common = (once[-1][2] - once[0][1]) // share[first], unfolding.repetitions[first] // share[first]
    rounds = common // gcd(common, reach)
    spelled_out = rounds * len(once) <= _SPELLED_OUT
    iteration = dict(enumerate(unfolding.repetitions)) if spelled_out else share
    steps = []
    for earlier in range(rounds - 1 if spelled_out else 0, -1, -1):
        for c, producer, consumer in once:
            a, b = channels[c].source, channels[c].target
            m, n = producer - earlier * reach * share[a], consumer - earlier * reach * share[b]
            back = n // iteration[b] - m // iteration[a]
            duration = unfolding.durations[a] * (1 if spelled_out else common)
            steps.append(CriticalStep(actors[a], m % iteration[a], duration, back, channels[c].number))
    return tuple(steps)
