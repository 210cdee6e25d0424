"""One step of the search: choose related clusters, cut them out, build them anew, keep what is not worse."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mapper.compiled import kernel
from mapper.search.cluster.refine.choose import choose, insert_after, longest_run, pull_together
from mapper.search.cluster.refine.commit import commit
from mapper.search.cluster.refine.flat import Flat
from mapper.search.cluster.refine.local import gather
from mapper.search.cluster.refine.partition import Partition
from mapper.search.cluster.refine.polish import polish
from mapper.search.cluster.refine.recreate import count_pins, empty_trial, packets_into, recreate
from mapper.search.dice import draw, uniform

__all__ = ["CLUSTERS", "PACKETS", "PRODUCT", "Search", "search_steps", "start_search"]

#: What is minimised: clusters then packets, packets, or the product of both.
CLUSTERS, PACKETS, PRODUCT = 0, 1, 2

#: A step that polishes what is there instead of building anew.
_KEEP = 4


class Search(NamedTuple):
    """Everything a step reads and writes.

    Attributes
    ----------
    flat, part
        The network and its partition.
    neurons : int64
        All neurons that have a cluster.
    totals : int64, shape (2,)
        Clusters in use, and packets.
    dice : int64, shape (1,)
        The state of the random numbers.
    heat : float64, shape (1,)
        Steps that are worse by about so many packets are kept too.
    mark, group_of : int64, shape (n,)
        Scratch, -1 between steps.
    """

    flat: Flat
    part: Partition
    neurons: NDArray[np.int64]
    totals: NDArray[np.int64]
    dice: NDArray[np.int64]
    heat: NDArray[np.float64]
    mark: NDArray[np.int64]
    group_of: NDArray[np.int64]


def start_search(flat: Flat, part: Partition, seed: int) -> Search:
    """A search that has not taken a step."""
    n = part.home.size
    return Search(
        flat=flat,
        part=part,
        neurons=np.flatnonzero(part.home >= 0),
        totals=np.array([np.count_nonzero(part.load[:, 1]), part.packets.sum()], np.int64),
        dice=np.array([1 + (seed * 7919 + 12344) % 2147483645], np.int64),
        heat=np.zeros(1),
        mark=np.full(n, -1, np.int64),
        group_of=np.full(n, -1, np.int64),
    )


@kernel
def _first_free(part):  # type: ignore[no-untyped-def]
    for c in range(len(part.load)):
        if part.load[c, 1] == 0:
            return c
    return -1


@kernel
def _as_it_is(part, local, trial, ids):  # type: ignore[no-untyped-def]
    """Fill a trial with the present clusters."""
    for g in range(len(local.neuron)):
        for m in range(local.member_ptr[g], local.member_ptr[g + 1]):
            for i in range(len(ids)):
                if part.home[local.members[m]] == ids[i]:
                    trial.held[i, g] += 1


@kernel
def _worth(search, rule, clusters, packets):  # type: ignore[no-untyped-def]
    """Whether to keep a trial with so many clusters and packets more than before."""
    heat = search.heat[0]
    slack = 0.0
    if heat > 0.0:
        slack = -heat * np.log(uniform(search.dice))
    if rule == CLUSTERS:
        return clusters < 0 or (clusters == 0 and packets <= slack)
    if rule == PACKETS:
        return packets < 0 or (packets <= slack and (packets > 0 or clusters <= 0))
    grown = (search.totals[1] + packets + 1.0) * (search.totals[0] + clusters + 1.0) / (search.totals[0] + 1.0)
    return grown - (search.totals[1] + 1.0) <= slack


@kernel.allocating
def search_steps(search, rule, widest, exchanges, steps):  # type: ignore[no-untyped-def]
    """Take ``steps`` steps with 2 to ``widest`` clusters each; returns how many were kept.

    ``rule`` says what is minimised; unless it is the number of clusters, a step may open one more.
    """
    flat, part, dice = search.flat, search.part, search.dice
    framed = len(flat.component) > 0
    kept = 0
    for _ in range(steps):
        wanted = 2 + draw(dice, widest - 1)
        chosen = np.empty(wanted, np.int64)
        k = choose(flat, part, search.neurons, wanted, dice, chosen)
        hemmed = False
        if framed:
            pull_together(part, chosen, k)
            hemmed = part.place[chosen[k - 1]] - part.place[chosen[0]] >= k
            if hemmed and draw(dice, 2) == 0:
                k = longest_run(part, chosen, k)
                hemmed = False
        extra = -1
        if rule != CLUSTERS and draw(dice, 4) == 0:
            extra = _first_free(part)
        if k < 2 and extra < 0:
            continue
        ids = np.empty(k + 1 if extra >= 0 else k, np.int64)
        for i in range(k):
            ids[i] = chosen[i]
        local = gather(flat, part, ids[:k], hemmed, search.mark, search.group_of)
        place = np.empty(len(ids))
        limits = np.empty((len(ids), 5), np.int64)
        for i in range(k):
            place[i] = part.place[ids[i]]
        if extra >= 0:
            ids[k] = extra
            place[k] = place[k - 1] + 0.5
        for i in range(len(ids)):
            for j in range(5):
                limits[i, j] = part.limits[ids[i], j]
        trial = empty_trial(local, limits, place)
        way = draw(dice, 5)
        if way == _KEEP:
            _as_it_is(part, local, trial, ids)
        else:
            share = 0.25 * draw(dice, 5)
            noise = 0.0 if draw(dice, 2) == 0 else 0.5 * uniform(dice)
            mix = extra < 0 or draw(dice, 2) == 0
            if not recreate(flat, local, trial, framed, share, noise, way, mix, dice):
                continue
        count_pins(local, trial)
        polish(flat, local, trial, framed, exchanges, 10, dice)
        packets, clusters = 0, -k
        for i in range(k):
            packets -= part.packets[ids[i]]
        for i in range(len(ids)):
            packets += packets_into(local, trial, i)
            if trial.load[i, 1] > 0:
                clusters += 1
        if _worth(search, rule, clusters, packets):
            if framed and extra >= 0 and trial.load[k, 1] > 0:
                insert_after(part, extra, ids[k - 1])
            commit(flat, part, local, trial, ids)
            search.totals[0] += clusters
            search.totals[1] += packets
            kept += 1
    return kept
