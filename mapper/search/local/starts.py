"""Where a local search begins: the incumbent, or the best of a few greedy mappings."""

from __future__ import annotations

from mapper.model.mapping import Mapping
from mapper.search.binding import BindingWeights
from mapper.search.greedy import search_greedily
from mapper.search.incumbent import Incumbent

__all__ = ["PORTFOLIO", "first_mapping"]

#: Load alone, the default mixture, and two that keep neighbours together.
PORTFOLIO = (
    BindingWeights(),
    BindingWeights(memory=0.0, bandwidth=0.0, latency=0.0),
    BindingWeights(bandwidth=1.0, latency=1.0),
    BindingWeights(bandwidth=5.0, connections=5.0, latency=5.0),
)


def first_mapping(incumbent: Incumbent, *, pipelined: bool) -> Mapping | None:
    """A mapping to begin with, plain if asked for; everything tried on the way is offered."""
    known = incumbent.mapping
    if known is not None and (pipelined or not known.retiming.any()):
        return known
    trial = Incumbent(incumbent.application, incumbent.platform, incumbent.bound, incumbent.stop)
    for weights in PORTFOLIO:
        search_greedily(trial, weights)
        if trial.infeasible:
            incumbent.infeasible = True
            return None
    if trial.mapping is not None:
        incumbent.offer(trial.mapping, "greedy")
    return trial.mapping
