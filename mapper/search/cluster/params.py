"""What every clustering method is told besides the network and the limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from mapper.errors import InputError
from mapper.lower.semantics import Iteration
from mapper.model.clustering import Clustering
from mapper.progress import Progress, silent
from mapper.stop import MaxRuntime, Stop

__all__ = ["ClusterParams", "Objective"]

Objective = Literal["balanced", "clusters", "packets"]


@dataclass(frozen=True)
class ClusterParams:
    """Parameters that all methods share.

    Attributes
    ----------
    iteration
        ``frame`` keeps the clusters convex, ``timestep`` lets any neurons share.
    seed
        Of all random choices: equal seeds give equal clusterings where the time limit does not decide.
    stop
        When an anytime method ends. A constructive method always finishes its first clustering.
    progress
        Told about each stage.
    objective
        The cost that is compared. ``clusters``: clusters, then packets. ``packets``: packets, then clusters.
        ``balanced`` (default): the product of the two, because 1 % of one is then worth 1 % of the other whatever
        their units.
    start
        A legal clustering to improve, for methods that improve one.
    balance
        By which share a cluster's synapses and its synaptic events may exceed their means over the clusters, for
        instance 0.1; kept by ``refine``, and not known to other methods. ``None``: they need not be even.

    Examples
    --------
    >>> ClusterParams(seed=3).objective
    'balanced'
    """

    iteration: Iteration = Iteration.FRAME
    seed: int = 1
    stop: Stop = field(default_factory=lambda: MaxRuntime(1.0))
    progress: Progress = silent
    objective: Objective = "balanced"
    start: Clustering | None = None
    balance: float | None = None

    def __post_init__(self) -> None:
        if self.objective not in get_args(Objective):
            raise InputError("objective", ", ".join(get_args(Objective)), repr(self.objective), "choose one of these")
        if self.balance is not None and not 0 <= self.balance < float("inf"):
            raise InputError("balance", "a share of at least 0, such as 0.1", str(self.balance))
        if self.seed < 0:
            raise InputError("seed", "a non-negative integer", str(self.seed), "choose another seed")
