"""Minimise energy, tiles or latency among the mappings within the ceilings, with a proven bound."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Any

from mapper.errors import CheckError
from mapper.model.mapping import Mapping, OrderSemantics
from mapper.model.result import Bound
from mapper.search.bounds import best_bound
from mapper.search.cpsat.attainable import attainable_below
from mapper.search.cpsat.model import ExactModel, Question, build_model, hint, read_mapping
from mapper.search.cpsat.run import Run, most_tokens_on_a_cycle, solve
from mapper.search.cpsat.search import too_large
from mapper.search.cpsat.variables import LARGEST_TIME, longest_path_ps, time_unit
from mapper.search.incumbent import Incumbent
from mapper.search.objectives.exchanges import improve_by_exchanges
from mapper.search.objectives.models import model_binding, model_one_iteration, read_with_list_orders
from mapper.search.objectives.neighbourhoods import improve_around
from mapper.stop import MaxRuntime

__all__ = ["attainable", "minimise_goal"]


#: With more (cluster, tile) pairs neighbourhoods gain more than the whole model, and go first.
_LARGE = 300


@dataclass(frozen=True)
class _Attempt:
    """A model, whether its bound and its INFEASIBLE hold for every mapping, and how a solution becomes a mapping."""

    build: Callable[[], ExactModel]
    proves: bool
    read: Callable[[ExactModel, Callable[[Any], int]], Mapping] = read_mapping


def minimise_goal(incumbent: Incumbent, seed: int = 1, workers: int = 0) -> dict[str, Any]:
    """Improve an incumbent whose goal is ``energy``, ``tiles`` or ``latency`` until it is proven or should stop.

    Returns
    -------
    dict
        Statistics: solver status of each stage; ``not_attempted``: a reason, with the neighbourhoods solved where the
        whole model is too large; ``interrupted``.
    """
    application, platform = incumbent.application, incumbent.platform
    run = Run(incumbent, seed, workers, most_tokens_on_a_cycle(application, platform, incumbent.semantics))
    reason = _too_many_digits(incumbent)
    longest = incumbent.ceilings.period
    if longest is not None and best_bound(application, platform).value > longest:
        incumbent.infeasible = True
        return run.statistics
    if longest is not None and attainable(longest, run) == 0:
        reason = "a period of 0 is asked for"
    if reason:
        return {"not_attempted": reason}
    try:
        if incumbent.goal == "energy" and incumbent.mapping is not None:
            with _share_of_time(incumbent, 3):
                run.statistics["exchanges"] = improve_by_exchanges(incumbent, seed)
        reason = too_large(incumbent)
        if reason:
            run.statistics["not_attempted"] = reason
            run.statistics["neighbourhoods"] = improve_around(run, _whole_question(run))
            return run.statistics
        attempts = _attempts(run)
        large = len(application.clusters) * int((platform.slots > 0).sum()) > _LARGE
        if large and incumbent.mapping is not None:
            with _share_of_time(incumbent, len(attempts) + 1):
                run.statistics["neighbourhoods"] = improve_around(run, _whole_question(run))
        for number, attempt in enumerate(attempts):
            if not incumbent.should_stop():
                with _share_of_time(incumbent, len(attempts) - number):
                    _solve(run, attempt)
    except KeyboardInterrupt:
        run.statistics["interrupted"] = True
    return run.statistics


def attainable(value: Fraction, run: Run) -> Fraction:
    """The largest period that a mapping can have and that is at most ``value``."""
    unit = time_unit(run.incumbent.application, run.incumbent.platform)
    if (value / unit).denominator <= run.cycle_tokens:
        return value
    return attainable_below(value, run.cycle_tokens, unit)


def _attempts(run: Run) -> list[_Attempt]:
    """The cheapest model that is exact; where the latency has a part, one that proves and one that finds.

    Exact for energy and tiles: bindings alone, or the whole model of the largest period allowed, because a mapping
    that is faster has a schedule there too. Latency is evaluated at the mapping's own period, of which a model knows
    only one side: plain orders are no slower at a larger one.
    """
    incumbent = run.incumbent
    application, platform = incumbent.application, incumbent.platform
    goal, ceilings = incumbent.goal, incumbent.ceilings
    timed = goal == "latency" or ceilings.latency is not None
    parts = (application, platform, goal, ceilings, incumbent.sized)
    if not timed and ceilings.period is None:
        return [_Attempt(partial(model_binding, *parts), True, read_with_list_orders)]
    whole = _whole_question(run)
    exact = partial(build_model, application, platform, whole)
    if not timed:
        return [_Attempt(exact, True)]
    alone = _Attempt(partial(model_one_iteration, *parts), True)
    if ceilings.period is None:
        return [alone]
    if incumbent.semantics is OrderSemantics.PLAIN:
        return [_Attempt(exact, True)]
    here = partial(build_model, application, platform, replace(whole, latency_here=True))
    return [alone, _Attempt(here, False)]


def _whole_question(run: Run) -> Question:
    """The goal's least over all mappings of the largest period allowed."""
    incumbent = run.incumbent
    goal, ceilings = incumbent.goal, incumbent.ceilings
    ever = Fraction(longest_path_ps(incumbent.application, incumbent.platform))
    target = ever if ceilings.period is None else min(ever, attainable(ceilings.period, run))
    return Question(incumbent.semantics, target=target, ceilings=ceilings, goal=goal, sized=incumbent.sized)


def _solve(run: Run, attempt: _Attempt) -> None:
    incumbent = run.incumbent
    exact = attempt.build()
    expression = exact.goal
    assert expression is not None, "the model minimises the goal"
    run.note_omissions(exact)
    if incumbent.mapping is not None and incumbent.period is not None:
        hint(exact, incumbent.mapping, max(incumbent.period, exact.question.target or incumbent.period))

    def bound_rises(whole: float) -> None:
        if attempt.proves and math.isfinite(whole):
            why = "the solver proved that no mapping within the limits has less"
            incumbent.offer_bound(Bound(expression.value(whole), "cp-sat", why))

    status = solve(run, exact, on_bound=bound_rises, read=attempt.read)
    if status == "INFEASIBLE" and attempt.proves:
        if incumbent.mapping is not None:
            raise CheckError("model", "the exact model excludes a mapping that is known")
        incumbent.infeasible = True
    if status == "OPTIMAL" and attempt.proves and not exact.omitted and not incumbent.proven:
        raise CheckError("model", f"the best solution evaluates to {incumbent.value}, not {incumbent.bound.value}")


@contextmanager
def _share_of_time(incumbent: Incumbent, parts: int) -> Iterator[None]:
    """Stop after one part of the time that is left, if that is limited."""
    stop, now = incumbent.stop, incumbent.seconds
    left = stop.seconds_left(now)
    if left < math.inf:
        incumbent.stop = MaxRuntime(now + left / parts) | stop
    try:
        yield
    finally:
        incumbent.stop = stop


def _too_many_digits(incumbent: Incumbent) -> str:
    application, platform = incumbent.application, incumbent.platform
    energy = platform.energy
    reach = int(platform.topology.hops(0, list(range(platform.tiles))).max()) * 2
    worst = int(application.packets.sum()) * (
        energy.inject_fj + energy.eject_fj + energy.local_fj + reach * energy.hop_fj
    )
    times = longest_path_ps(application, platform) // time_unit(application, platform)
    return "its figures have more digits than the exact model can hold" if max(worst, times) > LARGEST_TIME else ""
