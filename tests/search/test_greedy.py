"""The fast baseline: legal bindings within every capacity, orders that execute, honest failure."""

from __future__ import annotations

import numpy as np
import pytest
from cases import application, applications, platforms
from hypothesis import given, settings

from mapper.check.mapping import check_capacities, check_liveness, check_orders
from mapper.model.mapping import Mapping
from mapper.model.platform import Platform, TileClass
from mapper.model.result import Status
from mapper.model.topology import Bus
from mapper.search.binding import BindingWeights, bind_greedily
from mapper.search.bounds import best_bound
from mapper.search.feasibility import find_places
from mapper.search.greedy import search_greedily
from mapper.search.incumbent import Incumbent
from mapper.search.ordering import order_by_list_scheduling
from mapper.stop import MaxRuntime


@given(applications(max_clusters=8), platforms())
@settings(max_examples=200)
def test_greedy_mappings_are_legal_and_live(app, platform):
    binding = bind_greedily(app, platform)
    if binding is None:
        return
    mapping = Mapping.plain(binding, order_by_list_scheduling(app, binding, platform))
    check_capacities(app, mapping, platform)
    check_orders(app, mapping, platform)
    check_liveness(app, mapping, platform)


def outcome_of(app, platform):
    incumbent = Incumbent(app, platform, best_bound(app, platform), MaxRuntime(1))
    search_greedily(incumbent)
    return incumbent.outcome()


def test_load_balance_is_found():
    app = application([6, 5, 4, 3], [], [], [])
    chip = Platform("p", Bus(2), (TileClass("t", 4, 4, clusters_per_crossbar=None),), np.zeros(2, np.int32))
    outcome = outcome_of(app, chip)
    assert outcome.status is Status.OPTIMAL
    assert outcome.bound.value == 9


def test_weights_steer_the_binding():
    app = application([5, 5], [(0, 1)], [9], [0])
    chip = Platform("p", Bus(2), (TileClass("t", 4, 4, clusters_per_crossbar=None),), np.zeros(2, np.int32))
    together = bind_greedily(app, chip, BindingWeights(processing=0, memory=0, bandwidth=1))
    apart = bind_greedily(app, chip, BindingWeights(processing=1))
    assert together[0] == together[1]
    assert apart[0] != apart[1]
    with pytest.raises(ValueError, match="memory"):
        BindingWeights(memory=-1)


def mixed_chip():
    """One large and two small tiles, one cluster each."""
    kinds = (TileClass("large", 9, 9), TileClass("small", 4, 4))
    return Platform("mixed", Bus(3), kinds, np.array([0, 1, 1], np.int32))


def test_where_the_greedy_rule_gets_stuck_a_flow_finds_a_place():
    """The longest cluster is small and could take the only tile that fits the large one."""
    app = application([9, 1, 1], [], [], [], demand=[[1, 1, 1], [8, 8, 64], [1, 1, 1]])
    assert outcome_of(app, mixed_chip()).status in (Status.OPTIMAL, Status.FEASIBLE)
    assert find_places(app, mixed_chip())[1] == 0


@pytest.mark.parametrize("demand", [[[8, 8, 64], [8, 8, 64]], [[1, 1, 1], [10, 1, 1]], [[1, 1, 1]] * 4])
def test_infeasible_is_proven(demand):
    app = application([1] * len(demand), [], [], [], demand=demand)
    assert find_places(app, mixed_chip()) is None
    assert outcome_of(app, mixed_chip()).status is Status.INFEASIBLE


def test_a_full_buffer_is_unknown_to_greedy_not_infeasible():
    app = application([1, 1], [(0, 1)], [5], [0])
    chip = Platform("p", Bus(2), (TileClass("t", 4, 4, buffer_packets=3),), np.zeros(2, np.int32))
    outcome = outcome_of(app, chip)
    assert outcome.status is Status.UNKNOWN
    assert outcome.mapping is None
