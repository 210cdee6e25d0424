"""One solve after another on behalf of one search: every solution goes to the incumbent as it is found."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mapper.lower.bound_graph import capacities
from mapper.model.application import Application
from mapper.model.mapping import Mapping, OrderSemantics
from mapper.model.platform import Platform
from mapper.search.cpsat.model import ExactModel, read_mapping
from mapper.search.incumbent import Incumbent
from mapper.search.solver import make_solver, parallel_workers, run_solver

__all__ = ["Run", "most_tokens_on_a_cycle", "solve"]

#: A lone worker lives on its linear relaxation: with the full one (level 2) mlp_mnist on dynapse was proven in 2.6 s,
#: with less there was no proof after 15 s.
_FULL = 2

#: What building and presolving a model counts for at least.
_LEAST_EFFORT = 0.02


@dataclass(frozen=True)
class Run:
    """One search: what its stages share, and the statistics they fill.

    ``cycle_tokens`` bounds the tokens of a simple cycle, and with them the denominators of attainable periods.
    """

    incumbent: Incumbent
    seed: int
    workers: int
    cycle_tokens: int
    statistics: dict[str, Any] = field(default_factory=lambda: {"stages": [], "omitted": [], "effort": 0.0})

    @property
    def effort(self) -> float:
        """Spent so far, in CP-SAT's deterministic seconds."""
        return float(self.statistics["effort"])

    def note_omissions(self, exact: ExactModel) -> None:
        known = self.statistics["omitted"]
        known += [omission for omission in exact.omitted if omission not in known]


def solve(
    run: Run,
    exact: ExactModel,
    *,
    effort: float = math.inf,
    workers: int | None = None,
    linear: int | None = None,
    on_bound: Callable[[float], None] | None = None,
    read: Callable[[ExactModel, Callable[[Any], int]], Mapping] = read_mapping,
) -> str:
    """Solve a model; returns the solver's status by name.

    Parameters
    ----------
    effort
        In CP-SAT's deterministic seconds, so that a lone worker does the same work every time.
    workers, linear
        Parallel workers and linearisation level, if not the run's own.
    on_bound
        Called with the solver's bound whenever that rises, and at the end.
    read
        How a solution becomes a mapping.
    """
    from ortools.sat.python import cp_model

    incumbent = run.incumbent
    lock = threading.Lock()

    class Watcher(cp_model.CpSolverSolutionCallback):
        def on_solution_callback(self) -> None:
            with lock:
                incumbent.offer(read(exact, self.value), "cp-sat")
                if incumbent.should_stop():
                    self.stop_search()

    def bound_rises(value: float) -> None:
        with lock:
            if on_bound is not None:
                on_bound(value)
            if incumbent.should_stop():
                solver.stop_search()

    left = incumbent.stop.seconds_left(incumbent.seconds)
    workers = parallel_workers(workers or run.workers)
    if linear is None and workers == 1:
        linear = _FULL
    solver = make_solver(run.seed, workers, seconds=left, effort=effort, linear=linear)
    if on_bound is not None:
        solver.best_bound_callback = bound_rises
    status = run_solver(solver, exact.variables.model, Watcher())
    spent = solver.response_proto.deterministic_time
    run.statistics["effort"] += max(spent, _LEAST_EFFORT)
    ended_itself = (
        status in ("OPTIMAL", "INFEASIBLE")
        or incumbent.should_stop()
        or solver.wall_time > 0.95 * left
        or spent > 0.9 * effort
    )
    if not ended_itself:  # the solver answers Ctrl-C by stopping early
        raise KeyboardInterrupt
    if status == "MODEL_INVALID":
        raise AssertionError(exact.variables.model.validate())
    if on_bound is not None and status in ("OPTIMAL", "FEASIBLE", "UNKNOWN"):
        on_bound(solver.best_objective_bound)
    v = exact.variables
    run.statistics["stages"].append(
        {
            "target_ps": str(exact.question.target),
            "bindings": "all" if exact.question.allowed is None else "some",
            "scale": v.scale,
            "unit_ps": v.unit,
            "status": status,
            "bound": None if on_bound is None else solver.best_objective_bound,
            "branches": solver.num_branches,
            "conflicts": solver.num_conflicts,
            "seconds": round(solver.wall_time, 3),
        }
    )
    return status


def most_tokens_on_a_cycle(application: Application, platform: Platform, semantics: OrderSemantics) -> int:
    """No simple cycle of any bound graph holds more tokens: each actor once, with its fullest outgoing edge.

    A retiming may fill any channel up to its capacity, or empty it.
    """
    graph = application.graph
    capacity = capacities(application, platform)
    data, space = application.delay_iterations, capacity - application.delay_iterations
    if semantics is OrderSemantics.PIPELINED:
        data = space = capacity
    fullest = np.ones(graph.actor_count, np.int64)  # its self-loop, or its tile's wrap-around
    np.maximum.at(fullest, graph.sources, data)
    np.maximum.at(fullest, graph.targets, space)
    return max(1, int(fullest.sum()))
