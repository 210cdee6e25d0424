"""How tiles are joined: directed links, hop counts and the deterministic route between two tiles."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mapper.model.arrays import require

__all__ = ["Bus", "LinkGraph", "Mesh", "Topology", "fully_connected", "ring"]


#: Most tiles of a chip, and of one with explicit links, whose routes are kept as tables.
MOST_TILES, MOST_LINKED_TILES = 250_000, 1024


class Topology(ABC):
    """Tiles 0 .. tiles - 1 and the directed links between their routers."""

    tiles: int

    @property
    @abstractmethod
    def links(self) -> tuple[tuple[int, int], ...]:
        """(from tile, to tile) of every link; the index is the link's number. A shared bus is one link (-1, -1)."""

    @abstractmethod
    def hops(self, source: ArrayLike, target: ArrayLike) -> NDArray[np.int64]:
        """Links on the route between tiles, elementwise over broadcast arrays; 0 on one tile."""

    @abstractmethod
    def route(self, source: int, target: int) -> tuple[int, ...]:
        """Numbers of the links from ``source`` to ``target``, in order; empty on one tile."""

    def link_name(self, link: int) -> str:
        a, b = self.links[link]
        return "bus" if a < 0 else f"{a}->{b}"


@dataclass(frozen=True)
class Mesh(Topology):
    """A grid routed X first, then Y; with ``torus`` each axis wraps and the shorter way is taken (a tie goes up).

    Tile t stands in column ``t % columns`` and row ``t // columns``.

    Examples
    --------
    >>> mesh = Mesh(3, 2)
    >>> [mesh.link_name(link) for link in mesh.route(0, 5)]
    ['0->1', '1->2', '2->5']
    >>> int(Mesh(3, 2, torus=True).hops(0, 5))
    2
    """

    columns: int
    rows: int
    torus: bool = False

    def __post_init__(self) -> None:
        sizes = f"{self.columns} x {self.rows}"
        fits = self.columns >= 1 and self.rows >= 1 and self.tiles <= MOST_TILES
        require(fits, "mesh", f"at least 1 x 1 and at most {MOST_TILES} tiles", sizes)

    @property
    def tiles(self) -> int:  # type: ignore[override]
        return self.columns * self.rows

    @cached_property
    def _link_numbers(self) -> dict[tuple[int, int], int]:
        pairs: dict[tuple[int, int], int] = {}
        for tile in range(self.tiles):
            row, column = divmod(tile, self.columns)
            for d_column, d_row in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                c, r = column + d_column, row + d_row
                if self.torus:
                    c, r = c % self.columns, r % self.rows
                if 0 <= c < self.columns and 0 <= r < self.rows and (c, r) != (column, row):
                    pairs.setdefault((tile, r * self.columns + c), len(pairs))
        return pairs

    @cached_property
    def links(self) -> tuple[tuple[int, int], ...]:
        return tuple(self._link_numbers)

    def hops(self, source: ArrayLike, target: ArrayLike) -> NDArray[np.int64]:
        p, q = np.asarray(source, np.int64), np.asarray(target, np.int64)
        d_column = np.abs(p % self.columns - q % self.columns)
        d_row = np.abs(p // self.columns - q // self.columns)
        if self.torus:
            d_column = np.minimum(d_column, self.columns - d_column)
            d_row = np.minimum(d_row, self.rows - d_row)
        result: NDArray[np.int64] = d_column + d_row
        return result

    def _steps(self, a: int, b: int, length: int) -> Iterable[int]:
        """Coordinates visited after ``a`` on the way to ``b`` along one axis."""
        step = 1 if b > a else -1
        if self.torus:
            step = 1 if (b - a) % length <= (a - b) % length else -1
        while a != b:
            a = (a + step) % length
            yield a

    def route(self, source: int, target: int) -> tuple[int, ...]:
        (row, column), (target_row, target_column) = divmod(source, self.columns), divmod(target, self.columns)
        path = [source]
        path += [row * self.columns + c for c in self._steps(column, target_column, self.columns)]
        path += [r * self.columns + target_column for r in self._steps(row, target_row, self.rows)]
        return tuple(self._link_numbers[a, b] for a, b in pairwise(path))


def ring(tiles: int) -> Mesh:
    """A ring of tiles; packets take the shorter way round."""
    return Mesh(tiles, 1, torus=True)


@dataclass(frozen=True)
class Bus(Topology):
    """All tiles on one shared medium: every route is that single link."""

    tiles: int

    def __post_init__(self) -> None:
        require(1 <= self.tiles <= MOST_TILES, "bus", f"1..{MOST_TILES} tiles", self.tiles)

    @property
    def links(self) -> tuple[tuple[int, int], ...]:
        return ((-1, -1),)

    def hops(self, source: ArrayLike, target: ArrayLike) -> NDArray[np.int64]:
        result: NDArray[np.int64] = np.not_equal(source, target).astype(np.int64)
        return result

    def route(self, source: int, target: int) -> tuple[int, ...]:
        return () if source == target else (0,)


@dataclass(frozen=True)
class LinkGraph(Topology):
    """Explicit directed links; routes are shortest paths, ties going to the lower-numbered next tile.

    Raises
    ------
    ValueError
        A link that is a loop or names a missing tile, or tiles that cannot reach each other.

    Examples
    --------
    >>> star = LinkGraph(3, ((0, 1), (1, 0), (1, 2), (2, 1)))
    >>> star.route(0, 2), int(star.hops(2, 0))
    ((0, 2), 2)
    """

    tiles: int
    pairs: tuple[tuple[int, int], ...]
    _next: NDArray[np.int32] = field(init=False, repr=False, compare=False)
    _hops: NDArray[np.int64] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        require(1 <= self.tiles <= MOST_LINKED_TILES, "links", f"1..{MOST_LINKED_TILES} tiles", self.tiles)
        require(len(set(self.pairs)) == len(self.pairs), "links", "each link once", "a repeated link")
        arriving: list[list[int]] = [[] for _ in range(self.tiles)]
        for a, b in self.pairs:
            fits = 0 <= a < self.tiles and 0 <= b < self.tiles and a != b
            require(fits, f"link {a}->{b}", f"two different tiles 0..{self.tiles - 1}", f"{a}->{b}")
            arriving[b].append(a)
        hops = np.full((self.tiles, self.tiles), -1, np.int64)
        following = np.full((self.tiles, self.tiles), -1, np.int32)
        for target in range(self.tiles):
            hops[target, target] = 0
            queue = deque([target])
            while queue:
                tile = queue.popleft()
                for before in arriving[tile]:
                    if hops[before, target] < 0:
                        hops[before, target] = hops[tile, target] + 1
                        queue.append(before)
        require(bool((hops >= 0).all()), "links", "a way from every tile to every other", "unreachable tiles")
        for a, b in sorted(self.pairs, reverse=True):
            nearer = hops[b] == hops[a] - 1
            following[a, nearer] = b
        object.__setattr__(self, "_hops", hops)
        object.__setattr__(self, "_next", following)

    @property
    def links(self) -> tuple[tuple[int, int], ...]:
        return self.pairs

    @cached_property
    def _link_numbers(self) -> dict[tuple[int, int], int]:
        return {pair: number for number, pair in enumerate(self.pairs)}

    def hops(self, source: ArrayLike, target: ArrayLike) -> NDArray[np.int64]:
        p, q = np.broadcast_arrays(np.asarray(source, np.int64), np.asarray(target, np.int64))
        result: NDArray[np.int64] = self._hops[p, q]
        return result

    def route(self, source: int, target: int) -> tuple[int, ...]:
        path: list[int] = []
        while source != target:
            after = int(self._next[source, target])
            path.append(self._link_numbers[source, after])
            source = after
        return tuple(path)


def fully_connected(tiles: int) -> LinkGraph:
    """A link of its own between every two tiles, each way; at most 256 tiles."""
    require(1 <= tiles <= 256, "fully connected", "1..256 tiles", tiles)
    return LinkGraph(tiles, tuple((a, b) for a in range(tiles) for b in range(tiles) if a != b))
