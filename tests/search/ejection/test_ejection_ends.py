"""How the ejection search ends: told to, out of time, interrupted; and what a team of them leaves."""

from __future__ import annotations

import threading
import time
from fractions import Fraction

import pytest
from cases import interrupt_at
from eject import compile_kernels, eject, is_legal
from partial_cases import greedy_start
from tiny_cases import chain_of

from mapper.model.mapping import OrderSemantics
from mapper.model.result import Bound
from mapper.search.ejection.search import EjectionSearch
from mapper.search.incumbent import Incumbent
from mapper.search.team import Team
from mapper.stop import MaxRuntime


def out_of_reach(seconds=60.0):
    """An incumbent that is optimal, and a bound that does not say so: a search without end."""
    app, chip = chain_of(12)
    done, _, _ = eject(app, chip, "pipelined", 200)
    incumbent = Incumbent(app, chip, Bound(Fraction(1), "none"), MaxRuntime(seconds))
    incumbent.offer(done.mapping, "known")
    return app, chip, incumbent


def test_whoever_is_told_to_end_ends():
    compile_kernels()
    *_, incumbent = out_of_reach()
    search = EjectionSearch(incumbent, 1)
    running = threading.Thread(target=search.advance, daemon=True)
    running.start()
    while running.is_alive() and not search.statistics()["steps"]:
        time.sleep(0.01)
    assert running.is_alive()
    search.interrupted = True
    running.join(20)
    assert not running.is_alive()
    assert incumbent.seconds < 59


def test_it_ends_when_time_is_up():
    compile_kernels()
    app, chip, incumbent = out_of_reach(1.0)
    before = incumbent.period
    eject(app, chip, "pipelined", 10, incumbent=incumbent)
    Team(EjectionSearch, incumbent, 1, 2).advance()
    assert 1.0 <= incumbent.seconds < 20
    is_legal(app, chip, incumbent, before)


def test_interrupted_while_it_reports_it_leaves_the_best():
    app, chip = chain_of(12)
    seen = []
    incumbent = greedy_start(app, chip, progress=interrupt_at(3, seen))
    with pytest.raises(KeyboardInterrupt):
        eject(app, chip, "pipelined", 200, incumbent=incumbent)
    assert incumbent.period == min(event.period for event in seen)
    is_legal(app, chip, incumbent, seen[0].period)


@pytest.mark.parametrize("orders", list(OrderSemantics))
def test_two_in_a_team_share_what_they_find(orders):
    compile_kernels()
    app, chip = chain_of(14)
    incumbent = greedy_start(app, chip, semantics=orders)
    before = incumbent.period
    Team(EjectionSearch, incumbent, 1, 2).advance(400)
    is_legal(app, chip, incumbent, before, orders.value)
    assert incumbent.period < before
    periods = [point.value for point in incumbent.outcome().trace if point.value is not None]
    assert periods == sorted(set(periods), reverse=True)
