"""The seats of a chip: one for each cluster a tile may hold, and which clusters fit where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.errors import InfeasibleError
from mapper.model.application import Application
from mapper.model.platform import Platform

__all__ = ["Seats", "kinds_and_fits", "make_seats"]


@dataclass(frozen=True, eq=False)
class Seats:
    """Seats in order of their tiles.

    Attributes
    ----------
    tile : int32, shape (seats,)
    first : int32, shape (tiles + 1,)
        Tile t has the seats ``first[t]`` to ``first[t + 1] - 1``; a broken tile has none.
    kind : int32, shape (clusters,)
        Clusters of one kind fit the same tile classes.
    fits : bool, shape (kinds, classes)
    class_of : int32, shape (tiles,)
    """

    tile: NDArray[np.int32]
    first: NDArray[np.int32]
    kind: NDArray[np.int32]
    fits: NDArray[np.bool_]
    class_of: NDArray[np.int32]

    @property
    def count(self) -> int:
        return int(self.tile.size)

    @property
    def alike(self) -> bool:
        """Whether every cluster fits every seat."""
        return bool(self.fits.all())


def kinds_and_fits(
    application: Application | None, clusters: int, platform: Platform
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Each cluster's kind and what fits where: :func:`~mapper.search.feasibility.allowed_tiles` class by class.

    Without an application everything fits everywhere.
    """
    classes = len(platform.tile_classes)
    if application is None:
        return np.zeros(clusters, np.int32), np.ones((1, classes), np.bool_)
    limits = np.array([(c.inputs, c.outputs, c.cells) for c in platform.tile_classes], np.int64)
    fits = (application.demand[:, None, :] <= limits[None, :, :]).all(axis=2)
    rows, kind = np.unique(fits, axis=0, return_inverse=True)
    return kind.ravel().astype(np.int32), rows


def make_seats(
    movable: NDArray[np.int64], kind: NDArray[np.int32], fits: NDArray[np.bool_], platform: Platform, *, spread: bool
) -> Seats:
    """As many seats as slots; where slots are unlimited or clusters shall ``spread``, as few per tile as hold all.

    Raises
    ------
    InfeasibleError
        No placement exists: the clusters that fit some classes outnumber these classes' slots.
    """
    slots = np.minimum(platform.slots, movable.size)
    most = int(slots.max(initial=0))
    cap = min(most, max(1, -(-movable.size // max(1, int((slots > 0).sum())))))
    while True:
        held = np.minimum(slots, cap)
        shares = share_classes(np.bincount(kind[movable], minlength=len(fits)), fits, _per_class(held, platform))
        if shares is not None:
            break
        if cap >= most:
            raise InfeasibleError(f"these {movable.size} clusters outnumber the slots of the tiles they fit")
        cap = min(most, cap * 2)
    if not spread:
        limited = np.array([c.slots is not None for c in platform.tile_classes])
        held = np.where(limited[platform.class_of], slots, held)
    first = np.zeros(platform.tiles + 1, np.int32)
    np.cumsum(held, out=first[1:])
    tile = np.repeat(np.arange(platform.tiles, dtype=np.int32), held)
    return Seats(tile, first, kind, fits, platform.class_of)


def _per_class(held: NDArray[np.int64], platform: Platform) -> NDArray[np.int64]:
    room = np.zeros(len(platform.tile_classes), np.int64)
    np.add.at(room, platform.class_of, held)
    return room


def share_classes(
    needed: NDArray[np.int64], fits: NDArray[np.bool_], room: NDArray[np.int64]
) -> NDArray[np.int64] | None:
    """How many clusters of each kind go to each class, int64, shape (kinds, classes); ``None``: there is no way.

    A maximum flow from kinds to classes.
    """
    if fits.all():
        if needed.sum() > room.sum():
            return None
        shares = np.zeros(fits.shape, np.int64)
        if len(fits) == 1:
            before = np.concatenate([[0], np.cumsum(room)[:-1]])
            shares[0] = (needed[0] - before).clip(0, room)
            return shares
    import networkx as nx

    flow_graph = nx.DiGraph()
    flow_graph.add_nodes_from(["from", "to"])
    for k, row in enumerate(fits):
        flow_graph.add_edge("from", ("kind", k), capacity=int(needed[k]))
        for c in np.flatnonzero(row).tolist():
            flow_graph.add_edge(("kind", k), ("class", c), capacity=int(needed[k]))
    for c, slots in enumerate(room.tolist()):
        flow_graph.add_edge(("class", c), "to", capacity=slots)
    value, flow = nx.maximum_flow(flow_graph, "from", "to")
    if value < int(needed.sum()):
        return None
    shares = np.zeros(fits.shape, np.int64)
    for k in range(len(fits)):
        for (_, c), amount in flow.get(("kind", k), {}).items():
            shares[k, c] = amount
    return shares
