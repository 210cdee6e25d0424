"""Where clusters may go: one tile each, within the tiles' slots and buffers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.model.application import Application
from mapper.model.mapping import Mapping
from mapper.model.platform import UNLIMITED, Platform
from mapper.search.cpsat.variables import Variables

__all__ = [
    "hint_binding",
    "in_any_order",
    "keep_elsewhere",
    "limit_buffers",
    "limit_slots",
    "mark_overfull_tiles",
    "place_clusters",
    "place_each_once",
    "read_binding",
    "read_buffers",
]


def keep_elsewhere(binding: NDArray[np.int32], tiles: int, free: Sequence[int] = ()) -> NDArray[np.bool_]:
    """Where actors may go, bool, shape (actors, tiles): those on the ``free`` tiles to any of these, the others stay.

    Examples
    --------
    >>> keep_elsewhere(np.array([0, 1, 2], np.int32), 3, [1, 2]).astype(int).tolist()
    [[1, 0, 0], [0, 1, 1], [0, 1, 1]]
    """
    here = binding[:, None] == np.arange(tiles)
    is_free = np.isin(np.arange(tiles), free)
    allowed: NDArray[np.bool_] = here | (is_free[binding][:, None] & is_free[None, :])
    return allowed


def place_clusters(v: Variables) -> None:
    """All that restricts where clusters may go."""
    place_each_once(v)
    limit_slots(v)
    limit_buffers(v)
    mark_overfull_tiles(v)


def place_each_once(v: Variables) -> None:
    """Sum over t of on[a, t] = 1 for every actor a."""
    for literals in v.on.values():
        v.model.add_exactly_one(literals.values())


def limit_slots(v: Variables) -> None:
    """Sum over a of on[a, t] <= slots[t] for every tile t."""
    clusters = v.application.clusters
    for tile, slots in enumerate(v.platform.slots.tolist()):
        here = [v.on[a][tile] for a in clusters if tile in v.on[a]]
        if len(here) > slots:
            v.model.add(sum(here) <= slots)


def mark_overfull_tiles(v: Variables) -> None:
    """overfull[t] or sum over a of on[a, t] <= crossbars[t]."""
    if not v.platform.timing.reprogram_ps:
        return
    clusters = v.application.clusters
    for tile, crossbars in enumerate(v.platform.crossbars.tolist()):
        here = [v.on[a][tile] for a in clusters if tile in v.on[a]]
        if len(here) > crossbars:
            v.overfull[tile] = v.model.new_bool_var(f"overfull_{tile}")
            v.model.add(sum(here) <= crossbars).only_enforce_if(~v.overfull[tile])


def limit_buffers(v: Variables) -> None:
    """Sum over channels (a, b) with b on t and a elsewhere of their packets * capacity <= buffer_packets[t].

    Of a capacity that is a variable, what is above the least counts as extra[t] >= capacity - least.
    """
    limited = [(t, int(room)) for t, room in enumerate(v.platform.buffer_packets.tolist()) if room < UNLIMITED]
    for tile, room in limited:
        used = []
        for (a, b, packets, _), least, most, held in zip(v.channels, v.least, v.most, v.capacity, strict=True):
            if not packets or tile not in v.on[b]:
                continue
            arrives = v.model.new_bool_var(f"arrives_{a}_{b}_{tile}")
            source = [v.on[a][tile]] if tile in v.on[a] else []
            v.model.add_bool_or([arrives, ~v.on[b][tile], *source])
            if isinstance(held, int):
                used.append(packets * held * arrives)
            else:
                extra = v.model.new_int_var(0, most - least, f"extra_{a}_{b}_{tile}")
                v.model.add(extra >= held - least).only_enforce_if(arrives)
                used.append(packets * (least * arrives + extra))
        v.model.add(sum(used) <= room)


def hint_binding(v: Variables, binding: NDArray[np.int32]) -> None:
    """Tell the solver a binding, where there is a choice."""
    for actor, places in v.on.items():
        if len(places) > 1:
            for tile, literal in places.items():
                v.model.add_hint(literal, int(binding[actor] == tile))


def read_buffers(v: Variables, binding: NDArray[np.int32], value: Callable[[Any], int]) -> NDArray[np.int64] | None:
    """What each channel holds in a solution, int64, shape (channels,): all it may if it stays on its tile; ``None``
    where buffers are fixed.
    """
    if v.least == v.most:
        return None
    held = [
        most if isinstance(here, int) or binding[a] == binding[b] else value(here)
        for (a, b, _, _), most, here in zip(v.channels, v.most, v.capacity, strict=True)
    ]
    return np.array(held, np.int64)


def read_binding(v: Variables, value: Callable[[Any], int]) -> NDArray[np.int32]:
    """Tile of each actor in a solution, int32, shape (actors,); ``value`` gives a variable's value in it."""
    binding = np.empty(len(v.on), np.int32)
    for actor, places in v.on.items():
        binding[actor] = next(t for t, literal in places.items() if value(literal))
    return binding


def in_any_order(application: Application, binding: NDArray[np.int32], platform: Platform) -> Mapping:
    """A binding as a mapping, for whoever does not look at its orders: each tile's clusters by number."""
    orders: list[list[int]] = [[] for _ in range(platform.tiles)]
    for actor in application.clusters:
        orders[int(binding[actor])].append(actor)
    return Mapping.plain(binding, tuple(tuple(order) for order in orders))
