"""Plain orders: minimise λ in whole time units, then look for a fraction below the incumbent."""

from __future__ import annotations

import math
from fractions import Fraction

from mapper.errors import CheckError
from mapper.model.mapping import OrderSemantics
from mapper.model.result import Bound
from mapper.search.cpsat.attainable import attainable_below
from mapper.search.cpsat.model import Question, build_model, hint
from mapper.search.cpsat.run import Run, solve
from mapper.search.cpsat.variables import Variables, longest_path_ps, time_unit

__all__ = ["minimise"]

#: Scaled times stay below this, so that sums stay well within 64 bits.
_LARGEST_TIME = 1 << 50


def minimise(run: Run, effort: float = math.inf) -> None:
    """Spend at most so many of CP-SAT's deterministic seconds on each model.

    First λ is a whole number of time units; the solver's bound L then means λ > L - 1.

    If that leaves a gap, the model asks for the largest attainable period below the incumbent's: INFEASIBLE is the
    proof.
    """
    improved = _solve_whole_units(run, effort) == "OPTIMAL"
    while improved and not run.incumbent.should_stop():
        improved = _look_below_incumbent(run, effort)


def _solve_whole_units(run: Run, effort: float) -> str:
    """Minimise λ rounded up to whole time units, from the incumbent as a hint."""
    incumbent = run.incumbent
    application, platform = incumbent.application, incumbent.platform
    known = incumbent.period
    upper = longest_path_ps(application, platform) if known is None else math.ceil(known)
    exact = build_model(application, platform, Question(OrderSemantics.PLAIN, upper_ps=upper))
    run.note_omissions(exact)
    if incumbent.mapping is not None and known is not None:
        hint(exact, incumbent.mapping, known)
    status = solve(run, exact, effort=effort, on_bound=lambda value: _offer_bound(run, exact.variables, value))
    if status == "INFEASIBLE":
        if known is not None:
            raise CheckError("model", f"the exact model excludes a mapping of period {known} that is known")
        incumbent.infeasible = True
    return status


def _look_below_incumbent(run: Run, effort: float) -> bool:
    """Ask for the largest attainable period below the incumbent's; True if there is a mapping that fast."""
    incumbent = run.incumbent
    known = incumbent.period
    if known is None:
        return False
    application, platform = incumbent.application, incumbent.platform
    unit = time_unit(application, platform)
    target = attainable_below(known, run.cycle_tokens, unit)
    if target * (target / unit).denominator > _LARGEST_TIME * unit:
        return False
    exact = build_model(application, platform, Question(OrderSemantics.PLAIN, target=target))
    status = solve(run, exact, effort=effort)
    if status == "INFEASIBLE" and incumbent.period == known:
        incumbent.offer_bound(Bound(known, "cp-sat", f"the solver proved that no period is below {known} ps"))
    return status in ("OPTIMAL", "FEASIBLE") and incumbent.period is not None and incumbent.period < known


def _offer_bound(run: Run, v: Variables, value: float) -> None:
    """Every λ rounds up to at least L time units, so λ > L - 1 units; and λ is a fraction with at most
    ``cycle_tokens`` below the line, so it exceeds L - 1 by at least one such part.
    """
    if not math.isfinite(value):
        return
    steps = math.floor(value + 1e-6)
    proven = (steps - 1 + Fraction(1, run.cycle_tokens)) * v.unit
    run.incumbent.offer_bound(
        Bound(proven, "cp-sat", f"the solver proved that no period is at most {(steps - 1) * v.unit} ps")
    )
