"""Raise an incumbent's bound with a solver, on bindings alone: by bin packing, then by the master with cycle cuts."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.model.result import Bound
from mapper.search.bounds.cuts import Cut, add_cut, violated_cuts
from mapper.search.bounds.master import build_master, build_packing, suggest
from mapper.search.cpsat.attainable import attainable_above, attainable_below
from mapper.search.cpsat.model import constraint_count
from mapper.search.cpsat.placement import read_binding
from mapper.search.cpsat.run import most_tokens_on_a_cycle
from mapper.search.cpsat.variables import LARGEST_TIME, Variables, longest_path_ps, time_unit
from mapper.search.incumbent import Incumbent
from mapper.search.partition import Partitioner
from mapper.search.solver import make_solver, run_solver

__all__ = ["BoundSearch", "raise_bound"]

#: Cuts taken from one binding; bindings drawn for cuts; share of the effort for packing, and for one target.
_CUTS, _DRAWN, _PACKING, _ONE_TARGET = 20, 3, 0.1, 0.5

#: Beyond so many constraints (some seconds of building) no model is built.
_MOST_CONSTRAINTS = 150_000


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
        self.promising: tuple[Fraction, NDArray[np.int32]] | None = None  # that target and its binding
        self.packed = False
        self._drawer: Partitioner | None = None
        constraints = constraint_count(self.application, self.platform)
        digits = longest_path_ps(self.application, self.platform) // self.unit
        self.possible = constraints <= _MOST_CONSTRAINTS and digits <= LARGEST_TIME
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
        if incumbent.period is None or _fullest_tile(incumbent) <= incumbent.bound.value:
            return
        v = build_packing(self.application, self.platform, math.ceil(incumbent.period), sized=incumbent.sized)
        status, solver, _ = self._solve(v, effort)
        if status in ("OPTIMAL", "FEASIBLE", "UNKNOWN") and math.isfinite(solver.best_objective_bound):
            least = math.ceil(solver.best_objective_bound - 1e-6) * v.unit
            proof = f"in any binding some tile has a load of {least} ps or more, says the solver"
            incumbent.offer_bound(Bound(Fraction(least), "packing", proof))

    def _ask_master(self, effort: float) -> None:
        """The least target first: often some binding reaches it, and there is nothing to prove. Then bisection."""
        left, first, open_from = effort, True, self.reached
        while left > 0 and not self.incumbent.should_stop():
            target = self._next_target(first, open_from)
            if target is None:
                return
            first = False
            answer, spent = self._decide(target, left * _ONE_TARGET)
            left -= spent
            self.statistics["targets"].append((str(target), answer, round(spent, 3), len(self.cuts)))
            if answer == "INFEASIBLE":
                least = attainable_above(target, self.cycle_tokens, self.unit)
                proof = f"no binding's loads, links and cycles allow a period of {target} ps, says the solver"
                self.incumbent.offer_bound(Bound(least, "binding", proof))
                continue
            open_from = target
            if answer == "REACHED":
                self.reached = target

    def _next_target(self, first: bool, open_from: Fraction | None) -> Fraction | None:
        """The bound in whole units, else the middle up to the incumbent or the least target without an answer."""
        low, high, unit = self.incumbent.bound.value, self.incumbent.period, self.unit
        assert high is not None
        top = high if open_from is None else min(high, open_from)
        lowest, highest = max(-(-low // unit), 1), -(-top // unit) - 1
        if lowest <= highest:
            return Fraction(unit * (lowest if first else (lowest + highest) // 2))
        last = attainable_below(high, self.cycle_tokens, unit)
        too_fine = last * (last / unit).denominator > LARGEST_TIME * unit
        return last if top == high and low <= last and last > 0 and not too_fine else None

    def _decide(self, target: Fraction, effort: float) -> tuple[str, float]:
        """Solve, cut off the solution, until there is none (INFEASIBLE), or one that breaks no cycle (REACHED)."""
        left, drawn = effort, self._draw(target)
        v = build_master(self.application, self.platform, target, self.cuts, sized=self.incumbent.sized)
        if drawn is not None:
            suggest(v, drawn)
        while left > 0 and not self.incumbent.should_stop():
            status, solver, spent = self._solve(v, left)
            left -= spent
            if status == "INFEASIBLE":
                return status, effort - left
            if status not in ("OPTIMAL", "FEASIBLE"):
                break
            binding = read_binding(v, solver.value)
            cuts = violated_cuts(self.application, binding, self.platform, target, _CUTS)
            if not cuts:
                self.promising = target, binding
                return "REACHED", effort - left
            for cut in cuts:
                if cut not in self.cuts:
                    add_cut(v, cut)
            self.cuts.update(dict.fromkeys(cuts))
        return "UNKNOWN", effort - left

    def _draw(self, target: Fraction) -> NDArray[np.int32] | None:
        """The first of a few drawn bindings that breaks no cycle; what the others break become cuts."""
        self._drawer = self._drawer or Partitioner(self.application, self.platform, sized=self.incumbent.sized)
        last = None
        for number in range(_DRAWN):
            binding = self._drawer.draw(int(target), self.seed + number)
            if binding is None:
                break
            cuts = violated_cuts(self.application, binding, self.platform, target, _CUTS)
            self.cuts.update(dict.fromkeys(cuts))
            last = binding
            if not cuts:
                break
        return last

    def _solve(self, v: Variables, effort: float) -> tuple[str, Any, float]:
        left = self.incumbent.stop.seconds_left(self.incumbent.seconds)
        solver = make_solver(self.seed, self.workers, seconds=left, effort=effort)
        status = run_solver(solver, v.model)
        spent = float(solver.response_proto.deterministic_time)
        self.statistics["effort"] += spent
        self.statistics["cuts"] = len(self.cuts)
        return status, solver, max(spent, 1e-3)


def _fullest_tile(incumbent: Incumbent) -> int:
    """The fullest tile of the incumbent's mapping: if the bound is no smaller, packing proves nothing."""
    application, mapping = incumbent.application, incumbent.mapping
    assert mapping is not None
    clusters = ~application.is_input
    load = np.bincount(mapping.binding[clusters], application.graph.execution_times[clusters], incumbent.platform.tiles)
    return int(load.max(initial=0))
