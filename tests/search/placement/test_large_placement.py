"""Placement as one stage among others: where it runs, and that it gives what nothing else gives as soon."""

from __future__ import annotations

import pytest
from test_placement_loops import chain

from mapper.model.platform import Platform, TileClass, Timing
from mapper.model.result import Bound
from mapper.model.topology import Mesh
from mapper.search.bounds import best_bound
from mapper.search.greedy import search_greedily, search_greedy_portfolio
from mapper.search.incumbent import Incumbent
from mapper.search.placement.search import search_large_by_placement
from mapper.search.strategy import search
from mapper.stop import MaxRuntime


def incumbent_of(clusters: int, side: int, seconds: float = 60) -> Incumbent:
    """A chain with skips on a square mesh with heavy hops and little buffer: places count."""
    app, kind = chain(clusters, 3), TileClass("tile", 64, 64, clusters_per_crossbar=None)
    timing, classes = Timing(hop_ps=15, packet_ps=1), [0] * side**2
    platform = Platform("square", Mesh(side, side), (kind,), classes, timing=timing, buffer_iterations=1)
    return Incumbent(app, platform, best_bound(app, platform), MaxRuntime(seconds))


@pytest.fixture(autouse=True, scope="module")
def loaded_loops():
    """With little time left the stage does not wait for a compiler."""
    search_large_by_placement(incumbent_of(300, 18))


@pytest.mark.parametrize(
    ("clusters", "side", "runs"), [(20, 5, False), (300, 9, False), (255, 17, False), (256, 17, True), (12, 33, True)]
)
def test_it_runs_where_clusters_are_many_and_apart_or_tiles_too_many(clusters, side, runs):
    statistics = search_large_by_placement(incumbent_of(clusters, side))
    assert bool(statistics) == runs


def test_it_betters_greedy_in_bounded_time():
    incumbent = incumbent_of(300, 18, seconds=10)
    search_greedy_portfolio(incumbent)
    greedy, begin = incumbent.period, incumbent.seconds
    search_large_by_placement(incumbent)
    assert incumbent.period < greedy
    assert incumbent.seconds - begin < 8


def test_it_is_quiet_where_the_incumbent_is_proven():
    incumbent = incumbent_of(300, 18)
    search_greedily(incumbent)
    incumbent.offer_bound(Bound(incumbent.period, "given"))
    assert search_large_by_placement(incumbent) == {}


def test_auto_uses_it_once_and_reports_it():
    incumbent = incumbent_of(300, 18, seconds=2)
    assert search(incumbent, "auto")["placement"]["candidates"] > 0
    assert [point.by for point in incumbent.outcome().trace].count("placement") in (1, 2)
