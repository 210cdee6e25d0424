"""What long work tells whoever watches: plain events, printed (or not) at the edge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

__all__ = ["Event", "Progress", "silent"]


@dataclass(frozen=True)
class Event:
    """A stage's state. ``done`` is the share of the stage's budget that is spent, 0 to 1, or ``None`` if unknown."""

    stage: str
    message: str = ""
    seconds: float = 0.0
    done: float | None = None
    period: Fraction | None = None
    bound: Fraction | None = None


Progress = Callable[[Event], None]


def silent(event: Event) -> None:
    """Watch nothing."""
