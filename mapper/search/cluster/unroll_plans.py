"""How one wide neuron's sorted sources are shared out over partial-sum units: the ways `unroll_fan_in` knows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["SCHEMES", "Plan", "aligned_plan", "plan_for"]

#: ``balanced``: equal runs, then a balanced tree. ``channels``: as that, but cut only between channels of the sources.
#: ``full``: as ``balanced``, but each first run is as long as a crossbar has rows, and the last takes what is left.
#: ``direct``: as few units as possible, full ones; what is left goes straight to the neuron. ``chain``: each unit feeds
#: the next (for comparison only: slow, and packs badly).
SCHEMES = ("balanced", "channels", "direct", "full", "chain")


@dataclass(frozen=True, eq=False)
class Plan:
    """A tree over the positions of a sorted source list; unit 0 .. units - 1, every unit before its parent.

    Attributes
    ----------
    leaf : int32, shape (fan-in,)
        The unit that takes each source, -1: the neuron itself.
    parent : int32, shape (units,)
        The unit that takes each unit's sum, -1: the neuron itself.
    level, run : int32, shape (units,)
        Height above the sources (1 for a unit with sources only) and position within that level.
    """

    leaf: NDArray[np.int32]
    parent: NDArray[np.int32]
    level: NDArray[np.int32]
    run: NDArray[np.int32]


def plan_for(scheme: str, fan_in: int, inputs: int) -> Plan:
    """The plan of a neuron with ``fan_in`` > ``inputs`` >= 2 sources; ``channels`` needs :func:`aligned_plan`.

    Examples
    --------
    >>> [plan_for(scheme, 7, 3).leaf.tolist() for scheme in ("balanced", "full", "direct", "chain")]
    [[0, 0, 1, 1, 2, 2, 2], [0, 0, 0, 1, 1, 1, 2], [0, 0, 0, 1, 1, 1, -1], [0, 0, 0, 1, 1, -1, -1]]
    """
    if scheme == "chain":
        return _chain(fan_in, inputs)
    if scheme == "direct":
        units = -(-(fan_in - inputs) // (inputs - 1))
        if units <= inputs:
            leaf = np.full(fan_in, -1, np.int32)
            leaf[: units * inputs] = np.repeat(np.arange(units), inputs)[:fan_in]
            number = np.arange(units, dtype=np.int32)
            return Plan(leaf, np.full(units, -1, np.int32), np.ones(units, np.int32), number)
    if scheme == "full":
        return _tree(np.arange(fan_in) // inputs, inputs)
    return _tree(_even_runs(fan_in, -(-fan_in // inputs)), inputs)


def aligned_plan(sizes: tuple[int, ...], inputs: int) -> Plan:
    """The plan whose first cuts lie between channels; ``sizes`` are the sources of each channel in turn.

    Whole channels share a unit, in as few units as that takes and with the largest as small as it can be then; a
    channel that is too large on its own is cut evenly.

    Examples
    --------
    >>> aligned_plan((2, 2, 2, 2, 1), 7).leaf.tolist()
    [0, 0, 0, 0, 1, 1, 1, 1, 1]
    """
    fewest = len(_whole_channels(sizes, inputs))
    low, high = min(max(sizes), inputs), inputs
    while low < high:  # the smallest capacity that needs no more units
        middle = (low + high) // 2
        low, high = (low, middle) if len(_whole_channels(sizes, middle)) <= fewest else (middle + 1, high)
    runs = _whole_channels(sizes, low)
    return _tree(np.repeat(np.arange(len(runs)), runs), inputs)


def _whole_channels(sizes: tuple[int, ...], capacity: int) -> list[int]:
    """Sources of each unit when units of this capacity are filled in turn."""
    runs: list[int] = []
    filled = capacity
    for size in sizes:
        if size > capacity:
            pieces = -(-size // capacity)
            runs += np.diff(np.arange(pieces + 1) * size // pieces).tolist()
            filled = capacity
        elif filled + size <= capacity:
            runs[-1] += size
            filled += size
        else:
            runs.append(size)
            filled = size
    return runs


def _even_runs(count: int, runs: int) -> NDArray[np.int64]:
    """Run number of each of ``count`` things in a row, cut into nearly equal runs."""
    return np.repeat(np.arange(runs), np.diff(np.arange(runs + 1) * count // runs))


def _tree(leaf: NDArray[np.int64], inputs: int) -> Plan:
    """The given first units, and balanced levels above them until the neuron can take what is left."""
    width = int(leaf[-1]) + 1
    parent, level, run = [], [np.ones(width, np.int64)], [np.arange(width)]
    first = 0
    while width > inputs:
        above = _even_runs(width, -(-width // inputs))
        first += width
        parent.append(first + above)
        width = int(above[-1]) + 1
        level.append(np.full(width, len(level) + 1))
        run.append(np.arange(width))
    parent.append(np.full(width, -1))
    return Plan(*(np.concatenate(part).astype(np.int32) for part in ([leaf], parent, level, run)))


def _chain(fan_in: int, inputs: int) -> Plan:
    units = -(-(fan_in - inputs) // (inputs - 1))
    position = np.arange(fan_in)
    leaf = np.where(position < inputs, 0, (position - 1) // (inputs - 1))
    leaf = np.where(leaf < units, leaf, -1).astype(np.int32)
    number = np.arange(units, dtype=np.int32)
    parent = np.where(number + 1 < units, number + 1, -1).astype(np.int32)
    return Plan(leaf, parent, number + 1, np.zeros(units, np.int32))
