"""How the exact clustering models are solved, and what their answers mean."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from mapper.model.result import Status
from mapper.search.solver import make_solver, run_solver

__all__ = ["Answer", "solve"]

#: Beyond this a double no longer holds every whole number, and the solver's bound may be off.
_EXACT = 1 << 53

#: Parallel workers, each with a strategy of its own, on however many cores.
_WORKERS = 4

_MEANING = {status.value: status for status in (Status.OPTIMAL, Status.FEASIBLE, Status.INFEASIBLE)}


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
    for variable, value in (hint or {}).items():
        model.add_hint(variable, value)
    solver = make_solver(seed, _WORKERS, seconds=seconds)
    status = run_solver(solver, model)
    return Answer(model, _MEANING.get(status, Status.UNKNOWN), solver)
