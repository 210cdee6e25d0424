"""The order in which a network's layers follow each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mapper.search.placement.traffic import ClusterTraffic

__all__ = ["layer_order"]


def layer_order(traffic: ClusterTraffic) -> NDArray[np.int64]:
    """All clusters by depth, then by number, int64, shape (clusters,).

    The depth of a cluster is the longest way to it over channels, where clusters that reach each other (recurrent
    ones) count as one.

    Examples
    --------
    >>> layer_order(ClusterTraffic(4, [3, 0, 2], [0, 2, 1], [1, 1, 1])).tolist()
    [3, 0, 2, 1]
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    n = traffic.clusters
    joined = csr_array((np.ones(traffic.sources.size, np.int8), (traffic.sources, traffic.targets)), shape=(n, n))
    count, part = connected_components(joined, connection="strong")
    a, b = part[traffic.sources].astype(np.int64), part[traffic.targets].astype(np.int64)
    keys = np.unique((a * count + b)[a != b])
    a, b = keys // max(count, 1), keys % max(count, 1)
    first = np.searchsorted(a, np.arange(count + 1))
    waiting = np.bincount(b, minlength=count)
    depth = np.zeros(count, np.int64)
    wave, level = np.flatnonzero(waiting == 0), 0
    while wave.size:
        depth[wave] = level
        lengths = first[wave + 1] - first[wave]
        places = np.repeat(first[wave] - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
        reached = b[places + np.arange(lengths.sum())]
        np.subtract.at(waiting, reached, 1)
        wave, level = np.unique(reached[waiting[reached] == 0]), level + 1
    return np.argsort(depth[part], kind="stable")
