"""The maximum cycle ratio where edges may have negative tokens: its circuit, or a circuit without tokens.

Negative tokens are a matter of how firings are numbered. Shortest paths renumber them so that none is left, or find
a circuit with a negative sum; a circuit with the sum zero is one of edges that end up without tokens. What remains is
the ordinary problem. All arithmetic is in Python's integers except in large problems that fit into 64 bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd

from mapper.analysis.cycles.cycle_ratio import max_cycle_ratio
from mapper.analysis.cycles.liveness import zero_token_cycle

__all__ = ["Answer", "solve_edges"]

#: Edges from which on the compiled solver is used, and the numbers it can hold.
_LARGE, _ROOM = 30_000, 1 << 62


@dataclass(frozen=True)
class Answer:
    """A critical circuit, as edges in order, with its sums; ``potentials`` (times ``scale``) unless it has no token.

    With ratio ``time / tokens``, every edge satisfies
    ``potentials[target] >= potentials[source] + scale * (edge's time - ratio * edge's tokens)``.
    The circuit is empty, its time 0 and its tokens 1, if no circuit takes time.
    """

    circuit: tuple[int, ...]
    time: int
    tokens: int
    potentials: tuple[int, ...] | None = None
    scale: int = 1


def solve_edges(
    nodes: int,
    sources: Sequence[int],
    targets: Sequence[int],
    times: Sequence[int],
    tokens: Sequence[int],
    floor: Fraction = Fraction(0),
) -> Answer:
    """A circuit whose tokens sum to zero or less (even if it takes no time), or else the largest time per token.

    Ratios up to ``floor`` need not be told apart: the answer may then be ``floor`` itself, without a circuit.

    Examples
    --------
    >>> solve_edges(2, [0, 1], [1, 0], [3, 4], [-1, 3])
    Answer(circuit=(0, 1), time=7, tokens=2, potentials=(8, 21), scale=2)
    >>> solve_edges(2, [0, 1], [1, 0], [0, 0], [-1, 1]).potentials is None
    True
    """
    shift = [0] * nodes
    if min(tokens, default=0) < 0:
        circuit = _settle(nodes, sources, targets, [-h for h in tokens], shift, [], [])
        if circuit:
            return _answer(circuit, times, tokens)
        # shift[target] >= shift[source] - tokens
        tokens = [h + shift[b] - shift[a] for a, b, h in zip(sources, targets, tokens, strict=True)]
    order = _order(nodes, sources, targets, tokens)
    if order is None:
        blocked = zero_token_cycle(nodes, sources, targets, tokens)
        assert blocked is not None
        empty = {(a, b): e for e, (a, b, h) in enumerate(zip(sources, targets, tokens, strict=True)) if h == 0}
        return _answer([empty[pair] for pair in zip(blocked, blocked[1:] + blocked[:1], strict=True)], times, tokens)
    if len(tokens) >= _LARGE and max(tokens) < _ROOM:
        cycle, x = _compiled(nodes, order, sources, targets, times, tokens)
        floor = floor if cycle else Fraction(0)
    else:
        place = [order[b] for b in targets]
        edges = sorted(range(len(tokens)), key=place.__getitem__)
        a, b, w, t = ([column[e] for e in edges] for column in (sources, targets, times, tokens))
        cycle, x = _largest_ratio(nodes, a, b, w, t, floor)
        cycle = [edges[e] for e in cycle]
    answer = _answer(cycle, times, tokens) if cycle else Answer((), floor.numerator, floor.denominator)
    scale = answer.tokens // gcd(answer.time, answer.tokens)
    height = answer.time // gcd(answer.time, answer.tokens)
    return Answer(
        answer.circuit,
        answer.time,
        answer.tokens,
        tuple(value + height * moved for value, moved in zip(x, shift, strict=True)),
        scale,
    )


def _answer(circuit: Sequence[int], times: Sequence[int], tokens: Sequence[int]) -> Answer:
    return Answer(tuple(circuit), sum(times[e] for e in circuit), sum(tokens[e] for e in circuit))


def _order(nodes: int, sources: Sequence[int], targets: Sequence[int], tokens: Sequence[int]) -> list[int] | None:
    """Each node's place in an order along the edges without tokens, which lets a sweep go all their way; or None."""
    following: list[list[int]] = [[] for _ in range(nodes)]
    waiting = [0] * nodes
    for a, b, h in zip(sources, targets, tokens, strict=True):
        if not h:
            following[a].append(b)
            waiting[b] += 1
    order = [v for v in range(nodes) if not waiting[v]]
    for v in order:
        for b in following[v]:
            waiting[b] -= 1
            if not waiting[b]:
                order.append(b)
    if len(order) < nodes:
        return None
    place = [0] * nodes
    for position, v in enumerate(order):
        place[v] = position
    return place


def _compiled(
    nodes: int,
    place: list[int],
    sources: Sequence[int],
    targets: Sequence[int],
    times: Sequence[int],
    tokens: Sequence[int],
) -> tuple[list[int], list[int]]:
    before, after = [place[a] for a in sources], [place[b] for b in targets]
    best = max_cycle_ratio(nodes, before, after, times, tokens)
    if best is not None and best.ratio:
        cycle, x = list(best.cycle), list(best.potentials)
    else:
        cycle, x = [], [0] * nodes
        _settle(nodes, before, after, times, x, [], [])
    return cycle, [x[position] for position in place]


def _largest_ratio(
    nodes: int,
    sources: Sequence[int],
    targets: Sequence[int],
    times: Sequence[int],
    tokens: Sequence[int],
    floor: Fraction,
) -> tuple[list[int], list[int]]:
    """(critical circuit, potentials): the ratio grows from the floor until no circuit exceeds it."""
    x = [0] * nodes
    ratio, circuit = floor, list[int]()
    while True:
        height, scale = ratio.numerator, ratio.denominator
        weights = [scale * time - height * held for time, held in zip(times, tokens, strict=True)]
        cycle = _settle(nodes, sources, targets, weights, x, times, tokens)
        if not cycle:
            return circuit, x
        circuit = cycle
        ratio = Fraction(sum(times[e] for e in cycle), sum(tokens[e] for e in cycle))
        x = [value * ratio.denominator // scale for value in x]


def _settle(
    nodes: int,
    sources: Sequence[int],
    targets: Sequence[int],
    weights: Sequence[int],
    x: list[int],
    times: Sequence[int],
    tokens: Sequence[int],
) -> list[int]:
    """Raise ``x`` until no edge asks for more (then []), or until circuits of choices appear: the best of them."""
    choice = [-1] * nodes
    edges = range(len(weights))
    while True:
        moved = False
        for e, a, b, w in zip(edges, sources, targets, weights, strict=True):
            value = x[a] + w
            if value > x[b]:
                x[b] = value
                choice[b] = e
                moved = True
        if not moved:
            return []
        best: list[int] = []
        best_time, best_tokens = 0, 1
        for cycle in _choice_circuits(nodes, sources, choice):
            if not times:
                return cycle
            time, held = sum(times[e] for e in cycle), sum(tokens[e] for e in cycle)
            if not best or time * best_tokens > best_time * held:
                best, best_time, best_tokens = cycle, time, held
        if best:
            return best


def _choice_circuits(nodes: int, sources: Sequence[int], choice: list[int]) -> list[list[int]]:
    """The circuits among the chosen edges, each in order of its arrows."""
    seen = [-1] * nodes
    found = []
    for root in range(nodes):
        v = root
        while seen[v] < 0 and choice[v] >= 0:
            seen[v] = root
            v = sources[choice[v]]
        if seen[v] == root and choice[v] >= 0:
            cycle = [choice[v]]
            while sources[cycle[-1]] != v:
                cycle.append(choice[sources[cycle[-1]]])
            found.append(cycle[::-1])
    return found
