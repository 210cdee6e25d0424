"""Everything that can be said about a mapping run besides network, platform and goals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mapper.errors import InputError
from mapper.lower.semantics import Iteration
from mapper.model.goal import NO_CEILINGS, Ceilings
from mapper.model.mapping import BufferChoice, OrderSemantics
from mapper.progress import Progress, silent
from mapper.search.cluster.methods import DEFAULT_METHOD
from mapper.search.strategy import METHODS
from mapper.stop import MaxRuntime, Stop

__all__ = ["ONE_MINUTE", "ONE_SECOND", "MapOptions"]

ONE_MINUTE, ONE_SECOND = MaxRuntime(60), MaxRuntime(1)


@dataclass(frozen=True)
class MapOptions:
    """The options of :func:`mapper.solve.map_network`, which explains them.

    Raises
    ------
    InputError
        An unknown method, orders, buffers or iteration.

    Examples
    --------
    >>> MapOptions(method="greedy", stop=MaxRuntime(5)).orders
    <OrderSemantics.PIPELINED: 'pipelined'>
    """

    method: str = "auto"
    orders: OrderSemantics = OrderSemantics.PIPELINED
    iteration: Iteration = Iteration.FRAME
    limits: Ceilings = NO_CEILINGS
    stop: Stop = ONE_MINUTE
    seed: int = 1
    workers: int = 0
    unroll: bool = True
    partial_spikes: Literal["any", "sum"] = "any"
    scheme: str = "auto"
    cluster_method: str = DEFAULT_METHOD
    cluster_stop: Stop = ONE_SECOND
    progress: Progress = silent
    buffers: BufferChoice = BufferChoice.FIXED

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InputError("method", f"one of {', '.join(METHODS)}", repr(self.method))
        if self.orders not in tuple(OrderSemantics):
            raise InputError("orders", f"one of {', '.join(OrderSemantics)}", repr(self.orders))
        if self.iteration not in tuple(Iteration):
            raise InputError("iteration", f"one of {', '.join(Iteration)}", repr(self.iteration))
        if self.buffers not in tuple(BufferChoice):
            raise InputError("buffers", f"one of {', '.join(BufferChoice)}", repr(self.buffers))
        object.__setattr__(self, "buffers", BufferChoice(self.buffers))
        object.__setattr__(self, "orders", OrderSemantics(self.orders))
        object.__setattr__(self, "iteration", Iteration(self.iteration))
