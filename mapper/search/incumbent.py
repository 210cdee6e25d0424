"""The best mapping and the best bound found so far, with the story of how they were found."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from fractions import Fraction

from mapper.errors import CheckError, DeadlockError
from mapper.evaluator import evaluate, mapping_period
from mapper.model.application import Application
from mapper.model.goal import NO_CEILINGS, Ceilings, figure
from mapper.model.mapping import BufferChoice, Mapping, OrderSemantics
from mapper.model.platform import Platform
from mapper.model.result import Bound, Status, TracePoint
from mapper.progress import Event, Progress, silent
from mapper.search.buffers import with_sized_buffers
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
    over which orders bounds are proven and which mappings may be offered. ``goal`` (one of ``GOALS``) is what is to be
    small, and ``value`` the mapping's figure of it: the period, if nothing else is said. Mappings above one of the
    ``ceilings`` are refused, and bounds hold for the others. ``buffers`` says whether they are part of the decision:
    then a mapping offered without any, or with room for more, is given some. Threads may offer at the same time.
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
        goal: str = "period",
        ceilings: Ceilings = NO_CEILINGS,
        buffers: BufferChoice = BufferChoice.FIXED,
    ) -> None:
        self.application, self.platform, self.stop, self.progress = application, platform, stop, progress
        self.semantics = semantics
        self.goal, self.ceilings = goal, ceilings
        self.buffers = buffers
        self.bound = bound
        self.mapping: Mapping | None = None
        self.period: Fraction | None = None
        self.value: Fraction | None = None
        self.infeasible = False
        self._lock = threading.RLock()
        self._start = time.perf_counter() if began is None else began
        self._trace: list[TracePoint] = [TracePoint(self.seconds, None, bound.value, bound.name)]

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._start

    @property
    def proven(self) -> bool:
        """The incumbent is optimal, or it is proven that there is none."""
        return self.infeasible or self.value == self.bound.value

    @property
    def sized(self) -> bool:
        """Buffers are part of the decision."""
        return self.buffers is BufferChoice.SIZED

    def should_stop(self) -> bool:
        return self.proven or self.stop.reached(self.seconds, self.value, self.bound.value)

    def offer(self, mapping: Mapping, by: str) -> Fraction | None:
        """Evaluate a mapping exactly and keep it if it is better.

        Returns
        -------
        Fraction or None
            Its period; ``None`` if it deadlocks or breaks a limit, or no tile holds the least of its buffers.

        Raises
        ------
        CheckError
            Its orders are pipelined where plain ones are searched, its buffers sized where they are fixed, or it is
            faster than a proven bound.
        """
        if self.semantics is OrderSemantics.PLAIN and mapping.semantics is not OrderSemantics.PLAIN:
            raise CheckError("orders", "a retimed mapping where plain orders are searched")
        if mapping.buffers is not None and not self.sized:
            raise CheckError("buffers", "a mapping with buffers of its own where they are fixed")
        variants = with_sized_buffers(self.application, mapping, self.platform) if self.sized else [mapping]
        try:
            periods = [self._take(variant, by) for variant in variants]
        except DeadlockError:
            return None
        return min((period for period in periods if period is not None), default=None)

    def _take(self, mapping: Mapping, by: str) -> Fraction | None:
        """Evaluate a legal mapping and keep it if it is better; its period, ``None`` if it breaks a limit."""
        period, value = self._figures(mapping)
        if value is None:
            return None
        with self._lock:
            if value < self.bound.value:
                raise CheckError("bound", f"{self.bound.name} claims {self.bound.value}, this mapping has {value}")
            if self.value is None or value < self.value:
                self.mapping, self.period, self.value = mapping, period, value
                self._note(by)
        return period

    def offer_bound(self, bound: Bound) -> None:
        """Keep a proven lower bound if it is better.

        Raises
        ------
        CheckError
            It contradicts the incumbent: whatever proved it is wrong.
        """
        with self._lock:
            if self.value is not None and bound.value > self.value:
                raise CheckError("bound", f"{bound.name} claims {bound.value}, a mapping of {self.value} is known")
            if bound.value > self.bound.value:
                self.bound = bound
                self._note(bound.name)

    def outcome(self) -> Outcome:
        if self.mapping is None:
            status = Status.INFEASIBLE if self.infeasible else Status.UNKNOWN
        else:
            status = Status.OPTIMAL if self.value == self.bound.value else Status.FEASIBLE
        return Outcome(status, self.mapping, self.bound, tuple(self._trace))

    def report(self, message: str) -> None:
        """Tell the watcher how things stand."""
        left = self.stop.seconds_left(self.seconds)
        total = self.seconds + left
        done = None if total == float("inf") else self.seconds / total if total else 1.0
        bound = self.bound.value if self.goal == "period" else None
        self.progress(Event("search", message, self.seconds, done, self.period, bound))

    def _figures(self, mapping: Mapping) -> tuple[Fraction, Fraction | None]:
        """Its period, and its figure of the goal unless it breaks a limit."""
        if self.goal == "period" and not self.ceilings:
            period = mapping_period(self.application, mapping, self.platform)
            return period, period
        evaluation = evaluate(self.application, mapping, self.platform)
        allowed = self.ceilings.allow(evaluation)
        return evaluation.period, figure(evaluation, self.goal) if allowed else None

    def _note(self, by: str) -> None:
        self._trace.append(TracePoint(self.seconds, self.value, self.bound.value, by))
        self.report(by)
