"""The search methods by name: what runs when, on one incumbent."""

from __future__ import annotations

import os
from fractions import Fraction
from itertools import count
from typing import Any

from mapper.model.mapping import OrderSemantics
from mapper.search.bounds.raising import BoundSearch
from mapper.search.cpsat.search import ExactSearch
from mapper.search.greedy import search_greedy_portfolio
from mapper.search.incumbent import Incumbent
from mapper.search.local.team import LocalTeam
from mapper.search.modulo.search import search_modulo
from mapper.search.placement.search import search_large_by_placement

__all__ = ["METHODS", "search"]

#: ``greedy``: a few greedy bindings with list-scheduled orders. ``local``: annealing on exact evaluations from there,
#: a search of its own on every core. ``cpsat``: the exact search alone, from greedy. ``auto``: all of them in turns,
#: until the proof or the time limit.
METHODS = ("greedy", "local", "cpsat", "auto")

#: Moves of one actor that the local search makes about in a deterministic second of CP-SAT's.
_MOVES = 8_000_000

#: Of them where the exact search is quick.
_SHARE_WHERE_SMALL = 0.05

#: Of the exact search's first turn, in CP-SAT's deterministic seconds.
_FIRST_EFFORT = 1.0

#: No turn is given more moves, or more effort.
_MOST_WORK = 1e12

#: Above this share of the bound a period is worth another start.
_FAR = Fraction(21, 20)

#: Neighbourhoods solved per turn.
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
            local = _make_team(incumbent, seed, workers)
            try:
                local.advance()
            finally:
                statistics["local"] = local.statistics()
        elif not incumbent.infeasible:
            exact = ExactSearch(incumbent, seed, workers)
            statistics["cpsat"] = exact.run.statistics
            if method == "cpsat":
                bounds.advance(_FIRST_EFFORT)
                exact.to_the_end()
            else:
                _take_turns(incumbent, exact, bounds, seed, workers, statistics)
    except KeyboardInterrupt:
        statistics["interrupted"] = True
    return statistics


def _take_turns(
    incumbent: Incumbent, exact: ExactSearch, bounds: BoundSearch, seed: int, workers: int, statistics: dict[str, Any]
) -> None:
    """Is the bound reached? Then local and exact search in turns; who gains in a turn gets twice the work in the next.

    If neither gains, both do. Small cases begin with the exact search, which gets nearly all of the time: it often ends
    them before the local search's code is loaded.
    """
    if placed := search_large_by_placement(incumbent, seed):
        statistics["placement"] = placed
    exact.try_the_bound()
    local = _make_team(incumbent, seed, workers)
    effort, moves = _FIRST_EFFORT, _MOVES / incumbent.application.graph.actor_count
    if exact.small:
        moves *= _SHARE_WHERE_SMALL
    try:
        for turn in count():
            before = incumbent.value, incumbent.bound.value
            if turn > 0 or not exact.small:
                _search_locally(incumbent, local, int(moves), seed, statistics)
            between = incumbent.value, incumbent.bound.value
            _search_exactly(exact, bounds, effort)
            after = incumbent.value, incumbent.bound.value
            if incumbent.should_stop() or (exact.hopeless and (incumbent.mapping is None or local.hopeless)):
                return
            if before != between or between == after:
                moves = min(2 * moves, _MOST_WORK)
            if between != after or before == between:
                effort = min(2 * effort, _MOST_WORK)
    finally:
        statistics["local"] = local.statistics()


def _search_exactly(exact: ExactSearch, bounds: BoundSearch, effort: float) -> None:
    """Bounds, bindings that reach them, whole models, neighbourhoods of the best mapping."""
    bounds.advance(effort / 2)
    if bounds.promising is not None:
        target, binding = bounds.promising
        exact.try_binding(binding, target, effort / 2)
    exact.advance(effort)
    if not exact.small:
        exact.improve(_NEIGHBOURHOODS)


def _make_team(incumbent: Incumbent, seed: int, workers: int) -> LocalTeam:
    return LocalTeam(incumbent, seed, incumbent.semantics.value, workers or os.cpu_count() or 1)


def _search_locally(incumbent: Incumbent, local: LocalTeam, moves: int, seed: int, statistics: dict[str, Any]) -> None:
    """So many moves; where they end far above the bound, once as many from a start of another kind."""
    local.advance(moves)
    if "modulo" not in statistics and _is_far(incumbent):
        statistics["modulo"] = search_modulo(incumbent, seed)
        local.advance(moves)


def _is_far(incumbent: Incumbent) -> bool:
    """Whether a start of another kind may pay: the local search ended far above the bound."""
    known = incumbent.period
    far = known is None or known > incumbent.bound.value * _FAR
    return far and incumbent.semantics is OrderSemantics.PIPELINED and not incumbent.should_stop()
