"""The search methods by name: what runs when, on one incumbent."""

from __future__ import annotations

import math
import os
from fractions import Fraction
from functools import partial
from typing import Any

from mapper.model.mapping import OrderSemantics
from mapper.search.bounds.cores import CoreSearch
from mapper.search.bounds.raising import BoundSearch
from mapper.search.cpsat.search import ExactSearch
from mapper.search.ejection.search import EjectionSearch
from mapper.search.greedy import search_greedy_portfolio
from mapper.search.incumbent import Incumbent
from mapper.search.local.search import LocalSearch
from mapper.search.modulo.search import search_modulo
from mapper.search.placement.search import search_large_by_placement
from mapper.search.team import Team
from mapper.search.turns import Part, take_turns

__all__ = ["METHODS", "search"]

#: ``greedy``: a few greedy bindings with list-scheduled orders. ``local``: from there, annealing on exact evaluations
#: and ejection in turns, both on every core. ``cpsat``: the exact search alone, from greedy. ``auto``: all of them in
#: turns, until the proof or the time limit.
METHODS = ("greedy", "local", "cpsat", "auto")

#: Moves of one actor that the local search makes about in a deterministic second of CP-SAT's, and steps of the ejection
#: search times actors squared.
_MOVES, _STEPS = 8_000_000, 300_000_000

#: Of them where the exact search is quick.
_SHARE_WHERE_SMALL = 0.05

#: Of the first turn of bounds and exact search, in CP-SAT's deterministic seconds; and of that where others are
#: quicker. Cores end by themselves, most of them before they have spent this.
_FIRST_EFFORT, _FIRST_EFFORT_WHERE_LARGE, _EFFORT_FOR_CORES = 1.0, 0.25, 4.0

#: Above this share of the bound a period is worth another start.
_FAR = Fraction(21, 20)

#: Neighbourhoods solved per unit of effort.
_NEIGHBOURHOODS = 6


def search(incumbent: Incumbent, method: str, seed: int = 1, workers: int = 0) -> dict[str, Any]:
    """Improve the incumbent by one of :data:`METHODS` until it is proven or should stop.

    Ctrl-C ends the search and leaves the best mapping and bound found so far.

    Returns
    -------
    dict
        Statistics of each part that ran.
    """
    statistics: dict[str, Any] = {}
    try:
        search_greedy_portfolio(incumbent)
        if method == "greedy":
            return statistics
        bounds = BoundSearch(incumbent, seed, workers)
        statistics["bounds"] = bounds.statistics
        if method == "local":
            bounds.advance(_FIRST_EFFORT)
            take_turns(incumbent, _Heuristics(incumbent, seed, workers, statistics).parts(1.0))
        elif not incumbent.infeasible:
            exact = ExactSearch(incumbent, seed, workers)
            statistics["cpsat"] = exact.run.statistics
            if method == "cpsat":
                bounds.advance(_FIRST_EFFORT)
                exact.to_the_end()
            else:
                _search_by_all(incumbent, exact, bounds, seed, workers, statistics)
    except KeyboardInterrupt:
        statistics["interrupted"] = True
    return statistics


def _search_by_all(
    incumbent: Incumbent, exact: ExactSearch, bounds: BoundSearch, seed: int, workers: int, statistics: dict[str, Any]
) -> None:
    """Is the bound reached? Then all parts in turns.

    Small cases begin with the exact search, which gets nearly all of the time: it often ends them before the others'
    code is loaded.
    """
    if placed := search_large_by_placement(incumbent, seed):
        statistics["placement"] = placed
    exact.try_the_bound()
    heuristics = _Heuristics(incumbent, seed, workers, statistics)
    cores = CoreSearch(incumbent, seed, workers)
    statistics["cores"] = cores.statistics
    effort = _FIRST_EFFORT if exact.small else _FIRST_EFFORT_WHERE_LARGE
    solver = [
        Part(partial(_raise_bound, exact, bounds), effort / 2, lambda: not bounds.possible),
        Part(partial(_search_exactly, exact), effort, lambda: exact.hopeless),
    ]
    few = Part(cores.advance, _EFFORT_FOR_CORES, lambda: cores.hopeless)
    if exact.small:
        take_turns(incumbent, [*solver, few, *heuristics.parts(_SHARE_WHERE_SMALL)])
    else:
        take_turns(incumbent, [*heuristics.parts(1.0), few, *solver])


class _Heuristics:
    """The searches that prove nothing, on every core; their statistics are there however they end."""

    def __init__(self, incumbent: Incumbent, seed: int, workers: int, statistics: dict[str, Any]) -> None:
        cores = workers or os.cpu_count() or 1
        self.incumbent, self.seed, self.statistics = incumbent, seed, statistics
        self.local = Team(LocalSearch, incumbent, seed, cores)
        self.ejection = Team(EjectionSearch, incumbent, seed, cores)

    def parts(self, share: float) -> list[Part]:
        """Annealing and ejection, with so much of the usual work in the first turn."""
        actors = self.incumbent.application.graph.actor_count
        return [
            Part(self._search_locally, share * _MOVES / actors, partial(self._hopeless, self.local)),
            Part(self._eject, share * _STEPS / actors**2, partial(self._hopeless, self.ejection)),
        ]

    def _hopeless(self, team: Team) -> bool:
        return self.incumbent.mapping is None or team.hopeless

    def _search_locally(self, moves: float) -> None:
        """So many moves; where they end far above the bound, once as many from a start of another kind."""
        try:
            self.local.advance(int(moves))
            if "modulo" not in self.statistics and _is_far(self.incumbent):
                self.statistics["modulo"] = search_modulo(self.incumbent, self.seed)
                self.local.advance(int(moves))
        finally:
            self.statistics["local"] = self.local.statistics()

    def _eject(self, steps: float) -> None:
        try:
            self.ejection.advance(math.ceil(steps))
        finally:
            self.statistics["ejection"] = self.ejection.statistics()


def _raise_bound(exact: ExactSearch, bounds: BoundSearch, effort: float) -> None:
    """By bindings; one that reaches a target is tried at once."""
    bounds.advance(effort)
    if bounds.promising is not None:
        target, binding = bounds.promising
        if not exact.try_binding(binding, target, effort):
            bounds.promising = None


def _search_exactly(exact: ExactSearch, effort: float) -> None:
    """Whole models, and neighbourhoods of the best mapping."""
    exact.advance(effort)
    if not exact.small:
        exact.improve(math.ceil(_NEIGHBOURHOODS * effort))


def _is_far(incumbent: Incumbent) -> bool:
    """Whether a start of another kind may pay: the local search ended far above the bound."""
    known = incumbent.period
    far = known is None or known > incumbent.bound.value * _FAR
    return far and incumbent.semantics is OrderSemantics.PIPELINED and not incumbent.should_stop()
