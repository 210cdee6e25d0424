"""The answer of ``explain``: plain records, without the code that finds them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from mapper.model.bound_graph import EdgeKind

__all__ = ["Explanation", "Gap", "Limit", "Relief", "Rung", "Step"]


@dataclass(frozen=True)
class Step:
    """One wait of the critical cycle; times in picoseconds.

    Attributes
    ----------
    source, target
        Names of the actor waited for and of the one that waits, on ``source_tile`` and ``target_tile``.
    busy_ps, way_ps
        The source's firing, and what passes after it: transfer, credit's way back, or reprogramming.
    iterations_later
        From the source's iteration to the target's.
    packets, hops
        Of the channel, for transfers and buffers.
    buffer_iterations
        What the channel's buffer holds, for buffers.
    """

    kind: EdgeKind
    source: str
    target: str
    source_tile: int
    target_tile: int
    busy_ps: int
    way_ps: int
    iterations_later: int
    packets: int = 0
    hops: int = 0
    buffer_iterations: int = 0


@dataclass(frozen=True)
class Limit:
    """What limits the period: ``kind`` is ``link``, ``cluster``, ``tile``, ``loop`` (of channels alone), ``cycle``
    or ``nothing`` (period 0).

    ``what`` says it in words. ``cycle`` has the steps (none for a link); its times add up to the period times the sum
    of ``iterations_later``.
    """

    kind: str
    what: str
    cycle: tuple[Step, ...]


@dataclass(frozen=True)
class Relief:
    """One change of platform or buffers, and the exact period it gives.

    Attributes
    ----------
    key, what
        For machines, and in words.
    period, gain
        What is reached, and (old - new) / old.
    same_mapping
        Whether nothing else changes; otherwise a short search looked for another mapping.
    bound
        Proven lower bound with the relief, where it was computed.
    """

    key: str
    what: str
    period: Fraction
    gain: Fraction
    same_mapping: bool = True
    bound: Fraction | None = None


@dataclass(frozen=True)
class Rung:
    """A step of the ladder from bound to period: with this counted too, the mapping's period is ``period``."""

    key: str
    what: str
    period: Fraction


@dataclass(frozen=True)
class Gap:
    """Where the gap lies.

    ``weak_side`` is ``neither`` (proven optimal), ``bound``, ``incumbent``, ``both`` or ``undecided``; ``proven`` says
    whether a better bound or mapping was found, and is not just likely. ``ladder`` leads from the bound to the period.
    """

    weak_side: str
    proven: bool
    reason: str
    ladder: tuple[Rung, ...]


@dataclass(frozen=True)
class Explanation:
    """The whole answer; ``bound_name`` is the argument of the result's bound."""

    period: Fraction
    bound: Fraction
    bound_name: str
    limit: Limit
    reliefs: tuple[Relief, ...]
    gap: Gap
