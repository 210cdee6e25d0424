"""The mapping under change in a few arrays, with what its evaluation works on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mapper.lower.bound_graph import capacities
from mapper.lower.transfers import route_channels
from mapper.model.application import Application
from mapper.model.mapping import Mapping
from mapper.model.platform import Platform
from mapper.search.feasibility import buffered_packets
from mapper.search.local.tables import ROUND_ROBIN, Indices, Ints, Tables

__all__ = ["Snapshot", "State", "load_state", "make_state", "read_mapping", "take_snapshot"]

#: Columns of ``node``: binding, neighbours in the tile's cyclic order, offset, time of a firing with injections and
#: ejections, and the target of the critical cycle's k-th edge.
TILE, BEFORE, AFTER, RETIMING, DURATION, CRITICAL = range(6)
#: Columns of ``tile``: first actor of a round or -1, clusters, time of a round, packets to buffer.
HEAD, HELD, LOAD, BUFFERED = range(4)
#: Entries of ``about``: edges of the critical cycle; whether they are one tile's whole order or one actor alone; the
#: heaviest link if it limits, else -1.
LENGTH, LOADED, LINK = range(3)
#: Rows of ``edge``, of ``potential`` and ``policy`` (KEPT: as last accepted), and of ``ratio``.
TIME, HELD_TOKENS, REDUCED = range(3)
NOW, KEPT = 0, 1
PARENT, VISIT, MARK, STACK, CYCLE = range(2, 7)


class State(NamedTuple):
    """n actors, m channels, t tiles, e edges of the bound graph.

    Attributes
    ----------
    node, tile, about
        int64, shapes (n, 6), (t, 4), (3,): as named in this module.
    link : int64, shape (links,)
        Load.
    phase : float64, shape (n,)
        Start of the firing of round 0 in a schedule of the present period; iteration 0 starts ``retiming`` periods on.
    wait, masks : int64, shapes (m,), (m, words)
        Under ``round_robin``: each channel's wait, and the links of its route as bits.
    edge_source, edge : int32, shape (e,); int64, shape (3, e)
    potential, policy, ratio : int64, shape (2, n); int32, shape (7, n); int64, shape (3, 3)
        What the cycle ratio is computed with. ``ratio``: numerator, denominator and length of the critical cycle; the
        last row: largest time and tokens.
    """

    node: Ints
    tile: Ints
    about: Ints
    link: Ints
    phase: NDArray[np.float64]
    wait: Ints
    masks: Ints
    edge_source: Indices
    edge: Ints
    potential: Ints
    policy: Indices
    ratio: Ints


class Snapshot(NamedTuple):
    """A mapping to come back to; ``value[0]`` is its period as a float."""

    node: Ints
    head: Ints
    value: NDArray[np.float64]


def make_state(t: Tables, links: int) -> State:
    """Room for a mapping; :func:`load_state` fills it."""
    n, tiles, edges, channels = len(t.actor), len(t.room), t.edge_target.size, len(t.channel)
    words = -(-links // 63) if t.cost[ROUND_ROBIN] else 1
    return State(
        node=np.zeros((n, 6), np.int64),
        tile=np.zeros((tiles, 4), np.int64),
        about=np.zeros(3, np.int64),
        link=np.zeros(links, np.int64),
        phase=np.zeros(n),
        wait=np.zeros(channels, np.int64),
        masks=np.zeros((channels, words), np.int64),
        edge_source=np.zeros(edges, np.int32),
        edge=np.zeros((3, edges), np.int64),
        potential=np.zeros((2, n), np.int64),
        policy=np.zeros((7, n), np.int32),
        ratio=np.zeros((3, 3), np.int64),
    )


def load_state(s: State, application: Application, mapping: Mapping, platform: Platform) -> None:
    """Put a mapping into the arrays; evaluations begin anew."""
    transfers = route_channels(application, mapping.binding, platform)
    node, tile = s.node, s.tile
    node[:, TILE], node[:, RETIMING] = mapping.binding, mapping.retiming
    node[:, DURATION] = application.graph.execution_times + transfers.busy_ps
    node[:, BEFORE] = node[:, AFTER] = np.arange(len(node))
    for p, order in enumerate(mapping.orders):
        tile[p, HEAD], tile[p, HELD] = order[0] if order else -1, len(order)
        for a, b in zip(order, (*order[1:], *order[:1]), strict=True):
            node[a, AFTER], node[b, BEFORE] = b, a
    s.link[:] = transfers.loads_ps
    held = capacities(application, platform, mapping)
    tile[:, BUFFERED] = buffered_packets(application, mapping.binding, platform, held)
    s.potential[:], s.policy[:], s.ratio[:] = 0, -1, (0, 1, 0)


def take_snapshot(s: State, period: float) -> Snapshot:
    """A copy of the present mapping."""
    return Snapshot(s.node.copy(), s.tile[:, HEAD].copy(), np.array([period]))


def read_mapping(kept: Snapshot) -> Mapping:
    """The mapping that a snapshot holds, buffers aside."""
    after = kept.node[:, AFTER].tolist()
    orders = []
    for head in kept.head.tolist():
        order = [] if head < 0 else [head]
        while order and after[order[-1]] != head:
            order.append(after[order[-1]])
        orders.append(tuple(order))
    retiming = kept.node[:, RETIMING]
    return Mapping(kept.node[:, TILE].astype(np.int32), tuple(orders), retiming - retiming.min(initial=0))
