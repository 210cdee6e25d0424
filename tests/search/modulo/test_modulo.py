"""Balanced bindings near the best partition, modulo schedules that keep every lag, mappings that keep promises."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from cases import application, applications, platforms
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.analysis.cycles.cycle_ratio import period_of
from mapper.check.mapping import check_capacities, check_liveness, check_orders
from mapper.evaluator import mapping_period
from mapper.lower.bound_graph import bind
from mapper.model.mapping import Mapping, OrderSemantics
from mapper.model.platform import Platform, TileClass, Timing
from mapper.model.topology import Bus, Mesh
from mapper.search.bounds import best_bound
from mapper.search.feasibility import allowed_tiles
from mapper.search.greedy import search_greedily
from mapper.search.incumbent import Incumbent
from mapper.search.modulo.balance import balance_loads
from mapper.search.modulo.lags import make_lags
from mapper.search.modulo.schedule import schedule_modulo
from mapper.search.modulo.search import fold, search_modulo
from mapper.stop import MaxRuntime


def bus(tiles):
    kind = TileClass("t", 4, 4, clusters_per_crossbar=None)
    return Platform("p", Bus(tiles), (kind,), np.zeros(tiles, np.int32))


def heaviest(times, binding, tiles):
    return max(sum(t for t, p in zip(times, binding, strict=True) if p == tile) for tile in range(tiles))


@given(st.lists(st.integers(0, 30), min_size=1, max_size=8), st.integers(1, 3))
@settings(max_examples=60)
def test_loads_are_at_least_as_even_as_theory_says(times, tiles):
    """Largest first is within 4/3 - 1/(3 tiles) of the best partition (Graham 1969); exchanges only improve."""
    binding = balance_loads(application(times, [], [], []), bus(tiles))
    best = min(heaviest(times, choice, tiles) for choice in product(range(tiles), repeat=len(times)))
    assert heaviest(times, binding, tiles) <= (Fraction(4, 3) - Fraction(1, 3 * tiles)) * best


def test_exchanges_reach_what_largest_first_misses():
    """Largest first: 3+2+2 = 7 against 3+2; two threes on one tile and three twos on the other make 6 and 6."""
    times = [3, 3, 2, 2, 2]
    binding = balance_loads(application(times, [], [], []), bus(2))
    assert heaviest(times, binding, 2) == 6


@given(applications(max_clusters=8), platforms())
@settings(max_examples=100)
def test_balanced_bindings_fit(app, platform):
    binding = balance_loads(app, platform)
    if binding is not None:
        orders = tuple(tuple(a for a in app.clusters if binding[a] == p) for p in range(platform.tiles))
        check_capacities(app, Mapping.plain(binding, orders), platform)


def scheduled(app, platform, period, seed=1):
    allowed = [np.flatnonzero(row).tolist() for row in allowed_tiles(app, platform)]
    if not all(allowed):
        return None
    rng = np.random.default_rng(seed)
    return schedule_modulo(app, make_lags(app, platform), allowed, platform.slots.tolist(), period, rng)


def channel_rules(app, platform, binding, starts, period):
    """(what must be at most, what) of every channel, from the table of the model."""
    t, graph = platform.timing, app.graph
    for c in range(graph.channel_count):
        a, b = int(graph.sources[c]), int(graph.targets[c])
        n, w = int(app.packets[c]), int(app.delay_iterations[c])
        hops = int(platform.topology.hops(binding[a], binding[b]))
        transfer = t.setup_ps + hops * t.hop_ps + n * t.packet_ps if hops else t.local_ps
        space = max(platform.buffer_iterations, w + 1) - w
        d = graph.execution_times
        yield starts[a] + d[a] + transfer - w * period, starts[b]
        yield starts[b] + d[b] + hops * t.hop_ps - space * period, starts[a]


@given(applications(max_clusters=7), platforms(arbitrations=("tdm",)), st.integers(1, 200))
@settings(max_examples=150)
def test_schedules_keep_every_lag_and_share_no_time(app, platform, period):
    answer = scheduled(app, platform, period)
    if answer is None:
        return
    binding, starts = answer
    assert all(least <= start for least, start in channel_rules(app, platform, binding, starts, period))
    times = app.graph.execution_times.tolist()
    for tile in range(platform.tiles):
        mine = [a for a in app.clusters if binding[a] == tile]
        assert len(mine) <= platform.slots[tile]
        taken = [(starts[a] + k) % period for a in mine for k in range(times[a])]
        assert len(taken) == len(set(taken))


def without_extras(platform):
    """The same chip without times that modulo scheduling leaves to the evaluation."""
    return replace(platform, timing=replace(platform.timing, inject_ps=0, eject_ps=0, reprogram_ps=0))


@given(applications(max_clusters=7), platforms(arbitrations=("tdm",)), st.integers(1, 200))
@settings(max_examples=150)
def test_a_folded_schedule_reaches_its_period(app, platform, period):
    platform = without_extras(platform)
    if (app.graph.execution_times == 0).any():  # firings that take no time may share a start in any order
        return
    answer = scheduled(app, platform, period)
    if answer is None:
        return
    mapping = fold(app, platform, *answer, period)
    assert period_of(bind(app, mapping, platform)).ratio <= period


@given(applications(max_clusters=7), platforms())
@settings(max_examples=60)
def test_the_search_is_legal_and_never_worse(app, platform):
    incumbent = Incumbent(app, platform, best_bound(app, platform), MaxRuntime(60))
    search_greedily(incumbent)
    greedy = incumbent.period
    search_modulo(incumbent)
    if incumbent.mapping is None:
        return
    assert greedy is None or incumbent.period <= greedy
    check_orders(app, incumbent.mapping, platform)
    check_liveness(app, incumbent.mapping, platform)
    assert incumbent.period == mapping_period(app, incumbent.mapping, platform)


def grid(clusters):
    """Layers of four, each cluster fed by two of the layer before; four tiles."""
    rng = np.random.default_rng(clusters)
    channels = [(4 * (b // 4 - 1) + (b + k) % 4, b) for b in range(4, clusters) for k in (0, 1)]
    packets = rng.integers(1, 9, len(channels)).tolist()
    app = application(rng.integers(20, 90, clusters).tolist(), channels, packets, [0] * len(channels))
    kind = TileClass("t", 4, 4, clusters_per_crossbar=None)
    return app, Platform("p", Mesh(2, 2), (kind,), np.zeros(4, np.int32), timing=Timing(hop_ps=2, packet_ps=1))


def test_it_comes_near_the_load_bound_without_any_search_by_evaluation():
    app, chip = grid(24)
    incumbents = [Incumbent(app, chip, best_bound(app, chip), MaxRuntime(60)) for _ in range(2)]
    for incumbent in incumbents:
        search_modulo(incumbent, seed=3)
    first, second = incumbents
    assert first.period <= first.bound.value * Fraction(115, 100)
    assert first.mapping.retiming.any()
    assert first.mapping.orders == second.mapping.orders


@pytest.mark.parametrize("seconds", [0.0])
def test_without_time_nothing_is_tried(seconds):
    app, chip = grid(8)
    assert search_modulo(Incumbent(app, chip, best_bound(app, chip), MaxRuntime(60)), seconds=seconds)["tried"] == 0


def test_what_it_does_not_attempt():
    app, _ = grid(8)
    wide = Platform("wide", Mesh(200, 200), (TileClass("t", 4, 4),), np.zeros(40_000, np.int32))
    assert "too many" in search_modulo(Incumbent(app, wide, best_bound(app, wide), MaxRuntime(1)))["not_attempted"]
    plain = Incumbent(app, bus(2), best_bound(app, bus(2)), MaxRuntime(1), semantics=OrderSemantics.PLAIN)
    assert "plain" in search_modulo(plain)["not_attempted"]
    big = application([1], [], [], [], demand=[[9, 9, 9]])
    none = Incumbent(big, bus(1), best_bound(big, bus(1)), MaxRuntime(1))
    assert "fits no tile" in search_modulo(none)["not_attempted"]
