"""The ejection search's promises: legal, never worse, as good as enumeration on small cases, what targets say."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from cases import application, applications
from eject import eject, is_legal
from hypothesis import given, settings
from hypothesis import strategies as st
from partial_cases import chips, greedy_start
from tiny_cases import CASES, best_by_enumeration, chain_of, tiny_chip

from mapper.lower.transfers import route_channels
from mapper.model.result import Bound

BOTH_ORDERS = ["plain", "pipelined"]


@given(applications(min_clusters=2, max_clusters=7), chips(), st.sampled_from(BOTH_ORDERS), st.integers(0, 9))
@settings(max_examples=120)
def test_what_is_offered_is_legal_and_keeps_its_target(app, chip, orders, seed):
    seen = []
    incumbent, before, _ = eject(app, chip, orders, 25, seed, seen=seen)
    if incumbent.mapping is None:
        assert before is None
        return
    is_legal(app, chip, incumbent, before, orders)
    for target, period, mapping in seen:
        assert period is not None
        heaviest = int(route_channels(app, mapping.binding, chip).loads_ps.max(initial=0))
        assert period <= max(target, heaviest)
        assert orders == "pipelined" or not mapping.retiming.any()
        assert [mapping.binding[v] for v in np.flatnonzero(app.is_input)] == [chip.io_tile] * int(app.is_input.sum())


@pytest.mark.parametrize("buffers", [1, 2])
@pytest.mark.parametrize("name", CASES)
def test_small_cases_equal_enumeration(name, buffers, monkeypatch):
    """To within the last fraction of a unit, which targets leave to others; from a bound that says nothing."""
    monkeypatch.setattr("mapper.search.ejection.search._PATIENCE", 30)
    monkeypatch.setattr("mapper.search.ejection.search._CHUNK", 160)
    app, chip = application(*CASES[name]), tiny_chip(buffers)
    for orders in BOTH_ORDERS if name != "diamond" else ["plain"]:
        best = best_by_enumeration(app, chip, pipelined=orders == "pipelined")
        incumbent = greedy_start(app, chip)
        incumbent.bound = Bound(Fraction(0), "none")
        found, before, _ = eject(app, chip, orders, 400, incumbent=incumbent)
        is_legal(app, chip, found, before, orders)
        assert best <= found.period < best + 1
        if best.denominator == 1:
            assert found.period == best


@pytest.mark.parametrize("orders", BOTH_ORDERS)
def test_all_that_is_known_of_the_layers_is_found(orders):
    """Twelve clusters in layers on four tiles: the load bound is reached, by hand below greedy."""
    app, chip = chain_of(12)
    incumbent, before, _ = eject(app, chip, orders, 150)
    is_legal(app, chip, incumbent, before, orders)
    assert incumbent.period < before
    if orders == "pipelined":
        assert incumbent.period <= incumbent.bound.value * Fraction(103, 100)
