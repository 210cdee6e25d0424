"""Which growings are tried, and in which order: a fixed grid first, then random ones around the best."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from mapper.search.cluster.grow_run import Configuration

__all__ = ["FEW_FOR_TWINS", "FOR_TWINS", "HUGE", "LARGE", "PACE", "Trial", "one_for_huge", "trials"]

#: Pins beyond which one good configuration has to do.
HUGE = 10_000_000

#: Pins beyond which the configuration for huge networks is tried first.
LARGE = 1_000_000

#: Pins read in a second, as a rule: what turns a time limit into an amount of work, so that a seed means one result.
PACE = 40_000_000

_SHARES = (0.25, 0.5, 1.0, 0.75, 0.0)


@dataclass(frozen=True)
class Trial:
    """One growing: the order of its seeds (see ``order.ORDERS``), whether twins are merged, and how it grows."""

    order: str
    merged: bool
    how: Configuration


#: What is tried first where twins made a huge network small: it wins on convolutional ones.
FOR_TWINS = Trial("broad", True, Configuration(traffic=0.95, frontier=False, overdue=0.4, settle=5))

#: The same where the number of clusters counts first.
FEW_FOR_TWINS = Trial("broad", True, Configuration(traffic=0.85, frontier=False, overdue=0.4, settle=5))


def one_for_huge(rows: int, fan_in: float) -> Trial:
    """The configuration for networks that leave time for one; clusters of many neurons settle later."""
    settle = 2 if rows > 6 * fan_in else 1
    how = Configuration(0.25, inside=False, lazy=True, eager=16, patience=4, overdue=0.7, settle=settle)
    return Trial("natural", True, how)


#: Orders of seeds, and whether the last cluster's frontier comes first.
_SEEDS = (("natural", False), ("broad", False), ("wide", False), ("depth", False), ("wide", True))


def _grid() -> Iterator[Trial]:
    for share in _SHARES:
        yield Trial("natural", True, Configuration(share))
    for frontier in (False, True):
        for share in (0.25, 1.0):
            yield Trial("natural", True, Configuration(share, frontier, overdue=0.7, settle=4))
    yield Trial("wide", True, Configuration(0.25, True))  # depends least on the numbering of the neurons
    for frontier in (True, False):
        yield Trial("natural", True, Configuration(0.9, frontier, ahead=1024, overdue=0.5, settle=2))
        yield Trial("natural", True, Configuration(0.25, frontier, inside=False, lazy=True))
        yield Trial("natural", True, Configuration(0.5, frontier, inside=False, lazy=True, overdue=0.7, settle=1))
        yield Trial("natural", True, Configuration(0.0, frontier, inside=False, lazy=True, overdue=0.6, settle=2))
    for order, frontier in _SEEDS:
        for share in _SHARES:
            yield Trial(order, True, Configuration(share, frontier))


def trials(rng: np.random.Generator, best: list[Trial], first: Trial | None) -> Iterator[Trial]:
    """Yield trials without end; ``best`` holds the best one so far, kept up to date by the caller.

    After ``first`` comes the grid, then random orders and shares of traffic drawn around the best one's.
    """
    if first:
        yield first
    yield from _grid()
    while True:
        leader = best[0]
        share = leader.how.traffic + (rng.normal(0.0, 0.15) if rng.random() < 0.5 else 0.0)
        order = "random" if rng.random() < 0.8 else leader.order
        how = replace(leader.how, traffic=float(np.clip(share, 0.0, 1.0)), frontier=bool(rng.random() < 0.3))
        if rng.random() < 0.3:
            overdue = (math.inf, 0.7, 0.8)[int(rng.integers(3))]
            how = replace(how, overdue=overdue, settle=int(2 ** rng.integers(4)))
        yield Trial(order, bool(rng.random() < 0.8), how)
