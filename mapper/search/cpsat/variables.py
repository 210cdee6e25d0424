"""The decision variables every constraint speaks about, and the time unit they are counted in."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import gcd
from typing import Any

import numpy as np

from mapper.lower.bound_graph import buffer_capacity
from mapper.model.application import Application
from mapper.model.platform import Platform
from mapper.model.topology import Mesh
from mapper.search.feasibility import allowed_tiles

__all__ = ["Variables", "constraint_count", "longest_path_ps", "make_variables", "time_unit"]


@dataclass
class Variables:
    """One model under construction.

    Times are whole numbers of ``unit`` picoseconds / ``scale``: a time of w ps is ``ps(w)``. With ``scale`` 1 and the
    unit the greatest common divisor of all times, nothing is lost; a larger scale lets the period be fractional.

    Attributes
    ----------
    on
        ``on[actor][tile]``: literal, for allowed tiles only; the input actor's one entry is the constant true.
    start, period
        Start of each actor's firing 0, and λ.
    remote
        Per unordered pair of communicating actors (a < b): a literal, true if their tiles differ.
    hops
        Per ordered pair with a channel a -> b: an integer forced up to the links of that way (the way back may differ).
    before
        Per unordered pair of clusters (a < b): true if a fires before b on a tile they share.
    overfull
        Per tile: forced true if it holds more clusters than crossbars (only where reprogramming takes time).
    """

    application: Application
    platform: Platform
    model: Any
    unit: int
    scale: int
    capacity: list[int]
    on: dict[int, dict[int, Any]] = field(default_factory=dict)
    start: list[Any] = field(default_factory=list)
    period: Any = None
    remote: dict[tuple[int, int], Any] = field(default_factory=dict)
    hops: dict[tuple[int, int], Any] = field(default_factory=dict)
    before: dict[tuple[int, int], Any] = field(default_factory=dict)
    overfull: dict[int, Any] = field(default_factory=dict)

    def ps(self, picoseconds: int) -> int:
        """A time in model units."""
        whole, rest = divmod(picoseconds * self.scale, self.unit)
        assert rest == 0, "the time unit divides every time"
        return whole

    @property
    def channels(self) -> list[tuple[int, int, int, int]]:
        """(producer, consumer, packets, initial iterations) of every channel."""
        graph = self.application.graph
        columns = (graph.sources, graph.targets, self.application.packets, self.application.delay_iterations)
        return list(zip(*(column.tolist() for column in columns), strict=True))

    def is_remote(self, a: int, b: int) -> Any:
        return self.remote[min(a, b), max(a, b)]

    def duration(self, actor: int) -> Any:
        """Execution time plus injection and ejection of remote packets, as a linear expression."""
        timing, total = self.platform.timing, self.ps(int(self.application.graph.execution_times[actor]))
        if self.application.is_input[actor]:
            return total
        for a, b, packets, _ in self.channels:
            per_packet = timing.inject_ps * (a == actor) + timing.eject_ps * (b == actor)
            if per_packet and packets:
                total = total + self.ps(per_packet * packets) * self.is_remote(a, b)
        return total


def time_unit(application: Application, platform: Platform) -> int:
    """Greatest common divisor of every time a bound graph can contain, in picoseconds."""
    timing, packets = platform.timing, application.packets.tolist()
    constant = (timing.setup_ps, timing.hop_ps, timing.local_ps, timing.reprogram_ps)
    per_packet = (timing.packet_ps, timing.inject_ps, timing.eject_ps)
    times = [*application.graph.execution_times.tolist(), *constant, *(n * t for n in packets for t in per_packet)]
    return gcd(*times) or 1


def constraint_count(application: Application, platform: Platform) -> int:
    """About how many constraints the model will have, without building it."""
    clusters, tiles = len(application.clusters), int((platform.slots > 0).sum())
    pairs, channels = clusters * (clusters - 1) // 2, application.graph.channel_count
    axes_only = isinstance(platform.topology, Mesh) and not platform.topology.torus
    per_channel = 2 * tiles + 6 + (0 if axes_only or not platform.timing.hop_ps else tiles)
    per_pair = (2 if platform.timing.reprogram_ps else 1) * tiles + 4
    return clusters * tiles + pairs * per_pair + channels * per_channel


def make_variables(application: Application, platform: Platform, upper_ps: int, scale: int = 1) -> Variables:
    """Create the model and its variables; ``upper_ps`` is a period known to be attainable (or a safe upper limit)."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    unit = time_unit(application, platform)
    capacity = buffer_capacity(application.delay_iterations, platform.buffer_iterations).tolist()
    v = Variables(application, platform, model, unit, scale, capacity)
    allowed = allowed_tiles(application, platform)
    for actor in range(application.graph.actor_count):
        tiles = np.flatnonzero(allowed[actor]).tolist()
        if application.is_input[actor]:
            v.on[actor] = {tiles[0]: model.new_constant(1)}
        else:
            v.on[actor] = {t: model.new_bool_var(f"on_{actor}_{t}") for t in tiles}
    horizon = v.ps(longest_path_ps(application, platform))
    v.start = [model.new_int_var(0, horizon, f"start_{a}") for a in range(application.graph.actor_count)]
    v.period = model.new_int_var(0, v.ps(-(-upper_ps // unit) * unit), "period")
    return v


def longest_path_ps(application: Application, platform: Platform) -> int:
    """No path of a bound graph takes longer: each actor once with everything it can wait for."""
    timing, packets = platform.timing, int(application.packets.sum())
    tiles = np.arange(platform.tiles)
    reach = int(max(platform.topology.hops(tile, tiles).max() for tile in tiles.tolist()))
    handling = packets * (timing.packet_ps + timing.inject_ps + timing.eject_ps)
    per_actor = timing.setup_ps + 2 * reach * timing.hop_ps + timing.local_ps + timing.reprogram_ps
    return int(application.graph.execution_times.sum()) + handling + application.graph.actor_count * per_actor
