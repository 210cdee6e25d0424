"""Strongly connected components in one pass over int32 lists, with memory per neuron only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mapper.compiled import kernel

__all__ = ["strong_components"]


@kernel
def _visit(indptr, targets, number, low, stack, path, edge):  # type: ignore[no-untyped-def]
    """Tarjan's algorithm without recursion; returns the number of components.

    ``number`` is a neuron's place in the order of discovery. ``low`` is, while a neuron waits on the stack, the
    earliest place known to be reached from it; afterwards -1 - its component.
    """
    clock = 0
    found = 0
    waiting = 0
    for root in range(len(indptr) - 1):
        if number[root] >= 0:
            continue
        depth = -1
        v = root
        while True:
            if number[v] < 0:
                number[v] = clock
                low[v] = clock
                clock += 1
                stack[waiting] = v
                waiting += 1
                depth += 1
                path[depth] = v
                edge[depth] = indptr[v]
            e = edge[depth]
            end = indptr[v + 1]
            least = low[v]
            below = -1
            while e < end:
                t = targets[e]
                e += 1
                if number[t] < 0:
                    below = t
                    break
                if low[t] >= 0 and number[t] < least:
                    least = number[t]
            low[v] = least
            edge[depth] = e
            if below >= 0:
                v = below
                continue
            if least == number[v]:
                while True:
                    waiting -= 1
                    t = stack[waiting]
                    low[t] = -1 - found
                    if t == v:
                        break
                found += 1
            depth -= 1
            if depth < 0:
                break
            below = v
            v = path[depth]
            if low[below] >= 0 and low[below] < low[v]:
                low[v] = low[below]
    return found


@kernel
def _ascends(indptr, targets):  # type: ignore[no-untyped-def]
    """Whether every edge leads to a higher number: no cycle, and nothing to search."""
    for s in range(len(indptr) - 1):
        for e in range(indptr[s], indptr[s + 1]):
            if targets[e] <= s:
                return False
    return True


def strong_components(indptr: NDArray[np.int64], targets: NDArray[np.int32]) -> tuple[NDArray[np.int32], int]:
    """(component of each node, int32; number of components), numbered so that every edge between two leads downwards.

    Source: Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Comput. 1 (1972).

    Examples
    --------
    >>> strong_components(np.array([0, 1, 3, 3]), np.array([1, 0, 2], np.int32))
    (array([1, 1, 0], dtype=int32), 2)
    """
    n = indptr.size - 1
    if _ascends.for_work(targets.size)(indptr, targets):
        return np.arange(n - 1, -1, -1, dtype=np.int32), n
    number = np.full(n, -1, np.int32)
    low = np.zeros(n, np.int32)
    stack, path, edge = np.zeros(n, np.int32), np.zeros(n, np.int32), np.zeros(n, np.int64)
    count = _visit.for_work(8 * (targets.size + n))(indptr, targets, number, low, stack, path, edge)
    return -1 - low, int(count)
