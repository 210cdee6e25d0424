"""The local search's promises: legal, never worse, as good as enumeration on small cases, reproducible, stoppable."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from cases import application, applications, interrupt_at, platforms
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_cases import CASES, best_by_enumeration, chain_of, tiny_chip

from mapper.check.mapping import check_capacities, check_liveness, check_orders
from mapper.errors import InputError
from mapper.evaluator import mapping_period
from mapper.model.mapping import OrderSemantics
from mapper.model.platform import Platform, TileClass, Timing
from mapper.model.topology import Mesh
from mapper.search.bounds import best_bound
from mapper.search.greedy import search_greedily
from mapper.search.incumbent import Incumbent
from mapper.search.local.anneal import anneal
from mapper.search.local.search import search_locally
from mapper.stop import MaxRuntime


def search(app, platform, orders, max_moves, seed=1, seconds=60.0, progress=None):
    bound = best_bound(app, platform)
    incumbent = Incumbent(app, platform, bound, MaxRuntime(seconds), *([progress] if progress else []))
    search_greedily(incumbent)
    greedy = incumbent.period
    statistics = search_locally(incumbent, seed, orders, max_moves=max_moves)
    return incumbent, greedy, statistics


@given(applications(max_clusters=6), platforms(), st.sampled_from(["plain", "pipelined"]))
@settings(max_examples=60)
def test_legal_and_never_worse(app, platform, orders):
    incumbent, greedy, _ = search(app, platform, orders, 30)
    mapping = incumbent.mapping
    if mapping is None:
        assert greedy is None
        return
    check_capacities(app, mapping, platform)
    check_orders(app, mapping, platform)
    check_liveness(app, mapping, platform)
    assert incumbent.period == mapping_period(app, mapping, platform)
    assert greedy is None or incumbent.period <= greedy
    assert orders == "pipelined" or not mapping.retiming.any()


@pytest.mark.parametrize("buffers", [1, 2])
@pytest.mark.parametrize("name", CASES)
def test_small_cases_equal_enumeration(name, buffers):
    app = application(*CASES[name])
    chip = tiny_chip(buffers)
    plain = best_by_enumeration(app, chip, pipelined=False)
    assert search(app, chip, "plain", 4000)[0].period == plain
    if name != "diamond":
        pipelined = best_by_enumeration(app, chip, pipelined=True)
        assert search(app, chip, "pipelined", 4000)[0].period == pipelined <= plain


def test_a_seed_and_a_number_of_moves_say_everything():
    app, chip = chain_of(14)
    first, second = (search(app, chip, "pipelined", 300, seed=7)[0] for _ in range(2))
    assert first.period == second.period
    assert first.mapping.orders == second.mapping.orders
    assert np.array_equal(first.mapping.retiming, second.mapping.retiming)


@pytest.mark.parametrize("orders", ["plain", "pipelined"])
def test_compiled_and_plain_code_find_the_same(orders, monkeypatch):
    app, chip = chain_of(20)
    found = []
    for work in (0, 1 << 60):
        monkeypatch.setattr("mapper.search.local.search.PLAIN_WORK", work)
        monkeypatch.setattr("mapper.search.local.anneal.anneal._jitted", None)
        incumbent, _, statistics = search(app, chip, orders, 600)
        assert anneal.loaded == (work == 0)
        found.append((incumbent.period, incumbent.mapping.orders, statistics["evaluated"], statistics["accepted"]))
    assert found[0] == found[1]


def test_pipelined_orders_reach_the_load_where_plain_ones_wait():
    app, chip = chain_of(14)
    bound = best_bound(app, chip)
    pipelined, greedy, _ = search(app, chip, "pipelined", 1500)
    assert pipelined.period <= bound.value * Fraction(102, 100)
    assert pipelined.period < greedy * Fraction(80, 100)
    assert pipelined.mapping.retiming.any()


def test_plain_begins_anew_if_the_incumbent_is_pipelined():
    app, chip = chain_of(8)
    incumbent, _, _ = search(app, chip, "pipelined", 300)
    assert incumbent.mapping.retiming.any()
    before = incumbent.period
    search_locally(incumbent, 1, "plain", max_moves=50)
    assert incumbent.period <= before


def test_it_finds_a_start_of_its_own():
    app, chip = chain_of(8)
    incumbent = Incumbent(app, chip, best_bound(app, chip), MaxRuntime(60))
    search_locally(incumbent, max_moves=10)
    assert incumbent.mapping is not None


def test_interrupted_it_leaves_the_best():
    app, chip = chain_of(14)
    seen = []
    incumbent = Incumbent(app, chip, best_bound(app, chip), MaxRuntime(60), interrupt_at(2, seen))
    with pytest.raises(KeyboardInterrupt):
        search_greedily(incumbent)
        search_locally(incumbent, max_moves=2000)
    assert incumbent.period == min(event.period for event in seen) == mapping_period(app, incumbent.mapping, chip)


def test_it_stops_at_the_budget():
    app, chip = chain_of(14)
    statistics = search(app, chip, "plain", 25)[2]
    assert statistics["moves"] == 25
    assert search(app, chip, "plain", None, seconds=0.0)[2]["moves"] == 0


def test_what_it_does_not_attempt():
    app, chip = chain_of(4)
    app_long = application([1 << 49, 1], [], [], [])
    incumbent = Incumbent(app_long, chip, best_bound(app_long, chip), MaxRuntime(1))
    assert "digits" in search_locally(incumbent)["not_attempted"]
    wide = Platform("wide", Mesh(40, 40), (TileClass("t", 4, 4),), np.zeros(1600, np.int32))
    assert "tiles" in search_locally(Incumbent(app, wide, best_bound(app, wide), MaxRuntime(1)))["not_attempted"]
    with pytest.raises(InputError, match="orders"):
        search_locally(Incumbent(app, chip, best_bound(app, chip), MaxRuntime(1)), 1, "sideways")
    plain = Incumbent(app, chip, best_bound(app, chip), MaxRuntime(1), semantics=OrderSemantics.PLAIN)
    with pytest.raises(InputError, match="'plain', as the incumbent's"):
        search_locally(plain, 1, "pipelined")


@pytest.mark.parametrize("orders", ["plain", "pipelined"])
def test_a_unit_of_a_quarter_of_a_second_changes_nothing_but_the_unit(orders):
    """The largest times it attempts, up to 2^45 ps together, give the mapping of small ones."""
    kind = TileClass("t", 4, 4, clusters_per_crossbar=None)
    channels, found = [(0, 1), (1, 2), (2, 3), (0, 3)], []
    for unit in (1, 1 << 38):
        app = application([t * unit for t in (37, 25, 18, 31)], channels, [1, 2, 3, 1], [0] * 4)
        chip = Platform("p", Mesh(2, 1), (kind,), np.zeros(2, np.int32), timing=Timing(hop_ps=2 * unit))
        incumbent, greedy, statistics = search(app, chip, orders, 300)
        assert statistics["evaluated"] > 0
        found.append((incumbent.period / unit, greedy / unit, incumbent.mapping.orders))
    assert found[0] == found[1]
