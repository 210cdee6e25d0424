"""Buffers for a mapping whose tiles cannot hold all that the platform allows: the least, then more where it pays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mapper.analysis.cycles.cycle_ratio import period_of
from mapper.lower.bound_graph import bind, capacities
from mapper.model.application import Application
from mapper.model.bound_graph import EdgeKind
from mapper.model.mapping import Mapping
from mapper.model.platform import Platform
from mapper.search.feasibility import buffered_packets

__all__ = ["with_sized_buffers"]

#: Iterations of buffer given one by one; each costs an evaluation.
_MOST_GIVEN = 100


def with_sized_buffers(application: Application, mapping: Mapping, platform: Platform) -> Iterator[Mapping]:
    """The mapping with buffers that every tile can hold, then, if that differs, with more where its period gains by it.

    It begins with the mapping's own buffers, without any with the least that its retiming needs. Channels that take
    nothing from a tile, and all on tiles with room for everything, hold what the platform allows. What room is left
    goes to full buffers on the critical cycle, the fewest packets first, until none of them finds any. More buffer
    never makes a period longer.

    Raises
    ------
    InputError
        Its retiming needs more than the platform allows.
    DeadlockError
        Its orders block each other.
    """
    graph, most = application.graph, capacities(application, platform)
    if mapping.buffers is None:
        tokens = application.delay_iterations + mapping.retiming[graph.targets] - mapping.retiming[graph.sources]
        asked = np.clip(tokens, application.delay_iterations + 1, most)
    else:
        asked = mapping.buffers
    tile = mapping.binding[graph.targets]
    tight = buffered_packets(application, mapping.binding, platform, most) > platform.buffer_packets
    remote = mapping.binding[graph.sources] != tile
    held = np.where(remote & tight[tile] & (application.packets > 0), asked, most)
    room = platform.buffer_packets - buffered_packets(application, mapping.binding, platform, held)
    if (room < 0).any():
        return
    first = replace(mapping, buffers=held)
    yield first
    more = _give(application, first, platform, most, room)
    if (more > held).any():
        yield replace(mapping, buffers=more)


def _give(
    application: Application, mapping: Mapping, platform: Platform, most: NDArray[np.int64], room: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The mapping's buffers with ``room`` packets on each tile given to those on critical cycles."""
    held = capacities(application, platform, mapping).copy()
    packets, tile = application.packets, mapping.binding[application.graph.targets]
    bound = bind(application, mapping, platform)
    back = np.flatnonzero(bound.kinds == EdgeKind.BUFFER)  # in the order of the channels
    tokens, load = bound.tokens.copy(), int(bound.link_loads.max(initial=0))
    for _ in range(_MOST_GIVEN):
        if not ((held < most) & (packets <= room[tile])).any():
            break
        critical = period_of(replace(bound, tokens=tokens))
        full = [int(bound.channels[e]) for e in critical.cycle if bound.kinds[e] == EdgeKind.BUFFER]
        full = [c for c in full if held[c] < most[c] and packets[c] <= room[tile[c]]]
        if not full or critical.ratio <= load:
            break
        channel = min(full, key=lambda c: (packets[c], c))
        held[channel] += 1
        tokens[back[channel]] += 1
        room[tile[channel]] -= packets[channel]
    return held
