"""Longest ways between all seated actors, and what they are without one of them.

An edge a -> b of time d with K tokens says start_b >= start_a + d - K * λ; the longest way from a to b is the least
that b starts after a. There is a schedule of period λ exactly if no way from an actor to itself is longer than 0.
"""

from __future__ import annotations

import numpy as np

from mapper.compiled import kernel

__all__ = [
    "ABSENT",
    "NONE",
    "add_edge",
    "first_without",
    "next_without",
    "pass_through",
    "pass_through_all",
    "put_between",
]

#: No way, and what is no way still after times were added to it.
NONE, ABSENT = -(1 << 29), -(1 << 28)


@kernel
def pass_through(ways, k, m, rows):  # type: ignore[no-untyped-def]
    """Let ways lead through k and m, or k alone if m is k (Floyd 1962, Warshall 1962); ``rows`` is room for two rows.

    No circle through k and m alone is longer than 0. One row after the other is read and written once for both, which
    takes hardly longer than for one.
    """
    n = len(ways)
    back = ways[m, k]
    for j in range(n):
        rows[0, j] = ways[k, j]
    for j in range(n):
        rows[1, j] = max(np.int32(back + rows[0, j]), ways[m, j])
    on = rows[0, m]
    for i in range(n):
        first = ways[i, k]
        second = max(np.int32(first + on), ways[i, m])
        if first > ABSENT or second > ABSENT:
            for j in range(n):
                ways[i, j] = max(max(np.int32(first + rows[0, j]), np.int32(second + rows[1, j])), ways[i, j])


@kernel
def pass_through_all(ways, nodes, begin, end, rows):  # type: ignore[no-untyped-def]
    """Let ways lead through these of the nodes."""
    for i in range(begin, end, 2):
        pass_through(ways, nodes[i], nodes[min(i + 1, end - 1)], rows)


@kernel
def add_edge(ways, a, b, time, rows):  # type: ignore[no-untyped-def]
    """Let ways lead along one more edge, which closes no circle longer than 0."""
    if time <= ways[a, b]:
        return
    n = len(ways)
    for j in range(n):
        rows[0, j] = max(NONE, time + ways[b, j])
    for i in range(n):
        head = ways[i, a]
        if head > ABSENT:
            for j in range(n):
                ways[i, j] = max(np.int32(head + rows[0, j]), ways[i, j])


@kernel
def put_between(ways, v, into, out, rows):  # type: ignore[no-untyped-def]
    """One actor more, with an edge of time ``into[a]`` from every a and of ``out[b]`` to every b."""
    n = len(ways)
    for j in range(n):
        rows[0, j] = NONE
        ways[j, v] = NONE
    for b in range(n):
        if out[b] > ABSENT:
            first = out[b]
            for j in range(n):
                rows[0, j] = max(rows[0, j], np.int32(first + ways[b, j]))
    for i in range(n):
        longest = NONE
        for a in range(n):
            if into[a] > ABSENT:
                longest = max(longest, ways[i, a] + into[a])
        ways[i, v] = longest
    for j in range(n):
        ways[v, j] = rows[0, j]
    ways[v, v] = 0
    pass_through(ways, v, v, rows)


@kernel
def first_without(stack, actors):  # type: ignore[no-untyped-def]
    """Begin to visit the ways without each of the first ``actors`` ones; returns the size of the stack."""
    stack[0, 0] = 0
    stack[0, 1] = actors
    stack[0, 2] = 0
    stack[0, 3] = 0
    stack[0, 4] = 0
    return 1


@kernel
def next_without(levels, nodes, stack, size, rows):  # type: ignore[no-untyped-def]
    """Place in ``nodes`` of the next actor left out, the level that holds the ways without it, the stack's size.

    They are left out in the order of ``nodes``; the place is -1 at the end. ``levels[1]`` holds the ways through those
    who are always there. Halves are let in in turn, while one of the other half is still to be left out: n log n passes
    for all n actors instead of n squared.
    """
    while size > 0:
        size -= 1
        low = stack[size, 0]
        high = stack[size, 1]
        depth = stack[size, 2]
        if depth > 0:
            above = levels[depth]
            here = levels[depth + 1]
            for i in range(len(above)):
                for j in range(len(above)):
                    here[i, j] = above[i, j]
            pass_through_all(here, nodes, stack[size, 3], stack[size, 4], rows)
        if high - low == 1:
            return low, depth + 1, size
        middle = (low + high) // 2
        for upper in (True, False):  # the lower half is on top, and visited first
            stack[size, 0] = middle if upper else low
            stack[size, 1] = high if upper else middle
            stack[size, 2] = depth + 1
            stack[size, 3] = low if upper else middle
            stack[size, 4] = middle if upper else high
            size += 1
    return -1, 0, 0
