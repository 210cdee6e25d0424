"""Bounds by a solver over bindings: below every mapping, equal to a brute force over bindings, tight by hand."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from bound_cases import mixed, random_mapping
from cases import application, applications, platforms
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.sat.python import cp_model
from reference import exists_below

from mapper.errors import DeadlockError
from mapper.evaluator import mapping_period
from mapper.model.mapping import OrderSemantics
from mapper.model.platform import Platform, TileClass, Timing
from mapper.model.result import Bound
from mapper.model.topology import Mesh
from mapper.search.bounds.cuts import add_cut, order_free_graph, violated_cuts
from mapper.search.bounds.master import build_master
from mapper.search.bounds.raising import BoundSearch, raise_bound
from mapper.search.cpsat.variables import time_unit
from mapper.search.greedy import search_greedily
from mapper.search.incumbent import Incumbent
from mapper.stop import MaxRuntime

ROOMY = TileClass("tile", 4, 4, clusters_per_crossbar=None)


def with_mapping(app, platform, bound=None, semantics=OrderSemantics.PIPELINED):
    incumbent = Incumbent(app, platform, bound or Bound(Fraction(0), "load"), MaxRuntime(60), semantics=semantics)
    search_greedily(incumbent)
    return incumbent


def solve(v):
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = 20
    return solver.status_name(solver.solve(v.model))


@given(mixed(platforms(), applications(max_clusters=6)), st.integers(0, 10**6))
@settings(max_examples=60)
def test_no_mapping_is_faster_than_what_is_proven(case, seed):
    app, platform = case
    incumbent = with_mapping(app, platform)
    raise_bound(incumbent, 1.0)
    rng = np.random.default_rng(seed)
    for _ in range(30):
        mapping = random_mapping(rng, app, platform)
        if mapping is not None:
            try:
                assert incumbent.bound.value <= mapping_period(app, mapping, platform)
            except DeadlockError:
                continue


@given(applications(max_clusters=4), platforms(arbitrations=("tdm",)))
@settings(max_examples=40)
@pytest.mark.parametrize("semantics", OrderSemantics)
def test_enumeration_finds_nothing_below_what_is_proven(semantics, app, platform):
    incumbent = with_mapping(app, platform, semantics=semantics)
    raise_bound(incumbent, 1.0)
    assert not exists_below(app, platform, incumbent.bound.value, pipelined=semantics is OrderSemantics.PIPELINED)


@given(applications(min_clusters=2, max_clusters=4), platforms(arbitrations=("tdm",), roomy=True), st.integers(0, 120))
@settings(max_examples=60)
def test_known_mappings_satisfy_the_master(app, platform, above):
    """With all cycles of the mapping's own binding as cuts, at its own period and above."""
    incumbent = with_mapping(app, platform)
    unit = time_unit(app, platform)
    target = Fraction(unit * (-(-incumbent.period // unit) + above))
    if target > 0:
        cuts = violated_cuts(app, incumbent.mapping.binding, platform, Fraction(0), 10)
        assert solve(build_master(app, platform, target, cuts)) in ("OPTIMAL", "FEASIBLE")


@given(applications(min_clusters=2, max_clusters=4), platforms(arbitrations=("tdm",), roomy=True))
@settings(max_examples=40)
def test_cuts_are_the_cycles_of_the_binding(app, platform):
    """A cut alone, at a target just below its cycle's ratio, excludes the binding it came from."""
    binding = with_mapping(app, platform).mapping.binding
    graph = order_free_graph(app, binding, platform)
    for cut in violated_cuts(app, binding, platform, Fraction(0), 5):
        edges = [
            e
            for channel, back in cut
            for e in np.flatnonzero((graph.channels == channel) & (graph.kinds == 2 * back)).tolist()
        ]
        assert len(edges) == len(cut)
        time, tokens = int(graph.times[edges].sum()), int(graph.tokens[edges].sum())
        for target, excluded in ((Fraction(time, tokens), False), (Fraction(time - 1, tokens), True)):
            v = build_master(app, platform, target, []) if target > 0 else None
            if v is None or solve(v) not in ("OPTIMAL", "FEASIBLE"):
                continue
            v = build_master(app, platform, target, [])
            add_cut(v, cut)
            for actor, places in v.on.items():
                if len(places) > 1:
                    v.model.add(places[int(binding[actor])] == 1)
            if excluded:
                assert solve(v) == "INFEASIBLE"


def two_rings():
    """Neighbours in a ring of four with a chord, on four tiles, each hop as long as a cluster."""
    channels = [(0, 1), (1, 2), (2, 3), (0, 3), (0, 2)]
    app = application([10, 11, 12, 13], channels, [3] * 5, [0] * 5)
    timing = Timing(setup_ps=1, hop_ps=4, packet_ps=1)
    return app, Platform("chip", Mesh(2, 2), (ROOMY,), [0] * 4, timing=timing, buffer_iterations=1)


def test_master_proves_the_best_binding_of_a_small_case():
    """Whole-unit targets: the least with a binding that has no cycle, load or link above it, by trying all bindings."""
    app, platform = two_rings()
    best = Fraction(10**9)
    for tiles in product(range(4), repeat=3):  # the four corners are alike
        binding = np.array([0, *tiles], np.int32)
        graph = order_free_graph(app, binding, platform)
        loads = np.bincount(binding, app.graph.execution_times)
        cycles = [int(t) for t in (loads.max(), graph.link_loads.max())]
        target = Fraction(max(cycles))
        while target < best and violated_cuts(app, binding, platform, target, 1):
            target += 1
        best = min(best, target)
    incumbent = with_mapping(app, platform)
    search = BoundSearch(incumbent)
    search.advance(20.0)
    answers = {Fraction(target): answer for target, answer, *_ in search.statistics["targets"]}
    assert all(answer == ("INFEASIBLE" if target < best else "REACHED") for target, answer in answers.items())
    assert incumbent.bound.value > best - 1


def test_packing_counts_whole_clusters():
    # Three of 6 and two of 5 on two tiles: 28 in all, but no half is 14; the fuller tile has 15 or more: 6 + 5 + 5.
    app = application([6, 6, 6, 5, 5], [], [], [])
    platform = Platform("chip", Mesh(2, 1), (ROOMY,), [0, 0])
    incumbent = with_mapping(app, platform, Bound(Fraction(14), "load"))
    raise_bound(incumbent, 1.0)
    assert incumbent.bound.value == 16 == incumbent.period


def test_equal_seeds_prove_equal_bounds():
    app, platform = two_rings()
    found = []
    for _ in range(2):
        search = BoundSearch(with_mapping(app, platform), seed=3)
        search.advance(1.0)
        found.append((search.incumbent.bound, search.statistics["targets"], list(search.cuts)))
    assert found[0] == found[1]


def test_without_a_mapping_nothing_is_attempted():
    app, platform = two_rings()
    incumbent = Incumbent(app, platform, Bound(Fraction(0), "load"), MaxRuntime(60))
    raise_bound(incumbent, 1.0)
    assert incumbent.bound.value == 0


def test_partners_of_a_distant_cluster_take_turns_with_it():
    # 0 -> 1 -> 2 with 1 on the only large tile, 0 and 2 on the only small one: 10 + 4 + 10 + 4 + 10 in one round.
    app = application([10, 10, 10], [(0, 1), (1, 2)], [0, 0], [0, 0], demand=[[1, 1, 1], [3, 1, 1], [1, 1, 1]])
    kinds = (TileClass("large", 4, 4), TileClass("small", 2, 2, clusters_per_crossbar=2))
    platform = Platform("chip", Mesh(2, 1), kinds, [0, 1], timing=Timing(hop_ps=4), buffer_iterations=1)
    assert solve(build_master(app, platform, Fraction(38), [])) in ("OPTIMAL", "FEASIBLE")
    assert solve(build_master(app, platform, Fraction(36), [])) == "INFEASIBLE"
    assert with_mapping(app, platform).period == 38


def test_an_overfull_tile_reprograms_between_its_clusters():
    app = application([10, 10], [], [], [])
    platform = Platform("chip", Mesh(1, 1), (ROOMY,), [0], timing=Timing(reprogram_ps=3))
    assert solve(build_master(app, platform, Fraction(26), [])) in ("OPTIMAL", "FEASIBLE")
    assert solve(build_master(app, platform, Fraction(25), [])) == "INFEASIBLE"
