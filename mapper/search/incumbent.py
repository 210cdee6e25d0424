"""The best mapping and the best bound found so far, with the story of how they were found."""

from __future__ import annotations

import time
from dataclasses import dataclass
from fractions import Fraction

from mapper.errors import CheckError, DeadlockError
from mapper.evaluator import mapping_period
from mapper.model.application import Application
from mapper.model.mapping import Mapping, OrderSemantics
from mapper.model.platform import Platform
from mapper.model.result import Bound, Status, TracePoint
from mapper.progress import Event, Progress, silent
from mapper.stop import Stop

__all__ = ["Incumbent", "Outcome"]


@dataclass(frozen=True)
class Outcome:
    """What a search method hands back. ``mapping`` is ``None`` exactly if the status is INFEASIBLE or UNKNOWN."""

    status: Status
    mapping: Mapping | None
    bound: Bound
    trace: tuple[TracePoint, ...]


class Incumbent:
    """Keeps the best of everything offered to it; never loses a mapping and never claims an unproven bound.

    ``began`` is the ``time.perf_counter()`` from which the stopping rule counts; now, if not given. ``semantics`` says
    over which orders bounds are proven and which mappings may be offered.
    """

    def __init__(
        self,
        application: Application,
        platform: Platform,
        bound: Bound,
        stop: Stop,
        progress: Progress = silent,
        began: float | None = None,
        semantics: OrderSemantics = OrderSemantics.PIPELINED,
    ) -> None:
        self.application, self.platform, self.stop, self.progress = application, platform, stop, progress
        self.semantics = semantics
        self.bound = bound
        self.mapping: Mapping | None = None
        self.period: Fraction | None = None
        self.infeasible = False
        self._start = time.perf_counter() if began is None else began
        self._trace: list[TracePoint] = [TracePoint(self.seconds, None, bound.value, bound.name)]

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._start

    @property
    def proven(self) -> bool:
        """The incumbent is optimal, or it is proven that there is none."""
        return self.infeasible or self.period == self.bound.value

    def should_stop(self) -> bool:
        return self.proven or self.stop.reached(self.seconds, self.period, self.bound.value)

    def offer(self, mapping: Mapping, by: str) -> Fraction | None:
        """Evaluate a mapping exactly and keep it if it is better; its period, or ``None`` if it deadlocks.

        Raises
        ------
        CheckError
            Its orders are pipelined where plain ones are searched, or it is faster than a proven bound.
        """
        if self.semantics is OrderSemantics.PLAIN and mapping.semantics is not OrderSemantics.PLAIN:
            raise CheckError("orders", "a retimed mapping where plain orders are searched")
        try:
            period = mapping_period(self.application, mapping, self.platform)
        except DeadlockError:
            return None
        if period < self.bound.value:
            raise CheckError("bound", f"{self.bound.name} claims {self.bound.value} ps, this mapping has {period} ps")
        if self.period is None or period < self.period:
            self.mapping, self.period = mapping, period
            self._note(by)
        return period

    def offer_bound(self, bound: Bound) -> None:
        """Keep a proven lower bound if it is better.

        Raises
        ------
        CheckError
            It contradicts the incumbent: whatever proved it is wrong.
        """
        if self.period is not None and bound.value > self.period:
            raise CheckError("bound", f"{bound.name} claims {bound.value} ps, a mapping of {self.period} ps is known")
        if bound.value > self.bound.value:
            self.bound = bound
            self._note(bound.name)

    def outcome(self) -> Outcome:
        if self.mapping is None:
            status = Status.INFEASIBLE if self.infeasible else Status.UNKNOWN
        else:
            status = Status.OPTIMAL if self.period == self.bound.value else Status.FEASIBLE
        return Outcome(status, self.mapping, self.bound, tuple(self._trace))

    def report(self, message: str) -> None:
        """Tell the watcher how things stand."""
        left = self.stop.seconds_left(self.seconds)
        total = self.seconds + left
        done = None if total == float("inf") else self.seconds / total if total else 1.0
        self.progress(Event("search", message, self.seconds, done, self.period, self.bound.value))

    def _note(self, by: str) -> None:
        self._trace.append(TracePoint(self.seconds, self.period, self.bound.value, by))
        self.report(by)
