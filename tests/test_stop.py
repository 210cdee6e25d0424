"""Stopping rules and the incumbent that obeys them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from cases import application

from mapper.model.mapping import Mapping
from mapper.model.platform import Platform, TileClass
from mapper.model.result import Bound, Status
from mapper.model.topology import Bus
from mapper.search.incumbent import Incumbent
from mapper.stop import Gap, MaxRuntime


def test_rules_and_their_union():
    rule = MaxRuntime(10) | Gap(0.1)
    assert rule.seconds_left(4) == 6
    assert rule.seconds_left(14) == 0
    assert rule.reached(10, None, None)
    assert not rule.reached(1, None, Fraction(5))
    assert not rule.reached(1, Fraction(111), Fraction(100))
    assert rule.reached(1, Fraction(110), Fraction(100))
    assert Gap(0).seconds_left(5) == float("inf")


@pytest.mark.parametrize("build", [lambda: MaxRuntime(-1), lambda: Gap(-0.1)])
def test_senseless_rules_are_refused(build):
    with pytest.raises(ValueError, match="at least 0"):
        build()


def test_the_incumbent_never_gets_worse_and_knows_when_it_is_optimal():
    app = application([4, 3, 2], [], [], [])
    chip = Platform("p", Bus(2), (TileClass("t", 4, 4, clusters_per_crossbar=None),), np.zeros(2, np.int32))
    incumbent = Incumbent(app, chip, Bound(Fraction(4), "slowest actor"), MaxRuntime(60))
    assert incumbent.outcome().status is Status.UNKNOWN
    together = Mapping.plain(np.array([0, 0, 0]), ((0, 1, 2), ()))
    apart = Mapping.plain(np.array([0, 1, 1]), ((0,), (1, 2)))
    assert incumbent.offer(apart, "me") == 5
    assert incumbent.offer(together, "me") == 9
    assert incumbent.mapping is apart
    assert incumbent.outcome().status is Status.FEASIBLE
    incumbent.offer_bound(Bound(Fraction(3), "weaker"))
    assert incumbent.bound.value == 4
    assert not incumbent.should_stop()
    incumbent.offer_bound(Bound(Fraction(5), "proof"))
    assert incumbent.should_stop()
    assert incumbent.outcome().status is Status.OPTIMAL
    assert [point.by for point in incumbent.outcome().trace] == ["slowest actor", "me", "proof"]


def test_a_deadlocked_mapping_is_no_incumbent():
    app = application([1, 1], [(0, 1)], [1], [0])
    chip = Platform("p", Bus(1), (TileClass("t", 4, 4, clusters_per_crossbar=None),), np.zeros(1, np.int32))
    incumbent = Incumbent(app, chip, Bound(Fraction(0), "none"), MaxRuntime(60))
    assert incumbent.offer(Mapping.plain(np.array([0, 0]), ((1, 0),)), "me") is None
    assert incumbent.outcome().status is Status.UNKNOWN
