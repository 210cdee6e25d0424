"""What distance costs in time: remote pairs, hops, waiting for data and for space, round trips."""

from __future__ import annotations

from typing import Any

from mapper.model.topology import Mesh
from mapper.search.cpsat.variables import Variables

__all__ = [
    "count_hops",
    "credit_time",
    "locate",
    "mark_remote_pairs",
    "measure_ways",
    "return_in_time",
    "transfer_time",
    "wait_for_data",
    "wait_for_space",
]


def measure_ways(v: Variables) -> None:
    """Which channels leave their tile, and over how many hops."""
    mark_remote_pairs(v)
    locate(v)
    count_hops(v)


def mark_remote_pairs(v: Variables) -> None:
    """on[a, t] and not on[b, t] imply remote[a, b], for communicating a and b."""
    for a, b, _, _ in v.channels:
        pair = min(a, b), max(a, b)
        if pair in v.remote:
            continue
        remote = v.remote[pair] = v.model.new_bool_var(f"remote_{pair[0]}_{pair[1]}")
        for tile, here in v.on[pair[0]].items():
            there = v.on[pair[1]].get(tile)
            v.model.add_bool_or([~here, remote] if there is None else [~here, there, remote])
            if there is not None:
                v.model.add_bool_or([~here, ~there, ~remote])


def is_open_mesh(v: Variables) -> bool:
    topology = v.platform.topology
    return isinstance(topology, Mesh) and not topology.torus


def locate(v: Variables) -> None:
    """reach[a, axis, i] is true exactly if a's column (or row) is at least i + 1: a ladder of literals on a mesh."""
    if not is_open_mesh(v):
        return
    topology = v.platform.topology
    columns, rows = topology.columns, topology.rows  # type: ignore[attr-defined]
    for actor, places in v.on.items():
        ladders = []
        for axis, length in enumerate((columns, rows)):
            ladder = []
            for i in range(1, length):
                above = v.model.new_bool_var(f"reach_{actor}_{axis}_{i}")
                for tile, here in places.items():
                    at = tile // columns if axis else tile % columns
                    v.model.add_implication(here, above if at >= i else ~above)
                ladder.append(above)
            ladders.append(ladder)
        v.reach[actor] = (ladders[0], ladders[1])


def count_hops(v: Variables) -> None:
    """hops[a, b] >= distance of their tiles: the boundaries crossed on a mesh; elsewhere
    on[a, t] implies hops[a, b] >= sum over u of distance(t, u) * on[b, u].
    """
    timing = v.platform.timing
    if not (timing.hop_ps or timing.packet_ps or v.distances):
        return
    for a, b in dict.fromkeys((a, b) for a, b, _, _ in v.channels):
        if is_open_mesh(v):
            v.crossing[a, b] = _cross(v, a, b, 0), _cross(v, a, b, 1)
            v.hops[a, b] = sum(up + down for axis in v.crossing[a, b] for up, down in axis)
            v.model.add(v.hops[a, b] >= v.is_remote(a, b))
        elif timing.hop_ps or v.distances:
            topology = v.platform.topology
            farthest = max(int(topology.hops(t, list(v.on[b])).max()) for t in v.on[a])
            hops = v.hops[a, b] = v.model.new_int_var(0, farthest, f"hops_{a}_{b}")
            v.model.add(hops >= v.is_remote(a, b))
            for tile, here in v.on[a].items():
                far = sum(int(topology.hops(tile, u)) * there for u, there in v.on[b].items())
                v.model.add(hops >= far).only_enforce_if(here)


def _cross(v: Variables, a: int, b: int, axis: int) -> list[tuple[Any, Any]]:
    """Per boundary: literals forced true if b lies above it and a below, and the other way round."""
    literals = []
    for i, (from_a, from_b) in enumerate(zip(v.reach[a][axis], v.reach[b][axis], strict=True)):
        up = v.model.new_bool_var(f"up_{axis}_{i}_{a}_{b}")
        down = v.model.new_bool_var(f"down_{axis}_{i}_{a}_{b}")
        v.model.add_bool_or([from_a, ~from_b, up])
        v.model.add_bool_or([~from_a, from_b, down])
        literals.append((up, down))
    return literals


def wait_for_data(v: Variables) -> None:
    """start[b] + w * λ >= start[a] + d_a + transfer(a, b) for a channel a -> b with w initial iterations."""
    for a, b, packets, w in v.channels:
        v.model.add(v.start[b] + w * v.period >= v.start[a] + v.duration(a) + transfer_time(v, a, b, packets))


def wait_for_space(v: Variables) -> None:
    """start[a] + (B - w) * λ >= start[b] + d_b + credit(a, b) for a channel a -> b that holds B iterations."""
    for (a, b, _, w), capacity in zip(v.channels, v.capacity, strict=True):
        v.model.add(v.start[a] + v.rounds(capacity - w) >= v.start[b] + v.duration(b) + credit_time(v, a, b))


def return_in_time(v: Variables) -> None:
    """B * λ >= d_a + transfer(a, b) + d_b + credit(a, b): the sum of the two above, free of start times (redundant)."""
    for (a, b, packets, _), capacity in zip(v.channels, v.capacity, strict=True):
        there, back = transfer_time(v, a, b, packets), credit_time(v, a, b)
        v.model.add(v.rounds(capacity) >= v.duration(a) + there + v.duration(b) + back)


def transfer_time(v: Variables, a: int, b: int, packets: int) -> Any:
    """The least transfer of that many packets from a to b, a linear expression."""
    timing = v.platform.timing
    far = v.ps(timing.setup_ps + packets * timing.packet_ps) - v.ps(timing.local_ps)
    return v.ps(timing.local_ps) + far * v.is_remote(a, b) + credit_time(v, a, b)


def credit_time(v: Variables, a: int, b: int) -> Any:
    """A credit's way back from b to a, a linear expression."""
    return v.ps(v.platform.timing.hop_ps) * v.hops[a, b] if v.platform.timing.hop_ps else 0
