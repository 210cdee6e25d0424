"""Runs of the ejection search in plain Python (small cases do not wait for a compiler) or compiled."""

from __future__ import annotations

from contextlib import nullcontext
from functools import cache

import numpy as np
import pytest
from partial_cases import greedy_start
from tiny_cases import chain_of

from mapper.check.mapping import check_capacities, check_liveness, check_orders
from mapper.compiled import kernel
from mapper.evaluator import mapping_period
from mapper.search.ejection.pool import COUNTS, leave_blindly, make_feasible
from mapper.search.ejection.search import EjectionSearch
from mapper.search.ejection.walk import walk


def in_plain_python():
    """A context in which kernels that would be compiled are not."""
    patch = pytest.MonkeyPatch()
    patch.setattr(kernel, "jitted", lambda self: self.python)
    patch.setattr(kernel, "ready", True)
    return _Undone(patch)


class _Undone:
    def __init__(self, patch):
        self.patch = patch

    def __enter__(self):
        return self.patch

    def __exit__(self, *_):
        self.patch.undo()


@cache
def compile_kernels():
    """Before the clock of an incumbent runs."""
    *_, search = eject(*chain_of(6), "plain", 0)
    with in_plain_python():
        search._begin_target()
    counts = np.zeros(COUNTS, np.int64)
    make_feasible.jitted()(search._t, search._s)
    walk.jitted()(search._t, search._s, 1, counts)
    leave_blindly.jitted()(search._t, search._s, counts)


def eject(app, chip, orders, max_moves, seed=1, *, compiled=False, incumbent=None, seen=None):
    """From the greedy mapping (or an incumbent) so many steps: incumbent, period before, search.

    ``seen`` collects (target in picoseconds, period) of every mapping offered.
    """
    if compiled:
        compile_kernels()
    incumbent = incumbent or greedy_start(app, chip)
    before = incumbent.period
    search = EjectionSearch(incumbent, seed, orders)
    if seen is not None:
        offer = incumbent.offer

        def watched(mapping, by):
            period = offer(mapping, by)
            seen.append((int(search._s.about[0]) * search.unit, period, mapping))
            return period

        incumbent.offer = watched
    with nullcontext() if compiled else in_plain_python():
        search.advance(max_moves=max_moves)
    return incumbent, before, search


def is_legal(app, chip, incumbent, before, orders="pipelined"):
    """The incumbent's mapping passes every check, has the period claimed, and is no worse than ``before``."""
    mapping = incumbent.mapping
    check_capacities(app, mapping, chip)
    check_orders(app, mapping, chip)
    check_liveness(app, mapping, chip)
    assert incumbent.period == mapping_period(app, mapping, chip) <= before
    assert orders == "pipelined" or not mapping.retiming.any()
