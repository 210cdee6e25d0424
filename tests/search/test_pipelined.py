"""Pipelined orders: executed with their prologue, never slower than plain ones, indifferent to a chip's symmetries."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from cases import application, applications, platforms
from hypothesis import given, settings
from reference import route

from mapper.errors import CheckError
from mapper.model.mapping import Mapping, OrderSemantics
from mapper.model.platform import Platform, TileClass, Timing
from mapper.model.result import Status
from mapper.model.topology import Bus, Mesh
from mapper.search.bounds import best_bound
from mapper.search.cpsat.symmetry import chip_symmetries, interchangeable_tiles
from mapper.search.incumbent import Incumbent
from mapper.search.strategy import METHODS, search
from mapper.stop import MaxRuntime

PLAIN, PIPELINED = OrderSemantics


def solve(app, platform, semantics=PIPELINED, method="auto", seconds=60.0, seed=1):
    incumbent = Incumbent(app, platform, best_bound(app, platform), MaxRuntime(seconds), semantics=semantics)
    search(incumbent, method, seed, workers=1)
    return incumbent


def execute(app, platform, mapping, iterations):
    """Start of every firing when each tile plays its prologue and then its rounds, each firing as soon as it can.

    A plain event loop over firings: it knows nothing of graphs, tokens or periods.
    """
    t, tile = platform.timing, mapping.binding.tolist()
    channels = []
    busy = [int(time) for time in app.graph.execution_times]
    for a, b, n, w in zip(
        app.graph.sources.tolist(),
        app.graph.targets.tolist(),
        app.packets.tolist(),
        app.delay_iterations.tolist(),
        strict=True,
    ):
        hops = len(route(platform.topology, tile[a], tile[b]))
        if hops:
            busy[a] += 0 if app.is_input[a] else n * t.inject_ps
            busy[b] += 0 if app.is_input[b] else n * t.eject_ps
        transfer = t.setup_ps + hops * t.hop_ps + n * t.packet_ps if hops else t.local_ps
        channels.append((a, b, w, max(platform.buffer_iterations, w + 1), transfer, hops * t.hop_ps))
    late = (mapping.retiming - mapping.retiming.min()).tolist()
    lists = {}
    for p, order in enumerate(mapping.orders):
        firings = list(mapping.prologue()[p])
        firings += [(a, k - late[a]) for k in range(max(late), max(late) + iterations) for a in order]
        lists[p] = firings
    for a in np.flatnonzero(app.is_input).tolist():
        lists["input", a] = [(a, n) for n in range(iterations + max(late))]
    start, position, free = {}, dict.fromkeys(lists, 0), dict.fromkeys(lists, 0)
    moved = True
    while moved:
        moved = False
        for player, firings in lists.items():
            while position[player] < len(firings):
                actor, n = firings[position[player]]
                waits = [free[player]]
                for a, b, w, capacity, transfer, credit in channels:
                    if b == actor and n - w >= 0:
                        waits.append(start.get((a, n - w), np.inf) + busy[a] + transfer)
                    if a == actor and n - (capacity - w) >= 0:
                        waits.append(start.get((b, n - (capacity - w)), np.inf) + busy[b] + credit)
                if max(waits) == np.inf:
                    break
                pause = 0
                if player in range(platform.tiles):
                    order = mapping.orders[player]
                    pause = t.reprogram_ps if len(order) > platform.tile_classes[0].crossbars else 0
                    pause = pause if len(order) > 1 else 0
                start[actor, n] = int(max(waits))
                free[player] = start[actor, n] + busy[actor] + pause
                position[player] += 1
                moved = True
    assert all(position[player] == len(firings) for player, firings in lists.items()), "it stops"
    return start


def sustained_period(app, platform, mapping):
    """The slowest actor's time per iteration once the execution repeats itself."""
    iterations = 240
    start = execute(app, platform, mapping, iterations)
    last = iterations - 1
    for cyclicity in range(1, 60):
        steps = [
            (start[a, last] - start[a, last - cyclicity], start[a, last - cyclicity] - start[a, last - 2 * cyclicity])
            for a in range(app.graph.actor_count)
        ]
        if all(now == before for now, before in steps):
            return max((Fraction(now, cyclicity) for now, _ in steps), default=Fraction(0))
    return None


def links_excepted(platform):
    """Packets without time on the links: the execution knows no link loads."""
    return replace(platform, timing=replace(platform.timing, packet_ps=0))


@given(applications(max_clusters=6), platforms(arbitrations=("tdm",)))
@settings(max_examples=60, deadline=None)
def test_the_prologue_leads_into_the_promised_period(app, platform):
    platform = links_excepted(platform)
    incumbent = solve(app, platform, seconds=5)
    if incumbent.mapping is not None:
        assert sustained_period(app, platform, incumbent.mapping) == incumbent.period


@given(applications(max_clusters=6), platforms(arbitrations=("tdm",)))
@settings(max_examples=40, deadline=None)
def test_pipelined_is_never_slower_than_plain(app, platform):
    plain, pipelined = solve(app, platform, PLAIN), solve(app, platform, PIPELINED)
    assert (plain.mapping is None) == (pipelined.mapping is None)
    if plain.period is not None:
        assert pipelined.period <= plain.period
        assert plain.outcome().status is pipelined.outcome().status is Status.OPTIMAL


def test_pipelining_reaches_the_load_bound_where_plain_orders_cannot():
    """A chain whose first and last cluster fill one tile, but only in different iterations.

    In plain orders that tile would wait for the middle one: 5 + 2 + 10 + 2 + 5; the other ways put 15 on one tile.
    """
    app = application([5, 10, 5], [(0, 1), (1, 2)], [1, 1], [0, 0])
    kind = TileClass("t", 4, 4, clusters_per_crossbar=2)
    chip = Platform("p", Bus(2), (kind,), np.zeros(2, np.int32), timing=Timing(setup_ps=2))
    assert solve(app, chip, PIPELINED).period == 10
    assert solve(app, chip, PLAIN).period == 15


@given(applications(max_clusters=5), platforms(arbitrations=("tdm",), roomy=True))
@settings(max_examples=40, deadline=None)
def test_more_buffer_never_hurts(app, platform):
    more = replace(platform, buffer_iterations=platform.buffer_iterations + 1)
    assert solve(app, more).period <= solve(app, platform).period


@given(applications(max_clusters=5))
@settings(max_examples=30, deadline=None)
def test_a_mirrored_chip_has_the_same_optimum(app):
    """The same chip with its tiles numbered from the other end, and the I/O port moved along."""
    kind = TileClass("t", 4, 4, clusters_per_crossbar=None)
    chips = [
        Platform("p", Mesh(3, 1), (kind,), np.zeros(3, np.int32), timing=Timing(hop_ps=3, packet_ps=1), io_tile=io)
        for io in (0, 2)
    ]
    assert solve(app, chips[0]).period == solve(app, chips[1]).period


def test_symmetries_of_meshes_and_of_interchangeable_tiles():
    app = application([1, 1], [(0, 1)], [1], [0])
    kind = TileClass("t", 4, 4)

    def chip(topology, **more):
        return Platform("p", topology, (kind,), np.zeros(topology.tiles, np.int32), **more)

    assert len(chip_symmetries(app, chip(Mesh(3, 3), timing=Timing(hop_ps=1)))) == 8
    assert len(chip_symmetries(app, chip(Mesh(3, 3), timing=Timing(packet_ps=1)))) == 4  # X before Y: no turning
    assert len(chip_symmetries(app, chip(Mesh(3, 2)))) == 4
    assert len(chip_symmetries(app, chip(Mesh(3, 3), broken=(0,)))) == 2
    asked_twice = chip(Mesh(3, 3), timing=Timing(hop_ps=1))
    with_port = application([1, 1], [(0, 1)], [1], [0], has_input=True)
    assert [len(chip_symmetries(a, asked_twice)) for a in (app, with_port, app)] == [8, 2, 8]
    assert interchangeable_tiles(app, chip(Bus(4))) == [0, 1, 2, 3]
    assert interchangeable_tiles(app, chip(Bus(4), broken=(1,))) == [0, 2, 3]
    assert interchangeable_tiles(app, chip(Mesh(3, 1))) == []
    fixed = application([1, 1], [(0, 1)], [1], [0], has_input=True)
    assert interchangeable_tiles(fixed, chip(Bus(4), io_tile=2)) == [0, 1, 3]


def test_one_worker_and_one_seed_give_one_result():
    rng = np.random.default_rng(5)
    channels = [(int(rng.integers(0, b)), b) for b in range(1, 10) for _ in range(2)]
    channels = sorted(set(channels))
    app = application(rng.integers(5, 60, 10).tolist(), channels, [2] * len(channels), [0] * len(channels))
    kind = TileClass("t", 4, 4, clusters_per_crossbar=None)
    chip = Platform("p", Mesh(2, 2), (kind,), np.zeros(4, np.int32), timing=Timing(hop_ps=3), buffer_iterations=1)
    for semantics in OrderSemantics:
        first, second = (solve(app, chip, semantics, seed=7) for _ in range(2))
        assert first.proven
        assert first.mapping.orders == second.mapping.orders
        assert first.mapping.retiming.tolist() == second.mapping.retiming.tolist()


@given(applications(max_clusters=6), platforms())
@settings(max_examples=25, deadline=None)
def test_no_method_is_worse_than_the_ones_it_contains(app, platform):
    periods = [solve(app, platform, method=method, seconds=3).period for method in METHODS]
    if periods[0] is not None:
        assert min(periods) == periods[METHODS.index("auto")] or platform.arbitration == "round_robin"
        assert all(period <= periods[0] for period in periods)


def test_a_retimed_mapping_is_refused_where_plain_orders_are_searched():
    app = application([1, 1], [(0, 1)], [1], [0])
    chip = Platform("p", Bus(2), (TileClass("t", 4, 4),), np.zeros(2, np.int32))
    incumbent = Incumbent(app, chip, best_bound(app, chip), MaxRuntime(1), semantics=PLAIN)
    with pytest.raises(CheckError, match="retimed"):
        incumbent.offer(Mapping(np.array([0, 1]), ((0,), (1,)), np.array([0, 1])), "test")
