"""Platforms and mappings refuse what makes no sense."""

from __future__ import annotations

import numpy as np
import pytest

from mapper.model.mapping import Mapping
from mapper.model.platform import UNLIMITED, Platform, TileClass, Timing
from mapper.model.topology import Bus, LinkGraph, Mesh

TILE = TileClass("t", 4, 4)


def test_limits_slots_and_buffers_per_tile():
    kinds = (
        TileClass("a", 4, 5, crossbars=2, clusters_per_crossbar=3),
        TileClass("b", 6, 7, 8, clusters_per_crossbar=None),
    )
    chip = Platform("p", Mesh(3, 1), kinds, np.array([0, 1, 0]), broken=(2,))
    assert chip.limits.tolist() == [[4, 5, 20], [6, 7, 8], [4, 5, 20]]
    assert chip.slots.tolist() == [6, UNLIMITED, 0]
    assert chip.usable.tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Mesh(0, 2), "mesh"),
        (lambda: Bus(0), "bus"),
        (lambda: LinkGraph(2, ((0, 0),)), "link 0->0"),
        (lambda: LinkGraph(2, ((0, 1),)), "every tile"),
        (lambda: LinkGraph(2, ((0, 1), (0, 1), (1, 0))), "repeated"),
        (lambda: Timing(hop_ps=-1), "hop_ps"),
        (lambda: Timing(hop_ps=1.5), "hop_ps"),
        (lambda: TileClass("t", 0, 4), "inputs"),
        (lambda: Platform("p", Bus(2), (TILE,), np.array([0, 1])), "tile classes"),
        (lambda: Platform("p", Bus(2), (TILE,), np.array([0])), "class_of"),
        (lambda: Platform("p", Bus(2), (TILE,), np.array([0, 0]), io_tile=2), "io tile"),
        (lambda: Platform("p", Bus(2), (TILE,), np.array([0, 0]), arbitration="luck"), "arbitration"),
        (lambda: Platform("p", Bus(1), (TILE,), np.array([0]), broken=(0,)), "broken"),
        (lambda: Mapping.plain(np.array([0, 1]), ((0, 1), ())), "actor 1"),
        (lambda: Mapping.plain(np.array([0, 0]), ((0, 0),)), "repeated"),
        (lambda: Mapping.plain(np.array([0]), ((0, 5),)), "known actors"),
    ],
)
def test_what_does_not_fit_is_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()
