"""Random mappings, and platforms with two kinds of tile, to hold bounds against."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from mapper.model.mapping import Mapping
from mapper.model.platform import TileClass
from mapper.search.feasibility import allowed_tiles, buffers_hold


@st.composite
def mixed(draw, platform_cases, application_cases):
    """An application whose clusters need more or less, on a chip some of whose tiles hold less."""
    application, platform = draw(application_cases), draw(platform_cases)
    small = TileClass("small", 2, 2, crossbars=1, clusters_per_crossbar=draw(st.sampled_from([None, 1, 2])))
    kinds = draw(st.lists(st.integers(0, 1), min_size=platform.tiles, max_size=platform.tiles))
    demand = np.array(application.demand)
    needs = draw(st.lists(st.sampled_from([1, 3]), min_size=demand.shape[0], max_size=demand.shape[0]))
    demand *= np.array(needs)[:, None]
    classes = (platform.tile_classes[0], small)
    if 0 not in kinds:
        classes, kinds = (small,), [0] * platform.tiles
    elif 1 not in kinds:
        classes = classes[:1]
    return replace(application, demand=demand), replace(platform, tile_classes=classes, class_of=np.array(kinds))


def random_mapping(rng, application, platform):
    """A legal binding with random orders along the channels, or random ones that may block; ``None`` if none was hit.

    With probability one half the iterations are shifted within the buffers.
    """
    graph = application.graph
    allowed, slots = allowed_tiles(application, platform), platform.slots.copy()
    binding = np.full(graph.actor_count, platform.io_tile, np.int32)
    for actor in rng.permutation(list(application.clusters)).astype(int).tolist():
        free = np.flatnonzero(allowed[actor] & (slots > 0))
        if not free.size:
            return None
        binding[actor] = rng.choice(free)
        slots[binding[actor]] -= 1
    if not buffers_hold(application, binding, platform):
        return None
    retiming = np.zeros(graph.actor_count, np.int64)
    capacity = np.maximum(platform.buffer_iterations, application.delay_iterations + 1)
    if rng.random() < 0.5:
        shifted = rng.integers(0, 3, graph.actor_count)
        tokens = application.delay_iterations + shifted[graph.targets] - shifted[graph.sources]
        if ((tokens >= 0) & (tokens <= capacity)).all():
            retiming = shifted
    place = rng.permutation(graph.actor_count)
    orders = [
        tuple(sorted((a for a in application.clusters if binding[a] == t), key=lambda a: place[a]))
        for t in range(platform.tiles)
    ]
    return Mapping(binding, tuple(orders), retiming)
