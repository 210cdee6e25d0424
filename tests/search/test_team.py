"""Several searches on one incumbent: what each finds counts, and all end when one is interrupted."""

from __future__ import annotations

import threading
from fractions import Fraction

import numpy as np
import pytest
from cases import application, mesh_with_far_hops

from mapper.check.mapping import check_capacities, check_liveness, check_orders
from mapper.evaluator import mapping_period
from mapper.search.bounds import best_bound
from mapper.search.greedy import search_greedily
from mapper.search.incumbent import Incumbent
from mapper.search.local.search import LocalSearch
from mapper.search.team import Team
from mapper.stop import MaxRuntime


def started(seconds=60.0):
    """Four layers of three clusters, all of one layer feeding all of the next, on 2 x 2 tiles with far hops."""
    rng = np.random.default_rng(3)
    channels = [(3 * layer + a, 3 * layer + 3 + b) for layer in range(3) for a in range(3) for b in range(3)]
    times, packets = rng.integers(25, 150, 12).tolist(), rng.integers(1, 20, len(channels)).tolist()
    app = application(times, channels, packets, [0] * len(channels))
    chip = mesh_with_far_hops(2, 2, buffer_iterations=1)
    incumbent = Incumbent(app, chip, best_bound(app, chip), MaxRuntime(seconds))
    search_greedily(incumbent)
    return app, chip, incumbent


def test_a_team_improves_legally_and_every_improvement_is_on_the_trace():
    app, chip, incumbent = started()
    greedy = incumbent.period
    team = Team(LocalSearch, incumbent, 1, 3)
    team.advance(300)
    team.advance(300)
    mapping = incumbent.mapping
    check_capacities(app, mapping, chip)
    check_orders(app, mapping, chip)
    check_liveness(app, mapping, chip)
    assert incumbent.period == mapping_period(app, mapping, chip) < greedy
    periods = [point.value for point in incumbent.outcome().trace if point.value is not None]
    assert periods == sorted(set(periods), reverse=True)
    assert incumbent.proven or [one["moves"] for one in team.statistics()] == [600] * 3


def test_one_member_repeats_by_its_seed():
    found = []
    for _ in range(2):
        *_, incumbent = started()
        team = Team(LocalSearch, incumbent, 5)
        for moves in (100, 200, 400):
            team.advance(moves)
        found.append((incumbent.period, incumbent.mapping.orders, incumbent.mapping.retiming.tolist()))
    assert found[0] == found[1]


def test_rounds_grow_over_several_calls():
    *_, incumbent = started()
    search = LocalSearch(incumbent, 1)
    for _ in range(10):
        search.advance(max_moves=200)
    moves, rounds = search.statistics()["moves"], search.statistics()["rounds"]
    assert incumbent.proven or moves == 2000
    assert rounds <= 6  # 12 actors: 360 moves, then 576, 922, ...


def test_what_interrupts_one_ends_all(monkeypatch):
    *_, incumbent = started()
    team = Team(LocalSearch, incumbent, 1, 3)
    first, plain = team.searches[0], LocalSearch.advance
    others = threading.Barrier(3)

    def advance(self, **limits):
        others.wait(10)
        if self is first:
            raise KeyboardInterrupt
        plain(self, **limits)

    monkeypatch.setattr(LocalSearch, "advance", advance)
    with pytest.raises(KeyboardInterrupt):
        team.advance(1 << 40)  # the others would go on for the incumbent's minute
    assert incumbent.seconds < 30


def test_offers_from_many_threads_leave_the_best():
    app, _, incumbent = started()
    known = incumbent.period
    offers, mapping = [], incumbent.mapping
    other = Incumbent(app, incumbent.platform, incumbent.bound, incumbent.stop)
    threads = [threading.Thread(target=lambda: offers.append(other.offer(mapping, "thread"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert offers == [known] * 8
    assert len([point for point in other.outcome().trace if point.value == Fraction(known)]) == 1
