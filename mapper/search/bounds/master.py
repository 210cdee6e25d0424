"""A model of bindings alone: what it excludes, no order can repair (logic-based Benders, Hooker and Ottosson 2003)."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from mapper.model.application import Application
from mapper.model.platform import Platform
from mapper.search.bounds.cuts import Cut, add_cut
from mapper.search.cpsat import links, orders, placement, symmetry, transfers
from mapper.search.cpsat.variables import Variables, make_variables

__all__ = [
    "build_master",
    "build_packing",
    "exclude_neighbours",
    "reprogram_overfull_tiles",
    "suggest",
]


def build_master(
    application: Application, platform: Platform, target: Fraction, cuts: Iterable[Cut], *, sized: bool = False
) -> Variables:
    """Is there a binding whose loads, links, round trips and cycles allow a period of ``target``?

    Every mapping of that period satisfies it, with plain or pipelined orders: INFEASIBLE is a proof. Buffers that are
    ``sized`` are variables here, too.
    """
    v = make_variables(application, platform, target=target, sized=sized)
    _place(v)
    transfers.measure_ways(v)
    orders.fire_one_at_a_time(v)
    orders.carry_the_load(v)
    transfers.return_in_time(v)
    links.limit_link_loads(v)
    exclude_neighbours(v)
    for cut in cuts:
        add_cut(v, cut)
    symmetry.break_symmetry(v)
    return v


def build_packing(application: Application, platform: Platform, upper_ps: int, *, sized: bool = False) -> Variables:
    """Least load of the fullest tile over all bindings: bin packing with slots, tile classes and buffers."""
    v = make_variables(application, platform, upper_ps=upper_ps, sized=sized)
    _place(v)
    orders.carry_the_load(v)
    symmetry.break_symmetry(v)
    v.model.minimize(v.period)
    return v


def suggest(v: Variables, binding: NDArray[np.int32]) -> None:
    """Hint at a binding, moved to where the symmetry constraints leave it."""
    mapping = placement.in_any_order(v.application, binding, v.platform)
    placement.hint_binding(v, symmetry.into_domain(v.application, v.platform, mapping).binding)


def _place(v: Variables) -> None:
    placement.place_clusters(v)
    reprogram_overfull_tiles(v)


def reprogram_overfull_tiles(v: Variables) -> None:
    """λ >= sum over a of (d_a + reprogramming) * on[a, t] on an overfull tile t."""
    times, pause = v.application.graph.execution_times.tolist(), v.platform.timing.reprogram_ps
    for tile, overfull in v.overfull.items():
        here = [v.ps(times[a] + pause) * v.on[a][tile] for a in v.application.clusters if tile in v.on[a]]
        v.model.add(v.period >= sum(here)).only_enforce_if(overfull)


def exclude_neighbours(v: Variables) -> None:
    """λ >= d_b + sum of d_a * on[a, t] over the partners a of b across channels that hold one iteration, for any b, t.

    Such partners never fire at the same time (data, then credit, within one λ): if they share a tile, those that b
    exchanges data with and b itself take turns, wherever b is. With b elsewhere each turn's end is a credit or data
    on its way, so two least hops come on top.
    """
    times, hop = v.application.graph.execution_times.tolist(), v.ps(v.platform.timing.hop_ps)
    partners: dict[int, set[int]] = {}
    clusters = set(v.application.clusters)
    for (a, b, _, w), most in zip(v.channels, v.most, strict=True):
        if most == 1 and w == 0 and a != b and {a, b} <= clusters:
            partners.setdefault(a, set()).add(b)
            partners.setdefault(b, set()).add(a)
    for b, near in partners.items():
        for tile in range(v.platform.tiles):
            here = {a: v.on[a][tile] for a in sorted(near) if tile in v.on[a]}
            if len(here) < 2:
                continue
            taken = v.ps(times[b]) + sum(v.ps(times[a]) * literal for a, literal in here.items())
            v.model.add(v.period >= taken)
            away = 1 - v.on[b][tile] if tile in v.on[b] else 1
            if hop:
                for literal in here.values():
                    v.model.add(v.period >= taken + 2 * hop * (literal + away - 1))
