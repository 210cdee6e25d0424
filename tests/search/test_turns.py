"""Turns: who gains goes on and gets more work; they end where no part can do anything, long before the time limit."""

from __future__ import annotations

from fractions import Fraction

from cases import application, mesh_with_far_hops

from mapper.model.result import Bound
from mapper.search.bounds import best_bound
from mapper.search.greedy import search_greedily
from mapper.search.incumbent import Incumbent
from mapper.search.strategy import search
from mapper.search.turns import Part, take_turns
from mapper.stop import MaxRuntime


def with_a_mapping():
    """An incumbent far above its bound, which parts can raise."""
    app = application([50, 60, 70], [(0, 1), (1, 2)], [1, 1], [0, 0])
    chip = mesh_with_far_hops(3, 1, buffer_iterations=1)
    incumbent = Incumbent(app, chip, Bound(Fraction(1), "none", ""), MaxRuntime(60))
    search_greedily(incumbent)
    return incumbent


def raises_by_one(incumbent, times, log, name):
    """A part that gains in its first so many calls."""

    def run(work):
        log.append((name, work))
        if sum(one == name for one, _ in log) <= times:
            incumbent.offer_bound(Bound(incumbent.bound.value + 1, name, ""))

    return run


def test_who_gains_goes_on_and_gets_twice_the_work():
    incumbent, log, rounds = with_a_mapping(), [], []

    def ends_after_two_rounds():
        rounds.append(1)
        return len(rounds) > 2

    parts = [
        Part(raises_by_one(incumbent, 2, log, "first"), 1.0, ends_after_two_rounds),
        Part(raises_by_one(incumbent, 0, log, "second"), 10.0, lambda: True),
    ]
    take_turns(incumbent, parts)
    first_round = [("first", 1.0), ("first", 1.0), ("first", 1.0), ("second", 10.0)]
    second_round = [("first", 2.0), ("second", 10.0)]  # in which nobody gains
    assert log == [*first_round, *second_round, ("first", 4.0), ("second", 20.0)]


def test_no_turn_after_the_proof():
    incumbent, log = with_a_mapping(), []
    gap = int(incumbent.value - incumbent.bound.value)
    parts = [
        Part(raises_by_one(incumbent, gap, log, "first"), 1.0, lambda: False),
        Part(raises_by_one(incumbent, gap, log, "second"), 1.0, lambda: False),
    ]
    take_turns(incumbent, parts)
    assert incumbent.proven
    assert log == [("first", 1.0)] * gap


def test_times_too_long_for_every_part_end_the_search():
    channels = [(i, i + 1) for i in range(8)]
    times = [(1 << 52) + 7919 ** (i + 1) % (1 << 51) for i in range(9)]
    app = application(times, channels, [1] * len(channels), [0] * len(channels))
    chip = mesh_with_far_hops(3, 1, buffer_iterations=3)
    incumbent = Incumbent(app, chip, best_bound(app, chip), MaxRuntime(60))
    statistics = search(incumbent, "auto")
    assert incumbent.mapping is not None
    assert not incumbent.proven
    assert "not_attempted" in statistics["cpsat"]
    assert incumbent.seconds < 30
