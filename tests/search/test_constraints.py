"""Each constraint of the exact model on its own: satisfied, violated, tight.

A case builds only the constraint under test, fixes the variables it speaks of, and asks the solver whether that is
legal. Two clusters c0 -> c1, tiles in a row, unless a case says otherwise.
"""

from __future__ import annotations

import numpy as np
import pytest
from cases import application

from mapper.model.platform import Platform, TileClass, Timing
from mapper.model.topology import Bus, Mesh
from mapper.search.cpsat import links, orders, placement, transfers
from mapper.search.cpsat.variables import make_variables, time_unit

CHAIN = application([10, 20], [(0, 1)], [3], [0])


def chip(topology=Mesh(3, 1), buffer_iterations=2, buffer_packets=None, slots=None, **timing):  # noqa: B008
    kind = TileClass("t", 4, 4, clusters_per_crossbar=slots, buffer_packets=buffer_packets)
    return Platform(
        "chip",
        topology,
        (kind,),
        np.zeros(topology.tiles, np.int32),
        timing=Timing(**timing),
        buffer_iterations=buffer_iterations,
    )


def legal(app, platform, constraints, tiles=None, starts=None, period=None, before=None):
    """Whether the fixed values satisfy the constraints alone; times in picoseconds."""
    from ortools.sat.python import cp_model

    v = make_variables(app, platform, upper_ps=1000, scale=time_unit(app, platform))  # whole picoseconds
    for constraint in constraints:
        constraint(v)
    for actor, tile in enumerate(tiles or ()):
        v.model.add(v.on[actor][tile] == 1)
        for other, literal in v.on[actor].items():
            if other != tile:
                v.model.add(literal == 0)
    for variable, value in zip(v.start, starts or (), strict=False):
        v.model.add(variable == v.ps(value))
    if period is not None:
        v.model.add(v.period == v.ps(period))
    for pair, value in (before or {}).items():
        v.model.add(v.before[pair] == value)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    return solver.solve(v.model) in (cp_model.OPTIMAL, cp_model.FEASIBLE)


def test_place_each_once():
    from ortools.sat.python import cp_model

    for on_tiles, expected in (((0,), True), ((), False), ((0, 1), False)):
        v = make_variables(CHAIN, chip(), upper_ps=1000)
        placement.place_each_once(v)
        for tile, literal in v.on[0].items():
            v.model.add(literal == (tile in on_tiles))
        assert (cp_model.CpSolver().solve(v.model) == cp_model.OPTIMAL) == expected


@pytest.mark.parametrize(("slots", "expected"), [(3, True), (2, True), (1, False)])
def test_limit_slots(slots, expected):
    assert legal(CHAIN, chip(slots=slots), [placement.limit_slots], tiles=[1, 1]) == expected


@pytest.mark.parametrize(
    ("room", "tiles", "expected"), [(7, [0, 1], True), (6, [0, 1], True), (5, [0, 1], False), (5, [1, 1], True)]
)
def test_limit_buffers(room, tiles, expected):
    """The channel holds two iterations of three packets at its consumer if that is elsewhere."""
    assert legal(CHAIN, chip(buffer_packets=room), [placement.limit_buffers], tiles=tiles) == expected


PLACES = [transfers.mark_remote_pairs, transfers.locate, transfers.count_hops]
HOP = [*PLACES, transfers.wait_for_data]


@pytest.mark.parametrize("topology", [Mesh(3, 1), Mesh(3, 3), Mesh(7, 1, torus=True)])
@pytest.mark.parametrize(("start", "expected"), [(28, True), (27, True), (26, False)])
def test_wait_for_data_over_two_hops(topology, start, expected):
    """10 execution + 4 setup + 2 x 2 hops + 3 x 3 packets = 27."""
    platform = chip(topology, setup_ps=4, hop_ps=2, packet_ps=3)
    assert legal(CHAIN, platform, HOP, tiles=[0, 2], starts=[0, start], period=1000) == expected


@pytest.mark.parametrize(("start", "expected"), [(12, True), (11, True), (10, False)])
def test_wait_for_data_on_one_tile(start, expected):
    platform = chip(setup_ps=4, hop_ps=2, packet_ps=3, local_ps=1)
    assert legal(CHAIN, platform, HOP, tiles=[2, 2], starts=[0, start]) == expected


@pytest.mark.parametrize(("period", "expected"), [(28, True), (27, True), (26, False)])
def test_wait_for_data_of_the_iteration_before(period, expected):
    """With one initial iteration the consumer may start at the producer's start, a period after its data."""
    app = application([10, 20], [(0, 1)], [3], [1])
    platform = chip(setup_ps=4, hop_ps=2, packet_ps=3)
    assert legal(app, platform, HOP, tiles=[0, 2], starts=[0, 0], period=period) == expected


@pytest.mark.parametrize(("period", "expected"), [(28, True), (27, True), (26, False)])
def test_wait_for_space(period, expected):
    """Two iterations of space: 30 + 20 + 2 x 2 hops of credit = 54 within two periods."""
    constraints = [*PLACES, transfers.wait_for_space]
    assert legal(CHAIN, chip(hop_ps=2), constraints, tiles=[0, 2], starts=[0, 30], period=period) == expected


@pytest.mark.parametrize(("period", "expected"), [(16, True), (15, True), (14, False)])
@pytest.mark.parametrize(("topology", "tiles"), [(Mesh(3, 1), [0, 0, 2]), (Bus(3), [0, 0, 2])])
def test_limit_link_loads(topology, tiles, period, expected):
    """Two channels of three and two packets of 3 ps meet on a link; the third packets' channel stays on its tile."""
    app = application([1, 1, 1], [(0, 2), (1, 2), (0, 1)], [3, 2, 9], [0, 0, 0])
    assert (
        legal(app, chip(topology, packet_ps=3), [*PLACES, links.limit_link_loads], tiles=tiles, period=period)
        == expected
    )


def test_link_loads_of_opposite_directions_do_not_add_up():
    app = application([1, 1], [(0, 1), (1, 0)], [3, 3], [0, 1])
    assert legal(app, chip(packet_ps=3), [*PLACES, links.limit_link_loads], tiles=[0, 1], period=9)


@pytest.mark.parametrize(("period", "expected"), [(21, True), (20, True), (19, False)])
def test_fire_one_at_a_time(period, expected):
    assert legal(CHAIN, chip(), [orders.fire_one_at_a_time], period=period) == expected


@pytest.mark.parametrize(("period", "expected"), [(24, True), (23, True), (22, False)])
def test_ejection_lengthens_the_consumer(period, expected):
    constraints = [transfers.mark_remote_pairs, orders.fire_one_at_a_time]
    assert legal(CHAIN, chip(eject_ps=1), constraints, tiles=[0, 1], period=period) == expected


@pytest.mark.parametrize(("period", "expected"), [(31, True), (30, True), (29, False)])
def test_carry_the_load(period, expected):
    assert legal(CHAIN, chip(), [orders.carry_the_load], tiles=[1, 1], period=period) == expected


FREE = application([10, 20], [], [], [])


@pytest.mark.parametrize(
    ("starts", "period", "first", "expected"),
    [
        ([0, 11], 35, True, True),
        ([0, 10], 30, True, True),
        ([0, 9], 35, True, False),
        ([0, 10], 29, True, False),
        ([20, 0], 30, False, True),
        ([19, 0], 30, False, False),
        ([0, 10], 30, False, False),
    ],
)
def test_order_shared_tiles(starts, period, first, expected):
    case = {"tiles": [1, 1], "starts": starts, "period": period, "before": {(0, 1): first}}
    assert legal(FREE, chip(), [orders.order_shared_tiles], **case) == expected


def test_different_tiles_need_no_order():
    assert legal(FREE, chip(), [orders.order_shared_tiles], tiles=[0, 1], starts=[0, 0], period=20)


@pytest.mark.parametrize(
    ("starts", "period", "expected"), [([0, 15], 40, True), ([0, 14], 40, False), ([0, 15], 39, False)]
)
def test_reprogramming_separates_clusters_of_an_overfull_tile(starts, period, expected):
    constraints = [placement.mark_overfull_tiles, orders.order_shared_tiles]
    case = {"tiles": [1, 1], "starts": starts, "period": period}
    assert legal(FREE, chip(reprogram_ps=5), constraints, **case) == expected


def test_a_channel_without_tokens_leaves_no_choice_of_order():
    constraints = [transfers.mark_remote_pairs, orders.order_shared_tiles]
    assert legal(CHAIN, chip(), constraints, tiles=[1, 1], before={(0, 1): True})
    assert not legal(CHAIN, chip(), constraints, tiles=[1, 1], before={(0, 1): False})


def test_the_time_unit_loses_nothing():
    app = application([12, 18], [(0, 1)], [2], [0])
    assert time_unit(app, chip(setup_ps=24, packet_ps=3)) == 6
    assert time_unit(app, chip(setup_ps=25, packet_ps=3)) == 1
