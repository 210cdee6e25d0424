"""Cases small enough to try every mapping of, and chains that leave something to search for."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
from cases import application

from mapper.errors import DeadlockError, InputError
from mapper.evaluator import mapping_period
from mapper.model.mapping import Mapping
from mapper.model.platform import Platform, TileClass, Timing
from mapper.model.topology import Mesh


def best_by_enumeration(app, platform, pipelined):
    """Smallest period over every binding, every order and, if pipelined, every retiming within 0..2."""
    n, best = app.graph.actor_count, None
    for binding in product(range(platform.tiles), repeat=n):
        groups = [[a for a in range(n) if binding[a] == p] for p in range(platform.tiles)]
        for orders in product(*(permutations(group) for group in groups)):
            for retiming in product(range(3), repeat=n) if pipelined else [(0,) * n]:
                try:
                    mapping = Mapping(np.array(binding, np.int32), orders, np.array(retiming))
                    period = mapping_period(app, mapping, platform)
                except (DeadlockError, InputError):
                    continue
                best = period if best is None or period < best else best
    return best


CASES = {
    "chain": ([3, 4, 5], [(0, 1), (1, 2)], [1, 2], [0, 0]),
    "diamond": ([4, 3, 6, 2], [(0, 1), (0, 2), (1, 3), (2, 3)], [1, 1, 2, 3], [0, 0, 0, 0]),
    "ring": ([5, 4, 3], [(0, 1), (1, 2), (2, 0)], [2, 1, 1], [0, 0, 1]),
}


def tiny_chip(buffer_iterations):
    """Two tiles that hold any number of clusters."""
    kind = TileClass("t", 4, 4, clusters_per_crossbar=None)
    timing = Timing(setup_ps=1, hop_ps=2, packet_ps=1)
    tiles = np.zeros(2, np.int32)
    return Platform("p", Mesh(2, 1), (kind,), tiles, timing=timing, buffer_iterations=buffer_iterations)


def chain_of(clusters):
    """A chain with a skip over every second cluster, on four tiles."""
    rng = np.random.default_rng(clusters)
    channels = [(a, a + 1) for a in range(clusters - 1)] + [(a, a + 2) for a in range(0, clusters - 2, 2)]
    packets = rng.integers(1, 9, len(channels)).tolist()
    app = application(rng.integers(20, 90, clusters).tolist(), channels, packets, [0] * len(channels))
    kind = TileClass("t", 4, 4, clusters_per_crossbar=None)
    return app, Platform("p", Mesh(2, 2), (kind,), np.zeros(4, np.int32), timing=Timing(hop_ps=2, packet_ps=1))
