"""What the throughput engines answer: one shape for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

__all__ = ["CriticalStep", "GraphStatus", "Throughput"]


class GraphStatus(StrEnum):
    """``ok``; ``deadlock``: some actor can fire only finitely often; ``inconsistent``: no repetition vector exists."""

    OK = "ok"
    DEADLOCK = "deadlock"
    INCONSISTENT = "inconsistent"


@dataclass(frozen=True)
class CriticalStep:
    """One edge of a critical (or blocking) cycle: firing ``firing`` of ``actor`` and what the next step waits for.

    ``time`` is what the edge adds, ``tokens`` how many iterations back it reaches; ``channel`` is its index in the
    graph, or -1 for an edge that no channel stands for.
    """

    actor: int
    firing: int
    time: int
    tokens: int
    channel: int = -1


@dataclass(frozen=True)
class Throughput:
    """Exact throughput of a dataflow graph, or why there is none.

    Attributes
    ----------
    period
        Time per iteration of the slowest weak component; 0: no cycle takes time, the throughput is infinite;
        ``None`` unless the status is ok.
    engine
        Which engine answered, and ``reason`` why it was chosen.
    component_periods
        One a weak component, in order of their lowest actor, each for its own smallest repetition vector.
    critical_cycle
        Steps whose times sum to period * tokens, or the blocking cycle of a deadlock; empty where the engine gives
        none (state space), or for an infinite throughput without any cycle. It and the potentials are tuples, or
        made when looked at (:class:`~mapper.analysis.lazy.LazyTuple`).
    potentials
        Certificate, where the engine gives one: see the engine's module for what they are indexed by.
    explanation
        For people: the conflicting rates, the missing tokens.
    """

    status: GraphStatus
    period: Fraction | None
    engine: str
    reason: str = ""
    component_periods: tuple[Fraction | None, ...] = ()
    critical_cycle: Sequence[CriticalStep] = ()
    potentials: Sequence[Fraction] = field(default=(), repr=False)
    explanation: str = ""

    @property
    def infinite(self) -> bool:
        return self.period == 0

    @property
    def throughput(self) -> Fraction | None:
        """Iterations per time unit; 0 in a deadlock, ``None`` if infinite or inconsistent."""
        if self.status is GraphStatus.DEADLOCK:
            return Fraction(0)
        return 1 / self.period if self.period else None
