"""Pack whole components into as few clusters as possible: components that share no source with one another.

Components of equal needs are one kind with a count, so that the model has a variable for each kind and cluster, not
for each component.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mapper.errors import InputError
from mapper.model.result import Status
from mapper.search.cluster.bounds import packing_bound
from mapper.search.cluster.exact.solver import solve

__all__ = ["Packing", "pack_components"]


@dataclass(frozen=True, eq=False)
class Packing:
    """The cluster of each component, how many there are, and the proven bound on them.

    ``status`` is OPTIMAL if the two are equal.
    """

    assignment: NDArray[np.int64]
    clusters: int
    bound: int
    status: Status


def pack_components(needs: ArrayLike, limits: Sequence[int], *, seconds: float = 60.0, seed: int = 1) -> Packing:
    """Fewest clusters that hold all components.

    Parameters
    ----------
    needs : integers, shape (components, resources)
        What each component takes of each resource, for instance axons, neurons and synapses.
    limits : shape (resources,)
        What a cluster has of them.

    Raises
    ------
    InputError
        A component does not fit a cluster.

    Examples
    --------
    >>> packing = pack_components([[3, 1], [3, 1], [2, 2], [2, 2]], [5, 3])
    >>> packing.clusters, packing.status.value
    (2, 'OPTIMAL')
    """
    items, room = np.asarray(needs, np.int64).reshape(-1, len(limits)), np.asarray(limits, np.int64)
    too_large = np.flatnonzero((items > room).any(axis=1))
    if too_large.size:
        where, got = f"component {too_large[0]}", str(items[too_large[0]].tolist())
        raise InputError(where, f"at most {room.tolist()}", got, "choose larger crossbars or split the component")
    known = _first_fit(items, room)
    clusters = int(known.max(initial=-1)) + 1
    least = max((packing_bound(items[:, r], int(room[r])) for r in range(room.size)), default=0)
    least = max(least, 1 if items.size else 0)
    # From below: the first number of clusters that is not proven too small ends the search.
    bound, proven, left = least, True, seconds
    while bound < clusters and proven:
        status, found, took = _solve(items, room, bound, left, seed)
        left -= took
        if found is not None:
            _recheck(items, room, found)
            known, clusters = found, bound
        elif status is Status.INFEASIBLE:
            bound += 1
        else:
            proven = False
    return Packing(known, clusters, bound, Status.OPTIMAL if bound == clusters else Status.FEASIBLE)


def _first_fit(items: NDArray[np.int64], room: NDArray[np.int64]) -> NDArray[np.int64]:
    """First fit by decreasing largest share of a resource."""
    order = np.argsort(-(items / np.maximum(room, 1)).max(axis=1, initial=0.0), kind="stable")
    used = np.zeros((len(items), room.size), np.int64)
    assignment = np.zeros(len(items), np.int64)
    for i in order.tolist():
        fits = (used + items[i] <= room).all(axis=1)
        assignment[i] = int(np.argmax(fits))
        used[assignment[i]] += items[i]
    return assignment


def _solve(
    items: NDArray[np.int64], room: NDArray[np.int64], clusters: int, seconds: float, seed: int
) -> tuple[Status, NDArray[np.int64] | None, float]:
    """Whether ``clusters`` are enough: (status, assignment if they are, seconds)."""
    import time

    from ortools.sat.python import cp_model

    begin = time.perf_counter()
    kinds, kind_of, counts = np.unique(items, axis=0, return_inverse=True, return_counts=True)
    kind_of = kind_of.ravel()
    model = cp_model.CpModel()
    held = [
        [model.new_int_var(0, int(count), f"held[{t},{c}]") for c in range(clusters)]
        for t, count in enumerate(counts.tolist())
    ]
    for t, count in enumerate(counts.tolist()):
        model.add(sum(held[t]) == count)
    loads = []
    for r in range(room.size):
        step = gcd(*kinds[:, r].tolist()) or 1
        amounts = (kinds[:, r] // step).tolist()
        load = [sum(a * held[t][c] for t, a in enumerate(amounts)) for c in range(clusters)]
        loads.append(load)
        for c in range(clusters):
            model.add(load[c] <= int(room[r]) // step)
    for c in range(clusters - 1):  # clusters are alike: fuller ones first
        model.add(loads[0][c] >= loads[0][c + 1])
    answer = solve(model, seconds, seed)
    took = time.perf_counter() - begin
    if answer.status not in (Status.OPTIMAL, Status.FEASIBLE):
        return answer.status, None, took
    assignment = np.empty(len(items), np.int64)
    for t in range(len(kinds)):
        spread = np.repeat(np.arange(clusters), [answer.value(held[t][c]) for c in range(clusters)])
        assignment[kind_of == t] = spread
    return answer.status, assignment, took


def _recheck(items: NDArray[np.int64], room: NDArray[np.int64], assignment: NDArray[np.int64]) -> None:
    from mapper.errors import CheckError

    for c in np.unique(assignment).tolist():
        load = items[assignment == c].sum(axis=0)
        if (load > room).any():
            raise CheckError("packing", f"cluster {c} holds {load.tolist()} of {room.tolist()}")
