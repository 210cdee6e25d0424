"""Run the exact search: improve the incumbent until it is proven optimal or its stopping rule says so."""

from __future__ import annotations

from typing import Any

from mapper.model.mapping import OrderSemantics
from mapper.search.cpsat.model import constraint_count
from mapper.search.cpsat.pipelined import narrow_down
from mapper.search.cpsat.plain import minimise
from mapper.search.cpsat.run import Run, most_tokens_on_a_cycle
from mapper.search.cpsat.variables import longest_path_ps, time_unit
from mapper.search.incumbent import Incumbent

__all__ = ["search_exactly"]

#: Times stay below this, so that sums stay well within 64 bits and bounds within a double's 53.
_LARGEST_TIME = 1 << 50

#: Constraints a slow core adds to a model in a second, and how many of them fit a few gigabytes.
_BUILT_PER_SECOND = 25_000
_MOST_CONSTRAINTS = 5_000_000


def search_exactly(incumbent: Incumbent, seed: int = 1, workers: int = 0) -> dict[str, Any]:
    """Search the orders that the incumbent's semantics allows.

    Parameters
    ----------
    workers
        Parallel search workers; 0 means one per core, at least four. One worker and a fixed seed are reproducible
        where no clock cuts the search short.

    Returns
    -------
    dict
        Statistics: solver status of each stage, branches, conflicts, what the models left out.
    """
    cycle_tokens = most_tokens_on_a_cycle(incumbent.application, incumbent.platform, incumbent.semantics)
    run = Run(incumbent, seed, workers, cycle_tokens)
    if incumbent.should_stop():
        return run.statistics
    if longest_path_ps(incumbent.application, incumbent.platform) > _LARGEST_TIME * time_unit(
        incumbent.application, incumbent.platform
    ):
        run.statistics["not_attempted"] = "the times have more digits than the exact model can hold"
        return run.statistics
    reason = _too_large(incumbent)
    if reason:
        run.statistics["not_attempted"] = reason
    try:
        if incumbent.semantics is OrderSemantics.PIPELINED:
            narrow_down(run, whole_model=not reason)
        elif not reason:
            minimise(run)
    except KeyboardInterrupt:
        run.statistics["interrupted"] = True
    return run.statistics


def _too_large(incumbent: Incumbent) -> str:
    """Why the whole model is not even built, or an empty string."""
    constraints = constraint_count(incumbent.application, incumbent.platform, incumbent.semantics)
    building = constraints / _BUILT_PER_SECOND
    if building > incumbent.stop.seconds_left(incumbent.seconds) / 2:
        return f"its {constraints:,} constraints would take about {building:.0f} s to build, half the time or more"
    if constraints > _MOST_CONSTRAINTS:
        return f"its {constraints:,} constraints are more than the {_MOST_CONSTRAINTS:,} that memory allows"
    return ""
