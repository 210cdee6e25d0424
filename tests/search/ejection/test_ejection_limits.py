"""What the ejection search respects, refuses and repeats: long times, slots, inputs, links, buffers, seeds."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from cases import application
from eject import eject, in_plain_python, is_legal
from partial_cases import greedy_start
from tiny_cases import chain_of

from mapper.evaluator import mapping_period
from mapper.lower.transfers import route_channels
from mapper.model.mapping import BufferChoice, Mapping
from mapper.model.platform import Platform, TileClass, Timing
from mapper.model.result import Bound
from mapper.model.topology import Mesh
from mapper.search.bounds import best_bound
from mapper.search.ejection.search import EjectionSearch
from mapper.search.incumbent import Incumbent
from mapper.search.team import Team
from mapper.stop import MaxRuntime

BOTH_ORDERS = ["plain", "pipelined"]


def same(first, second):
    assert first.period == second.period
    assert first.mapping.orders == second.mapping.orders
    assert np.array_equal(first.mapping.binding, second.mapping.binding)
    assert np.array_equal(first.mapping.retiming, second.mapping.retiming)


@pytest.mark.parametrize("orders", BOTH_ORDERS)
def test_a_seed_and_a_number_of_steps_say_everything(orders):
    app, chip = chain_of(12)
    runs = [eject(app, chip, orders, 60, seed=7) for _ in range(2)]
    assert runs[0][0].period < runs[0][1]
    same(runs[0][0], runs[1][0])
    counted = [{**search.statistics(), "seconds": 0} for *_, search in runs]
    assert counted[0] == counted[1]


def test_steps_may_come_in_several_calls():
    app, chip = chain_of(12)
    incumbent, _, search = eject(app, chip, "plain", 0)
    assert search.statistics()["steps"] == 0
    again, before, _ = eject(app, chip, "plain", 90, seed=1)
    parts = EjectionSearch(incumbent, 1, "plain")
    for steps in (30, 30, 30):
        parts.advance(max_moves=steps)
    assert parts.statistics()["steps"] >= 90 or incumbent.proven
    is_legal(app, chip, incumbent, before, "plain")
    assert max(incumbent.period, again.period) < before


@pytest.mark.parametrize("orders", BOTH_ORDERS)
def test_compiled_and_plain_code_find_the_same(orders):
    app, chip = chain_of(12)
    plain, compiled = (eject(app, chip, orders, 40, compiled=compiled)[0] for compiled in (False, True))
    same(plain, compiled)


@pytest.mark.parametrize("orders", BOTH_ORDERS)
@pytest.mark.parametrize("buffers", [1, 3])
def test_times_of_many_digits_are_rounded_for_targets_alone(orders, buffers):
    """Chains whose starts drift many periods apart, in times that 32 bits do not hold."""
    rng = np.random.default_rng(3)
    n = 24
    times = [(1 << 39) + int(rng.integers(0, 1 << 40)) | 1 for _ in range(n)]
    app = application(times, [(a, a + 1) for a in range(n - 1)], [1] * (n - 1), [0] * (n - 1))
    kind = TileClass("t", 4, 4, clusters_per_crossbar=None)
    timing = Timing(setup_ps=3, hop_ps=(1 << 37) + 1)
    chip = Platform("p", Mesh(2, 2), (kind,), np.zeros(4, np.int32), timing=timing, buffer_iterations=buffers)
    seen = []
    incumbent, before, search = eject(app, chip, orders, 300, seen=seen, compiled=True)
    is_legal(app, chip, incumbent, before, orders)
    assert search.unit > 1
    assert seen
    assert all(period is not None and period <= target for target, period, _ in seen)
    assert incumbent.period < before * Fraction(99, 100)


@pytest.mark.parametrize("orders", BOTH_ORDERS)
def test_a_unit_changes_nothing_but_the_unit(orders):
    small = chain_of(10)
    found = []
    for unit in (1, 1 << 20):
        app = application(
            (small[0].graph.execution_times * unit).tolist(),
            list(zip(small[0].graph.sources.tolist(), small[0].graph.targets.tolist(), strict=True)),
            small[0].packets.tolist(),
            [0] * small[0].graph.channel_count,
        )
        chip = replace(small[1], timing=Timing(hop_ps=2 * unit, packet_ps=unit))
        incumbent, _, search = eject(app, chip, orders, 30)
        assert search.unit == unit
        found.append((incumbent.period / unit, incumbent.mapping.orders, incumbent.mapping.retiming.tolist()))
    assert found[0] == found[1]


def test_inputs_slots_and_forbidden_tiles():
    """Nine clusters on five usable tiles of two slots, where large clusters fit on three only; inputs at tile 4."""
    times = [20, 35, 14, 28, 31, 9, 26, 17, 22]
    channels = [(9, 0), (9, 1), (0, 2), (1, 3), (2, 4), (3, 5), (4, 6), (5, 7), (6, 8), (7, 8)]
    demand = np.full((9, 3), 1)
    demand[[1, 4, 6], 0] = 6
    app = application(times, channels, [3] * 10, [0] * 10, has_input=True, demand=demand)
    kinds = TileClass("small", 4, 4, clusters_per_crossbar=2), TileClass("large", 8, 8, clusters_per_crossbar=2)
    chip = Platform(
        "p",
        Mesh(3, 2),
        kinds,
        np.array([0, 0, 1, 1, 0, 1], np.int32),
        timing=Timing(hop_ps=4, packet_ps=1),
        io_tile=4,
        buffer_iterations=2,
        broken=(1,),
    )
    seen = []
    incumbent, before, _ = eject(app, chip, "pipelined", 150, seen=seen)
    is_legal(app, chip, incumbent, before)
    assert incumbent.period < before
    for _, period, mapping in seen:
        assert period is not None
        assert mapping.binding[9] == 4
        assert 1 not in mapping.binding
        assert np.bincount(mapping.binding[:9]).max() <= 2
        assert set(mapping.binding[[1, 4, 6]].tolist()) <= {2, 3, 5}


@pytest.mark.parametrize("orders", BOTH_ORDERS)
def test_slow_links_are_not_the_targets_and_it_ends(orders):
    """A bundle takes longer than a round: what keeps the target on tiles is offered, but a link may be slower."""
    app, chip = chain_of(10)
    chip = replace(chip, timing=Timing(packet_ps=90))
    seen = []
    incumbent, before, _ = eject(app, chip, orders, 60, seen=seen)
    is_legal(app, chip, incumbent, before, orders)
    for target, period, mapping in seen:
        assert period <= max(target, int(route_channels(app, mapping.binding, chip).loads_ps.max()))
    assert any(period > target for target, period, _ in seen)


def test_a_period_of_a_link_far_above_all_ways():
    """Where loads of links decide, a period has more digits than all clusters in a row."""
    n = 12
    channels = [(a, b) for a in range(n) for b in range(a + 1, n)]
    app = application([1 << 20] * n, channels, [1 << 20] * len(channels), [0] * len(channels))
    kind = TileClass("t", 4, 4, clusters_per_crossbar=6)
    chip = Platform("p", Mesh(2, 1), (kind,), np.zeros(2, np.int32), timing=Timing(packet_ps=1 << 17))
    halves = (tuple(range(0, n, 2)), tuple(range(1, n, 2)))
    for orders in BOTH_ORDERS:
        incumbent = greedy_start(app, chip)
        incumbent.mapping = incumbent.period = incumbent.value = None
        before = incumbent.offer(Mapping.plain(np.arange(n, dtype=np.int32) % 2, halves), "by hand")
        incumbent, _, search = eject(app, chip, orders, 60, incumbent=incumbent)
        assert search.statistics()["targets"] > 0
        is_legal(app, chip, incumbent, before, orders)


def test_a_target_of_nothing_is_nobodys():
    """Firings take no time; the two tiles' one transfer takes the only unit there is."""
    app = application([0, 0], [(0, 1)], [1], [0])
    kind = TileClass("t", 4, 4, clusters_per_crossbar=None)
    timing = Timing(setup_ps=1)
    chip = Platform("p", Mesh(2, 1), (kind,), np.zeros(2, np.int32), timing=timing, buffer_iterations=1)
    incumbent = Incumbent(app, chip, best_bound(app, chip), MaxRuntime(60))
    assert incumbent.offer(Mapping.plain(np.array([0, 1]), ((0,), (1,))), "by hand") == 1 > incumbent.bound.value
    assert eject(app, chip, "pipelined", 9, incumbent=incumbent)[2].statistics()["targets"] == 0


def test_a_target_that_the_bound_has_passed_is_dropped():
    app, chip = chain_of(12)
    incumbent = greedy_start(app, chip)
    proven = incumbent.bound
    incumbent.bound = Bound(Fraction(1), "none")
    _, _, search = eject(app, chip, "pipelined", 40, incumbent=incumbent)
    below = search.statistics()["targets"]
    search._s.about[0] = 5
    incumbent.offer_bound(proven)
    targets = []
    search._offer, plain = lambda t, s: (targets.append(int(s.about[0])), plain(t, s)), search._offer
    eject_on(search, 60)
    assert search.statistics()["targets"] > below or incumbent.proven
    assert all(target >= proven.value for target in targets)


def eject_on(search, steps):
    with in_plain_python():
        search.advance(max_moves=steps)


def test_what_it_does_not_attempt():
    app, chip = chain_of(4)

    def why(app=app, chip=chip, **options):
        search = EjectionSearch(Incumbent(app, chip, Bound(Fraction(0), "none"), MaxRuntime(60), **options))
        search.advance(max_moves=10)
        reason = search.not_attempted
        assert search.statistics() == {"not_attempted": reason}
        return reason

    assert "actors" in why(application([1] * 513, [], [], []))
    assert "goal" in why(goal="energy")
    for handling in ("inject_ps", "eject_ps", "reprogram_ps"):
        assert "firings" in why(chip=replace(chip, timing=Timing(**{handling: 1})))
    assert "wait" in why(chip=replace(chip, arbitration="round_robin"))
    bounded = TileClass("t", 4, 4, clusters_per_crossbar=None, buffer_packets=90)
    assert "buffers" in why(chip=replace(chip, tile_classes=(bounded,)))
    assert "digits" in why(application([1 << 49, 1], [], [], []))
    wide = Platform("wide", Mesh(40, 40), (TileClass("t", 4, 4),), np.zeros(1600, np.int32))
    assert "tiles" in why(chip=wide)
    team = Team(EjectionSearch, Incumbent(app, wide, Bound(Fraction(0), "none"), MaxRuntime(60)), 1, 2)
    assert team.hopeless


def test_without_a_mapping_and_after_a_retimed_one_for_plain_orders_there_is_nothing_to_do():
    app, chip = chain_of(8)
    empty = Incumbent(app, chip, best_bound(app, chip), MaxRuntime(60))
    assert eject(app, chip, "plain", 10, incumbent=empty)[2].statistics()["steps"] == 0
    incumbent, _, _ = eject(app, chip, "pipelined", 60)
    assert incumbent.mapping.retiming.any()
    incumbent.bound = Bound(Fraction(1), "none")
    assert eject(app, chip, "plain", 10, incumbent=incumbent)[2].statistics()["steps"] == 0


def test_buffers_are_those_of_the_mapping_it_begins_with():
    app, chip = chain_of(12)
    chip = replace(chip, buffer_iterations=3)
    incumbent = greedy_start(app, chip, buffers=BufferChoice.SIZED)
    small = np.ones(app.graph.channel_count, np.int64)
    incumbent.mapping = replace(incumbent.mapping, buffers=small)
    incumbent.period = incumbent.value = mapping_period(app, incumbent.mapping, chip)
    seen = []
    eject(app, chip, "pipelined", 60, incumbent=incumbent, seen=seen)
    assert seen[0][2].buffers.tolist() == small.tolist()
    for target, _, mapping in seen:
        heaviest = int(route_channels(app, mapping.binding, chip).loads_ps.max(initial=0))
        assert mapping_period(app, mapping, chip) <= max(target, heaviest)
