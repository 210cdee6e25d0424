"""Run the exact search: solve, keep every incumbent, turn the solver's integer bound into a bound on the rational λ."""

from __future__ import annotations

import math
import os
import threading
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from mapper.errors import CheckError
from mapper.lower.bound_graph import buffer_capacity
from mapper.model.application import Application
from mapper.model.platform import Platform
from mapper.model.result import Bound
from mapper.search.cpsat.model import ExactModel, build_model, hint, read_mapping
from mapper.search.cpsat.variables import Variables, constraint_count, longest_path_ps, time_unit
from mapper.search.incumbent import Incumbent

__all__ = ["most_tokens_on_a_cycle", "search_exactly"]

#: Scaled times stay below this, so that sums stay well within 64 bits and bounds within a double's 53.
_LARGEST_TIME = 1 << 50

#: Workers run different strategies, whose variety pays even on fewer cores: with four of them on two cores mlp_mnist on
#: dynapse was proven in 1.6 s, with two in 5.1 s. A lone worker lives on its linear relaxation: with the full one
#: (level 2) it took 2.6 s, with less it had found no proof after 15 s.
_LEAST_WORKERS = 4

#: Constraints a slow core adds to a model in a second, and how many of them fit a few gigabytes.
_BUILT_PER_SECOND = 25_000
_MOST_CONSTRAINTS = 5_000_000


def search_exactly(incumbent: Incumbent, seed: int = 1, workers: int = 0) -> dict[str, Any]:
    """Improve the incumbent until it is proven optimal or its stopping rule says so.

    First λ is a whole number of time units; the solver's bound L then means λ > L - 1. If that leaves a gap, the
    model is solved again on a grid so fine that no two attainable periods share a cell, asking only for λ below the
    incumbent's: INFEASIBLE is the proof.

    Parameters
    ----------
    workers
        Parallel search workers; 0 means one per core, at least four. One worker and a fixed seed are reproducible.

    Returns
    -------
    dict
        Statistics: solver status of each stage, branches, conflicts, what the model left out.
    """
    cycle_tokens = most_tokens_on_a_cycle(incumbent.application, incumbent.platform)
    run = _Run(incumbent, seed, workers, cycle_tokens)
    if incumbent.should_stop():
        return run.statistics
    reason = _why_not(incumbent)
    if reason:
        run.statistics["not_attempted"] = reason
        return run.statistics
    improved = _solve_whole_units(run) == "OPTIMAL"
    while improved and not incumbent.should_stop():
        improved = _look_below_incumbent(run)
    return run.statistics


@dataclass(frozen=True)
class _Run:
    """One search: what its stages share, and the statistics they fill."""

    incumbent: Incumbent
    seed: int
    workers: int
    cycle_tokens: int
    statistics: dict[str, Any] = field(default_factory=lambda: {"stages": [], "omitted": []})


def _why_not(incumbent: Incumbent) -> str:
    """Why the exact model is not even built, or an empty string."""
    application, platform = incumbent.application, incumbent.platform
    if longest_path_ps(application, platform) // time_unit(application, platform) > _LARGEST_TIME:
        return "the times have more digits than the exact model can hold"
    constraints = constraint_count(application, platform)
    building = constraints / _BUILT_PER_SECOND
    if building > incumbent.stop.seconds_left(incumbent.seconds) / 2:
        return f"its {constraints:,} constraints would take about {building:.0f} s to build, half the time or more"
    if constraints > _MOST_CONSTRAINTS:
        return f"its {constraints:,} constraints are more than the {_MOST_CONSTRAINTS:,} that memory allows"
    return ""


def _solve_whole_units(run: _Run) -> str:
    """Minimise λ rounded up to whole time units, from the incumbent as a hint."""
    incumbent = run.incumbent
    application, platform = incumbent.application, incumbent.platform
    known = incumbent.period
    upper = longest_path_ps(application, platform) if known is None else math.ceil(known)
    exact = build_model(application, platform, upper)
    run.statistics["omitted"] += exact.omitted
    if incumbent.mapping is not None and known is not None:
        hint(exact.variables, incumbent.mapping, known)
    status = _solve(exact, run)
    if status == "INFEASIBLE":
        if known is not None:
            raise CheckError("model", f"the exact model excludes a mapping of period {known} that is known")
        incumbent.infeasible = True
    return status


def _look_below_incumbent(run: _Run) -> bool:
    """Ask for λ below the incumbent's on a grid that separates attainable periods; True if there was one.

    Two fractions with at most D and K below the line differ by at least 1 / (D K), the grid's step.
    """
    incumbent = run.incumbent
    application, platform = incumbent.application, incumbent.platform
    known = incumbent.period
    unit = time_unit(application, platform)
    if known is None:
        return False
    scale = (known / unit).denominator * run.cycle_tokens
    if longest_path_ps(application, platform) // unit * scale > _LARGEST_TIME:
        run.statistics["omitted"].append("fractional periods: times too large")
        return False
    exact = build_model(application, platform, math.ceil(known), scale)
    exact.variables.model.add(exact.variables.period <= int(known / unit * scale) - 1)
    status = _solve(exact, run)
    if status == "INFEASIBLE":
        incumbent.offer_bound(Bound(known, "cp-sat", "the solver proved that no mapping has a smaller period"))
    return status == "OPTIMAL" and incumbent.period is not None and incumbent.period < known


def _solve(exact: ExactModel, run: _Run) -> str:
    """Solve one stage; every solution and every bound goes to the incumbent as it is found."""
    from ortools.sat.python import cp_model

    v, incumbent, workers = exact.variables, run.incumbent, run.workers
    lock = threading.Lock()

    class Watcher(cp_model.CpSolverSolutionCallback):
        def on_solution_callback(self) -> None:
            with lock:
                incumbent.offer(read_mapping(v, self.value), "cp-sat")
                if incumbent.should_stop():
                    self.stop_search()

    def on_bound(value: float) -> None:
        with lock:
            _offer_solver_bound(incumbent, v, value, run.cycle_tokens)
            if incumbent.should_stop():
                solver.stop_search()

    solver = cp_model.CpSolver()
    left = incumbent.stop.seconds_left(incumbent.seconds)
    if left < math.inf:
        solver.parameters.max_time_in_seconds = max(left, 0.01)
    solver.parameters.num_workers = workers or max(_LEAST_WORKERS, os.cpu_count() or 1)
    if workers == 1:
        solver.parameters.linearization_level = 2
    solver.parameters.random_seed = run.seed % (1 << 31)
    solver.best_bound_callback = on_bound
    status: str = solver.status_name(solver.solve(v.model, Watcher()))
    ended_itself = status in ("OPTIMAL", "INFEASIBLE") or incumbent.should_stop() or solver.wall_time > 0.95 * left
    if not ended_itself:  # the solver answers Ctrl-C by stopping early
        run.statistics["interrupted"] = True
    if status in ("OPTIMAL", "FEASIBLE"):
        incumbent.offer(read_mapping(v, solver.value), "cp-sat")
    if status in ("OPTIMAL", "FEASIBLE", "UNKNOWN"):
        _offer_solver_bound(incumbent, v, solver.best_objective_bound, run.cycle_tokens)
    run.statistics["stages"].append(
        {
            "scale": v.scale,
            "unit_ps": v.unit,
            "status": status,
            "bound": solver.best_objective_bound,
            "branches": solver.num_branches,
            "conflicts": solver.num_conflicts,
            "seconds": round(solver.wall_time, 3),
        }
    )
    return status


def _offer_solver_bound(incumbent: Incumbent, v: Variables, value: float, cycle_tokens: int) -> None:
    """Every λ rounds up to at least L grid steps, so λ > L - 1 steps; and λ is a fraction with at most
    ``cycle_tokens`` below the line, so it exceeds L - 1 by at least one such part.
    """
    if v.scale > 1 or not math.isfinite(value):
        return
    steps = math.floor(value + 1e-6)
    proven = (steps - 1 + Fraction(1, cycle_tokens)) * v.unit
    incumbent.offer_bound(
        Bound(proven, "cp-sat", f"the solver proved that no period is at most {(steps - 1) * v.unit} ps")
    )


def most_tokens_on_a_cycle(application: Application, platform: Platform) -> int:
    """No simple cycle of any bound graph holds more tokens: each actor once, with its fullest outgoing edge."""
    graph = application.graph
    capacity = buffer_capacity(application.delay_iterations, platform.buffer_iterations)
    fullest = np.ones(graph.actor_count, np.int64)  # its self-loop, or its tile's wrap-around
    np.maximum.at(fullest, graph.sources, application.delay_iterations)
    np.maximum.at(fullest, graph.targets, capacity - application.delay_iterations)
    return max(1, int(fullest.sum()))
