"""A few actors of an application without the others: what they need, all need."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from mapper.model.application import Application
from mapper.model.mapping import Mapping

__all__ = ["leave_alone", "mapping_of"]


def leave_alone(application: Application, actors: Collection[int]) -> Application:
    """These actors, in their order, and the channels between them.

    A mapping of the whole application, less the others, is one of these and no slower: no load, link, buffer or cycle
    gets larger. So a bound for these is one for all.
    """
    graph, chosen = application.graph, np.array(sorted(actors), np.int64)
    channels = np.flatnonzero(np.isin(graph.sources, chosen) & np.isin(graph.targets, chosen))
    alone = replace(
        graph,
        actors=tuple(graph.actors[a] for a in chosen.tolist()),
        execution_times=graph.execution_times[chosen],
        sources=np.searchsorted(chosen, graph.sources[channels]).astype(np.int32),
        targets=np.searchsorted(chosen, graph.targets[channels]).astype(np.int32),
        production=graph.production[channels],
        consumption=graph.consumption[channels],
        initial_tokens=graph.initial_tokens[channels],
    )
    return replace(
        application,
        graph=alone,
        is_input=application.is_input[chosen],
        demand=application.demand[chosen],
        packets=application.packets[channels],
        delay_iterations=application.delay_iterations[channels],
        synaptic_events=application.synaptic_events[chosen],
        output_spikes=application.output_spikes[chosen],
    )


def mapping_of(mapping: Mapping, actors: Collection[int]) -> Mapping:
    """A mapping of the whole application, less all other actors; with the platform's buffers."""
    chosen = sorted(actors)
    number = {actor: i for i, actor in enumerate(chosen)}
    orders = tuple(tuple(number[a] for a in order if a in number) for order in mapping.orders)
    retiming = mapping.retiming[chosen]
    return Mapping(mapping.binding[chosen], orders, retiming - retiming.min(initial=0))
