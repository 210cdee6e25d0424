"""The fast baselines: greedy bindings, list-scheduled orders, exact evaluation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mapper.model.mapping import Mapping
from mapper.search.binding import BindingWeights, bind_greedily
from mapper.search.earliest_finish import bind_by_earliest_finish
from mapper.search.feasibility import buffers_hold, find_places
from mapper.search.incumbent import Incumbent
from mapper.search.ordering import order_by_list_scheduling

__all__ = ["search_greedily", "search_greedy_portfolio"]

#: Besides the default mixture: load alone, and two that keep neighbours together.
_OTHER_WEIGHTS = (
    BindingWeights(memory=0.0, bandwidth=0.0, latency=0.0),
    BindingWeights(bandwidth=1.0, latency=1.0),
    BindingWeights(bandwidth=5.0, connections=5.0, latency=5.0),
)


def search_greedily(incumbent: Incumbent, weights: BindingWeights = BindingWeights()) -> None:  # noqa: B008 - frozen
    """Offer the greedy mapping (the source method's: balanced load, list scheduling).

    Where the greedy rule gets stuck: any binding that fits, or the proof of none.
    """
    application, platform = incumbent.application, incumbent.platform
    binding = bind_greedily(application, platform, weights, sized=incumbent.sized)
    if binding is None:
        binding = find_places(application, platform)
        if binding is None:
            incumbent.infeasible = True
            return
    _offer(incumbent, binding, "greedy")


def search_greedy_portfolio(incumbent: Incumbent) -> None:
    """The source method's greedy mapping, then other mixtures of its costs and earliest finish; the best is kept."""
    search_greedily(incumbent)
    if incumbent.infeasible:
        return
    application, platform = incumbent.application, incumbent.platform
    for weights in _OTHER_WEIGHTS:
        if not incumbent.should_stop():
            _offer(incumbent, bind_greedily(application, platform, weights, sized=incumbent.sized), "greedy portfolio")
    if not incumbent.should_stop():
        _offer(incumbent, bind_by_earliest_finish(application, platform), "earliest finish")


def _offer(incumbent: Incumbent, binding: NDArray[np.int32] | None, by: str) -> None:
    application, platform = incumbent.application, incumbent.platform
    if binding is not None and buffers_hold(application, binding, platform, sized=incumbent.sized):
        orders = order_by_list_scheduling(application, binding, platform)
        incumbent.offer(Mapping.plain(binding, orders), by)
