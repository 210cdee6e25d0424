"""What stays while a mapping changes: an application and its chip as a few flat arrays for the kernels.

Few arrays with named columns, since every array that a kernel takes costs compile time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mapper.compiled import kernel
from mapper.lower.bound_graph import capacities
from mapper.model.application import Application
from mapper.model.mapping import Mapping
from mapper.model.platform import Platform
from mapper.model.topology import Mesh, Topology
from mapper.search.feasibility import allowed_tiles

__all__ = [
    "MOST_TILES",
    "Indices",
    "Ints",
    "Tables",
    "make_tables",
    "take_buffers",
    "transfer_time",
    "why_no_tables",
]

#: Distances and next links are tables over pairs of tiles.
MOST_TILES = 1024

#: Potentials are sums of times over all actors, times the tokens of a cycle: this much leaves room in 64 bits.
LARGEST_TIME = 1 << 48

Ints = NDArray[np.int64]
Indices = NDArray[np.int32]

#: Columns of ``actor``.
EXECUTION, IS_INPUT = 0, 1
#: Columns of ``channel``: ends, initial iterations, buffer in iterations, packets, packets to buffer if it is remote,
#: transfer time of its packets alone, places of its data and buffer edges.
SOURCE, TARGET, TOKENS, CAPACITY, PACKETS, DEMAND, BUNDLE, DATA_EDGE, BUFFER_EDGE = range(9)
#: Columns of ``room``.
SLOTS, BUFFERS, CROSSBARS = 0, 1, 2
#: Layers of ``way``: distance, and first step of the route.
HOPS, NEXT_LINK, NEXT_TILE = 0, 1, 2
#: Entries of ``cost``; the last two are yes or no.
SETUP, HOP, LOCAL, INJECT, EJECT, REPROGRAM, ROUND_ROBIN, PIPELINED = range(8)


class Tables(NamedTuple):
    """n actors, m channels, t tiles; times in picoseconds.

    Attributes
    ----------
    actor, channel, room, cost
        int64, shapes (n, 2), (m, 9), (t, 3), (8,): columns and entries as named in this module.
    incident_first, incident : int64
        Channels of actor v: ``incident[incident_first[v]:incident_first[v + 1]]``.
    allowed : bool, shape (n, t)
    way : int32, shape (3, t, t)
        As named in this module; without time for packets no link is followed, and the steps are 0.
    first, edge_target : int32
        Edges of the bound graph by target. Those of node v are ``first[v]``: its tile's order, ``first[v] + 1``:
        itself, then its channels' data and buffer edges.
    """

    actor: Ints
    channel: Ints
    room: Ints
    cost: Ints
    incident_first: Ints
    incident: Ints
    allowed: NDArray[np.bool_]
    way: Indices
    first: Indices
    edge_target: Indices


def why_no_tables(application: Application, platform: Platform) -> str:
    """Why a chip or its times are beyond them, or an empty string."""
    timing, graph = platform.timing, application.graph
    if platform.tiles > MOST_TILES:
        return f"more than {MOST_TILES} tiles"
    steps = sum((timing.setup_ps, timing.hop_ps * platform.tiles, timing.local_ps, timing.reprogram_ps))
    packets = int(application.packets.sum()) * (timing.packet_ps + timing.inject_ps + timing.eject_ps)
    total = int(graph.execution_times.sum()) + packets + steps * max(1, graph.channel_count)
    return "the times have too many digits" if total > LARGEST_TIME else ""


def make_tables(application: Application, platform: Platform, *, pipelined: bool) -> Tables:
    """Lay an application and a chip of at most :data:`MOST_TILES` tiles out in arrays."""
    graph, timing = application.graph, platform.timing
    n, m = graph.actor_count, graph.channel_count
    a, b = graph.sources.astype(np.int64), graph.targets.astype(np.int64)
    ends = np.concatenate([a, b])
    everyone = np.arange(n)
    heads = np.concatenate([everyone, everyone, b, a])
    by_target = np.argsort(heads, kind="stable")
    place = np.empty(heads.size, np.int64)
    place[by_target] = np.arange(heads.size)
    channel = (
        *(a, b, application.delay_iterations, np.zeros(m, np.int64), application.packets, np.zeros(m, np.int64)),
        application.packets * timing.packet_ps,
        *(place[2 * n : 2 * n + m], place[2 * n + m :]),
    )
    options = (platform.arbitration == "round_robin" and timing.packet_ps > 0, pipelined)
    costs = (timing.setup_ps, timing.hop_ps, timing.local_ps, timing.inject_ps, timing.eject_ps, timing.reprogram_ps)
    tables = Tables(
        actor=np.stack([graph.execution_times, application.is_input], axis=1).astype(np.int64),
        channel=np.stack(channel, axis=1),
        room=np.stack([platform.slots, platform.buffer_packets, platform.crossbars], axis=1),
        cost=np.array([*costs, *options], np.int64),
        incident_first=_firsts(ends, n).astype(np.int64),
        incident=np.argsort(ends, kind="stable") % max(1, m),
        allowed=allowed_tiles(application, platform),
        way=_ways(platform.topology, steps=timing.packet_ps > 0),
        first=_firsts(heads, n),
        edge_target=heads[by_target].astype(np.int32),
    )
    take_buffers(tables, application, None, platform)
    return tables


def take_buffers(t: Tables, application: Application, mapping: Mapping | None, platform: Platform) -> None:
    """Have channels hold what a mapping says they do, without one what the platform says."""
    t.channel[:, CAPACITY] = capacities(application, platform, mapping)
    t.channel[:, DEMAND] = application.packets * t.channel[:, CAPACITY]


@kernel
def transfer_time(cost, bundle, distance):  # type: ignore[no-untyped-def]
    """From the end of a firing to the arrival of its packets, so many hops away; waits for others aside."""
    if distance > 0:
        return cost[SETUP] + distance * cost[HOP] + bundle
    return cost[LOCAL]


def _firsts(keys: Ints, size: int) -> Indices:
    first = np.zeros(size + 1, np.int32)
    np.cumsum(np.bincount(keys, minlength=size), out=first[1:])
    return first


def _ways(topology: Topology, *, steps: bool) -> Indices:
    """Distances and, if asked for, the first link and next tile of every route.

    Routes are the same from every tile on them, so single steps tell whole routes.
    """
    tiles = topology.tiles
    way = np.zeros((3, tiles, tiles), np.int32)
    everywhere = np.arange(tiles)
    way[HOPS] = topology.hops(everywhere[:, None], everywhere[None, :])
    if steps and isinstance(topology, Mesh):
        number = np.zeros((tiles, tiles), np.int32)
        for link, (p, q) in enumerate(topology.links):
            number[p, q] = link
        way[NEXT_TILE] = _next_on_mesh(topology)
        way[NEXT_LINK] = number[everywhere[:, None], way[NEXT_TILE]]
    elif steps:
        for p, q in np.argwhere(way[HOPS] > 0).tolist():
            link = topology.route(p, q)[0]
            way[NEXT_LINK, p, q] = link
            way[NEXT_TILE, p, q] = q if way[HOPS, p, q] == 1 else topology.links[link][1]
    return way


def _next_on_mesh(mesh: Mesh) -> Ints:
    """The tile after p on the way to q, int64, shape (tiles, tiles): along the row first, then along the column."""
    row, column = np.divmod(np.arange(mesh.tiles), mesh.columns)
    across = _axis_step(column[:, None], column[None, :], mesh.columns, mesh.torus)
    down = np.where(across == 0, _axis_step(row[:, None], row[None, :], mesh.rows, mesh.torus), 0)
    following: Ints = (row[:, None] + down) % mesh.rows * mesh.columns + (column[:, None] + across) % mesh.columns
    return following


def _axis_step(a: Ints, b: Ints, length: int, torus: bool) -> Ints:
    """-1, 0 or 1: the way from coordinate a to b; on a torus the shorter one, upwards in a tie."""
    up = (b - a) % length <= (a - b) % length if torus else b > a
    return np.where(a == b, 0, np.where(up, 1, -1))
