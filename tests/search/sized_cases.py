"""Applications on chips with little room for buffers, and searches that may size them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from cases import application, platforms
from hypothesis import strategies as st

from mapper.model.mapping import BufferChoice, OrderSemantics
from mapper.model.platform import Platform, TileClass, Timing
from mapper.model.topology import Bus, Mesh
from mapper.search.bounds import best_bound
from mapper.search.cpsat.search import search_exactly
from mapper.search.greedy import search_greedily
from mapper.search.incumbent import Incumbent
from mapper.stop import MaxRuntime

PLAIN, PIPELINED = OrderSemantics
FIXED, SIZED = BufferChoice


def begin(app, platform, semantics=PIPELINED, buffers=SIZED, seconds=30.0):
    arguments = (app, platform, best_bound(app, platform), MaxRuntime(seconds))
    return Incumbent(*arguments, semantics=semantics, buffers=buffers)


def solve(app, platform, semantics=PIPELINED, buffers=SIZED):
    incumbent = begin(app, platform, semantics, buffers)
    search_greedily(incumbent)
    search_exactly(incumbent, seed=1, workers=1)
    return incumbent


@st.composite
def tight_platforms(draw):
    """Buffers that hold a few packets."""
    platform = draw(platforms(max_tiles=3, arbitrations=("tdm",)))
    kind = replace(platform.tile_classes[0], buffer_packets=draw(st.integers(1, 12)))
    return replace(platform, tile_classes=(kind,), buffer_iterations=draw(st.sampled_from([2, 2, 3])))


def chain(seed):
    """Four clusters in a row with a jump and feedback, on three tiles with room for some of their buffers."""
    rng = np.random.default_rng(seed)
    channels = [(0, 1), (1, 2), (2, 3), (0, 2), (3, 1)]
    app = application(rng.integers(5, 15, 4).tolist(), channels, rng.integers(1, 4, 5).tolist(), [0, 0, 0, 0, 1])
    kind = TileClass("t", 4, 4, clusters_per_crossbar=2, buffer_packets=int(rng.integers(4, 8)))
    timing = Timing(setup_ps=2, hop_ps=3, packet_ps=1)
    return app, Platform("chip", Mesh(3, 1), (kind,), np.zeros(3, np.int32), timing=timing, buffer_iterations=2)


def pair(room):
    """Two clusters that do not fit one tile, and a channel of three packets between them."""
    app = application([10, 20], [(0, 1)], [3], [0])
    kind = TileClass("t", 4, 4, clusters_per_crossbar=1, buffer_packets=room)
    return app, Platform("p", Bus(2), (kind,), np.zeros(2, np.int32), timing=Timing(setup_ps=5), buffer_iterations=2)


def uneven(seed):
    """Two tiles whose room for buffers rules out bindings where each channel holds two iterations, not one."""
    rng = np.random.default_rng(seed)
    channels = [(0, 1), (1, 2), (0, 3), (2, 4), (3, 4)]
    app = application(rng.integers(5, 30, 5).tolist(), channels, rng.integers(1, 5, 5).tolist(), [0] * 5)
    kind = TileClass("t", 4, 4, clusters_per_crossbar=None, buffer_packets=int(rng.integers(3, 9)))
    return app, Platform("chip", Bus(2), (kind,), np.zeros(2, np.int32), timing=Timing(setup_ps=1), buffer_iterations=2)
