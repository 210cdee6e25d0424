"""Deadlock: a cycle on which nobody holds a token."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["topological_order", "zero_token_cycle"]


def topological_order(nodes: int, sources: Sequence[int], targets: Sequence[int]) -> list[int]:
    """Nodes so that every edge points forward, smallest number first among the free (Kahn 1962).

    Nodes on or behind a cycle are missing from the answer.
    """
    from heapq import heapify, heappop, heappush

    following: list[list[int]] = [[] for _ in range(nodes)]
    waiting = [0] * nodes
    for a, b in zip(sources, targets, strict=True):
        following[a].append(b)
        waiting[b] += 1
    free = [v for v in range(nodes) if waiting[v] == 0]
    heapify(free)
    order: list[int] = []
    while free:
        v = heappop(free)
        order.append(v)
        for b in following[v]:
            waiting[b] -= 1
            if waiting[b] == 0:
                heappush(free, b)
    return order


def zero_token_cycle(
    nodes: int, sources: Sequence[int], targets: Sequence[int], tokens: Sequence[int]
) -> tuple[int, ...] | None:
    """A cycle of edges without tokens, as nodes in firing order, or ``None`` if the graph is live.

    Examples
    --------
    >>> zero_token_cycle(2, [0, 1], [1, 0], [0, 0])
    (0, 1)
    >>> zero_token_cycle(2, [0, 1], [1, 0], [0, 1]) is None
    True
    """
    empty = [(a, b) for a, b, t in zip(sources, targets, tokens, strict=True) if t == 0]
    ordered = set(topological_order(nodes, [a for a, _ in empty], [b for _, b in empty]))
    if len(ordered) == nodes:
        return None
    # Every node left over has a predecessor that is left over too: walking backwards must close a cycle.
    before = {b: a for a, b in empty if a not in ordered and b not in ordered}
    node = next(v for v in range(nodes) if v not in ordered)
    seen: dict[int, int] = {}
    path: list[int] = []
    while node not in seen:
        seen[node] = len(path)
        path.append(node)
        node = before[node]
    cycle = path[seen[node] :][::-1]
    start = cycle.index(min(cycle))
    return tuple(cycle[start:] + cycle[:start])
