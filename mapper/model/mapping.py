"""The decision: where every actor runs and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from mapper.model.arrays import frozen_array, require

__all__ = ["BufferChoice", "Mapping", "OrderSemantics"]


class OrderSemantics(StrEnum):
    """What a tile's static order may do.

    ``PLAIN``: a tile finishes iteration k before it starts k + 1 (the source method's orders; retiming zero).
    ``PIPELINED``: a round of a tile's order may hold firings of different iterations (any legal retiming).
    """

    PLAIN = "plain"
    PIPELINED = "pipelined"


class BufferChoice(StrEnum):
    """What each channel can hold.

    ``FIXED``: what the platform says. ``SIZED``: part of the decision, between one iteration more than the channel
    starts with and what the platform says; less of it leaves more of a tile's ``buffer_packets`` to others.
    """

    FIXED = "fixed"
    SIZED = "sized"


@dataclass(frozen=True, eq=False)
class Mapping:
    """Binding, static orders, retiming and buffers of an application's n actors and m channels.

    Attributes
    ----------
    binding : int32, shape (n,)
        Tile of each actor; the I/O tile for the input actor.
    orders
        For each tile (length = tiles) the cyclic firing order of the clusters bound to it; input actors appear in none.
    retiming : int64, shape (n,)
        In round k, actor i runs its iteration k - retiming[i]; all zero is the plain static order.
    buffers : int64, shape (m,), or None
        Iterations each channel can hold; ``None``: what the platform says.
    """

    binding: NDArray[np.int32]
    orders: tuple[tuple[int, ...], ...]
    retiming: NDArray[np.int64]
    buffers: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "binding", frozen_array("binding", self.binding, np.int32, (None,), 0))
        object.__setattr__(self, "retiming", frozen_array("retiming", self.retiming, np.int64, (self.binding.size,)))
        if self.buffers is not None:
            object.__setattr__(self, "buffers", frozen_array("buffers", self.buffers, np.int64, (None,), 1))
        ordered = [actor for order in self.orders for actor in order]
        require(len(set(ordered)) == len(ordered), "orders", "each actor at most once", "a repeated actor")
        for tile, order in enumerate(self.orders):
            for actor in order:
                require(0 <= actor < self.binding.size, f"order of tile {tile}", "known actors", actor)
                require(self.binding[actor] == tile, f"actor {actor}", f"bound to tile {tile}", self.binding[actor])

    @classmethod
    def plain(cls, binding: NDArray[np.int32], orders: tuple[tuple[int, ...], ...]) -> Mapping:
        """A mapping without retiming."""
        return cls(binding, orders, np.zeros(len(binding), np.int64))

    @property
    def semantics(self) -> OrderSemantics:
        """The narrower semantics that allows it."""
        return OrderSemantics.PIPELINED if self.retiming.any() else OrderSemantics.PLAIN

    def iterations_later(self, source: int, target: int, tokens: int) -> int:
        """How many iterations after the source's firing that of the target is which waits for it.

        An edge of the bound graph counts its ``tokens`` in rounds, in which actors with unlike retiming run different
        iterations; a negative answer is an earlier one.
        """
        return tokens + int(self.retiming[source]) - int(self.retiming[target])

    def prologue(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """For each tile the firings (actor, iteration) before its rounds are complete; empty for plain orders.

        From round ``max(retiming) - min(retiming)`` on, every round fires each actor of the tile once, in its order.

        Examples
        --------
        >>> Mapping([0, 0], ((1, 0),), [0, 1]).prologue()
        (((0, 0),),)
        """
        late = self.retiming - self.retiming.min(initial=0)
        rounds = int(late.max(initial=0))
        return tuple(
            tuple((actor, k - int(late[actor])) for k in range(rounds) for actor in order if k >= late[actor])
            for order in self.orders
        )

    @property
    def tiles_used(self) -> int:
        """Tiles that run at least one cluster."""
        return sum(1 for order in self.orders if order)
