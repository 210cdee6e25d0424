"""Minimise the period among the mappings within ceilings on energy, tiles and latency."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mapper.model.mapping import OrderSemantics
from mapper.model.result import Bound
from mapper.search.cpsat.attainable import attainable_above, attainable_below
from mapper.search.cpsat.model import Question, build_model, hint
from mapper.search.cpsat.run import Run, solve
from mapper.search.cpsat.search import ExactSearch, too_large
from mapper.search.cpsat.variables import LARGEST_TIME, longest_path_ps, time_unit
from mapper.search.incumbent import Incumbent
from mapper.search.objectives.starts import offer_starts

__all__ = ["minimise_period"]

#: Neighbourhoods solved per turn, and periods tried.
_NEIGHBOURHOODS, _HALVINGS = 6, 12

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
    """Halve the gap in whole time units first: packings may be far from the best, and no local search is at hand."""
    effort, timed = 1.0, incumbent.ceilings.latency is not None
    whole = not (exact.hopeless or too_large(incumbent))
    while not (incumbent.should_stop() or exact.hopeless or (timed and effort > _MOST_EFFORT)):
        if whole:
            _halve(exact.run, effort, proves=not timed or incumbent.semantics is OrderSemantics.PLAIN)
        exact.advance(effort)
        exact.improve(_NEIGHBOURHOODS)
        effort *= 2


def _halve(run: Run, effort: float, proves: bool) -> None:
    """Ask for anything below the incumbent, then for the middle between it and the bound, and after a gain again.

    Where the latency is limited and orders are pipelined it is held in the schedule itself, which finds mappings but
    proves nothing where it fails.
    """
    incumbent = run.incumbent
    unit = time_unit(incumbent.application, incumbent.platform)
    longest = Fraction(longest_path_ps(incumbent.application, incumbent.platform))
    fits = proves and longest * run.cycle_tokens < LARGEST_TIME * unit
    low, gained = -(-incumbent.bound.value // unit), True
    for _ in range(_HALVINGS):
        below = attainable_below(incumbent.period, run.cycle_tokens, unit) if gained and incumbent.period else None
        if below and fits and not incumbent.should_stop():
            _ask(run, below, effort, proves)
        middle = (low + -(-(incumbent.period or longest) // unit)) // 2
        if incumbent.should_stop() or middle * unit >= (incumbent.period or longest) or middle <= 0:
            return
        _ask(run, Fraction(middle * unit), effort, proves)
        gained = incumbent.period is not None and incumbent.period <= middle * unit
        low = low if gained else middle + 1


def _ask(run: Run, target: Fraction, effort: float, proves: bool) -> None:
    """Look for a mapping of this period; where there is none and the model says all, the bound rises."""
    incumbent = run.incumbent
    application, platform = incumbent.application, incumbent.platform
    question = Question(incumbent.semantics, target=target, ceilings=incumbent.ceilings, latency_here=not proves)
    exact = build_model(application, platform, question)
    run.note_omissions(exact)
    if incumbent.mapping is not None and incumbent.period is not None:
        hint(exact, incumbent.mapping, incumbent.period)
    if solve(run, exact, effort=effort) == "INFEASIBLE" and proves:
        least = attainable_above(target, run.cycle_tokens, time_unit(application, platform))
        incumbent.offer_bound(Bound(least, "cp-sat", f"the solver proved that no period is at most {target} ps"))
