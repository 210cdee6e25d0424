"""Is there a mapping of this period? Asked between bound and incumbent until they meet."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mapper.model.mapping import OrderSemantics
from mapper.model.result import SOLVER_BOUNDS
from mapper.search.cpsat.ask import ask_for_period, expect_period
from mapper.search.cpsat.attainable import attainable_below
from mapper.search.cpsat.model import Question, build_model
from mapper.search.cpsat.placement import keep_elsewhere
from mapper.search.cpsat.run import Run, solve
from mapper.search.cpsat.variables import LARGEST_TIME, longest_path_ps, time_unit
from mapper.search.partition import Partitioner

__all__ = ["Targets"]

#: Bindings tried per question, and the effort for scheduling each.
_BINDINGS, _SCHEDULING_EFFORT = 8, 0.5

#: Share of the effort for one target.
_ONE_TARGET = 0.4

#: Up to so many (cluster, tile) pairs a case is small.
_SMALL = 100


class Targets:
    """Raises the bound and improves the incumbent in turns (destructive improvement, Klein and Scholl 1999).

    With a given λ every constraint is linear, and INFEASIBLE is a proof (unless the model is too large to build).
    Where orders are pipelined a target is also tried with bindings that a partitioner draws, for which only the orders
    are left to find: that is easy where the load bound is reached, and it often is, because orders of different
    iterations fill a tile without pauses.
    """

    def __init__(self, run: Run, whole_model: bool = True) -> None:
        self.run, self._whole_model = run, whole_model
        self._drawer = _Drawer(run)
        self._draws = run.incumbent.semantics is OrderSemantics.PIPELINED

    @property
    def exhausted(self) -> bool:
        """Nothing is left to try: no whole model, and no binding was drawn for any of the last targets."""
        return not self._whole_model and (not self._draws or self._drawer.exhausted)

    @property
    def small(self) -> bool:
        """The whole model is quicker than drawing bindings."""
        return self._drawer.size <= _SMALL

    def try_the_bound(self) -> None:
        """Ask whether the bound is reached, by drawn bindings alone: often it is, and quickly found."""
        if self._draws and not self.run.incumbent.should_stop():
            self._drawer.try_bindings(_whole(self.run)[0], patient=False)

    def try_binding(self, binding: NDArray[np.int32], target: Fraction, effort: float) -> bool:
        """Ask whether a binding that somebody recommends has a schedule of that period; whether it is still open."""
        incumbent = self.run.incumbent
        if incumbent.should_stop() or (incumbent.period is not None and target >= incumbent.period):
            return True
        return self._drawer.schedule(binding, target, effort) == "UNKNOWN"

    def narrow_down(self, effort: float) -> None:
        """Spend about this effort on a few targets.

        First the bound, as long as it is an elementary one: it is often reached. Then the largest period below the
        incumbent's: a refusal there is the proof of optimality, and after a local search the incumbent is often
        optimal. Then bisection between the bound, or the largest target left without an answer, and the incumbent.
        """
        run, incumbent = self.run, self.run.incumbent
        end, unanswered = run.effort + effort, Fraction(0)
        if incumbent.period is None:
            self._ask(Fraction(longest_path_ps(incumbent.application, incumbent.platform)), effort)
        elif incumbent.bound.name not in SOLVER_BOUNDS:
            first, last = _whole(run)
            if first <= last and not self._ask(first, effort * _ONE_TARGET):
                unanswered = first
        if incumbent.period is None or incumbent.should_stop():
            return
        self._ask(_just_below(run), effort * _ONE_TARGET)
        while not incumbent.should_stop() and run.effort < end:
            first, last = _whole(run, unanswered)
            if first > last:
                return
            unit = time_unit(incumbent.application, incumbent.platform)
            target = Fraction((first + last) // (2 * unit) * unit)
            if not self._ask(target, min(effort * _ONE_TARGET, end - run.effort)):
                unanswered = target

    def _ask(self, target: Fraction, effort: float) -> bool:
        """Whether the question has been answered, for about this effort."""
        run, incumbent = self.run, self.run.incumbent
        steps: list[Callable[[], None]] = []
        end = run.effort + effort
        if self._draws:
            steps.append(lambda: self._drawer.try_bindings(target, end))
        if self._whole_model:
            steps.append(lambda: ask_for_period(run, target, max(end - run.effort, effort / 2)))
        if self.small:
            steps.reverse()
        for step in steps:
            step()
            answered = incumbent.bound.value > target or (incumbent.period is not None and incumbent.period <= target)
            if answered or incumbent.should_stop():
                return answered or incumbent.infeasible
        return False


def _whole(run: Run, above: Fraction = Fraction(0)) -> tuple[Fraction, Fraction]:
    """The least and the largest period in whole units that are not below the bound, above ``above``, and below the
    incumbent's.
    """
    incumbent = run.incumbent
    unit = time_unit(incumbent.application, incumbent.platform)
    first = max(-(-incumbent.bound.value // unit), above // unit + 1 if above else 1)
    last = first if incumbent.period is None else -(-incumbent.period // unit) - 1
    return Fraction(first * unit), Fraction(last * unit)


def _just_below(run: Run) -> Fraction:
    """The largest attainable period below the incumbent's, or in whole units where that has too many digits."""
    incumbent = run.incumbent
    assert incumbent.period is not None
    unit = time_unit(incumbent.application, incumbent.platform)
    longest = longest_path_ps(incumbent.application, incumbent.platform)
    if longest * run.cycle_tokens < LARGEST_TIME * unit:
        return attainable_below(incumbent.period, run.cycle_tokens, unit)
    return _whole(run)[1]


class _Drawer:
    """Bindings drawn for a target, each scheduled by a model that is left with the orders."""

    def __init__(self, run: Run) -> None:
        self.run = run
        application, platform = run.incumbent.application, run.incumbent.platform
        self.size = len(application.clusters) * int((platform.slots > 0).sum())
        self.drawn = 0
        self.exhausted = False
        self._refused = Fraction(0)  # the largest target that no drawn binding could meet

    @cached_property
    def _partitioner(self) -> Partitioner:
        incumbent = self.run.incumbent
        return Partitioner(incumbent.application, incumbent.platform, sized=incumbent.sized)

    def try_bindings(self, target: Fraction, end: float = math.inf, *, patient: bool = True) -> None:
        """Until one of them has a schedule of that period or the effort is at ``end``; finding none proves nothing.

        Every other binding keeps partners close. Impatient, it gives up at the first that is not decided at once.
        """
        run, incumbent = self.run, self.run.incumbent
        if target <= self._refused:
            return
        self.exhausted = refused = True
        for _ in range(_BINDINGS):
            if incumbent.should_stop() or run.effort >= end:
                return
            self.drawn += 1
            binding = self._partitioner.draw(int(target), run.seed + self.drawn, close=self.drawn % 2 == 0)
            if binding is None:
                continue
            self.exhausted = False
            status = self.schedule(binding, target, _SCHEDULING_EFFORT)
            if status in ("OPTIMAL", "FEASIBLE"):
                return
            refused &= status == "INFEASIBLE"
            if status == "UNKNOWN" and not patient:
                return
        if refused:
            self._refused = target

    def schedule(self, binding: NDArray[np.int32], target: Fraction, effort: float) -> str:
        """Ask for orders and retimings of that period for a binding; returns the solver's status."""
        run, incumbent = self.run, self.run.incumbent
        allowed = keep_elsewhere(binding, incumbent.platform.tiles)
        question = Question(
            incumbent.semantics, target=target, allowed=allowed, ceilings=incumbent.ceilings, sized=incumbent.sized
        )
        exact = build_model(incumbent.application, incumbent.platform, question)
        status = solve(run, exact, effort=effort, workers=1, linear=1)
        if status in ("OPTIMAL", "FEASIBLE"):
            expect_period(run, exact, target)
        return status
