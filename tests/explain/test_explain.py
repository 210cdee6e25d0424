"""Explanations against cases worked by hand and against independent evaluations of changed platforms."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from cases import application, applications, platforms
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from reference import is_below

from mapper.errors import DeadlockError, InputError
from mapper.evaluator import evaluate
from mapper.explain.explain import explain
from mapper.explain.limit import what_limits
from mapper.explain.relief import period_sped_up, period_with_slot
from mapper.explain.tile import with_one_more_tile
from mapper.lower.bound_graph import capacities
from mapper.model.bound_graph import EdgeKind
from mapper.model.clustering import Clustering
from mapper.model.mapping import Mapping, OrderSemantics
from mapper.model.platform import Platform, TileClass, Timing
from mapper.model.result import Bound, NetworkSummary, Result, Status
from mapper.model.topology import Bus, LinkGraph, Mesh, fully_connected, ring
from mapper.report.explain import explanation_summary, explanation_text
from mapper.search.bounds import best_bound
from mapper.search.greedy import search_greedily
from mapper.search.incumbent import Incumbent
from mapper.stop import MaxRuntime


def chip(topology, timing, buffers=2):
    kind = TileClass("tile", 9, 9, clusters_per_crossbar=None)
    classes = np.zeros(topology.tiles, np.int32)
    return Platform("chip", topology, (kind,), classes, timing=timing, buffer_iterations=buffers)


def result_of(app, platform, mapping, bound=None):
    evaluation = evaluate(app, mapping, platform)
    bound = bound or best_bound(app, platform)
    clusters = len(app.clusters)
    return Result(
        network=NetworkSummary("net", 0, clusters, 0, None, 1, 1, ""),
        platform=platform,
        application=app,
        clustering=Clustering(np.arange(clusters), clusters),
        origin=np.arange(clusters),
        method="greedy",
        orders=OrderSemantics.PIPELINED,
        status=Status.OPTIMAL if evaluation.period == bound.value else Status.FEASIBLE,
        mapping=mapping,
        evaluation=evaluation,
        bound=bound,
        seconds=0.0,
    )


def explained(app, platform, binding, orders, bound=None):
    mapping = Mapping.plain(np.array(binding, np.int32), orders)
    bound = None if bound is None else Bound(Fraction(bound), "load")
    return explain(result_of(app, platform, mapping, bound))


def by_key(explanation):
    return {relief.key: relief.period for relief in explanation.reliefs}


def test_a_tile_that_is_always_busy():
    app = application([7, 5, 3], [(0, 1)], [2], [0])
    answer = explained(app, chip(Mesh(2, 1), Timing(hop_ps=2)), [0, 0, 1], ((0, 1), (2,)))
    assert answer.limit.kind == "tile"
    assert "tile 0: its 2 clusters" in answer.limit.what
    assert answer.period == 12
    assert by_key(answer) | {"tile": None} == {
        "buffers": 12,
        "hops": 12,
        "crossbars": 6,
        "crossbar of tile 0": 6,
        "tile": None,
    }


def test_one_cluster_alone_and_a_reached_bound():
    answer = explained(application([9, 1], [], [], []), chip(Mesh(2, 1), Timing()), [0, 1], ((0,), (1,)))
    assert (answer.limit.kind, answer.gap.weak_side, answer.gap.proven) == ("cluster", "neither", True)
    assert "c0 alone" in answer.limit.what
    assert by_key(answer)["crossbar of tile 0"] == Fraction(9, 2)


def test_a_full_buffer_and_its_reliefs():
    # Round trip: 4 + (1 + 2 * 3) there, 4 + 2 back, one iteration of buffer.
    app = application([4, 4], [(0, 1)], [3], [0])
    platform = chip(Mesh(3, 1), Timing(setup_ps=1, hop_ps=1, packet_ps=1), buffers=1)
    answer = explained(app, platform, [0, 2], ((0,), (), (1,)), bound=8)
    assert answer.period == (4 + 1 + 2 + 3) + (4 + 2)
    assert answer.limit.kind == "cycle"
    assert answer.limit.what == "a cycle of 2 waits through 1 transfer, 1 full buffer"
    reliefs = by_key(answer)
    assert reliefs["buffer c0 -> c1"] == reliefs["buffers"] == 8
    assert reliefs["links"] == 16 - Fraction(3, 2)
    assert reliefs["hops"] == 16 - 2
    assert reliefs["setup"] == 16 - Fraction(1, 2)
    assert reliefs["crossbars"] == 16 - 4
    assert reliefs["crossbar of tile 0"] == reliefs["crossbar of tile 2"] == 16 - 2
    assert answer.gap.weak_side in ("incumbent", "both")  # neighbouring tiles, or a shared one, are better
    assert [rung.period for rung in answer.gap.ladder] == [8, 8, 8, 8, 16]
    text = explanation_text(answer)
    assert "c0 (tile 0) runs 4 ps, and sends 3 packets over 2 hops to c1 (tile 2) in 6 ps" in text
    assert (
        "frees space for c0 (tile 0) in their buffer of 1 iteration; the credit travels 2 ps, 1 iteration later" in text
    )


def test_a_link_that_is_always_busy():
    app = application([1, 1], [(0, 1)], [50], [0])
    answer = explained(app, chip(Mesh(2, 1), Timing(packet_ps=3), 9), [0, 1], ((0,), (1,)))
    assert answer.limit.kind == "link"
    assert "0->1" in answer.limit.what
    assert answer.period == 150
    assert by_key(answer)["links"] == 75


def test_iterations_stay_right_under_retiming():
    # Both on one tile, the consumer one iteration behind: the tile's order is c1 (k - 1) before c0 (k).
    app = application([5, 6], [(0, 1)], [1], [0])
    platform = chip(Mesh(1, 1), Timing(local_ps=4))
    mapping = Mapping(np.array([0, 0], np.int32), ((1, 0),), np.array([0, 1]))
    result = result_of(app, platform, mapping)
    limit = what_limits(result, mapping, result.evaluation)
    steps = {(step.source, step.target): step.iterations_later for step in limit.cycle}
    assert steps == {("c1", "c0"): 1, ("c0", "c1"): 0}


@given(applications(), platforms(roomy=True), st.data())
@settings(max_examples=60)
def test_the_cycle_adds_up_in_iterations_whatever_the_retiming(app, platform, data):
    result, mapping = retimed(app, platform, data)
    limit = what_limits(result, mapping, result.evaluation)
    if limit.cycle:
        later = sum(step.iterations_later for step in limit.cycle)
        assert sum(step.busy_ps + step.way_ps for step in limit.cycle) == result.evaluation.period * later
        for step, after in zip(limit.cycle, limit.cycle[1:] + limit.cycle[:1], strict=True):
            assert step.target == after.source
    assert (len(limit.cycle) > 0) == (limit.kind not in ("link", "nothing"))
    assert explanation_text(explain(result, moves=0))


def retimed(app, platform, data):
    """A greedy mapping's result, its retiming changed where channels allow it."""
    incumbent = Incumbent(app, platform, best_bound(app, platform), MaxRuntime(60))
    search_greedily(incumbent)
    assume(incumbent.mapping is not None)
    plain = incumbent.mapping
    shifts = np.array([data.draw(st.integers(0, 1)) for _ in range(app.graph.actor_count)])
    tokens = app.delay_iterations + shifts[app.graph.targets] - shifts[app.graph.sources]
    capacity = capacities(app, platform)
    if ((tokens >= 0) & (tokens <= capacity)).all():
        # Earlier iterations first: with the plain order among equals this cannot block.
        orders = tuple(tuple(sorted(order, key=lambda a: -shifts[a])) for order in plain.orders)
        mapping = Mapping(plain.binding, orders, shifts)
        with suppress(DeadlockError):  # this order does not fit this retiming
            return result_of(app, platform, mapping), mapping
    return result_of(app, platform, plain), plain


@given(applications(max_clusters=4), platforms(arbitrations=("tdm",), roomy=True), st.data())
@settings(max_examples=40)
def test_reliefs_equal_the_reference_on_the_changed_platform(app, platform, data):
    """Against Bellman-Ford on hand-written edges, on a platform in units of half a picosecond."""
    result, _ = retimed(app, platform, data)
    mapping = Mapping.plain(result.mapping.binding, result.mapping.orders)
    assume(not result.mapping.retiming.any())
    binding = dict(enumerate(mapping.binding.tolist()))
    orders = [list(order) for order in mapping.orders]
    twice = {name: 2 * value for name, value in vars(platform.timing).items()}
    for coefficient in ("packet_ps", "hop_ps"):
        period = period_sped_up(app, mapping, platform, (coefficient,))
        timing = Timing(**{**twice, coefficient: getattr(platform.timing, coefficient)})
        doubled = replace(app, graph=replace(app.graph, execution_times=2 * app.graph.execution_times))
        other = replace(platform, timing=timing)
        assert is_below(doubled, binding, orders, other, 2 * period + Fraction(1, 10**9))
        assert not is_below(doubled, binding, orders, other, 2 * period)


@given(applications(), platforms(roomy=True), st.data())
@settings(max_examples=60)
def test_no_relief_of_the_same_mapping_hurts_and_the_ladder_only_rises(app, platform, data):
    result, mapping = retimed(app, platform, data)
    answer = explain(result, moves=20)
    assert answer.period == result.evaluation.period
    for relief in answer.reliefs:
        assert relief.period <= answer.period
        assert relief.gain == (0 if answer.period == 0 else 1 - relief.period / answer.period)
        assert relief.bound is None or relief.bound <= relief.period
    heights = [rung.period for rung in answer.gap.ladder]
    assert heights == sorted(heights)
    assert (heights[0], heights[-1]) == (answer.bound, answer.period)
    assert (answer.gap.weak_side == "neither") == (answer.bound == answer.period)
    every = [period_with_slot(app, mapping, platform, c) for c in range(app.graph.channel_count)]
    wider = next(r.period for r in answer.reliefs if r.key == "buffers")
    assert all(
        wider <= period or app.delay_iterations[c] >= platform.buffer_iterations for c, period in enumerate(every)
    )
    off_cycle = set(range(len(every))) - {e.channel for e in result.evaluation.critical_cycle}
    assert all(every[c] == answer.period for c in off_cycle)
    assert explanation_summary(answer)["period_ps"] == str(answer.period)


GROWING = [
    Mesh(3, 2),
    Mesh(4, 1),
    Mesh(1, 3),
    ring(4),
    Bus(3),
    fully_connected(3),
    LinkGraph(3, ((0, 1), (1, 2), (2, 0))),
]


@pytest.mark.parametrize("topology", GROWING, ids=str)
def test_one_more_tile_leaves_the_others_as_they_are(topology):
    small, large = TileClass("small", 1, 1), TileClass("large", 9, 9)
    classes = np.arange(topology.tiles) % 2
    platform = Platform("p", topology, (small, large), classes, broken=(0,) if topology.tiles > 3 else ())
    wider = with_one_more_tile(platform, 1)
    old = topology.tiles
    assert int(wider.usable.sum()) == int(platform.usable.sum()) + 1
    assert np.array_equal(wider.class_of[:old], platform.class_of)
    new = int(np.flatnonzero(wider.usable)[-1])
    assert new >= old
    assert wider.class_of[new] == platform.class_of[1]
    tiles = np.arange(old)
    if topology != ring(4):  # a longer ring is a longer way round
        before, after = (t.hops(tiles[:, None], tiles[None, :]) for t in (topology, wider.topology))
        assert np.array_equal(before, after)
    assert wider.topology.hops(new, 1) == wider.topology.hops(1, new) or isinstance(topology, LinkGraph)
    assert fully_connected(4).links == tuple(sorted(wider.topology.links)) or topology != fully_connected(3)


def test_one_more_tile_can_be_worth_it():
    app = application([10, 10, 10], [], [], [])
    answer = explained(app, chip(Mesh(2, 1), Timing()), [0, 0, 1], ((0, 1), (2,)), bound=15)
    tile = next(relief for relief in answer.reliefs if relief.key == "tile")
    assert (answer.period, tile.period, tile.bound, tile.same_mapping) == (20, 10, 10, False)
    assert answer.gap.weak_side == "bound"  # 15: half a cluster on each tile


def test_a_loop_of_the_network_is_no_tiles_fault():
    app = application([4, 5, 1], [(0, 1), (1, 0)], [1, 1], [0, 1])
    answer = explained(app, chip(Mesh(2, 1), Timing()), [0, 0, 1], ((0, 1), (2,)))
    assert answer.period == answer.bound == 9
    if {step.kind for step in answer.limit.cycle} == {EdgeKind.DATA}:
        assert "loop of the network itself, through 2 channels" in answer.limit.what
    spread = explained(app, chip(Mesh(3, 1), Timing(hop_ps=3)), [0, 1, 2], ((0,), (1,), (2,)))
    assert (spread.limit.kind, spread.period) == ("loop", 9 + 2 * 3)
    assert by_key(spread)["hops"] == 9 + 3


def test_a_short_search_proves_the_incumbent_weak():
    """Swapped orders that no greedy start has to beat: the same seed and moves give the same proof."""
    app = application([3, 9, 9, 3], [(0, 1), (2, 3)], [1, 1], [0, 0])
    platform = chip(Mesh(2, 1), Timing(setup_ps=8), buffers=1)
    worst = Mapping.plain(np.array([0, 1, 1, 0], np.int32), ((0, 3), (1, 2)))
    first, again = (explain(result_of(app, platform, worst), moves=300).gap for _ in range(2))
    assert first == again
    assert first.weak_side in ("incumbent", "both")
    assert first.proven


def test_the_weak_side_is_proven_where_something_better_is_known():
    app = application([10, 10], [], [], [])
    platform = chip(Mesh(2, 1), Timing())
    stacked = Mapping.plain(np.array([0, 0], np.int32), ((0, 1), ()))
    gap = explain(result_of(app, platform, stacked, Bound(Fraction(10), "load"))).gap
    assert (gap.weak_side, gap.proven) == ("incumbent", True)
    assert "10 ps" in gap.reason
    weak = Bound(Fraction(1), "load")
    spread = Mapping.plain(np.array([0, 1], np.int32), ((0,), (1,)))
    gap = explain(result_of(app, platform, spread, weak)).gap
    assert (gap.weak_side, gap.proven) == ("bound", True)


def test_a_result_without_mapping_is_refused():
    app, platform = application([1], [], [], []), chip(Mesh(1, 1), Timing())
    result = result_of(app, platform, Mapping.plain(np.array([0], np.int32), ((0,),)))
    nothing = replace(result, status=Status.UNKNOWN, mapping=None, evaluation=None)
    with pytest.raises(InputError, match="UNKNOWN"):
        explain(nothing)
