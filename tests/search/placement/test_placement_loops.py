"""The loops: compiled and plain decide alike, differences add up exactly, and loads are respected."""

from __future__ import annotations

import numpy as np
import pytest
from cases import application
from hypothesis import given, settings
from hypothesis import strategies as st
from test_place import chip, random_traffic, recounted

from mapper.compiled import kernel
from mapper.model.topology import LinkGraph, Mesh
from mapper.search.bounds import best_bound
from mapper.search.greedy import search_greedily
from mapper.search.incumbent import Incumbent
from mapper.search.placement.params import PlacementParams
from mapper.search.placement.problem import make_problem
from mapper.search.placement.relief import relieve_links
from mapper.search.placement.search import place_within_loads, search_by_placement
from mapper.search.placement.seating import Seating
from mapper.search.placement.starts import in_sequence
from mapper.stop import MaxRuntime

TOPOLOGIES = (
    *(Mesh(4, 4), Mesh(4, 4, torus=True), Mesh(3, 1)),
    LinkGraph(6, (*((i, (i + 1) % 6) for i in range(6)), (3, 0))),
)


def problems(topology, slots, seed):
    clusters = min(10, topology.tiles * slots - 1)
    fixed = np.array([-1] * (clusters - 1) + [topology.tiles - 1])
    return make_problem(random_traffic(clusters, 30, seed, fixed), chip(topology, slots))


@given(st.sampled_from(TOPOLOGIES), st.integers(1, 3), st.integers(0, 99), st.integers(0, 3))
@settings(max_examples=60)
def test_the_differences_of_swaps_add_up(topology, slots, seed, heat):
    problem = problems(topology, slots, seed)
    start = in_sequence(problem)
    before = recounted(problem.traffic, topology, problem.tiles_of(start))[0]
    seating = Seating(problem, start, seed=seed, work=0)
    for reach in (1, 2, 5):
        seating.draw(100, 20.0 * heat, reach)
        binding = problem.tiles_of(seating.seat_of)
        assert before + seating.change == recounted(problem.traffic, topology, binding)[0]
        assert np.unique(seating.seat_of[problem.movable]).size == problem.movable.size


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=str)
def test_compiled_and_plain_loops_decide_alike(topology):
    problem = problems(topology, 2, 5)
    start = in_sequence(problem)
    plain, compiled = (Seating(problem, start, seed=9, work=work) for work in (0, kernel.THRESHOLD))
    for seating in (plain, compiled):
        seating.draw(2000, 5.0, 2)
    assert plain.change == compiled.change
    assert np.array_equal(plain.seat_of, compiled.seat_of)


def test_relief_decides_alike_compiled_and_plain(monkeypatch):
    problem = make_problem(random_traffic(20, 80, 2), chip(Mesh(5, 5)))
    params = PlacementParams(effort=1000, link_weight=1.0)
    found = []
    for threshold in (0, 10**12):
        monkeypatch.setattr(kernel, "THRESHOLD", threshold)
        found.append(relieve_links(problem, in_sequence(problem), params))
    assert np.array_equal(*found)


def chain(clusters, seed):
    random = np.random.default_rng(seed)
    pairs = [(i, i + 1) for i in range(clusters - 1)] + [(i, i + 3) for i in range(clusters - 3)]
    packets = random.integers(1, 9, len(pairs)).tolist()
    return application(random.integers(5, 30, clusters).tolist(), pairs, packets, [0] * len(pairs), has_input=False)


@pytest.mark.parametrize("seed", range(5))
def test_changing_places_keeps_counts_and_the_fullest_tile(seed):
    app, platform = chain(20, seed), chip(Mesh(3, 2), None)
    random = np.random.default_rng(seed)
    binding = random.permutation(np.arange(20) % 6).astype(np.int32)
    found = place_within_loads(app, binding, platform, PlacementParams(effort=500, seed=seed))
    times = app.graph.execution_times
    loads = [np.bincount(b, weights=times, minlength=6) for b in (binding, found)]
    assert np.array_equal(np.bincount(found), np.bincount(binding))
    assert loads[1].max() <= loads[0].max()
    hops = [
        int((app.packets * platform.topology.hops(b[app.graph.sources], b[app.graph.targets])).sum())
        for b in (binding, found)
    ]
    assert hops[1] < hops[0]


@pytest.mark.parametrize(("clusters", "expected"), [(9, 2), (20, 1)])
def test_the_stage_offers_candidates_and_never_spoils_the_incumbent(clusters, expected):
    app, platform = chain(clusters, 1), chip(Mesh(3, 3), None)
    incumbent = Incumbent(app, platform, best_bound(app, platform), MaxRuntime(20))
    search_greedily(incumbent)
    greedy = incumbent.period
    statistics = search_by_placement(incumbent, PlacementParams(effort=100))
    assert (
        statistics["candidates"]
        == len(statistics["packet_hops"])
        == (0 if incumbent.bound.value == greedy else expected)
    )
    assert incumbent.period <= greedy


def test_the_stage_alone_finds_a_mapping():
    app, platform = chain(8, 2), chip(Mesh(3, 3), 1)
    incumbent = Incumbent(app, platform, best_bound(app, platform), MaxRuntime(20))
    search_by_placement(incumbent, PlacementParams(effort=100))
    assert incumbent.mapping is not None
    assert len(set(incumbent.mapping.binding.tolist())) == 8
