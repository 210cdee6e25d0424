"""Nobody is left out whose leaving, tried for real, gives a cluster a seat; but many are left out."""

from __future__ import annotations

import numpy as np
import pytest
from cases import applications
from hypothesis import given, settings
from hypothesis import strategies as st
from partial_cases import chips, greedy_start, partial_mapping, pool, seated
from tiny_cases import chain_of

from mapper.search.ejection.obstacles import obstacles_first
from mapper.search.ejection.partial import close, lift, load_partial, make_partial, put_back
from mapper.search.ejection.pool import COUNTS, list_seated, make_feasible
from mapper.search.ejection.seats import EVERYWHERE, find_seats
from mapper.search.ejection.walk import walk
from mapper.search.local.tables import make_tables


def helpful(t, s, v):
    """Clusters whose leaving gives v a seat: each is taken out and all ways are filled anew."""
    found = set()
    for u in s.nodes[: list_seated(t, s)].tolist():
        lift(t, s, u, 0)
        close(t, s)
        if find_seats(t, s, s.ways[0], v, EVERYWHERE) > 0:
            found.add(u)
        put_back(t, s, u, 0)
    close(t, s)
    return found


def obstacles(t, s, v):
    listed = list_seated(t, s)
    before = set(s.nodes[:listed].tolist())
    found = obstacles_first(t, s, s.ways[0], v, listed)
    assert set(s.nodes[:listed].tolist()) == before
    return set(s.nodes[:found].tolist())


@given(
    app=applications(min_clusters=4, max_clusters=7, max_time=20),
    chip=chips(),
    pipelined=st.booleans(),
    tenths=st.integers(4, 11),
    seed=st.integers(0, 99),
    steps=st.integers(0, 8),
    leave=st.integers(1, 3),
)
@settings(max_examples=200)
def test_whoever_helps_is_an_obstacle(app, chip, pipelined, tenths, seed, steps, leave):
    case = partial_mapping(app, chip, pipelined, tenths, seed, steps, leave)
    if case is None:
        return
    t, s = case
    for v in pool(s):
        assert helpful(t, s, v) <= obstacles(t, s, v)


@pytest.mark.parametrize("pipelined", [False, True])
def test_most_are_left_out(pipelined):
    app, chip = chain_of(14)
    incumbent = greedy_start(app, chip)
    t = make_tables(app, chip, pipelined=pipelined)
    s = make_partial(t, 3)
    load_partial(t, s, incumbent.mapping, int(incumbent.bound.value * 0.9))
    make_feasible(t, s)
    counts = np.zeros(COUNTS, np.int64)
    listed = possible = useful = 0
    for _ in range(40):
        walk(t, s, 1, counts)
        for v in pool(s):
            listed += len(obstacles(t, s, v))
            possible += len(seated(s))
            useful += len(helpful(t, s, v))
    assert 0 < useful <= listed < possible / 2
