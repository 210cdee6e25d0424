"""Which tiles can run a cluster, and whether all clusters find a place at all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mapper.lower.bound_graph import capacities
from mapper.model.application import Application
from mapper.model.platform import UNLIMITED, Platform

__all__ = ["allowed_tiles", "buffered_packets", "buffers_hold", "find_places", "least_buffers", "why_infeasible"]


def allowed_tiles(application: Application, platform: Platform) -> NDArray[np.bool_]:
    """bool, shape (actors, tiles): the tile is not broken and one of its crossbars holds the cluster.

    Input actors are allowed on the I/O tile only.
    """
    fits = (application.demand[:, None, :] <= platform.limits[None, :, :]).all(axis=2)
    allowed: NDArray[np.bool_] = fits & (platform.slots > 0)[None, :]
    allowed[application.is_input] = np.arange(platform.tiles) == platform.io_tile
    return allowed


def least_buffers(application: Application, platform: Platform, sized: bool) -> NDArray[np.int64]:
    """Iterations each channel holds at least: what the platform says or, ``sized``, one more than it starts with.

    Returns
    -------
    int64, shape (channels,)
    """
    return application.delay_iterations + 1 if sized else capacities(application, platform)


def buffered_packets(
    application: Application, binding: NDArray[np.int32], platform: Platform, held: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Packets each tile buffers for its clusters' remote channels if these hold so many iterations.

    Returns
    -------
    int64, shape (tiles,)
    """
    a, b = binding[application.graph.sources], binding[application.graph.targets]
    used = np.zeros(platform.tiles, np.int64)
    np.add.at(used, b[a != b], (application.packets * held)[a != b])
    return used


def buffers_hold(
    application: Application, binding: NDArray[np.int32], platform: Platform, *, sized: bool = False
) -> bool:
    """Whether every tile can buffer what its clusters' remote channels may hold; ``sized``: the least they may hold."""
    used = buffered_packets(application, binding, platform, least_buffers(application, platform, sized))
    return bool((used <= platform.buffer_packets).all())


def why_infeasible(application: Application, platform: Platform, limited: bool = False, *, sized: bool = False) -> str:
    """Whether no clustering at all could fit, by counting neurons and synapses, or only these clusters do not, or
    their buffers (``sized`` or not), or there are mappings but (``limited``) none within the limits asked for.
    """
    bounded = bool((platform.buffer_packets < UNLIMITED).any())
    if (limited or bounded) and find_places(application, platform) is not None:
        if limited:
            return "none stays within the limits asked for"
        return "no tile can buffer enough packets" + ("" if sized else ", unless buffers are sized (--buffers sized)")
    needed = application.demand.sum(axis=0)
    if (platform.slots < UNLIMITED).all():
        room = (platform.limits * platform.slots[:, None]).sum(axis=0)
        for column, what in ((1, "neurons"), (2, "synapses")):
            if needed[column] > room[column]:
                return f"the chip holds {room[column]} {what}, the network has {needed[column]}: no clustering fits"
    places = int(platform.slots.clip(max=len(application.clusters)).sum())
    return f"these {len(application.clusters)} clusters have at most {places} places; another clustering might fit"


def find_places(application: Application, platform: Platform) -> NDArray[np.int32] | None:
    """A binding that respects sizes and slots (buffers aside), or ``None``, which proves that there is none.

    A maximum flow from clusters over tile classes, whose usable tiles pool their slots.
    """
    import networkx as nx

    allowed = allowed_tiles(application, platform)
    clusters = application.clusters
    flow_graph = nx.DiGraph()
    flow_graph.add_nodes_from(["from", "to"])
    slots = [min(int(s), len(clusters)) for s in platform.slots]
    for c in range(len(platform.tile_classes)):
        members = np.flatnonzero(platform.class_of == c).tolist()
        flow_graph.add_edge(("class", c), "to", capacity=sum(slots[t] for t in members))
        for actor in clusters:
            if allowed[actor, members].any():
                flow_graph.add_edge(("actor", actor), ("class", c), capacity=1)
    for actor in clusters:
        flow_graph.add_edge("from", ("actor", actor), capacity=1)
    value, flow = nx.maximum_flow(flow_graph, "from", "to")
    if value < len(clusters):
        return None
    binding = np.full(application.graph.actor_count, platform.io_tile, np.int32)
    for actor in clusters:
        kind = next(c for (_, c), amount in flow[("actor", actor)].items() if amount)
        tile = max(np.flatnonzero(platform.class_of == kind).tolist(), key=lambda t: slots[t])
        binding[actor] = tile
        slots[tile] -= 1
    return binding
