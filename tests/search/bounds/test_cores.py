"""A few clusters alone: no slower than among all, and what they prove is below every mapping, and tight by hand."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from bound_cases import mixed, random_mapping
from cases import application, applications, greedy_start, mesh_with_far_hops, platforms
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from reference import exists_below

from mapper.check.mapping import check_capacities, check_liveness, check_orders
from mapper.errors import DeadlockError
from mapper.evaluator import mapping_period
from mapper.model.mapping import BufferChoice, OrderSemantics
from mapper.search.bounds.alone import leave_alone, mapping_of
from mapper.search.bounds.cores import CoreSearch, slow_cycles
from mapper.search.local.search import search_locally
from mapper.search.strategy import search

#: Around a circuit: two chains of channels from c0 to c3 and back against two others, so two iterations in its cycle.
HEXAGON = [(0, 1), (1, 2), (2, 3), (4, 3), (4, 5), (0, 5)]


def hexagon(others=6):
    """Six slow clusters around a circuit, a few quick ones that feed each other, and more tiles than clusters."""
    times = [100] * 6 + [10] * others
    channels = HEXAGON + [(6 + a, 7 + a) for a in range(others - 1)]
    app = application(times, channels, [1] * len(channels), [0] * len(channels))
    return app, mesh_with_far_hops(4, 4, buffer_iterations=1)


@given(mixed(platforms(), applications(max_clusters=6)), st.integers(0, 10**6), st.data())
@settings(max_examples=150)
def test_fewer_actors_are_no_slower(case, seed, data):
    """The mapping of all, less some actors, is a legal mapping of the rest."""
    app, chip = case
    mapping = random_mapping(np.random.default_rng(seed), app, chip)
    assume(mapping is not None)
    actors = data.draw(st.sets(st.integers(0, app.graph.actor_count - 1), min_size=1))
    try:
        whole = mapping_period(app, mapping, chip)
    except DeadlockError:
        return
    alone, part = leave_alone(app, actors), mapping_of(mapping, actors)
    assert [alone.graph.actors[i] for i in range(len(actors))] == [app.graph.actors[a] for a in sorted(actors)]
    check_capacities(alone, part, chip)
    check_orders(alone, part, chip)
    check_liveness(alone, part, chip)
    assert mapping_period(alone, part, chip) <= whole


@given(applications(min_clusters=3, max_clusters=4), platforms(arbitrations=("tdm",)))
@settings(max_examples=40)
@pytest.mark.parametrize("semantics", OrderSemantics)
def test_enumeration_finds_nothing_below_what_a_core_proves(semantics, app, platform):
    incumbent = greedy_start(app, platform, semantics=semantics)
    CoreSearch(incumbent).advance(3.0)
    assert not exists_below(app, platform, incumbent.bound.value, pipelined=semantics is OrderSemantics.PIPELINED)


@pytest.mark.parametrize("semantics", OrderSemantics)
def test_around_a_circuit_two_transfers_cannot_be_avoided(semantics):
    """Six times 100 in two iterations. On two tiles or more at least two transfers lengthen the cycle, one of them
    with data where no tile has four of the clusters: 15 + 1 and 15.
    """
    app, chip = hexagon()
    incumbent = greedy_start(app, chip, semantics=semantics)
    assert incumbent.bound.value == 300
    core = CoreSearch(incumbent)
    core.advance(20.0)
    assert incumbent.bound.name == "core"
    assert incumbent.bound.proof.startswith("c0, c1, c2, c3, c4, c5")
    assert incumbent.bound.value >= Fraction(631, 2)
    search_locally(incumbent, max_moves=2000, orders=semantics.value)
    assert incumbent.period >= incumbent.bound.value
    if semantics is OrderSemantics.PIPELINED:
        assert incumbent.bound.value == Fraction(631, 2) == incumbent.period


def test_auto_proves_by_a_core_what_is_too_large_as_a_whole():
    app, chip = hexagon(40)
    incumbent = greedy_start(app, chip)
    statistics = search(incumbent, "auto", workers=1)
    assert incumbent.proven
    assert incumbent.period == Fraction(631, 2)
    assert incumbent.bound.name in ("core", "binding", "cp-sat")
    assert "cores" in statistics


def test_one_worker_repeats_and_calls_add_up():
    app, chip = hexagon()
    found = []
    for efforts in ([4.0], [4.0], [0.5, 1.0, 2.0, 4.0]):
        incumbent = greedy_start(app, chip)
        cores = CoreSearch(incumbent)
        for effort in efforts:
            cores.advance(effort)
        found.append((incumbent.bound.value, incumbent.bound.proof, cores.statistics))
    assert found[0] == found[1]
    assert found[2][0] == found[0][0] == Fraction(631, 2)


def test_slow_cycles_are_circuits_of_clusters_slower_than_the_bound():
    app, chip = hexagon()
    cycles = slow_cycles(greedy_start(app, chip))
    assert frozenset(range(6)) in cycles
    assert all(len(cycle) >= 3 for cycle in cycles)


def test_nothing_is_asked_where_nothing_can_be_gained():
    app, chip = hexagon()
    sized = CoreSearch(greedy_start(app, chip, buffers=BufferChoice.SIZED))
    assert sized.hopeless
    sized.advance(1.0)
    assert sized.statistics["asked"] == 0
    chain = application([50, 50, 50], [(0, 1), (1, 2)], [1, 1], [0, 0])
    incumbent = greedy_start(chain, mesh_with_far_hops(2, 2, buffer_iterations=1))
    quick = CoreSearch(incumbent)
    quick.advance(1.0)
    assert quick.statistics["asked"] == 0
