"""The decision variables every constraint speaks about, and the time unit they are counted in."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.lower.bound_graph import capacities
from mapper.model.application import Application
from mapper.model.platform import UNLIMITED, Platform
from mapper.search.feasibility import allowed_tiles, least_buffers

__all__ = ["LARGEST_TIME", "Variables", "farthest_hops", "longest_path_ps", "make_variables", "time_unit"]

#: Times in a model's units stay below this, so that sums stay well within 64 bits.
LARGEST_TIME = 1 << 50


@dataclass
class Variables:
    """One model under construction.

    Times are whole numbers of ``unit`` picoseconds / ``scale``: a time of w ps is ``ps(w)``. With ``scale`` 1 and the
    unit the greatest common divisor of all times, nothing is lost; a larger scale lets the period be fractional.

    Attributes
    ----------
    least, most
        Iterations each channel holds at least and at most; the same where buffers are fixed.
    capacity
        What it holds: a number, or a variable where it is sized and may cost a tile packets of buffer.
    on
        ``on[actor][tile]``: literal, for allowed tiles only; the input actor's one entry is the constant true.
    period
        λ: a variable, or a constant where the model asks whether a mapping of period ``target`` exists.
    start
        Start of each actor's firing 0.
    phase
        The same within its tile's round: the start itself for plain orders, the start modulo λ for pipelined ones.
    largest_phase
        No phase is larger.
    offset
        The iteration offset (retiming) of each actor, in pipelined models.
    reach
        ``reach[actor][axis][i]``: on a mesh, a literal that says its column (axis 0) or row (axis 1) is at least i + 1.
    remote
        Per unordered pair of communicating actors (a < b): a literal, true if their tiles differ.
    crossing
        Per ordered pair with a channel a -> b on a mesh, per axis and boundary: two literals, forced true if the way
        leads across it up and down.
    hops
        Per ordered pair with a channel a -> b: an expression forced up to the links of that way.
    before
        Per unordered pair of clusters (a < b): true if a fires before b on a tile they share.
    overfull
        Per tile: forced true if it holds more clusters than crossbars (only where reprogramming takes time).
    distances
        Count hops even if they take no time: the energy needs them.
    """

    application: Application
    platform: Platform
    model: Any
    unit: int
    scale: int
    target: int | None
    least: list[int]
    most: list[int]
    channels: list[tuple[int, int, int, int]]
    capacity: list[Any] = field(default_factory=list)
    on: dict[int, dict[int, Any]] = field(default_factory=dict)
    period: Any = None
    start: list[Any] = field(default_factory=list)
    phase: list[Any] = field(default_factory=list)
    largest_phase: int = 0
    offset: list[Any] = field(default_factory=list)
    reach: dict[int, tuple[list[Any], list[Any]]] = field(default_factory=dict)
    remote: dict[tuple[int, int], Any] = field(default_factory=dict)
    crossing: dict[tuple[int, int], tuple[list[tuple[Any, Any]], list[tuple[Any, Any]]]] = field(default_factory=dict)
    hops: dict[tuple[int, int], Any] = field(default_factory=dict)
    before: dict[tuple[int, int], Any] = field(default_factory=dict)
    overfull: dict[int, Any] = field(default_factory=dict)
    distances: bool = False

    def ps(self, picoseconds: int) -> int:
        """A time in model units."""
        whole, rest = divmod(picoseconds * self.scale, self.unit)
        assert rest == 0, "the time unit divides every time"
        return whole

    def rounds(self, count: Any) -> Any:
        """λ times a count of rounds, which is a number, or an expression where λ is given."""
        if isinstance(count, int):
            return count * self.period
        assert self.target is not None, "buffers are sized at a given period"
        return self.target * count

    def is_remote(self, a: int, b: int) -> Any:
        return self.remote[min(a, b), max(a, b)]

    def duration(self, actor: int) -> Any:
        """Execution time plus injection and ejection of remote packets, as a linear expression."""
        timing, total = self.platform.timing, self.ps(int(self.application.graph.execution_times[actor]))
        if self.application.is_input[actor] or not (timing.inject_ps or timing.eject_ps):
            return total
        for a, b, packets, _ in self.channels:
            per_packet = timing.inject_ps * (a == actor) + timing.eject_ps * (b == actor)
            if per_packet and packets:
                total = total + self.ps(per_packet * packets) * self.is_remote(a, b)
        return total

    def together(self, a: int, b: int, common: list[int]) -> Any:
        """A literal forced true if the two share one of the tiles ``common``."""
        pair = min(a, b), max(a, b)
        if pair in self.remote:
            return ~self.remote[pair]
        together = self.model.new_bool_var(f"together_{a}_{b}")
        for t in common:
            self.model.add_bool_or([~self.on[a][t], ~self.on[b][t], together])
        return together


def make_variables(
    application: Application,
    platform: Platform,
    *,
    upper_ps: int | None = None,
    target: Fraction | None = None,
    scale: int = 1,
    allowed: NDArray[np.bool_] | None = None,
    sized: bool = False,
) -> Variables:
    """Create the model with its binding and, as plain orders have them, its times.

    Parameters
    ----------
    upper_ps
        A period known to be attainable (or a safe upper limit), for a model that minimises λ.
    target
        Instead: the λ at which the model asks for a mapping. The scale becomes the one that makes it whole.
    allowed : bool, shape (actors, tiles)
        Where clusters may go, within what the platform allows; everywhere it does, if not given.
    sized
        Whether buffers are part of the decision.
    """
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    unit = time_unit(application, platform)
    if target is not None:
        scale = (target / unit).denominator
    goal = None if target is None else int(target * scale / unit)
    graph = application.graph
    v = Variables(
        application=application,
        platform=platform,
        model=model,
        unit=unit,
        scale=scale,
        target=goal,
        least=least_buffers(application, platform, sized).tolist(),
        most=capacities(application, platform).tolist(),
        channels=list(
            zip(
                graph.sources.tolist(),
                graph.targets.tolist(),
                application.packets.tolist(),
                application.delay_iterations.tolist(),
                strict=True,
            )
        ),
    )
    possible = allowed_tiles(application, platform)
    if allowed is not None:
        possible = possible & (allowed | application.is_input[:, None])
    for actor in range(graph.actor_count):
        tiles = np.flatnonzero(possible[actor]).tolist()
        if len(tiles) == 1:
            v.on[actor] = {tiles[0]: model.new_constant(1)}
        else:
            v.on[actor] = {t: model.new_bool_var(f"on_{actor}_{t}") for t in tiles}
    v.capacity = [_capacity(v, channel) for channel in range(len(v.channels))]
    horizon = v.ps(longest_path_ps(application, platform))
    v.start = [model.new_int_var(0, horizon, f"start_{a}") for a in range(graph.actor_count)]
    v.phase, v.largest_phase = v.start, horizon
    if goal is not None:
        v.period = model.new_constant(goal)
    else:
        upper = longest_path_ps(application, platform) if upper_ps is None else upper_ps
        v.period = model.new_int_var(0, v.ps(-(-upper // unit) * unit), "period")
    return v


def _capacity(v: Variables, channel: int) -> Any:
    """The most that it may hold, or a variable if less than that could spare a tile packets."""
    (a, b, packets, _), least, most = v.channels[channel], v.least[channel], v.most[channel]
    rooms = v.platform.buffer_packets[list(v.on[b])]
    apart = len(v.on[a].keys() | v.on[b].keys()) > 1 and a != b
    if least == most or not packets or not apart or (rooms >= UNLIMITED).all():
        return most
    return v.model.new_int_var(least, most, f"holds_{channel}")


def time_unit(application: Application, platform: Platform) -> int:
    """Greatest common divisor of every time a bound graph can contain, in picoseconds."""
    timing, packets = platform.timing, application.packets.tolist()
    constant = (timing.setup_ps, timing.hop_ps, timing.local_ps, timing.reprogram_ps)
    per_packet = (timing.packet_ps, timing.inject_ps, timing.eject_ps)
    times = [*application.graph.execution_times.tolist(), *constant, *(n * t for n in packets for t in per_packet)]
    return gcd(*times) or 1


def farthest_hops(platform: Platform) -> int:
    """Hops between the two tiles that are farthest apart."""
    tiles = np.arange(platform.tiles)
    return int(max(platform.topology.hops(tile, tiles).max() for tile in tiles.tolist()))


def longest_path_ps(application: Application, platform: Platform) -> int:
    """No path of a bound graph takes longer: each actor once with everything it can wait for."""
    timing, packets = platform.timing, int(application.packets.sum())
    reach = farthest_hops(platform)
    handling = packets * (timing.packet_ps + timing.inject_ps + timing.eject_ps)
    per_actor = timing.setup_ps + 2 * reach * timing.hop_ps + timing.local_ps + timing.reprogram_ps
    return int(application.graph.execution_times.sum()) + handling + application.graph.actor_count * per_actor
