"""The check of elementary bounds agrees with the search's own arithmetic, and refuses anything larger."""

from __future__ import annotations

from fractions import Fraction

import pytest
from cases import application, applications, platforms
from hypothesis import given, settings

from mapper.check.bound_arguments import ELEMENTARY, proves
from mapper.model.platform import Platform, TileClass, Timing
from mapper.model.topology import Mesh
from mapper.search.bounds import elementary_bounds

#: Bounds that may look at fewer cases than their argument holds for, so that the check may prove more.
PARTIAL = ("short cycle", "outlet")


@given(applications(max_clusters=7), platforms())
@settings(max_examples=200)
def test_every_argument_gives_its_value_and_no_more(app, platform):
    bounds = elementary_bounds(app, platform)
    assert [bound.name for bound in bounds] == list(ELEMENTARY)
    for bound in bounds:
        assert proves(bound.name, bound.value, app, platform), bound
        if bound.name not in PARTIAL:
            more = bound.value + (Fraction(1, 1000) if bound.value.denominator > 1 else 1)
            assert not proves(bound.name, more, app, platform), bound


@pytest.mark.parametrize("name", list(ELEMENTARY))
def test_a_claim_beyond_the_work_there_is_to_do_is_refused(name):
    app = application([10, 20, 30], [(0, 1), (1, 2), (0, 2)], [1, 1, 1], [0, 0, 0])
    kind = TileClass("tile", 4, 4, clusters_per_crossbar=None)
    platform = Platform("chip", Mesh(3, 1), (kind,), [0, 0, 0], timing=Timing(hop_ps=1, packet_ps=1))
    assert not proves(name, Fraction(1000), app, platform)
    assert proves(name, Fraction(0), app, platform)
