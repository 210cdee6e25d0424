"""Mappings that differ by a symmetry of the chip are equally fast: look at one of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from mapper.model.application import Application
from mapper.model.mapping import Mapping
from mapper.model.platform import Platform
from mapper.model.topology import Mesh
from mapper.search.cpsat.variables import Variables

__all__ = ["break_symmetry", "chip_symmetries", "interchangeable_tiles", "into_domain"]

#: Tiles up to which routes are compared link by link.
_MOST_TILES = 256

#: What was found for platforms that are still in use, by whether there are inputs: every model and hint asks again.
_known: WeakKeyDictionary[Platform, dict[bool, tuple[NDArray[np.int64], ...]]] = WeakKeyDictionary()


def break_symmetry(v: Variables) -> None:
    """Leave at least one mapping of each kind.

    Where tiles are interchangeable, cluster i may open tile k only after a cluster before it runs on tile k - 1 (value
    precedence, Law and Lee 2004). Else on[p, t] only for t the least tile of its orbit; p is the actor with most load.
    Sound because a chip symmetry keeps every constraint: hops, routes, tile classes, broken tiles and the I/O port.
    """
    free = interchangeable_tiles(v.application, v.platform)
    if len(free) > 1:
        _open_in_order(v, free)
        return
    symmetries = chip_symmetries(v.application, v.platform)
    least = np.min(symmetries, axis=0)
    for tile, literal in v.on[_pinned(v.application)].items():
        if least[tile] < tile:
            v.model.add(literal == 0)


def _open_in_order(v: Variables, free: list[int]) -> None:
    clusters = v.application.clusters
    for left, right in pairwise(free):
        before: list[Any] = []
        for actor in clusters:
            if right in v.on[actor]:
                v.model.add_bool_or([~v.on[actor][right], *before])
            if left in v.on[actor]:
                before = [*before, v.on[actor][left]]


def into_domain(application: Application, platform: Platform, mapping: Mapping) -> Mapping:
    """The equally fast mapping that :func:`break_symmetry` leaves."""
    free = interchangeable_tiles(application, platform)
    image = np.arange(platform.tiles)
    if len(free) > 1:
        opened = list(dict.fromkeys(t for t in mapping.binding[list(application.clusters)].tolist() if t in free))
        image[opened + [t for t in free if t not in opened]] = free
    else:
        at = int(mapping.binding[_pinned(application)])
        image = min(chip_symmetries(application, platform), key=lambda image: int(image[at]))
    binding = np.where(application.is_input, mapping.binding, image[mapping.binding]).astype(np.int32)
    orders: list[tuple[int, ...]] = [()] * platform.tiles
    for tile, order in enumerate(mapping.orders):
        orders[image[tile]] = order
    return replace(mapping, binding=binding, orders=tuple(orders))


def interchangeable_tiles(application: Application, platform: Platform) -> list[int]:
    """Tiles that any permutation may exchange: of one class, usable, each one hop from every other tile of the chip."""
    tiles = np.arange(platform.tiles)
    if platform.tiles > _MOST_TILES or (platform.topology.hops(tiles[:, None], tiles[None, :]) > 1).any():
        return []
    free = platform.slots > 0
    if application.is_input.any():
        free[platform.io_tile] = False
    classes = platform.class_of[free]
    return np.flatnonzero(free).tolist() if classes.size and (classes == classes[0]).all() else []


def chip_symmetries(application: Application, platform: Platform) -> tuple[NDArray[np.int64], ...]:
    """Permutations of the tiles (``image[t]``) that no constraint can tell apart, the identity first; read-only.

    Candidates are the reflections and, on a square, rotations of an open mesh; each is verified against hops, tile
    classes, broken tiles, the I/O port, and the routes where packets load links. A platform's are found only once.
    """
    fixed_port = bool(application.is_input.any())
    known = _known.setdefault(platform, {})
    if fixed_port not in known:
        found = _find_symmetries(platform, fixed_port)
        for image in found:
            image.setflags(write=False)
        known[fixed_port] = tuple(found)
    return known[fixed_port]


def _find_symmetries(platform: Platform, fixed_port: bool) -> list[NDArray[np.int64]]:
    topology = platform.topology
    identity = np.arange(platform.tiles)
    if not isinstance(topology, Mesh) or topology.torus or platform.tiles > _MOST_TILES:
        return [identity]
    return [image for image in _mesh_images(topology) if _keeps_everything(image, platform, fixed_port)]


def _mesh_images(topology: Mesh) -> Iterator[NDArray[np.int64]]:
    columns, rows = topology.columns, topology.rows
    x, y = np.arange(topology.tiles) % columns, np.arange(topology.tiles) // columns
    for turned in (False, True)[: 1 + (columns == rows)]:
        for flip_x in (False, True)[: 1 + (columns > 1)]:
            for flip_y in (False, True)[: 1 + (rows > 1)]:
                to_x, to_y = (columns - 1 - x if flip_x else x), (rows - 1 - y if flip_y else y)
                yield to_x * columns + to_y if turned else to_y * columns + to_x


def _keeps_everything(image: NDArray[np.int64], platform: Platform, fixed_port: bool) -> bool:
    tiles = np.arange(platform.tiles)
    if (platform.class_of[image] != platform.class_of).any() or (platform.slots[image] != platform.slots).any():
        return False
    if fixed_port and image[platform.io_tile] != platform.io_tile:
        return False
    topology = platform.topology
    if (topology.hops(image[:, None], image[None, :]) != topology.hops(tiles[:, None], tiles[None, :])).any():
        return False
    return not platform.timing.packet_ps or _keeps_routes(image, platform)


def _keeps_routes(image: NDArray[np.int64], platform: Platform) -> bool:
    topology = platform.topology
    number = {ends: link for link, ends in enumerate(topology.links)}
    moved = [number.get((int(image[a]), int(image[b])), -1) for a, b in topology.links]
    for p in range(platform.tiles):
        for q in range(platform.tiles):
            images = tuple(moved[link] for link in topology.route(p, q))
            if images != topology.route(int(image[p]), int(image[q])):
                return False
    return True


def _pinned(application: Application) -> int:
    times = np.where(application.is_input, -1, application.graph.execution_times)
    return int(times.argmax())
