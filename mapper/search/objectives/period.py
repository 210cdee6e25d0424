"""Minimise the period among the mappings within ceilings on energy, tiles and latency."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from mapper.model.mapping import OrderSemantics
from mapper.search.cpsat.model import Question, build_model, hint
from mapper.search.cpsat.run import Run, solve
from mapper.search.cpsat.search import ExactSearch
from mapper.search.cpsat.variables import longest_path_ps, time_unit
from mapper.search.incumbent import Incumbent
from mapper.search.objectives.starts import offer_starts

__all__ = ["minimise_period"]

#: Neighbourhoods solved per turn, and periods tried per turn where the latency is limited.
_NEIGHBOURHOODS, _HALVINGS = 6, 8

#: Where the latency is limited some questions may never be answered: the effort at which to give up.
_MOST_EFFORT = 1000.0


def minimise_period(incumbent: Incumbent, method: str, seed: int = 1, workers: int = 0) -> dict[str, Any]:
    """Improve an incumbent with ceilings by one of ``METHODS``, from packings; local search knows no ceilings."""
    statistics: dict[str, Any] = {}
    try:
        offer_starts(incumbent)
        if method in ("cpsat", "auto") and not incumbent.infeasible:
            exact = ExactSearch(incumbent, seed, workers)
            statistics["cpsat"] = exact.run.statistics
            _take_turns(incumbent, exact)
    except KeyboardInterrupt:
        statistics["interrupted"] = True
    return statistics


def _take_turns(incumbent: Incumbent, exact: ExactSearch) -> None:
    effort, timed = 1.0, incumbent.ceilings.latency is not None
    while not (incumbent.should_stop() or exact.hopeless or (timed and effort > _MOST_EFFORT)):
        if timed and incumbent.semantics is OrderSemantics.PIPELINED:
            _halve(exact.run, effort)
        exact.advance(effort)
        exact.improve(_NEIGHBOURHOODS)
        effort *= 2


def _halve(run: Run, effort: float) -> None:
    """Look for shorter periods with the latency held in the schedule itself, which proves nothing where it fails."""
    incumbent = run.incumbent
    application, platform = incumbent.application, incumbent.platform
    unit = time_unit(application, platform)
    low = -(-incumbent.bound.value // unit)
    high = -(-(incumbent.period or Fraction(longest_path_ps(application, platform))) // unit)
    question = Question(incumbent.semantics, ceilings=incumbent.ceilings, latency_here=True)
    for _ in range(_HALVINGS):
        middle = (low + high) // 2
        if incumbent.should_stop() or middle >= high or middle <= 0:
            return
        target = Fraction(middle * unit)
        exact = build_model(application, platform, replace(question, target=target))
        if incumbent.mapping is not None and incumbent.period is not None:
            hint(exact, incumbent.mapping, incumbent.period)
        solve(run, exact, effort=effort)
        if incumbent.period is not None and incumbent.period <= target:
            high = -(-incumbent.period // unit)
        else:
            low = middle + 1
