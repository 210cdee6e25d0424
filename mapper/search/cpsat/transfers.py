"""What distance costs: remote pairs, hops, data and buffer edges, link loads."""

from __future__ import annotations

from typing import Any

from mapper.model.topology import Mesh
from mapper.search.cpsat.variables import Variables

__all__ = ["count_hops", "limit_link_loads", "mark_remote_pairs", "wait_for_data", "wait_for_space"]

#: Link-load constraints are left out (a relaxation, the bound stays valid) above this many.
MAX_LINK_CONSTRAINTS = 200_000


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


def count_hops(v: Variables) -> None:
    """hops[a, b] >= distance of their tiles: |column difference| + |row difference| on a mesh; elsewhere
    on[a, t] implies hops[a, b] >= sum over u of distance(t, u) * on[b, u].
    """
    if not v.platform.timing.hop_ps:
        return
    topology = v.platform.topology
    plain_mesh = isinstance(topology, Mesh) and not topology.torus
    for a, b in dict.fromkeys((a, b) for a, b, _, _ in v.channels):
        reach = max(int(topology.hops(t, list(v.on[b])).max()) for t in v.on[a])
        hops = v.hops[a, b] = v.model.new_int_var(0, reach, f"hops_{a}_{b}")
        v.model.add(hops >= v.is_remote(a, b))
        if plain_mesh:
            v.model.add(hops == _axis_distance(v, a, b, 0) + _axis_distance(v, a, b, 1))
        else:
            for tile, here in v.on[a].items():
                far = sum(int(topology.hops(tile, u)) * there for u, there in v.on[b].items())
                v.model.add(hops >= far).only_enforce_if(here)


def _axis_distance(v: Variables, a: int, b: int, axis: int) -> Any:
    """A variable at least the distance of two actors' tiles along the columns (axis 0) or rows (axis 1)."""
    columns = v.platform.topology.columns  # type: ignore[attr-defined]
    at = [sum((t // columns if axis else t % columns) * here for t, here in v.on[x].items()) for x in (a, b)]
    distance = v.model.new_int_var(0, v.platform.tiles, f"distance_{axis}_{a}_{b}")
    v.model.add(distance >= at[0] - at[1])
    v.model.add(distance >= at[1] - at[0])
    return distance


def wait_for_data(v: Variables) -> None:
    """start[b] + w * λ >= start[a] + d_a + transfer(a, b) for a channel a -> b with w initial iterations."""
    timing = v.platform.timing
    for a, b, packets, w in v.channels:
        far = v.ps(timing.setup_ps + packets * timing.packet_ps) - v.ps(timing.local_ps)
        transfer = v.ps(timing.local_ps) + far * v.is_remote(a, b)
        if timing.hop_ps:
            transfer = transfer + v.ps(timing.hop_ps) * v.hops[a, b]
        v.model.add(v.start[b] + w * v.period >= v.start[a] + v.duration(a) + transfer)


def wait_for_space(v: Variables) -> None:
    """start[a] + (B - w) * λ >= start[b] + d_b + credit(a, b) for a channel a -> b that holds B iterations."""
    timing = v.platform.timing
    for (a, b, _, w), capacity in zip(v.channels, v.capacity, strict=True):
        credit = v.ps(timing.hop_ps) * v.hops[a, b] if timing.hop_ps else 0
        v.model.add(v.start[a] + (capacity - w) * v.period >= v.start[b] + v.duration(b) + credit)


def limit_link_loads(v: Variables) -> bool:
    """λ >= sum over channels routed over link l of n * packet; False if left out for size.

    use[c, l] >= on[a, t] + (sum of on[b, u] over tiles u whose route from t takes l) - 1 for channel c = (a, b).
    """
    packet_ps, topology = v.platform.timing.packet_ps, v.platform.topology
    carried = [(a, b, n) for a, b, n, _ in v.channels if n]
    if not packet_ps:
        return True
    tiles = sorted({t for places in v.on.values() for t in places})
    if len(carried) * len(tiles) * len(topology.links) > MAX_LINK_CONSTRAINTS:
        return False
    over: dict[int, dict[int, list[int]]] = {t: {} for t in tiles}  # over[t][link]: tiles reached from t by the link
    for t in tiles:
        for u in tiles:
            for link in topology.route(t, u):
                over[t].setdefault(link, []).append(u)
    loads: dict[int, list[Any]] = {}
    for a, b, packets in carried:
        uses: dict[int, Any] = {}
        for t, here in v.on[a].items():
            for link, reached in over[t].items():
                there = [v.on[b][u] for u in reached if u in v.on[b]]
                if there:
                    if link not in uses:
                        uses[link] = v.model.new_bool_var(f"use_{a}_{b}_{link}")
                    v.model.add(uses[link] >= here + sum(there) - 1)
        for link, use in uses.items():
            loads.setdefault(link, []).append(v.ps(packets * packet_ps) * use)
    for terms in loads.values():
        v.model.add(v.period >= sum(terms))
    return True
