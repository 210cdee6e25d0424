"""Cycles of a graph that take longer than a period, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.analysis.cycles.cycle_ratio import max_cycle_ratio

__all__ = ["cycles_above"]


def cycles_above(
    nodes: int, columns: tuple[NDArray[Any], ...], alive: NDArray[np.bool_], period: Fraction
) -> Iterator[NDArray[np.int64]]:
    """Edges of each: the critical cycle first, then that without its longest edge, and so on.

    ``columns`` are sources, targets, times and tokens of the edges; ``alive``, which is changed, says which to look at.
    """
    times = columns[2]
    while True:
        numbers = np.flatnonzero(alive)
        answer = max_cycle_ratio(nodes, *(column[numbers] for column in columns))
        if answer is None or answer.ratio <= period:
            return
        cycle = numbers[list(answer.cycle)]
        alive[cycle[int(np.argmax(times[cycle]))]] = False
        yield cycle
