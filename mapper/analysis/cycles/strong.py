"""Strongly connected components in topological order (Tarjan 1972, without recursion)."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["strong_components"]


def strong_components(nodes: int, sources: Sequence[int], targets: Sequence[int]) -> list[list[int]]:
    """Components, each sorted; a component comes before every other one that it reaches.

    Examples
    --------
    >>> strong_components(4, [0, 1, 2, 3], [1, 2, 1, 0])
    [[3], [0], [1, 2]]
    """
    following: list[list[int]] = [[] for _ in range(nodes)]
    for a, b in zip(sources, targets, strict=True):
        following[a].append(b)
    number, low = [-1] * nodes, [0] * nodes
    open_nodes: list[int] = []
    is_open = [False] * nodes
    found: list[list[int]] = []
    count = 0
    for root in range(nodes):
        if number[root] >= 0:
            continue
        path = [(root, iter(following[root]))]
        number[root] = low[root] = count
        count += 1
        open_nodes.append(root)
        is_open[root] = True
        while path:
            v, rest = path[-1]
            for b in rest:
                if number[b] < 0:
                    number[b] = low[b] = count
                    count += 1
                    open_nodes.append(b)
                    is_open[b] = True
                    path.append((b, iter(following[b])))
                    break
                if is_open[b]:
                    low[v] = min(low[v], number[b])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[v])
                if low[v] == number[v]:
                    start = open_nodes.index(v) if open_nodes[-1] != v else len(open_nodes) - 1
                    part = open_nodes[start:]
                    del open_nodes[start:]
                    for b in part:
                        is_open[b] = False
                    found.append(sorted(part))
    return found[::-1]
