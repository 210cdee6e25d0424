"""The trade-off between two goals: results that nothing beats in both."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction

from mapper.model.arrays import require
from mapper.model.goal import figure
from mapper.model.result import Result, Status

__all__ = ["Front"]


@dataclass(frozen=True, eq=False)
class Front:
    """Points by rising first goal and falling second.

    Attributes
    ----------
    axes
        The two goals.
    points
        One result each, which is OPTIMAL if no mapping within its limits has less of its first goal, and none as good
        as it has less of its second.
    complete
        Proven: every mapping is matched or beaten by one of the points in both goals. All points are OPTIMAL then.
    reason
        Why it is not complete: ``interrupted``, ``out of time``, ``a point is unproven``, ``unknown``.
    seconds
        How long it took.
    """

    axes: tuple[str, str]
    points: tuple[Result, ...]
    complete: bool
    reason: str = ""
    seconds: float = 0.0

    def __post_init__(self) -> None:
        values = [self.values(point) for point in self.points]
        falls = all(a[0] < b[0] and a[1] > b[1] for a, b in itertools.pairwise(values))
        require(falls, "front", "points by rising first and falling second goal", values)
        optimal = all(point.status is Status.OPTIMAL for point in self.points)
        require(optimal or not self.complete, "front", "only OPTIMAL points where it is complete", self.reason)

    def values(self, point: Result) -> tuple[Fraction, Fraction]:
        """A point's figures of the two goals."""
        require(point.evaluation is not None, "front", "points with a mapping", point.status)
        assert point.evaluation is not None
        return figure(point.evaluation, self.axes[0]), figure(point.evaluation, self.axes[1])
