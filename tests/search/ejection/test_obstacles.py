"""Nobody is left out whose leaving, tried for real, gives a cluster a seat; but many are left out."""

from __future__ import annotations

import numpy as np
import pytest
from cases import applications
from hypothesis import given, settings
from partial_cases import SETTINGS, chips, loaded_chain, partial_mapping, pool, seated

from mapper.search.ejection.obstacles import obstacles_first
from mapper.search.ejection.partial import close, lift, put_back
from mapper.search.ejection.pool import COUNTS, list_seated
from mapper.search.ejection.seats import EVERYWHERE, find_seats
from mapper.search.ejection.walk import walk


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


@given(app=applications(min_clusters=4, max_clusters=7, max_time=20), chip=chips(), **SETTINGS)
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
    *_, t, s = loaded_chain(14, pipelined, 0.9, 3)
    counts = np.zeros(COUNTS, np.int64)
    listed = possible = useful = 0
    for _ in range(40):
        walk(t, s, 1, counts)
        for v in pool(s):
            listed += len(obstacles(t, s, v))
            possible += len(seated(s))
            useful += len(helpful(t, s, v))
    assert 0 < useful <= listed < possible / 2
