"""Every placement method against the same list: legal, repeatable, exact figures, and what each must reach."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from cases import applications, platforms
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.errors import InfeasibleError, InputError
from mapper.model.platform import Platform, TileClass
from mapper.model.topology import Bus, LinkGraph, Mesh, ring
from mapper.search.feasibility import allowed_tiles, find_places
from mapper.search.placement.params import PlacementParams
from mapper.search.placement.place import METHODS, place
from mapper.search.placement.problem import make_problem
from mapper.search.placement.traffic import ClusterTraffic

QUICK = PlacementParams(effort=60)


def chip(topology, slots=1, broken=(), io_tile=0):
    kind = TileClass("tile", 64, 64, clusters_per_crossbar=slots)
    return Platform("chip", topology, (kind,), np.zeros(topology.tiles, np.int32), broken=broken, io_tile=io_tile)


def random_traffic(clusters, channels, seed, fixed=()):
    random = np.random.default_rng(seed)
    a, b = random.integers(0, clusters, (2, channels))
    return ClusterTraffic(clusters, a, b, random.integers(0, 30, channels), fixed)


def recounted(traffic, topology, binding):
    """Packet-hops and the busiest link's packets, channel by channel and link by link."""
    loads = [0] * len(topology.links)
    for a, b, packets in zip(traffic.sources, traffic.targets, traffic.packets, strict=True):
        for link in topology.route(int(binding[a]), int(binding[b])):
            loads[link] += int(packets)
    return sum(loads), max(loads, default=0)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("topology", "slots", "broken"),
    [
        (Mesh(4, 4), 1, (5, 6)),
        (Mesh(5, 3, torus=True), 1, ()),
        (Mesh(3, 2), 4, (0,)),
        (Mesh(3, 1), None, (1,)),
        (ring(14), 1, ()),
        (Bus(6), 3, (2,)),
        (LinkGraph(15, tuple((i, (i + 1) % 15) for i in range(15))), 1, (3,)),
    ],
    ids=str,
)
def test_every_method_is_legal_repeatable_and_measured_right(method, topology, slots, broken):
    platform = chip(topology, slots, broken)
    traffic = random_traffic(14, 60, 3, np.array([-1] * 13 + [1]))
    binding = place(traffic, platform, QUICK, method)
    assert binding.dtype == np.int32
    assert binding[13] == 1
    held = np.bincount(binding[:13], minlength=topology.tiles)
    assert (held <= platform.slots).all()
    assert np.array_equal(binding, place(traffic, platform, QUICK, method))
    quality = make_problem(traffic, platform).measure(binding)
    assert (quality.packet_hops, quality.heaviest_link) == recounted(traffic, topology, binding)


@pytest.mark.parametrize("method", METHODS)
@given(app=applications(max_clusters=6), platform=platforms())
@settings(max_examples=25)
def test_every_method_respects_applications_and_finds_a_place_if_there_is_one(method, app, platform):
    exists = find_places(app, platform) is not None
    try:
        binding = place(app, platform, PlacementParams(effort=5), method)
    except InfeasibleError:
        assert not exists
        return
    assert exists
    assert allowed_tiles(app, platform)[np.arange(binding.size), binding].all()
    held = np.bincount(binding[~app.is_input], minlength=platform.tiles)
    assert (held <= platform.slots).all()


@pytest.mark.parametrize("method", METHODS)
def test_clusters_go_only_to_classes_that_hold_them(method):
    from cases import application

    small, large = TileClass("small", 2, 2), TileClass("large", 9, 9)
    platform = Platform("mixed", Mesh(4, 2), (small, large), [0, 1, 0, 1, 0, 1, 0, 0], broken=(0,))
    demand = [[1, 1, 1]] * 4 + [[8, 8, 8]] * 3
    app = application([1] * 7, [(a, b) for a in range(7) for b in range(7) if a < b], [3] * 21, [0] * 21, demand=demand)
    binding = place(app, platform, QUICK, method)
    assert len(set(binding.tolist())) == 7
    assert set(binding[4:].tolist()) == {1, 3, 5}
    larger = application([1] * 7, [], [], [], demand=[[1, 1, 1]] * 3 + [[8, 8, 8]] * 4)
    with pytest.raises(InfeasibleError):
        place(larger, platform, QUICK, method)


TINY = [
    (Mesh(3, 2), 5),
    (Mesh(3, 2, torus=True), 6),
    (Mesh(5, 1), 5),
    (LinkGraph(5, tuple((i, (i + 1) % 5) for i in range(5))), 5),
]


@pytest.mark.parametrize(("topology", "clusters"), TINY, ids=str)
@pytest.mark.parametrize("seed", range(4))
def test_annealing_finds_the_optimum_of_tiny_problems(topology, clusters, seed):
    traffic = random_traffic(clusters, 3 * clusters, seed)
    best = min(
        recounted(traffic, topology, np.array(tiles))[0] for tiles in permutations(range(topology.tiles), clusters)
    )
    binding = place(traffic, chip(topology), PlacementParams(effort=300))
    assert recounted(traffic, topology, binding)[0] == best


def grid_traffic(side, seed):
    """A shuffled grid, one packet to the right and one down: a perfect placement carries each one hop."""
    shuffled = np.random.default_rng(seed).permutation(side * side).reshape(side, side)
    a = np.concatenate([shuffled[:, :-1].ravel(), shuffled[:-1].ravel()])
    b = np.concatenate([shuffled[:, 1:].ravel(), shuffled[1:].ravel()])
    return ClusterTraffic(side * side, a, b, np.ones(a.size, np.int64)), a.size


def test_annealing_unshuffles_a_grid_that_others_do_not():
    traffic, channels = grid_traffic(12, 1)
    platform = chip(Mesh(12, 12))
    found = {
        m: make_problem(traffic, platform).measure(place(traffic, platform, method=m)).packet_hops for m in METHODS
    }
    assert found["annealed"] <= 1.02 * channels
    assert min(value for method, value in found.items() if method not in ("annealed", "spectral")) > 1.1 * channels


def test_weighing_the_heaviest_link_makes_it_lighter():
    traffic = random_traffic(60, 240, 4)
    platform, problem = chip(Mesh(8, 8)), make_problem(traffic, chip(Mesh(8, 8)))
    plain, weighed = (
        problem.measure(place(traffic, platform, PlacementParams(effort=400, link_weight=w))) for w in (0.0, 1.0)
    )
    assert weighed.heaviest_link < plain.heaviest_link
    assert weighed.packet_hops / plain.packet_hops + weighed.heaviest_link / plain.heaviest_link < 2


@given(st.integers(0, 1000), st.booleans())
@settings(max_examples=25)
def test_relief_never_leaves_a_worse_sum_and_places_legally(seed, torus):
    from mapper.search.placement.relief import relieve_links
    from mapper.search.placement.starts import along_curve

    traffic = random_traffic(11, 30, seed, np.array([-1] * 10 + [seed % 12]))
    problem = make_problem(traffic, chip(Mesh(4, 3, torus=torus)))
    start = along_curve(problem)
    before = problem.measure(problem.tiles_of(start))
    binding = problem.tiles_of(relieve_links(problem, start, PlacementParams(effort=2000, link_weight=2.0, seed=seed)))
    hops, heaviest = recounted(traffic, problem.topology, binding)
    if before.heaviest_link:
        assert hops / before.packet_hops + 2 * heaviest / before.heaviest_link <= 3 + 1e-9
    assert len(set(binding[:10].tolist())) == 10
    assert binding[10] == seed % 12


def test_bad_parameters_and_methods_are_refused():
    with pytest.raises(InputError, match="annealed"):
        place(random_traffic(3, 3, 0), chip(Mesh(2, 2)), method="magic")
    for bad in ({"effort": -1}, {"seconds": -1.0}, {"link_weight": -0.5}):
        with pytest.raises(ValueError, match="at least 0"):
            PlacementParams(**bad)
    with pytest.raises(ValueError, match=r"clusters 0\.\.1"):
        ClusterTraffic(2, [0], [2], [1])


def test_a_second_is_enough_to_stop():
    traffic = random_traffic(400, 4000, 1)
    binding = place(traffic, chip(Mesh(20, 20)), PlacementParams(effort=10**6, seconds=0.2))
    assert len(set(binding.tolist())) == 400
