"""Minimise the period among the mappings within ceilings on energy, tiles and latency."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mapper.model.mapping import OrderSemantics
from mapper.search.cpsat.ask import ask_for_period
from mapper.search.cpsat.attainable import attainable_below
from mapper.search.cpsat.run import Run
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
            _halve(exact.run, effort, timed and incumbent.semantics is OrderSemantics.PIPELINED)
        exact.advance(effort)
        exact.improve(_NEIGHBOURHOODS)
        effort *= 2


def _halve(run: Run, effort: float, latency_here: bool) -> None:
    """Ask for anything below the incumbent, then for the middle between it and the bound, and after a gain again.

    Where the latency is limited and orders are pipelined it is held in the schedule itself, which finds mappings but
    proves nothing where it fails.
    """
    incumbent = run.incumbent
    unit = time_unit(incumbent.application, incumbent.platform)
    longest = Fraction(longest_path_ps(incumbent.application, incumbent.platform))
    fits = not latency_here and longest * run.cycle_tokens < LARGEST_TIME * unit
    low, gained = -(-incumbent.bound.value // unit), True
    for _ in range(_HALVINGS):
        below = attainable_below(incumbent.period, run.cycle_tokens, unit) if gained and incumbent.period else None
        if below and fits and not incumbent.should_stop():
            ask_for_period(run, below, effort)
        middle = (low + -(-(incumbent.period or longest) // unit)) // 2
        if incumbent.should_stop() or middle * unit >= (incumbent.period or longest) or middle <= 0:
            return
        ask_for_period(run, Fraction(middle * unit), effort, latency_here=latency_here)
        gained = incumbent.period is not None and incumbent.period <= middle * unit
        low = low if gained else middle + 1
