"""Static-order schedules: the throughput they give, and how to get one.

Every processor fires its actors one at a time in a fixed cyclic order; an actor may come several times in a round.
Between firings of an order lie edges without tokens, from the last to the first one with a token (models/README.md,
section 4, here for multi-rate graphs), so the bound graph's period is a maximum cycle ratio. Orders come from a
self-timed execution in which a free processor takes the ready firing with the longest way to the end of the iteration
(list scheduling; Hu 1961; for graphs with rates Sih and Lee 1993).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from heapq import heappop, heappush

from mapper.analysis.answers import CriticalStep, GraphStatus, Throughput
from mapper.analysis.cycles.cycle_ratio import max_cycle_ratio
from mapper.analysis.cycles.liveness import topological_order
from mapper.analysis.orders.order_edges import Edge, Firings, Orders, bind
from mapper.analysis.repetition import repetition_vector
from mapper.errors import DeadlockError, InputError
from mapper.model.sdf import SDFGraph

__all__ = ["extract_orders", "ordered_throughput"]


def ordered_throughput(graph: SDFGraph, orders: Orders) -> Throughput:
    """Exact throughput of a graph whose processors keep static orders.

    Parameters
    ----------
    orders
        For each processor the actors of one round, in order of firing. A round covers a whole number of iterations,
        the same for all actors of a weak component. Actors in no order keep their unlimited concurrency.

    Returns
    -------
    Throughput
        ``component_periods`` as for the graph alone (components that share a processor wait for each other);
        ``channel`` -1 marks a critical cycle's steps along an order.

    Raises
    ------
    InconsistentError
    InputError
        The orders are not whole rounds, or an actor has two processors.

    Examples
    --------
    >>> ring = SDFGraph("ring", ("a", "b"), [2, 3], [0, 1], [1, 0], [2, 1], [1, 2], [0, 4])
    >>> ordered_throughput(ring, [[0], [1, 1]]).period, ordered_throughput(ring, [[0, 1, 1]]).period
    (Fraction(6, 1), Fraction(8, 1))
    """
    bound = bind(graph, orders)
    periods: list[Fraction | None] = [None] * bound.components
    slowest: tuple[Fraction, tuple[CriticalStep, ...]] = Fraction(0), ()
    blocked: tuple[CriticalStep, ...] = ()
    for part in bound.parts:
        try:
            answer = max_cycle_ratio(bound.firings.nodes, *([edge[k] for edge in part.edges] for k in range(4)))
        except DeadlockError as error:
            blocked = blocked or _blocking(bound.firings, error.cycle, part.edges)
            continue
        ratio = Fraction(0) if answer is None else answer.ratio
        for component, rounds in part.rounds.items():
            periods[component] = ratio / rounds
        if answer is not None and (ratio / part.fewest_rounds > slowest[0] or not slowest[1]):
            steps = (_step(bound.firings, part.edges[e], part.fewest_rounds) for e in answer.cycle)
            slowest = ratio / part.fewest_rounds, tuple(steps)
    if blocked:
        names = " -> ".join(f"{graph.actors[s.actor]}[{s.firing}]" for s in blocked)
        text = f"deadlock: no token on the cycle {names}"
        return Throughput(GraphStatus.DEADLOCK, None, "static-order", "", tuple(periods), blocked, explanation=text)
    return Throughput(GraphStatus.OK, slowest[0], "static-order", "", tuple(periods), slowest[1])


def extract_orders(graph: SDFGraph, processors: Sequence[int], iterations: int = 1) -> tuple[tuple[int, ...], ...]:
    """Static orders from a list-scheduled self-timed execution; they cannot deadlock.

    Parameters
    ----------
    processors
        For each actor the number of its processor, or -1 for none.
    iterations
        How many iterations a round covers: more of them may overlap better.

    Raises
    ------
    InconsistentError
    DeadlockError
        The graph itself deadlocks.

    Examples
    --------
    >>> ring = SDFGraph("ring", ("a", "b"), [2, 3], [0, 1], [1, 0], [2, 1], [1, 2], [0, 4])
    >>> extract_orders(ring, [0, 0]), extract_orders(ring, [0, 0], iterations=2)
    (((0, 1, 1),), ((0, 0, 1, 1, 1, 1),))
    """
    if len(processors) != graph.actor_count:
        raise InputError("processors", f"one a actor ({graph.actor_count})", str(len(processors)), "use -1 for none")
    left = [iterations * k for k in repetition_vector(graph)]
    firings = Firings(left)
    urgency = _urgency(graph, firings)
    inputs: list[list[tuple[int, int]]] = [[] for _ in left]
    outputs: list[list[tuple[int, int]]] = [[] for _ in left]
    for c, (a, b) in enumerate(zip(graph.sources.tolist(), graph.targets.tolist(), strict=True)):
        outputs[a].append((c, int(graph.production[c])))
        inputs[b].append((c, int(graph.consumption[c])))
    tokens, durations = graph.initial_tokens.tolist(), graph.execution_times.tolist()
    orders: list[list[int]] = [[] for _ in range(max(processors, default=-1) + 1)]
    busy = [False] * len(orders)
    started = [0] * len(left)
    under_way: list[tuple[int, int]] = []
    now = 0
    while True:
        ready = [v for v in range(len(left)) if left[v] and (processors[v] < 0 or not busy[processors[v]])]
        ready = [v for v in ready if all(tokens[c] >= rate for c, rate in inputs[v])]
        if ready:
            v = min(ready, key=lambda v: (-urgency[firings.first[v] + started[v]], v))
            for c, rate in inputs[v]:
                tokens[c] -= rate
            left[v] -= 1
            started[v] += 1
            heappush(under_way, (now + durations[v], v))
            if processors[v] >= 0:
                busy[processors[v]] = True
                orders[processors[v]].append(v)
        elif under_way:
            now, v = heappop(under_way)
            ended = [v]
            while under_way and under_way[0][0] == now:
                ended.append(heappop(under_way)[1])
            for v in ended:
                for c, rate in outputs[v]:
                    tokens[c] += rate
                if processors[v] >= 0:
                    busy[processors[v]] = False
        else:
            return tuple(tuple(order) for order in orders)


def _step(firings: Firings, edge: Edge, rounds: int) -> CriticalStep:
    source, _, time, tokens, channel = edge
    return CriticalStep(*firings.firing(source), time, tokens * rounds, channel)


def _blocking(firings: Firings, cycle: Sequence[int], edges: Sequence[Edge]) -> tuple[CriticalStep, ...]:
    empty = {e[:2]: e for e in edges if e[3] == 0}
    following = [*cycle[1:], cycle[0]]
    return tuple(_step(firings, empty[a, b], 1) for a, b in zip(cycle, following, strict=True))


def _urgency(graph: SDFGraph, firings: Firings) -> list[int]:
    """For each node the longest way to the end of the iteration, along waits within it."""
    following: list[list[int]] = [[] for _ in range(firings.nodes)]
    for a, b, _, back, _ in firings.waits(graph):
        if back == 0:
            following[a].append(b)
    pairs = [(a, b) for a, after in enumerate(following) for b in after]
    order = topological_order(firings.nodes, [a for a, _ in pairs], [b for _, b in pairs])
    if len(order) < firings.nodes:
        stuck = sorted({firings.owner[node] for node in set(range(firings.nodes)) - set(order)})
        names = ", ".join(graph.actors[v] for v in stuck)
        raise DeadlockError(f"deadlock: {names} cannot complete an iteration", tuple(stuck))
    way = [0] * firings.nodes
    for node in reversed(order):
        way[node] = int(graph.execution_times[firings.owner[node]]) + max((way[b] for b in following[node]), default=0)
    return way
