"""An SDF graph and its static orders as one event graph of firings: what each firing waits for.

Every wait has its edge, also one that other waits imply: an analysis may take channels, orders or times away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, chain

from mapper.analysis.repetition import repetition_vector, weak_components
from mapper.errors import InputError
from mapper.model.sdf import SDFGraph

__all__ = ["BoundFirings", "BoundPart", "Edge", "Firings", "Orders", "bind"]

Orders = Sequence[Sequence[int]]
#: (source, target, time, rounds back, channel) between firings; channel -1 stands for an order.
Edge = tuple[int, int, int, int, int]


class Firings:
    """Firing k of actor v, of ``counts[v]`` in a round, is node ``first[v] + k``; ``owner`` tells its actor."""

    def __init__(self, counts: Sequence[int]) -> None:
        self.first = [0]
        self.first.extend(accumulate(counts))
        self.owner = [v for v, count in enumerate(counts) for _ in range(count)]

    @property
    def nodes(self) -> int:
        return len(self.owner)

    def firing(self, node: int) -> tuple[int, int]:
        """(actor, firing) of a node."""
        return self.owner[node], node - self.first[self.owner[node]]

    def waits(self, graph: SDFGraph) -> Iterator[Edge]:
        """A firing waits for the firing that makes the last token it takes; earlier ones end no later."""
        columns = (graph.sources, graph.targets, graph.production, graph.consumption, graph.initial_tokens)
        for c, (a, b, produced, consumed, tokens) in enumerate(zip(*(x.tolist() for x in columns), strict=True)):
            time, count = int(graph.execution_times[a]), self.first[a + 1] - self.first[a]
            for k in range(self.first[b + 1] - self.first[b]):
                ahead, producer = divmod(((k + 1) * consumed - 1 - tokens) // produced, count)
                yield self.first[a] + producer, self.first[b] + k, time, -ahead, c


@dataclass(frozen=True)
class BoundPart:
    """Components that wait for each other; ``rounds``: iterations of each in one round of the orders."""

    edges: list[Edge]
    rounds: dict[int, int]

    @property
    def fewest_rounds(self) -> int:
        """Those of the component whose iteration takes longest."""
        return min(self.rounds.values())


@dataclass(frozen=True)
class BoundFirings:
    """All parts; ``components``: how many weak components there are."""

    firings: Firings
    components: int
    parts: list[BoundPart]


def bind(graph: SDFGraph, orders: Orders) -> BoundFirings:
    """Expand a graph by as many iterations as a round of its orders covers, and add the edges of the orders.

    Raises
    ------
    InconsistentError
    InputError
        The orders are not whole rounds, or an actor has two processors.
    """
    repetitions, components = repetition_vector(graph), weak_components(graph)
    rounds = _rounds(graph, orders, repetitions, components)
    counts = [k * r for k, r in zip(repetitions, rounds, strict=True)]
    firings = Firings(counts)
    parts = _joined(components, orders)
    part_of = {v: p for p, part in enumerate(parts) for c in part for v in components[c]}
    inside: list[list[Edge]] = [[] for _ in parts]
    for edge in chain(firings.waits(graph), *(_order_edges(graph, firings, order) for order in orders)):
        inside[part_of[firings.owner[edge[0]]]].append(edge)
    return BoundFirings(
        firings,
        len(components),
        [
            BoundPart(mine, {c: rounds[components[c][0]] for c in sorted(part)})
            for mine, part in zip(inside, parts, strict=True)
        ],
    )


def _order_edges(graph: SDFGraph, firings: Firings, order: Sequence[int]) -> list[Edge]:
    fired: dict[int, int] = {}
    nodes = []
    for v in order:
        nodes.append(firings.first[v] + fired.get(v, 0))
        fired[v] = fired.get(v, 0) + 1
    following = nodes[1:] + nodes[:1]
    return [
        (a, b, int(graph.execution_times[v]), int(k + 1 == len(order)), -1)
        for k, (a, b, v) in enumerate(zip(nodes, following, order, strict=True))
    ]


def _joined(components: Sequence[Sequence[int]], orders: Orders) -> list[set[int]]:
    """Components that share processors."""
    component = {v: c for c, actors in enumerate(components) for v in actors}
    groups = [{c} for c in range(len(components))]
    for order in filter(None, orders):
        touched = {component[v] for v in order}
        hit = [group for group in groups if group & touched]
        groups = [group for group in groups if not group & touched] + [set().union(*hit)]
    return sorted(groups, key=min)


def _rounds(
    graph: SDFGraph, orders: Orders, repetitions: Sequence[int], components: Sequence[Sequence[int]]
) -> list[int]:
    """For each actor how many iterations of its component a round of the orders covers (1 where there is no order).

    Raises
    ------
    InputError
    """
    processor: dict[int, int] = {}
    count: dict[int, int] = {}
    for p, order in enumerate(orders):
        for v in order:
            if not 0 <= v < graph.actor_count:
                raise InputError(f"order {p}", f"actors 0..{graph.actor_count - 1}", str(v), "number them as the graph")
            if processor.setdefault(v, p) != p:
                raise InputError(
                    f"order {p}", "actors of one processor only", f"{graph.actors[v]!r} again", "bind it once"
                )
            count[v] = count.get(v, 0) + 1
    rounds = [1] * graph.actor_count
    for actors in components:
        known = [v for v in actors if v in count]
        if not known:
            continue
        share = Fraction(count[known[0]], repetitions[known[0]])
        for v in known:
            if Fraction(count[v], repetitions[v]) != share or share.denominator > 1:
                got = ", ".join(f"{graph.actors[u]} {count[u]} of {repetitions[u]}" for u in known)
                raise InputError(f"order {processor[v]}", "whole iterations in a round", got, "list each firing")
        for v in actors:
            rounds[v] = int(share)
    return rounds
