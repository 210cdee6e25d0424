"""One more tile: the platform with it, its bound, and what a short search reaches on it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from mapper.explain.again import search_again
from mapper.explain.answer import Relief
from mapper.model.application import Application
from mapper.model.mapping import Mapping, OrderSemantics
from mapper.model.platform import Platform
from mapper.model.topology import Bus, LinkGraph, Mesh, Topology
from mapper.search.bounds import best_bound

__all__ = ["relief_by_tile", "with_one_more_tile"]


def with_one_more_tile(platform: Platform, beside: int) -> Platform:
    """The platform with one more tile, of the class of the tile ``beside``; all others keep their numbers.

    A grid gets another row, of which only the tile in that column runs clusters (a single row or a ring gets another
    column); on a bus the tile joins the bus; among explicit links it is linked both ways with the tile beside, and with
    all tiles if all were linked with each other.

    Examples
    --------
    >>> from mapper.model.platform import TileClass
    >>> chip = Platform("tiny", Mesh(2, 2), (TileClass("tile", 4, 4),), [0] * 4)
    >>> wider = with_one_more_tile(chip, 1)
    >>> wider.tiles, np.flatnonzero(wider.usable).tolist()
    (6, [0, 1, 2, 3, 5])
    """
    topology, new = _extended(platform.topology, beside)
    added = topology.tiles - platform.tiles
    class_of = np.append(platform.class_of, np.full(added, platform.class_of[beside], np.int32))
    idle = tuple(t for t in range(platform.tiles, topology.tiles) if t != new)
    return replace(platform, topology=topology, class_of=class_of, broken=platform.broken + idle)


def _extended(topology: Topology, beside: int) -> tuple[Topology, int]:
    """The topology with the new tile, and its number."""
    tiles = topology.tiles
    if isinstance(topology, Mesh):
        if topology.rows == 1:
            return replace(topology, columns=topology.columns + 1), tiles
        return replace(topology, rows=topology.rows + 1), tiles + beside % topology.columns
    if isinstance(topology, Bus):
        return Bus(tiles + 1), tiles
    pairs = topology.links
    full = len(pairs) == tiles * (tiles - 1)
    joined = tuple(pair for t in (range(tiles) if full else (beside,)) for pair in ((t, tiles), (tiles, t)))
    return LinkGraph(tiles + 1, (*pairs, *joined)), tiles


def relief_by_tile(
    application: Application,
    mapping: Mapping,
    platform: Platform,
    period: Fraction,
    orders: OrderSemantics,
    moves: int = 0,
) -> Relief | None:
    """What one more tile beside the fullest would bring; ``None`` if the topology cannot grow.

    ``period`` of the answer is the best of the old mapping left as it is, the greedy rule on the new platform, and
    ``moves`` of local search from there.
    """
    load = np.zeros(platform.tiles, np.int64)
    clusters = ~application.is_input
    np.add.at(load, mapping.binding[clusters], application.graph.execution_times[clusters])
    try:
        wider = with_one_more_tile(platform, int(load.argmax()))
    except ValueError:
        return None
    added = wider.tiles - platform.tiles
    start = replace(mapping, orders=mapping.orders + ((),) * added)
    incumbent = search_again(application, wider, best_bound(application, wider), orders, start, moves)
    reached = period if incumbent.period is None else incumbent.period
    gain = (period - reached) / period if period else Fraction(0)
    what = f"one more tile beside tile {int(load.argmax())}"
    return Relief("tile", what, reached, gain, same_mapping=False, bound=incumbent.bound.value)
