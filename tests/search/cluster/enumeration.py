"""Every legal clustering of a tiny network, by enumeration and sets."""

from __future__ import annotations

import networkx as nx
import numpy as np

from mapper.lower.semantics import Iteration, feedback_synapses
from mapper.model.clustering import Clustering


def set_partitions(items):
    """All partitions of a list into non-empty groups."""
    if not items:
        yield []
        return
    first, rest = items[0], items[1:]
    for groups in set_partitions(rest):
        for i in range(len(groups)):
            yield [*groups[:i], [first, *groups[i]], *groups[i + 1 :]]
        yield [[first], *groups]


def legal_partitions(network, limits, iteration=Iteration.TIMESTEP):
    """Every partition whose clusters fit and, in frame mode, form an acyclic quotient."""
    pairs = list(zip(network.sources().tolist(), network.targets.tolist(), strict=True))
    spikes = [network.windows] * network.size if network.spike_counts is None else network.spike_counts.tolist()
    room = sum(spikes) if limits.buffer is None else limits.buffer * network.windows
    forward = [pair for pair, back in zip(pairs, feedback_synapses(network), strict=True) if not back]
    for groups in set_partitions(np.flatnonzero(~network.is_input).tolist()):
        fits = all(
            len(group) <= limits.outputs
            and len({a for a, b in pairs if b in group}) <= limits.inputs
            and sum(b in group for _, b in pairs) <= limits.synapses
            and sum(spikes[a] for a in {a for a, b in pairs if b in group}) <= room
            for group in groups
        )
        if not fits:
            continue
        assignment = np.full(network.size, -1)
        for c, group in enumerate(groups):
            assignment[group] = c
        if iteration is Iteration.FRAME:
            home = assignment.tolist()
            quotient = nx.DiGraph((home[a], home[b]) for a, b in forward if home[a] not in (-1, home[b]))
            if not nx.is_directed_acyclic_graph(quotient):
                continue
        yield Clustering(assignment, len(groups))
