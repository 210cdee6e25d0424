"""Raise an incumbent's bound with a solver, on bindings alone: by bin packing, then by the master with cycle cuts."""

from __future__ import annotations

import math
import os
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.model.result import Bound
from mapper.search.bounds.cuts import Cut, violated_cuts
from mapper.search.bounds.master import build_master, build_packing
from mapper.search.cpsat.attainable import attainable_above, attainable_below
from mapper.search.cpsat.run import most_tokens_on_a_cycle
from mapper.search.cpsat.variables import Variables, longest_path_ps, time_unit
from mapper.search.incumbent import Incumbent

__all__ = ["BoundSearch", "raise_bound"]

#: Cuts taken from one binding; share of the effort for packing, and for one solve of the master.
_CUTS, _PACKING, _ONE_SOLVE = 20, 0.1, 0.5

#: Beyond so many literals, or times so large, no model is built.
_MOST_LITERALS, _LARGEST_TIME = 50_000, 1 << 50


def raise_bound(incumbent: Incumbent, effort: float, seed: int = 1, workers: int = 1) -> None:
    """Spend about so many of CP-SAT's deterministic seconds on proving a larger bound.

    What is proven holds for both semantics. With one worker the same seed gives the same bound.
    """
    BoundSearch(incumbent, seed, workers).advance(effort)


class BoundSearch:
    """Remembers its cuts and which targets are beyond it, so that more effort later goes on from there."""

    def __init__(self, incumbent: Incumbent, seed: int = 1, workers: int = 1) -> None:
        self.incumbent, self.seed, self.workers = incumbent, seed, workers
        self.application, self.platform = incumbent.application, incumbent.platform
        self.unit = time_unit(self.application, self.platform)
        self.cycle_tokens = most_tokens_on_a_cycle(self.application, self.platform, incumbent.semantics)
        self.cuts: dict[Cut, None] = {}
        self.reached: Fraction | None = None  # the least target with a binding that breaks no cut: no proof beyond
        self.packed = False
        self.bindings: list[NDArray[np.int32]] = []
        literals = len(self.application.clusters) * self.platform.tiles
        digits = longest_path_ps(self.application, self.platform) // self.unit
        self.possible = literals <= _MOST_LITERALS and digits <= _LARGEST_TIME
        self.statistics: dict[str, Any] = {"targets": [], "cuts": 0, "effort": 0.0}

    def advance(self, effort: float) -> None:
        """Packing once, then the master between bound and incumbent."""
        if not self.possible or self.incumbent.period is None or self.incumbent.should_stop():
            return
        if not self.packed:
            self._pack(effort * _PACKING)
        self._ask_master(effort)

    def _pack(self, effort: float) -> None:
        incumbent = self.incumbent
        self.packed = True
        if _even_load(incumbent) <= incumbent.bound.value or incumbent.period is None:
            return
        v = build_packing(self.application, self.platform, math.ceil(incumbent.period))
        status, solver, _ = self._solve(v, effort)
        if status in ("OPTIMAL", "FEASIBLE", "UNKNOWN") and math.isfinite(solver.best_objective_bound):
            least = math.ceil(solver.best_objective_bound - 1e-6) * v.unit
            proof = f"in any binding some tile has a load of {least} ps or more, says the solver"
            incumbent.offer_bound(Bound(Fraction(least), "packing", proof))

    def _ask_master(self, effort: float) -> None:
        """The least target first: often some binding reaches it, and there is nothing to prove. Then bisection."""
        left, first = effort, True
        while left > 0 and not self.incumbent.should_stop():
            target = self._next_target(first)
            if target is None:
                return
            first = False
            answer, spent = self._decide(target, left * _ONE_SOLVE)
            left -= spent
            self.statistics["targets"].append((str(target), answer, round(spent, 3), len(self.cuts)))
            if answer == "INFEASIBLE":
                least = attainable_above(target, self.cycle_tokens, self.unit)
                proof = f"no binding's loads, links and cycles allow a period of {target} ps, says the solver"
                self.incumbent.offer_bound(Bound(least, "binding", proof))
            elif answer == "REACHED":
                self.reached = target
            else:
                return

    def _next_target(self, first: bool) -> Fraction | None:
        """The bound in whole units, else the middle up to the incumbent or what is known to be reached."""
        low, high, unit = self.incumbent.bound.value, self.incumbent.period, self.unit
        assert high is not None
        high = high if self.reached is None else min(high, self.reached)
        lowest, highest = -(-low // unit), -(-high // unit) - 1
        if lowest <= highest:
            return Fraction(unit * (lowest if first else (lowest + highest) // 2))
        last = attainable_below(high, self.cycle_tokens, unit)
        too_fine = last * (last / unit).denominator > _LARGEST_TIME * unit
        return last if last >= low and high == self.incumbent.period and not too_fine else None

    def _decide(self, target: Fraction, effort: float) -> tuple[str, float]:
        """Solve, cut off the solution, until there is none (INFEASIBLE), or one that breaks no cycle (REACHED)."""
        left = effort
        while left > 0 and not self.incumbent.should_stop():
            v = build_master(self.application, self.platform, target, self.cuts)
            status, solver, spent = self._solve(v, left)
            left -= spent
            if status == "INFEASIBLE":
                return status, effort - left
            if status not in ("OPTIMAL", "FEASIBLE"):
                break
            binding = _read_binding(v, solver)
            cuts = violated_cuts(self.application, binding, self.platform, target, _CUTS)
            if not cuts:
                self.bindings.append(binding)
                return "REACHED", effort - left
            self.cuts.update(dict.fromkeys(cuts))
        return "UNKNOWN", effort - left

    def _solve(self, v: Variables, effort: float) -> tuple[str, Any, float]:
        from ortools.sat.python import cp_model

        incumbent = self.incumbent
        solver = cp_model.CpSolver()
        parameters = solver.parameters
        left = incumbent.stop.seconds_left(incumbent.seconds)
        if left < math.inf:
            parameters.max_time_in_seconds = max(left, 0.01)
        parameters.max_deterministic_time = max(effort, 1e-3)
        parameters.num_workers = self.workers or max(4, os.cpu_count() or 1)
        parameters.random_seed = self.seed % (1 << 31)
        status = solver.status_name(solver.solve(v.model))
        spent = float(solver.response_proto.deterministic_time)
        self.statistics["effort"] += spent
        self.statistics["cuts"] = len(self.cuts)
        return status, solver, max(spent, 1e-3)


def _read_binding(v: Variables, solver: Any) -> NDArray[np.int32]:
    binding = np.empty(len(v.on), np.int32)
    for actor, places in v.on.items():
        binding[actor] = next(t for t, literal in places.items() if solver.value(literal))
    return binding


def _even_load(incumbent: Incumbent) -> int:
    """The fullest tile of the incumbent's mapping: if the bound is no smaller, packing proves nothing."""
    application, mapping = incumbent.application, incumbent.mapping
    assert mapping is not None
    clusters = ~application.is_input
    load = np.bincount(mapping.binding[clusters], application.graph.execution_times[clusters], incumbent.platform.tiles)
    return int(load.max(initial=0))
