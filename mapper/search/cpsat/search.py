"""Run the exact search: improve the incumbent until it is proven optimal or its stopping rule says so."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.search.cpsat.model import constraint_count
from mapper.search.cpsat.neighbourhoods import Neighbourhoods
from mapper.search.cpsat.run import Run, most_tokens_on_a_cycle
from mapper.search.cpsat.targets import Targets
from mapper.search.cpsat.variables import LARGEST_TIME, longest_path_ps, time_unit
from mapper.search.incumbent import Incumbent

__all__ = ["ExactSearch", "search_exactly", "too_large"]

#: Constraints a slow core adds to a model in a second, and how many of them fit a few gigabytes.
_BUILT_PER_SECOND = 25_000
_MOST_CONSTRAINTS = 5_000_000


class ExactSearch:
    """One exact search, to the end or step by step.

    Parameters
    ----------
    workers
        Parallel search workers; 0 means one per core, at least four. One worker and a fixed seed are reproducible
        where no clock cuts the search short.
    """

    def __init__(self, incumbent: Incumbent, seed: int = 1, workers: int = 0) -> None:
        application, platform = incumbent.application, incumbent.platform
        tokens = most_tokens_on_a_cycle(application, platform, incumbent.semantics)
        self.run = Run(incumbent, seed, workers, tokens)
        digits = longest_path_ps(application, platform) // time_unit(application, platform)
        too_long = "the times have more digits than the exact model can hold" if digits > LARGEST_TIME else ""
        self._any_model = not too_long
        reason = too_long or too_large(incumbent)
        if reason:
            self.run.statistics["not_attempted"] = reason
        self._targets = Targets(self.run, whole_model=not reason)
        self._around = Neighbourhoods(self.run)

    @property
    def small(self) -> bool:
        """The whole model is quicker than anything else."""
        return self._any_model and self._targets.small

    @property
    def hopeless(self) -> bool:
        """It can neither prove nor find anything."""
        return not self._any_model

    def to_the_end(self) -> None:
        """Until the incumbent is proven or should stop, or nothing is left to try."""
        effort = 1.0
        while self._any_model and not self.run.incumbent.should_stop():
            self.advance(effort)
            if self._targets.exhausted:
                return
            effort *= 2

    def advance(self, effort: float) -> None:
        """Spend about so many of CP-SAT's deterministic seconds per model on bound and incumbent."""
        if self._any_model:
            self._targets.narrow_down(effort)

    def try_the_bound(self) -> None:
        """Pipelined orders often reach the elementary bound: look for such a mapping before anything else."""
        if self._any_model:
            self._targets.try_the_bound()

    def try_binding(self, binding: NDArray[np.int32], target: Fraction, effort: float) -> bool:
        """Look for orders and retimings of that period for a binding; whether there may be some still."""
        return self._any_model and self._targets.try_binding(binding, target, effort)

    def improve(self, neighbourhoods: int) -> None:
        """Improve the incumbent where it is critical; proves nothing."""
        if self._any_model:
            self._around.improve(neighbourhoods)


def search_exactly(incumbent: Incumbent, seed: int = 1, workers: int = 0) -> dict[str, Any]:
    """Search the orders that the incumbent's semantics allows, to the end.

    Returns
    -------
    dict
        Statistics: solver status of each stage, branches, conflicts, what the models left out.
    """
    search = ExactSearch(incumbent, seed, workers)
    try:
        search.to_the_end()
    except KeyboardInterrupt:
        search.run.statistics["interrupted"] = True
    return search.run.statistics


def too_large(incumbent: Incumbent) -> str:
    """Why the whole model is not even built, or an empty string."""
    constraints = constraint_count(incumbent.application, incumbent.platform)
    building = constraints / _BUILT_PER_SECOND
    if building > incumbent.stop.seconds_left(incumbent.seconds) / 2:
        return f"its {constraints:,} constraints would take about {building:.0f} s to build, half the time or more"
    if constraints > _MOST_CONSTRAINTS:
        return f"its {constraints:,} constraints are more than the {_MOST_CONSTRAINTS:,} that memory allows"
    return ""
