"""How the exact clustering models are solved, and what their answers mean."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from mapper.model.result import Status
from mapper.search.interrupts import interrupts_kept

__all__ = ["Answer", "solve"]

#: Beyond this a double no longer holds every whole number, and the solver's bound may be off.
_EXACT = 1 << 53


class Answer:
    """Status, bound (a whole number no solution is below) and values of one solve; ``statistics`` says how it went."""

    def __init__(self, model: Any, status: Status, solver: Any) -> None:
        self.status = status
        self._solver = solver
        bound = solver.best_objective_bound if model.has_objective() else 0.0
        sound = status is not Status.UNKNOWN or math.isfinite(bound)
        self.bound: int | None = None
        if sound and abs(bound) < _EXACT:
            self.bound = math.ceil(bound - 1e-6 * max(1.0, abs(bound)))
        self.statistics = {"branches": solver.num_branches, "conflicts": solver.num_conflicts}

    def value(self, variable: Any) -> int:
        """The value of a variable or an expression in the solution."""
        return int(self._solver.value(variable))


def solve(model: Any, seconds: float, seed: int, hint: Mapping[Any, int] | None = None) -> Answer:
    """Solve a CP-SAT model; a Ctrl-C ends it with what is known by then.

    Parameters
    ----------
    hint
        Values to start from.
    """
    from ortools.sat.python import cp_model

    for variable, value in (hint or {}).items():
        model.add_hint(variable, value)
    solver = cp_model.CpSolver()
    if math.isfinite(seconds):
        solver.parameters.max_time_in_seconds = max(seconds, 0.01)
    solver.parameters.random_seed = seed % (1 << 31)
    solver.parameters.num_workers = 4
    meaning = {cp_model.OPTIMAL: Status.OPTIMAL, cp_model.FEASIBLE: Status.FEASIBLE}
    meaning[cp_model.INFEASIBLE] = Status.INFEASIBLE
    with interrupts_kept():
        status = solver.solve(model)
    return Answer(model, meaning.get(status, Status.UNKNOWN), solver)
