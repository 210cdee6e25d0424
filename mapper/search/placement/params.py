"""How a placement is searched for."""

from __future__ import annotations

from dataclasses import dataclass

from mapper.model.arrays import require

__all__ = ["PlacementParams"]


@dataclass(frozen=True)
class PlacementParams:
    """Parameters that every placement method understands, or ignores.

    Attributes
    ----------
    effort
        Proposals per cluster; the same effort and seed give the same placement.
    seconds
        End the schedule after this time if the effort lasts longer; results then depend on the machine. Loading
        compiled loops (once a process, up to a second) does not count. ``None``: as long as the effort takes.
    link_weight
        How much of a relative change of the heaviest link counts as much as one of packet-hops: 0 places by
        packet-hops alone, 1 weighs both alike.
    seed
    """

    effort: int = 3000
    seconds: float | None = None
    link_weight: float = 0.0
    seed: int = 1

    def __post_init__(self) -> None:
        require(self.effort >= 0, "effort", "at least 0", self.effort)
        require(self.seconds is None or self.seconds >= 0, "seconds", "at least 0", self.seconds)
        require(self.link_weight >= 0, "link_weight", "at least 0", self.link_weight)
