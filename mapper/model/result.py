"""What a search hands back: the mapping, its exact evaluation and how far it could be from the best."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.model.application import Application
from mapper.model.arrays import require
from mapper.model.bound_graph import EdgeKind
from mapper.model.clustering import Clustering
from mapper.model.goal import NO_CEILINGS, Ceilings, GoalOutcome, figure
from mapper.model.mapping import BufferChoice, Mapping, OrderSemantics
from mapper.model.platform import Platform

__all__ = ["SOLVER_BOUNDS", "Bound", "CriticalEdge", "Evaluation", "NetworkSummary", "Result", "Status", "TracePoint"]


class Status(Enum):
    """What is known about a result; the four never collapse into each other.

    OPTIMAL: its period equals a proven bound; with goals, each of them its own. FEASIBLE: a checked mapping, perhaps
    not the best. INFEASIBLE: proven that none exists. UNKNOWN: the search stopped before it knew.
    """

    OPTIMAL = "OPTIMAL"
    FEASIBLE = "FEASIBLE"
    INFEASIBLE = "INFEASIBLE"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True)
class CriticalEdge:
    """One step of the critical cycle."""

    source: int
    target: int
    time_ps: int
    tokens: int
    kind: EdgeKind
    channel: int = -1


@dataclass(frozen=True)
class Evaluation:
    """The exact figures of one mapping; times in picoseconds, energy in femtojoules.

    Attributes
    ----------
    period
        λ: the larger of the maximum cycle ratio and the heaviest link's load.
    critical_cycle
        A cycle of the bound graph whose ratio is the period; empty if a link limits.
    critical_link
        The link whose load is the period, or -1.
    start_times
        Certificate: start of each actor's firing 0 in a periodic schedule of period λ.
    latency
        From the start of the inputs' firing to the end of the last firing of one iteration, in that schedule.
    energy_fj, packets
        Of one iteration; packets that stay on their tile are counted too.
    remote_packets
        Those that leave their tile.
    link_loads
        Busy time of each link in one iteration.
    """

    period: Fraction
    critical_cycle: tuple[CriticalEdge, ...]
    critical_link: int
    start_times: tuple[Fraction, ...]
    latency: Fraction
    energy_fj: int
    packets: int
    remote_packets: int
    tiles_used: int
    link_loads: tuple[int, ...]

    @property
    def throughput_hz(self) -> float:
        """Iterations per second; infinite for a period of 0."""
        return float("inf") if self.period == 0 else float(10**12 / self.period)


#: Names of the bounds that only a solver can prove again: over whole mappings, over loads, over bindings, over mappings
#: of a few clusters. The others are elementary.
SOLVER_BOUNDS = ("cp-sat", "packing", "binding", "core")


@dataclass(frozen=True)
class Bound:
    """A proven lower bound on the period over all mappings of the application onto the platform, with the orders and
    buffers that the result's ``orders`` and ``buffers`` say.

    ``name`` says which argument gave it, ``proof`` how it was obtained.
    """

    value: Fraction
    name: str
    proof: str = ""


@dataclass(frozen=True)
class TracePoint:
    """An improvement: at ``seconds`` the incumbent's value or the bound changed; ``by`` names who found it.

    The value is the period, or the figure of the goal whose trace it is.
    """

    seconds: float
    value: Fraction | None
    bound: Fraction | None
    by: str

    @property
    def period(self) -> Fraction | None:
        """The value, in a trace of the period."""
        return self.value


@dataclass(frozen=True)
class NetworkSummary:
    """What a result remembers of the network it came from."""

    name: str
    inputs: int
    neurons: int
    synapses: int
    spikes: int | None
    steps: int
    windows: int
    fingerprint: str


@dataclass(frozen=True, eq=False)
class Result:
    """Everything about one run, self-contained: it can be evaluated and checked again without the network.

    ``mapping`` and ``evaluation`` are ``None`` when the status is INFEASIBLE or UNKNOWN. ``clustering`` assigns the
    neurons of the unrolled network (``origin`` leads back to the given one: the neuron each unit stems from).
    ``orders`` and ``buffers`` say over which orders and buffers the search went and the bound is proven.

    ``goals`` is empty where the period alone was minimised without limits. Else it holds every goal by falling
    importance with its own bound and trace, ``ceilings`` are the limits that were given, ``bound`` is the period
    goal's or else an elementary one, and the status speaks of the goals.
    """

    network: NetworkSummary
    platform: Platform
    application: Application
    clustering: Clustering
    origin: NDArray[np.int64]
    method: str
    orders: OrderSemantics
    status: Status
    mapping: Mapping | None
    evaluation: Evaluation | None
    bound: Bound
    seconds: float
    statistics: dict[str, Any] = field(default_factory=dict)
    trace: tuple[TracePoint, ...] = ()
    goals: tuple[GoalOutcome, ...] = ()
    ceilings: Ceilings = NO_CEILINGS
    buffers: BufferChoice = BufferChoice.FIXED

    def __post_init__(self) -> None:
        if self.mapping is not None and self.buffers is BufferChoice.FIXED:
            require(self.mapping.buffers is None, "buffers", "none in the mapping where they are fixed", "some")
        solved = self.status in (Status.OPTIMAL, Status.FEASIBLE)
        present = self.mapping is not None and self.evaluation is not None
        require(solved == present, "result", "a mapping exactly if the status is OPTIMAL or FEASIBLE", self.status)
        if self.evaluation is not None:
            gap = self.evaluation.period - self.bound.value
            require(gap >= 0, "bound", f"at most the period {self.evaluation.period}", self.bound.value)
            for goal in self.goals:
                mine = figure(self.evaluation, goal.goal)
                require(goal.value == mine, f"goal {goal.goal}", f"the mapping's {mine}", goal.value)
            optimal = self.status is Status.OPTIMAL
            reached = all(goal.proven for goal in self.goals) if self.goals else gap == 0
            require(optimal == reached, "status", "OPTIMAL exactly if each bound is reached", self.status)

    @property
    def gap(self) -> Fraction | None:
        """(period - bound) / bound; ``None`` without a mapping or with a bound of 0 that is not reached."""
        if self.evaluation is None:
            return None
        if self.evaluation.period == self.bound.value:
            return Fraction(0)
        return None if self.bound.value == 0 else (self.evaluation.period - self.bound.value) / self.bound.value
