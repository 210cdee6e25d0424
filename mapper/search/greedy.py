"""The fast baseline: greedy binding, list-scheduled orders, exact evaluation."""

from __future__ import annotations

from mapper.model.mapping import Mapping
from mapper.search.binding import BindingWeights, bind_greedily
from mapper.search.feasibility import buffers_hold, find_places
from mapper.search.incumbent import Incumbent
from mapper.search.ordering import order_by_list_scheduling

__all__ = ["search_greedily"]


def search_greedily(incumbent: Incumbent, weights: BindingWeights = BindingWeights()) -> None:  # noqa: B008 - frozen
    """Offer the greedy mapping; where the greedy rule gets stuck, any binding that fits, or the proof of none."""
    application, platform = incumbent.application, incumbent.platform
    binding = bind_greedily(application, platform, weights)
    if binding is None:
        binding = find_places(application, platform)
        if binding is None:
            incumbent.infeasible = True
            return
        if not buffers_hold(application, binding, platform):
            return
    orders = order_by_list_scheduling(application, binding, platform)
    incumbent.offer(Mapping.plain(binding, orders), "greedy")
