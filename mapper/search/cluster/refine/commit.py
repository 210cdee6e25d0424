"""Write a trial that is kept into the partition."""

from __future__ import annotations

import numpy as np

from mapper.compiled import kernel
from mapper.search.cluster.refine.flat import is_forward
from mapper.search.cluster.refine.recreate import packets_into

__all__ = ["commit"]


@kernel.allocating
def commit(flat, part, local, trial, ids):  # type: ignore[no-untyped-def]
    """Write a trial into the partition; cluster i of the trial becomes cluster ``ids[i]``."""
    k = len(ids)
    taken = np.zeros(len(local.neuron), np.int64)
    for i in range(k):
        c = ids[i]
        part.head[c] = -1
        for j in range(5):
            part.load[c, j] = trial.load[i, j]
        part.packets[c] = packets_into(local, trial, i)
        part.weight[c] = 0.0
        for g in range(len(local.neuron)):
            held = trial.held[i, g]
            part.weight[c] += held * local.weight[g]
            for m in range(local.member_ptr[g] + taken[g], local.member_ptr[g] + taken[g] + held):
                v = local.members[m]
                part.home[v] = c
                part.following[v] = part.head[c]
                part.head[c] = v
            taken[g] += held
    if len(part.leads) > 0:
        for i in range(k):
            part.leads[ids[i], :] = False
            part.leads[:, ids[i]] = False
        for g in range(len(local.neuron)):
            for m in range(local.member_ptr[g], local.member_ptr[g + 1]):
                v = local.members[m]
                c = part.home[v]
                for e in range(flat.out_ptr[v], flat.out_ptr[v + 1]):
                    t = flat.out_target[e]
                    if part.home[t] != c and is_forward(flat, v, t):
                        part.leads[c, part.home[t]] = True
                for e in range(flat.in_ptr[v], flat.in_ptr[v + 1]):
                    s = flat.in_source[e]
                    if part.home[s] >= 0 and part.home[s] != c and is_forward(flat, s, v):
                        part.leads[part.home[s], c] = True
