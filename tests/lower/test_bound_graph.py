"""The bound graph and the link loads against the table of the design, written down in plain loops."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from cases import application, applications, platforms
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import bound_edges, route

from mapper.errors import InputError
from mapper.lower.bound_graph import bind
from mapper.model.mapping import Mapping
from mapper.model.platform import Platform, TileClass
from mapper.model.topology import LinkGraph, Mesh


@st.composite
def bound(draw):
    """An application, a platform and any mapping of it, live or not."""
    app, platform = draw(applications()), draw(platforms(roomy=True))
    tiles = [draw(st.integers(0, platform.tiles - 1)) for _ in app.clusters]
    binding = np.array([*tiles, *[platform.io_tile] * int(app.is_input.sum())], np.int32)
    orders = [[a for a in app.clusters if binding[a] == t] for t in range(platform.tiles)]
    return app, platform, Mapping.plain(binding, tuple(tuple(draw(st.permutations(order))) for order in orders))


@given(bound())
@settings(max_examples=200)
def test_edges_and_loads_are_those_of_the_table(case):
    app, platform, mapping = case
    graph = bind(app, mapping, platform)
    edges, loads = bound_edges(app, dict(enumerate(mapping.binding.tolist())), mapping.orders, platform)
    built = zip(
        graph.sources.tolist(), graph.targets.tolist(), graph.times.tolist(), graph.tokens.tolist(), strict=True
    )
    assert Counter(built) == Counter(edges)
    named = {platform.topology.links[i]: load for i, load in enumerate(graph.link_loads.tolist()) if load}
    assert named == {link: load for link, load in loads.items() if load}


@given(platforms(max_tiles=4))
def test_routes_are_walks_of_as_many_links_as_hops(platform):
    topology = platform.topology
    for p in range(topology.tiles):
        for q in range(topology.tiles):
            links = [topology.links[link] for link in topology.route(p, q)]
            assert links == route(topology, p, q)
            assert len(links) == topology.hops(p, q)


@given(st.integers(2, 6), st.data())
def test_explicit_links_take_shortest_ways(tiles, data):
    import networkx as nx

    ring = [(a, (a + 1) % tiles) for a in range(tiles)]
    pairs = st.tuples(st.integers(0, tiles - 1), st.integers(0, tiles - 1)).filter(lambda ab: ab[0] != ab[1])
    links = tuple(dict.fromkeys(ring + data.draw(st.lists(pairs, max_size=8))))
    topology, graph = LinkGraph(tiles, links), nx.DiGraph(links)
    for p in range(tiles):
        for q in range(tiles):
            assert topology.hops(p, q) == nx.shortest_path_length(graph, p, q)
            walk = [topology.links[link] for link in topology.route(p, q)]
            assert walk == route(topology, p, q)


def two_on_two(buffer_iterations=2):
    chip = Platform(
        "two", Mesh(2, 1), (TileClass("t", 4, 4),), np.zeros(2, np.int32), buffer_iterations=buffer_iterations
    )
    return application([5, 6], [(0, 1)], [1], [0]), chip


def test_retiming_moves_tokens_from_the_buffer_to_the_channel():
    app, chip = two_on_two()
    mapping = Mapping(np.array([0, 1], np.int32), ((0,), (1,)), np.array([0, 2]))
    graph = bind(app, mapping, chip)
    assert list(zip(graph.sources.tolist(), graph.targets.tolist(), graph.tokens.tolist(), strict=True)) == [
        (0, 1, 2),
        (0, 0, 1),
        (1, 1, 1),
        (1, 0, 0),
    ]


@pytest.mark.parametrize("offset", [-1, 3])
def test_retiming_beyond_the_buffer_is_refused(offset):
    app, chip = two_on_two()
    mapping = Mapping(np.array([0, 1], np.int32), ((0,), (1,)), np.array([0, offset]))
    with pytest.raises(InputError, match=r"channel c0 -> c1.*0\.\.2"):
        bind(app, mapping, chip)


def test_a_mapping_of_another_application_is_refused():
    app, chip = two_on_two()
    with pytest.raises(InputError, match="2 actors"):
        bind(app, Mapping.plain(np.array([0], np.int32), ((0,), ())), chip)
