"""CP-SAT, set up and run alike wherever a model is solved."""

from __future__ import annotations

import math
import os
from typing import Any

from mapper.search.interrupts import interrupts_kept

__all__ = ["make_solver", "parallel_workers", "run_solver"]

#: Workers run different strategies, whose variety pays even on fewer cores: with four of them on two cores mlp_mnist on
#: dynapse was proven in 1.6 s, with two in 5.1 s.
_LEAST_WORKERS = 4


def parallel_workers(asked: int) -> int:
    """So many workers, or for 0 one per core and at least four.

    Examples
    --------
    >>> parallel_workers(1), parallel_workers(0) >= 4
    (1, True)
    """
    return asked or max(_LEAST_WORKERS, os.cpu_count() or 1)


def make_solver(
    seed: int, workers: int, *, seconds: float = math.inf, effort: float = math.inf, linear: int | None = None
) -> Any:
    """A CP-SAT solver.

    Parameters
    ----------
    workers
        As for :func:`parallel_workers`.
    seconds
        On the clock, which a lone worker's answer then depends on.
    effort
        In CP-SAT's deterministic seconds: a lone worker does the same work every time.
    linear
        Linearisation level, if not the solver's own.
    """
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    parameters = solver.parameters
    if seconds < math.inf:
        parameters.max_time_in_seconds = max(seconds, 0.01)
    if effort < math.inf:
        parameters.max_deterministic_time = max(effort, 1e-3)
    parameters.num_workers = parallel_workers(workers)
    parameters.random_seed = seed % (1 << 31)
    if linear is not None:
        parameters.linearization_level = linear
    return solver


def run_solver(solver: Any, model: Any, watcher: Any = None) -> str:
    """Solve a model and return the status by name; Ctrl-C ends it with what is known by then.

    Parameters
    ----------
    watcher
        A solution callback.
    """
    with interrupts_kept():
        status: str = solver.status_name(solver.solve(model, watcher))
    return status
