"""Several ways to search take turns on one incumbent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from mapper.search.incumbent import Incumbent

__all__ = ["Part", "take_turns"]

#: No turn is given more.
_MOST_WORK = 1e12


@dataclass
class Part:
    """One that does so much work, in a measure of its own, when it is its turn; and whether it can do any at all."""

    run: Callable[[float], None]
    work: float
    hopeless: Callable[[], bool]


def take_turns(incumbent: Incumbent, parts: list[Part]) -> None:
    """Until the incumbent should stop, or no part can do anything.

    Who gains, mapping or bound, goes on until it gains no more, and gets twice the work in the next round. If nobody
    gains in a round, all get twice the work.
    """

    def figures() -> tuple[Fraction | None, Fraction]:
        return incumbent.value, incumbent.bound.value

    while True:
        gained = []
        for part in parts:
            at_first, before = figures(), None
            while before != figures() and not incumbent.should_stop():
                before = figures()
                part.run(part.work)
            gained.append(figures() != at_first)
        if incumbent.should_stop() or all(part.hopeless() for part in parts):
            return
        for part, gains in zip(parts, gained, strict=True):
            if gains or not any(gained):
                part.work = min(2 * part.work, _MOST_WORK)
