"""What the links carry: λ is at least every link's load."""

from __future__ import annotations

from typing import Any

from mapper.search.cpsat.transfers import is_open_mesh
from mapper.search.cpsat.variables import Variables

__all__ = ["limit_link_loads"]

#: Link-load constraints are left out (a relaxation, the bound stays valid) above this many.
MAX_LINK_CONSTRAINTS = 400_000


def limit_link_loads(v: Variables) -> bool:
    """λ >= sum over channels routed over link l of n * packet; False if left out for size."""
    packet_ps, topology = v.platform.timing.packet_ps, v.platform.topology
    carried = [(a, b, n) for a, b, n, _ in v.channels if n]
    if not packet_ps:
        return True
    tiles = 1 if is_open_mesh(v) else len({t for places in v.on.values() for t in places})
    if len(carried) * tiles * len(topology.links) > MAX_LINK_CONSTRAINTS:
        return False
    loads: dict[int, list[Any]] = {}
    for a, b, packets in carried:
        for link, use in (_mesh_uses(v, a, b) if is_open_mesh(v) else _route_uses(v, a, b)).items():
            loads.setdefault(link, []).append(v.ps(packets * packet_ps) * use)
    for terms in loads.values():
        v.model.add(v.period >= sum(terms))
    return True


def _mesh_uses(v: Variables, a: int, b: int) -> dict[int, Any]:
    """A literal per link, forced true if the route runs over it: along a's row first, then along b's column.

    use = (a's row is r) and (the way crosses column boundary i), or (b's column is c) and (it crosses row boundary i).
    """
    topology = v.platform.topology
    columns, rows = topology.columns, topology.rows  # type: ignore[attr-defined]
    number = {ends: link for link, ends in enumerate(topology.links)}
    uses: dict[int, Any] = {}
    for axis, lines in ((0, rows), (1, columns)):
        along = v.reach[a if axis == 0 else b][1 - axis]
        for i, directions in enumerate(v.crossing[a, b][axis]):
            for line in range(lines):
                low = line * columns + i if axis == 0 else i * columns + line
                high = low + (1 if axis == 0 else columns)
                elsewhere = [*(~rung for rung in along[line - 1 : line] if line), *along[line : line + 1]]
                for crosses, ends in zip(directions, ((low, high), (high, low)), strict=True):
                    use = v.model.new_bool_var(f"use_{a}_{b}_{ends}")
                    v.model.add_bool_or([~crosses, *elsewhere, use])
                    uses[number[ends]] = use
    return uses


def _route_uses(v: Variables, a: int, b: int) -> dict[int, Any]:
    """use[l] >= on[a, t] + (sum of on[b, u] over tiles u whose route from t takes l) - 1."""
    uses: dict[int, Any] = {}
    for t, here in v.on[a].items():
        reached: dict[int, list[Any]] = {}
        for u, there in v.on[b].items():
            for link in v.platform.topology.route(t, u):
                reached.setdefault(link, []).append(there)
        for link, literals in reached.items():
            if link not in uses:
                uses[link] = v.model.new_bool_var(f"use_{a}_{b}_{link}")
            v.model.add(uses[link] >= here + sum(literals) - 1)
    return uses
