"""The turns of ``auto``: they end where no part can do anything, long before the time limit."""

from __future__ import annotations

from cases import application, mesh_with_far_hops

from mapper.search.bounds import best_bound
from mapper.search.incumbent import Incumbent
from mapper.search.strategy import search
from mapper.stop import MaxRuntime


def test_times_too_long_for_every_part_end_the_search():
    channels = [(i, i + 1) for i in range(8)]
    times = [(1 << 52) + 7919 ** (i + 1) % (1 << 51) for i in range(9)]
    app = application(times, channels, [1] * len(channels), [0] * len(channels))
    chip = mesh_with_far_hops(3, 1, buffer_iterations=3)
    incumbent = Incumbent(app, chip, best_bound(app, chip), MaxRuntime(60))
    statistics = search(incumbent, "auto")
    assert incumbent.mapping is not None
    assert not incumbent.proven
    assert "not_attempted" in statistics["cpsat"]
    assert incumbent.seconds < 30
