"""What a search may minimise besides the period, what it may be held to, and what it then knows of each goal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from mapper.model.arrays import require

if TYPE_CHECKING:
    from mapper.model.result import Evaluation, TracePoint

__all__ = ["GOALS", "NO_CEILINGS", "Ceilings", "GoalOutcome", "figure", "objective_of"]

#: What can be minimised: λ and the latency in picoseconds, the energy of an iteration in femtojoules, the tiles used.
GOALS = ("period", "energy", "tiles", "latency")


@dataclass(frozen=True)
class Ceilings:
    """The most a mapping may have of each figure; ``None``: as much as it likes.

    Examples
    --------
    >>> some = Ceilings(tiles=Fraction(3)).lower("period", Fraction(7, 2))
    >>> some, some.named(), some.lower("tiles", Fraction(5)) == some
    (Ceilings(period=Fraction(7, 2), energy=None, tiles=Fraction(3, 1), latency=None), ['period', 'tiles'], True)
    """

    period: Fraction | None = None
    energy: Fraction | None = None
    tiles: Fraction | None = None
    latency: Fraction | None = None

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            if value is not None:
                object.__setattr__(self, entry.name, Fraction(value))
                require(value >= 0, f"largest {entry.name}", "at least 0", value)

    def __bool__(self) -> bool:
        return bool(self.named())

    def of(self, goal: str) -> Fraction | None:
        """The ceiling of one goal."""
        value: Fraction | None = getattr(self, goal)
        return value

    def named(self) -> list[str]:
        """The goals that have a ceiling."""
        return [goal for goal in GOALS if self.of(goal) is not None]

    def lower(self, goal: str, value: Fraction) -> Ceilings:
        """The same with one ceiling at ``value``, or where it was if that is lower."""
        known = self.of(goal)
        return self if known is not None and known <= value else replace(self, **{goal: value})

    def allow(self, evaluation: Evaluation) -> bool:
        """Whether a mapping of these figures stays below all of them."""
        return all(figure(evaluation, goal) <= self.of(goal) for goal in self.named())  # type: ignore[operator]


#: Nothing is limited.
NO_CEILINGS = Ceilings()


@dataclass(frozen=True)
class GoalOutcome:
    """What a search found out about one of its goals.

    Attributes
    ----------
    value
        The mapping's figure; ``None`` without a mapping.
    bound
        A proven lower bound on it over all mappings within ``ceilings``.
    bound_name, proof
        Which argument gave the bound, and how.
    ceilings
        The user's limits, and what the goals before this one reached.
    trace
        When value or bound changed, and who found it.
    """

    goal: str
    value: Fraction | None
    bound: Fraction
    bound_name: str
    proof: str = ""
    ceilings: Ceilings = NO_CEILINGS
    trace: tuple[TracePoint, ...] = ()

    def __post_init__(self) -> None:
        require(self.goal in GOALS, "goal", f"one of {', '.join(GOALS)}", self.goal)
        if self.value is not None:
            require(self.bound <= self.value, f"bound on the {self.goal}", f"at most {self.value}", self.bound)

    @property
    def proven(self) -> bool:
        """No mapping within the ceilings has less."""
        return self.value == self.bound


def figure(evaluation: Evaluation, goal: str) -> Fraction:
    """What an evaluated mapping has of one of :data:`GOALS`."""
    if goal == "period":
        return evaluation.period
    if goal == "energy":
        return Fraction(evaluation.energy_fj)
    return Fraction(evaluation.tiles_used) if goal == "tiles" else evaluation.latency


def objective_of(goals: str | Sequence[str]) -> tuple[str, ...]:
    """Goals by falling importance, from a list or a text like ``"period,energy"``.

    Raises
    ------
    ValueError
        None, an unknown one, or one twice.

    Examples
    --------
    >>> objective_of("period, energy")
    ('period', 'energy')
    """
    named = tuple(goal.strip() for goal in (goals.split(",") if isinstance(goals, str) else goals))
    known = set(named) <= set(GOALS) and len(set(named)) == len(named) > 0
    require(known, "objective", f"different ones of {', '.join(GOALS)}", ",".join(named))
    return named
