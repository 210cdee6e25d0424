"""Slow coordinates find places that were known before: of neighbours in a plane, in spite of channels across it."""

from __future__ import annotations

import numpy as np
import pytest
from test_place import chip

from mapper.model.topology import Mesh
from mapper.search.placement.problem import make_problem
from mapper.search.placement.spectral import slow_coordinates
from mapper.search.placement.traffic import ClusterTraffic


@pytest.mark.parametrize("seed", range(3))
def test_coordinates_of_neighbours_in_a_plane_survive_channels_across(seed):
    random = np.random.default_rng(seed)
    side = 30
    x, y = np.arange(side**2) % side, np.arange(side**2) // side
    near = (abs(x[:, None] - x) <= 1) & (abs(y[:, None] - y) <= 1) & (random.random((side**2, side**2)) < 0.6)
    a, b = np.nonzero(near)
    far = random.integers(0, side**2, (2, side**2 // 2))
    traffic = ClusterTraffic(side**2, [*a, *far[0]], [*b, *far[1]], [10] * (a.size + side**2 // 2))
    found = slow_coordinates(make_problem(traffic, chip(Mesh(side, side))))[:, :2]
    for true in (x, y):  # how much of a true coordinate the two found ones explain
        fitted = np.column_stack([found, np.ones(side**2)])
        rest = true - fitted @ np.linalg.lstsq(fitted, true, rcond=None)[0]
        assert rest.var() < 0.3 * true.var()
