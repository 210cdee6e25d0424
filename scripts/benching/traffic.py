"""Random traffic between clusters, by family; the same seed gives the same traffic."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mapper.search.placement.traffic import ClusterTraffic

__all__ = ["FAMILIES"]

MOST_PACKETS = 50


def _with_packets(clusters: int, ends: list[NDArray[np.int64]], random: np.random.Generator) -> ClusterTraffic:
    a, b = ends
    return ClusterTraffic(clusters, a, b, random.integers(1, MOST_PACKETS, a.size))


def layered(clusters: int, seed: int) -> ClusterTraffic:
    """Layers of random sizes; every cluster hears six random ones of the layer before."""
    random = np.random.default_rng(seed)
    depth = max(2, round(np.sqrt(clusters) / 1.5))
    starts = np.searchsorted(np.sort(random.integers(0, depth, clusters)), np.arange(depth + 1))
    heard: list[NDArray[np.int64]] = [np.empty(0, np.int64)] * 2
    for low, middle, high in zip(starts[:-2], starts[1:-1], starts[2:], strict=True):
        if low < middle < high:
            fan = min(6, middle - low)
            heard[0] = np.append(heard[0], random.integers(low, middle, (high - middle, fan)).ravel())
            heard[1] = np.append(heard[1], np.repeat(np.arange(middle, high), fan))
    return _with_packets(clusters, heard, random)


def convolutional(clusters: int, seed: int) -> ClusterTraffic:
    """Square layers; every cluster hears the up to nine around its place in the layer before."""
    random = np.random.default_rng(seed)
    side = max(2, round(clusters ** (1 / 3)))
    cluster = np.arange(clusters)
    x, y, layer = cluster % side, cluster // side % side, cluster // side**2
    ends: list[NDArray[np.int64]] = [np.empty(0, np.int64)] * 2
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            inside = (layer > 0) & (x + dx >= 0) & (x + dx < side) & (y + dy >= 0) & (y + dy < side)
            ends[0] = np.append(ends[0], (cluster - side**2 + dx + side * dy)[inside])
            ends[1] = np.append(ends[1], cluster[inside])
    return _with_packets(clusters, ends, random)


def recurrent(clusters: int, seed: int) -> ClusterTraffic:
    """Clusters spread over a plane; about five channels each to near ones, half a channel to far ones."""
    from scipy.spatial import cKDTree

    random = np.random.default_rng(seed)
    places = random.random((clusters, 2))
    a = random.integers(0, clusters, 5 * clusters)
    _, b = cKDTree(places).query(places[a] + random.normal(0, 1.5 / np.sqrt(clusters), (a.size, 2)))
    far = random.integers(0, clusters, (2, clusters // 2))
    return _with_packets(clusters, [np.append(a, far[0]), np.append(b, far[1])], random)


FAMILIES: dict[str, Callable[[int, int], ClusterTraffic]] = {
    "layered": layered,
    "convolutional": convolutional,
    "recurrent": recurrent,
}
