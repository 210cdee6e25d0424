"""Random partial mappings, and their longest ways once more: edges from the reference, powers of max-plus matrices."""

from __future__ import annotations

import numpy as np
from cases import TOPOLOGIES, greedy_start, small
from hypothesis import strategies as st
from reference import bound_edges
from tiny_cases import chain_of

from mapper.model.platform import Platform, TileClass, Timing
from mapper.search.ejection.partial import (
    AFTER,
    HEAD,
    HELD,
    HELD_TOKENS,
    PERIOD,
    POOLED,
    SEATED,
    TILE,
    load_partial,
    make_partial,
)
from mapper.search.ejection.pool import COUNTS, leave_blindly, make_feasible
from mapper.search.ejection.walk import walk
from mapper.search.ejection.ways import ABSENT
from mapper.search.local.tables import make_tables

#: No way: sums of three of them are still in 64 bits.
NOWHERE = -(1 << 60)

#: What :func:`partial_mapping` is asked for, but for application and chip.
SETTINGS = {
    "pipelined": st.booleans(),
    "tenths": st.integers(4, 12),
    "seed": st.integers(0, 99),
    "steps": st.integers(0, 8),
    "leave": st.integers(1, 3),
}


@st.composite
def chips(draw, max_tiles=4, packet_ps=None):
    """Chips that the search attempts: nothing lengthens a firing, transfers do not wait for each other."""
    topology = draw(st.sampled_from([t for t in TOPOLOGIES if t.tiles <= max_tiles]))
    timing = Timing(
        setup_ps=draw(small),
        hop_ps=draw(small),
        packet_ps=draw(st.integers(0, 2)) if packet_ps is None else packet_ps,
        local_ps=draw(st.integers(0, 3)),
    )
    kind = TileClass("tile", 4, 4, clusters_per_crossbar=draw(st.sampled_from([None, None, 2, 3])))
    tiles = topology.tiles
    return Platform(
        "random",
        topology,
        (kind,),
        np.zeros(tiles, np.int32),
        timing=timing,
        io_tile=draw(st.integers(0, tiles - 1)),
        buffer_iterations=draw(st.integers(1, 3)),
        broken=() if tiles == 1 else draw(st.sampled_from([(), (), (tiles - 1,)])),
    )


def partial_mapping(app, chip, pipelined, tenths, seed, steps, leave):
    """Tables and a partial mapping for a target of so many tenths of the greedy period, after some steps of
    the walk and with a few clusters more without a seat; nothing if greedy finds no mapping.
    """
    incumbent = greedy_start(app, chip)
    if incumbent.mapping is None:
        return None
    t = make_tables(app, chip, pipelined=pipelined)
    s = make_partial(t, seed)
    load_partial(t, s, incumbent.mapping, max(1, int(incumbent.period) * tenths // 10))
    make_feasible(t, s)
    counts = np.zeros(COUNTS, np.int64)
    walk(t, s, steps, counts)
    for _ in range(leave):
        leave_blindly(t, s, counts)
    return t, s


def loaded_chain(clusters, pipelined, share, seed):
    """Tables and a partial mapping of a chain for a target of such a share of its bound."""
    app, chip = chain_of(clusters)
    incumbent = greedy_start(app, chip)
    t = make_tables(app, chip, pipelined=pipelined)
    s = make_partial(t, seed)
    load_partial(t, s, incumbent.mapping, int(incumbent.bound.value * share))
    make_feasible(t, s)
    return app, chip, t, s


def pool(s):
    return s.pool[: s.about[POOLED]].tolist()


def rounds(s):
    """For each tile its order, walked from neighbour to neighbour."""
    found = []
    for p in range(len(s.tile)):
        order, v = [], int(s.tile[p, HEAD])
        for _ in range(int(s.tile[p, HELD])):
            order.append(v)
            v = int(s.node[v, AFTER])
        assert not order or v == order[0]
        found.append(order)
    return found


def order_edges(app, s):
    """(source, target, time, tokens) along the tiles' rounds."""
    times = app.graph.execution_times.tolist()
    return [(v, int(s.node[v, AFTER]), times[v], int(s.node[v, HELD_TOKENS])) for order in rounds(s) for v in order]


def seated_edges(app, chip, s, more=None):
    """All edges between those with a seat; ``more`` seats others (a dict) whose order edges are not there yet."""
    binding = {v: int(s.node[v, TILE]) for v in range(len(s.node)) if s.node[v, SEATED]} | (more or {})
    return bound_edges(app, binding, [], chip)[0] + order_edges(app, s)


def weights(n, edges, period):
    """Matrix of the heaviest edges, 0 on the diagonal unless an actor waits for itself too long."""
    matrix = np.full((n, n), NOWHERE)
    np.fill_diagonal(matrix, 0)
    for a, b, time, tokens in edges:
        matrix[a, b] = max(matrix[a, b], time - tokens * period)
    return matrix


def longest_ways(matrices):
    """Longest ways for a stack of matrices, shape (..., n, n), by squaring; above 0 on the diagonal: no schedule."""
    ways = np.asarray(matrices)
    for _ in range(ways.shape[-1].bit_length()):
        ways = (ways[..., :, :, None] + ways[..., None, :, :]).max(axis=-2)
        ways = np.where(ways < NOWHERE // 2, NOWHERE, ways)
    return ways


def is_schedulable(matrices):
    return (np.diagonal(longest_ways(matrices), axis1=-2, axis2=-1) <= 0).all(axis=-1)


def same_ways(found, expected, among):
    """The kernels' table and a recomputed one agree between these actors."""
    chosen = np.ix_(among, among)
    there = found[chosen] > ABSENT
    assert np.array_equal(there, expected[chosen] > NOWHERE)
    assert np.array_equal(found[chosen][there], expected[chosen][there])


def seated(s):
    return np.flatnonzero(s.node[:, SEATED]).tolist()


def all_is_well(app, chip, t, s):
    """Rounds, counts, loads and the ways are those of the clusters with a seat, and keep the target."""
    period = int(s.about[PERIOD])
    edges = seated_edges(app, chip, s)
    ways = longest_ways(weights(len(s.node), edges, period))
    assert (np.diagonal(ways) <= 0).all()
    same_ways(s.ways[0], ways, seated(s))
    here = rounds(s)
    clusters = [v for v in seated(s) if not app.is_input[v]]
    assert sorted(v for order in here for v in order) == clusters
    assert sorted(clusters + pool(s)) == sorted(app.clusters)
    for p, order in enumerate(here):
        assert all(s.node[v, TILE] == p and t.allowed[v, p] for v in order)
        assert s.tile[p, 2] == sum(app.graph.execution_times[v] for v in order) <= period
        assert len(order) <= chip.slots[p]
        assert not order or sum(int(s.node[v, HELD_TOKENS]) for v in order) == 1
