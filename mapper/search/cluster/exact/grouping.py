"""Groups of equal size with as few connections between them as possible, proven: the edge cut, not the packets.

The problem of gmap-compiler's comparison with brute force (github.com/EIS-Hub/gmap-compiler): nodes on cores of equal
size, cost = connections between cores. Modelled on pairs of nodes that share a group (Groetschel and Wakabayashi, "A
cutting plane algorithm for a clustering problem", Mathematical Programming 45, 1989).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mapper.errors import CheckError, InputError
from mapper.model.result import Status
from mapper.search.cluster.exact.solver import solve

__all__ = ["Grouping", "group_equally", "group_cost"]


@dataclass(frozen=True, eq=False)
class Grouping:
    """The group of each node, the cost, and the proven bound on it; OPTIMAL if the two are equal."""

    assignment: NDArray[np.int64]
    cost: int
    bound: int
    status: Status


def group_cost(connections: ArrayLike, assignment: ArrayLike, limit: int = 0) -> int:
    """Connections that enter each group from others, beyond ``limit`` for each group, added up.

    Examples
    --------
    >>> group_cost([[1, 1, 0], [0, 0, 1], [1, 0, 0]], [0, 0, 1])
    2
    """
    weight, group = np.asarray(connections, np.int64), np.asarray(assignment)
    crossing = np.where(group[:, None] != group[None, :], weight, 0).sum(axis=0)
    entering = np.bincount(group, crossing, minlength=1).astype(np.int64)
    return int(np.maximum(entering - limit, 0).sum())


def group_equally(
    connections: ArrayLike, groups: int, *, limit: int = 0, seconds: float = 60.0, seed: int = 1
) -> Grouping:
    """Nodes in ``groups`` groups of equal size at the least :func:`group_cost`.

    Parameters
    ----------
    connections : non-negative integers, shape (n, n)
        Connections from node i to node j; those of a node with itself never count.
    groups
        Their number; it divides n.

    Raises
    ------
    InputError
        n is not a multiple of ``groups``.

    Examples
    --------
    >>> ring = np.roll(np.eye(4, dtype=int), 1, axis=1)
    >>> answer = group_equally(ring, 2)
    >>> answer.cost, answer.bound, answer.status.value
    (2, 2, 'OPTIMAL')
    """
    from ortools.sat.python import cp_model

    weight = np.asarray(connections, np.int64)
    n = len(weight)
    if groups < 1 or n % groups:
        raise InputError("groups", f"a divisor of {n} nodes", str(groups), "choose another number of groups")
    size = n // groups
    model = cp_model.CpModel()
    together = {pair: model.new_bool_var(f"together{pair}") for pair in combinations(range(n), 2)}

    def same(i: int, j: int):  # type: ignore[no-untyped-def]
        return together[min(i, j), max(i, j)]

    _transitive(model, together, n)
    for i in range(n):
        model.add(sum(same(i, j) for j in range(n) if j != i) == size - 1)
    pairs = [(i, j, int(weight[i, j] + weight[j, i])) for i, j in combinations(range(n), 2)]
    total = sum(w for _, _, w in pairs)
    if limit == 0:
        model.minimize(total - sum(w * together[i, j] for i, j, w in pairs if w))
    else:
        model.minimize(sum(_excess(model, weight, together, n, groups, limit)))
    answer = solve(model, seconds, seed)
    if answer.status in (Status.OPTIMAL, Status.FEASIBLE):
        group = [min([i, *(j for j in range(i) if answer.value(same(i, j)))]) for i in range(n)]
        assignment = np.unique(group, return_inverse=True)[1].astype(np.int64)
    else:
        assignment = np.repeat(np.arange(groups), size)
    if (np.bincount(assignment, minlength=groups) != size).any():
        raise CheckError("grouping", f"groups of unequal size {np.bincount(assignment).tolist()}")
    cost = group_cost(weight, assignment, limit)
    bound = max(answer.bound or 0, 0)
    return Grouping(assignment, cost, bound, Status.OPTIMAL if cost == bound else Status.FEASIBLE)


def _transitive(model, together, n: int) -> None:  # type: ignore[no-untyped-def]
    """I with j and j with k means i with k, for every three nodes."""
    for i, j, k in combinations(range(n), 3):
        a, b, c = together[i, j], together[j, k], together[i, k]
        for one, two, three in ((a, b, c), (a, c, b), (b, c, a)):
            model.add_bool_or(one.negated(), two.negated(), three)


def _excess(model, weight, together, n: int, groups: int, limit: int):  # type: ignore[no-untyped-def]
    """One variable for each group: its entering connections beyond ``limit``; groups are named by their members."""
    member = [[model.new_bool_var(f"in[{i},{g}]") for g in range(groups)] for i in range(n)]
    for i in range(n):
        model.add_exactly_one(member[i])
        for g in range(i + 1, groups):  # the first node is in group 0, the second in one of the first two, ...
            model.add(member[i][g] == 0)
    for (i, j), literal in together.items():
        for g in range(groups):
            model.add_bool_or(member[i][g].negated(), member[j][g].negated(), literal)
            model.add_bool_or(literal.negated(), member[i][g].negated(), member[j][g])
            model.add_bool_or(literal.negated(), member[j][g].negated(), member[i][g])
    most = int(weight.sum())
    for g in range(groups):
        enters = []
        for i in range(n):
            for j in range(n):
                if i != j and weight[i, j]:
                    crossing = model.new_bool_var("")
                    model.add_bool_or(member[j][g].negated(), member[i][g], crossing)
                    enters.append(int(weight[i, j]) * crossing)
        excess = model.new_int_var(0, max(most, 1), f"excess[{g}]")
        model.add(excess >= sum(enters) - limit)
        yield excess
