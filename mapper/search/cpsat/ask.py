"""One question to the whole model: is there a mapping of this period? And what follows from the answer."""

from __future__ import annotations

from fractions import Fraction

from mapper.errors import CheckError
from mapper.model.result import Bound
from mapper.search.cpsat.attainable import attainable_above
from mapper.search.cpsat.model import ExactModel, Question, build_model, hint
from mapper.search.cpsat.run import Run, solve
from mapper.search.cpsat.variables import longest_path_ps, time_unit

__all__ = ["ask_for_period", "expect_period"]


def ask_for_period(run: Run, target: Fraction, effort: float, *, latency_here: bool = False) -> None:
    """Look for a mapping of this period among all bindings, orders and retimings; where there is none the bound rises.

    Without a mapping known and with a target no mapping exceeds, INFEASIBLE says that there is no mapping at all.

    Parameters
    ----------
    latency_here
        As of :class:`Question`: finds mappings, proves nothing.
    """
    incumbent = run.incumbent
    application, platform = incumbent.application, incumbent.platform
    question = Question(
        incumbent.semantics, target, ceilings=incumbent.ceilings, latency_here=latency_here, sized=incumbent.sized
    )
    exact = build_model(application, platform, question)
    run.note_omissions(exact)
    if incumbent.mapping is not None and incumbent.period is not None:
        hint(exact, incumbent.mapping, incumbent.period)
    status = solve(run, exact, effort=effort)
    if status == "INFEASIBLE" and not latency_here:
        if incumbent.period is None and target >= longest_path_ps(application, platform):
            incumbent.infeasible = True
            return
        least = attainable_above(target, run.cycle_tokens, time_unit(application, platform))
        incumbent.offer_bound(Bound(least, "cp-sat", f"the solver proved that no period is at most {target} ps"))
    elif status in ("OPTIMAL", "FEASIBLE"):
        expect_period(run, exact, target)


def expect_period(run: Run, exact: ExactModel, target: Fraction) -> None:
    """A solution of the complete model is a mapping of that period.

    Raises
    ------
    CheckError
        Where it is not: there is an error in the model.
    """
    period = run.incumbent.period
    if not exact.omitted and (period is None or period > target):
        raise CheckError("model", f"a solution for period {target} ps evaluates to {period} ps")
