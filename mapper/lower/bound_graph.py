"""Application + mapping + platform -> bound graph, edge by edge as the table of models/README.md, section 4 says."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mapper.errors import InputError
from mapper.lower.transfers import route_channels
from mapper.model.application import Application
from mapper.model.bound_graph import BoundGraph, EdgeKind
from mapper.model.mapping import Mapping
from mapper.model.platform import Platform

__all__ = ["bind", "capacities", "reprogram_times"]


def capacities(application: Application, platform: Platform, mapping: Mapping | None = None) -> NDArray[np.int64]:
    """Iterations each channel can hold: the mapping's buffers, or the most that the platform allows.

    The mapping's, too, are at least one more than the channel starts with.

    Returns
    -------
    int64, shape (channels,)

    Raises
    ------
    InputError
        The mapping's buffers do not fit the application or the platform.
    """
    least = application.delay_iterations + 1
    most = platform.most_iterations(application.delay_iterations)
    if mapping is None or mapping.buffers is None:
        return most
    fix = "use the mapping with the application and platform it was made for"
    if mapping.buffers.size != most.size:
        raise InputError("buffers", f"those of {most.size} channels", f"{mapping.buffers.size}", fix)
    beyond = np.flatnonzero((mapping.buffers < least) | (mapping.buffers > most))
    if beyond.size:
        c = int(beyond[0])
        raise InputError(f"buffer of channel {c}", f"{least[c]}..{most[c]} iterations", f"{mapping.buffers[c]}", fix)
    return mapping.buffers


def reprogram_times(mapping: Mapping, platform: Platform) -> NDArray[np.int64]:
    """Reprogramming paid after each firing on each tile, int64, shape (tiles,).

    A tile with no more clusters than crossbars never reprograms; on any other every firing is followed by one (the
    conservative choice: with c crossbars, c - 1 of its clusters could be spared).
    """
    held = np.array([len(order) for order in mapping.orders], np.int64)
    return np.where(held > platform.crossbars, platform.timing.reprogram_ps, 0)


def bind(application: Application, mapping: Mapping, platform: Platform) -> BoundGraph:
    """Build the bound graph of a mapping.

    With retiming r, node i stands for the firings of iteration k - r[i]: a channel a -> b that starts with w
    iterations of tokens has q = w + r[b] - r[a] tokens in the graph and B - q on its buffer's back-edge.

    Raises
    ------
    InputError
        The mapping does not fit the application, or a retiming asks for fewer than 0 or more than B tokens.
    """
    graph = application.graph
    n = graph.actor_count
    if mapping.binding.size != n or len(mapping.orders) != platform.tiles:
        raise InputError(
            "mapping",
            f"{n} actors and {platform.tiles} tiles",
            f"{mapping.binding.size} and {len(mapping.orders)}",
            "use the mapping with the application and platform it was made for",
        )
    transfers = route_channels(application, mapping.binding, platform)
    durations = graph.execution_times + transfers.busy_ps
    a, b = graph.sources.astype(np.int64), graph.targets.astype(np.int64)
    shift = mapping.retiming[b] - mapping.retiming[a]
    capacity = capacities(application, platform, mapping)
    tokens = application.delay_iterations + shift
    if bool(((tokens < 0) | (tokens > capacity)).any()):
        channel = int(np.flatnonzero((tokens < 0) | (tokens > capacity))[0])
        raise InputError(
            f"retiming, channel {graph.actors[a[channel]]} -> {graph.actors[b[channel]]}",
            f"0..{capacity[channel]} iterations of tokens",
            str(tokens[channel]),
            "choose offsets within the buffer",
        )
    channels = np.arange(graph.channel_count, dtype=np.int64)
    everyone = np.arange(n, dtype=np.int64)
    before, after, wait, wrap = _order_edges(mapping, platform)
    sent, credited = durations[a] + transfers.times_ps, durations[b] + transfers.credits_ps
    none = np.full(n, -1, np.int64)
    ordered = np.full(before.size, -1, np.int64)
    return BoundGraph(
        nodes=n,
        sources=np.concatenate([a, everyone, b, before]).astype(np.int32),
        targets=np.concatenate([b, everyone, a, after]).astype(np.int32),
        times=np.concatenate([sent, durations, credited, durations[before] + wait]),
        tokens=np.concatenate([tokens, np.ones(n, np.int64), capacity - tokens, wrap]),
        kinds=np.concatenate(
            [
                np.full(channels.size, EdgeKind.DATA),
                np.full(n, EdgeKind.SELF),
                np.full(channels.size, EdgeKind.BUFFER),
                np.where(wrap == 1, EdgeKind.WRAP, EdgeKind.ORDER),
            ]
        ).astype(np.int8),
        channels=np.concatenate([channels, none, channels, ordered]).astype(np.int32),
        durations=durations,
        link_loads=transfers.loads_ps,
    )


def _order_edges(mapping: Mapping, platform: Platform) -> tuple[NDArray[np.int64], ...]:
    """(before, after, waiting time, tokens) of every order edge and wrap-around, tile by tile."""
    reprogram = reprogram_times(mapping, platform)
    rows: list[tuple[int, int, int, int]] = []
    for tile, order in enumerate(mapping.orders):
        for place, actor in enumerate(order):
            last = place == len(order) - 1
            if len(order) > 1:
                rows.append((actor, order[0] if last else order[place + 1], int(reprogram[tile]), int(last)))
    table = np.array(rows, np.int64).reshape(-1, 4)
    return tuple(table.T)
