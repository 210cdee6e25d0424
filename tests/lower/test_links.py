"""Link loads added up by rows and columns against walking every route link by link."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapper.lower.links import link_loads
from mapper.model.topology import Bus, LinkGraph, Mesh, fully_connected, ring

TOPOLOGIES = [
    *(Mesh(1, 1), Mesh(4, 1), Mesh(1, 5), Mesh(4, 3), Mesh(2, 2)),
    *(Mesh(2, 2, torus=True), Mesh(3, 4, torus=True), Mesh(5, 2, torus=True), Mesh(1, 3, torus=True)),
    *(ring(2), ring(6), Bus(4), fully_connected(4), LinkGraph(4, ((0, 1), (1, 2), (2, 3), (3, 0)))),
]


def walked(topology, transfers):
    loads = [0] * len(topology.links)
    for p, q, amount in transfers:
        for link in topology.route(p, q):
            loads[link] += amount
    return loads


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=str)
def test_every_single_route(topology):
    for p in range(topology.tiles):
        for q in range(topology.tiles):
            found = link_loads(topology, np.array([p]), np.array([q]), np.array([7]))
            assert found.tolist() == walked(topology, [(p, q, 7)])


@given(st.sampled_from(TOPOLOGIES), st.data())
def test_sums_of_routes(topology, data):
    tile = st.integers(0, topology.tiles - 1)
    transfers = data.draw(st.lists(st.tuples(tile, tile, st.integers(0, 10**12)), max_size=40))
    columns = np.array(transfers, np.int64).reshape(-1, 3).T
    assert link_loads(topology, *columns).tolist() == walked(topology, transfers)


def test_total_on_a_large_mesh_is_packets_times_hops():
    mesh, random = Mesh(300, 300), np.random.default_rng(3)
    p, q = random.integers(0, mesh.tiles, (2, 200_000))
    amounts = random.integers(0, 1000, p.size)
    assert link_loads(mesh, p, q, amounts).sum() == (amounts * mesh.hops(p, q)).sum()
