"""Synchronous dataflow graphs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.model.arrays import frozen_array, require

__all__ = ["SDFGraph"]


@dataclass(frozen=True, eq=False)
class SDFGraph:
    """A synchronous dataflow graph (Lee and Messerschmitt 1987): n actors, m channels.

    Attributes
    ----------
    actors
        Distinct names, length n.
    execution_times : int64, shape (n,)
        Picoseconds of one firing.
    sources, targets : int32, shape (m,)
        Producer and consumer of each channel.
    production, consumption, initial_tokens : int64, shape (m,)
        Tokens per firing (at least 1) and at the start (at least 0).

    An actor without a self-loop may overlap its own firings without limit.
    """

    name: str
    actors: tuple[str, ...]
    execution_times: NDArray[np.int64]
    sources: NDArray[np.int32]
    targets: NDArray[np.int32]
    production: NDArray[np.int64]
    consumption: NDArray[np.int64]
    initial_tokens: NDArray[np.int64]

    def __post_init__(self) -> None:
        n = len(self.actors)
        require(len(set(self.actors)) == n, "actors", "distinct names", "a repeated name")
        put = object.__setattr__
        put(self, "execution_times", frozen_array("execution_times", self.execution_times, np.int64, (n,), 0))
        put(self, "sources", frozen_array("sources", self.sources, np.int32, (None,), 0))
        m = self.sources.size
        for key, dtype, low in (
            ("targets", np.int32, 0),
            ("production", np.int64, 1),
            ("consumption", np.int64, 1),
            ("initial_tokens", np.int64, 0),
        ):
            put(self, key, frozen_array(key, getattr(self, key), dtype, (m,), low))
        last = max(int(self.sources.max(initial=-1)), int(self.targets.max(initial=-1)))
        require(last < n, "channels", f"actors 0..{n - 1}", last)

    @property
    def actor_count(self) -> int:
        return len(self.actors)

    @property
    def channel_count(self) -> int:
        return int(self.sources.size)
