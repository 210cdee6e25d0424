"""Where the gap between bound and period comes from, and which of the two is its weak side."""

from __future__ import annotations

import heapq
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np

from mapper.analysis.cycles.cycle_ratio import max_cycle_ratio
from mapper.explain.again import search_again
from mapper.explain.answer import Gap, Rung
from mapper.lower.bound_graph import bind
from mapper.model.application import Application
from mapper.model.bound_graph import BoundGraph, EdgeKind
from mapper.model.mapping import Mapping, OrderSemantics
from mapper.model.platform import Platform, Timing
from mapper.model.result import Bound, Evaluation, Result
from mapper.search.bounds import best_bound

__all__ = ["fullest_tile", "ladder_of", "where_the_gap_lies"]

#: Arguments about single parts of the problem; any other name is a solver's, which weighs everything together.
_ELEMENTARY = ("slowest actor", "load", "shared tile", "unlimited resources", "round trips", "short cycle", "outlet")

#: The search is tried again on applications of at most so many clusters.
_FEW = 2000


def fullest_tile(application: Application, mapping: Mapping, platform: Platform) -> int:
    """Execution time of the clusters on the tile that has most of it."""
    load = np.zeros(platform.tiles, np.int64)
    clusters = ~application.is_input
    np.add.at(load, mapping.binding[clusters], application.graph.execution_times[clusters])
    return int(load.max(initial=0))


def _ratio(graph: BoundGraph, kinds: tuple[EdgeKind, ...]) -> Fraction:
    kept = np.isin(graph.kinds, kinds)
    columns = (graph.sources[kept], graph.targets[kept], graph.times[kept], graph.tokens[kept])
    answer = max_cycle_ratio(graph.nodes, *columns)
    return Fraction(0) if answer is None else answer.ratio


def ladder_of(
    application: Application, mapping: Mapping, platform: Platform, evaluation: Evaluation, bound: Bound
) -> tuple[Rung, ...]:
    """From the bound to the period, each rung with one more thing counted, so that none is lower than the one before.

    The mapping's fullest tile; waiting for data in its orders; transfers, handling, reprogramming and link loads; and
    full buffers. A rung below the bound is raised to it.
    """
    tiles = Fraction(fullest_tile(application, mapping, platform))
    free = replace(platform, timing=Timing())
    unbuffered = (EdgeKind.DATA, EdgeKind.SELF, EdgeKind.ORDER, EdgeKind.WRAP)
    orders = _ratio(bind(application, mapping, free), unbuffered)
    graph = bind(application, mapping, platform)
    network = max(_ratio(graph, unbuffered), Fraction(int(graph.link_loads.max(initial=0))))
    return (
        Rung("bound", f"proven bound ({bound.name})", bound.value),
        Rung("balance", "execution time on this mapping's fullest tile", max(tiles, bound.value)),
        Rung("orders", "with its orders' waiting for data", max(orders, bound.value)),
        Rung("network", "with transfers, handling and reprogramming", max(network, bound.value)),
        Rung("buffers", "with full buffers: its period", evaluation.period),
    )


def where_the_gap_lies(result: Result, mapping: Mapping, evaluation: Evaluation, moves: int = 0) -> Gap:
    """The ladder, and which side of the gap is the weak one.

    It is proven by a better bound, or by a better mapping from the greedy rule or some ``moves`` of local search; else
    it is judged by the ladder.
    """
    application, platform, bound = result.application, result.platform, result.bound
    ladder = ladder_of(application, mapping, platform, evaluation, bound)
    if evaluation.period == bound.value:
        return Gap(
            "neither", True, f"the bound ({bound.name}) is reached: no mapping of these clusters is faster", ladder
        )
    sides, reasons = [], []
    stronger = best_bound(application, platform)
    if stronger.value > bound.value:
        sides.append("bound")
        reasons.append(f"another argument ({stronger.name}) proves a bound of {stronger.value} ps")
    if len(application.clusters) <= _FEW:
        found = search_again(application, platform, bound, result.orders, mapping, moves).period
        if found is not None and found < evaluation.period:
            sides.append("incumbent")
            reasons.append(f"a short search finds a mapping of {found} ps")
    if sides:
        return Gap("both" if len(sides) == 2 else sides[0], True, ", and ".join(reasons), ladder)
    side, reason = _judge(result, mapping, ladder)
    return Gap(side, False, reason, ladder)


def _judge(result: Result, mapping: Mapping, ladder: tuple[Rung, ...]) -> tuple[str, str]:
    """The likely weak side, by the ladder's highest step."""
    application, platform, bound, orders = result.application, result.platform, result.bound, result.orders
    if bound.name not in _ELEMENTARY:
        return "undecided", f"the bound ({bound.name}) weighs everything together; more time may move either side"
    rises = {rung.key: rung.period - below.period for below, rung in pairwise(ladder)}
    most = max(rises, key=lambda key: rises[key])
    part = f"{float(rises[most] / sum(rises.values())):.0%} of the gap"
    if most == "balance":
        even = _even_load(application, platform)
        if even < fullest_tile(application, mapping, platform):
            return "incumbent", f"{part} is its fullest tile, and a plain partition fills none with more than {even} ps"
        return (
            "bound",
            f"{part} is its fullest tile, and a plain partition fills one as much; the bound is {bound.name}",
        )
    if most == "orders":
        if orders is OrderSemantics.PLAIN or mapping.retiming.any():
            return "undecided", f"{part} is waiting in the tiles' orders, which other orders may or may not avoid"
        return "incumbent", f"{part} is waiting in the tiles' plain orders, which pipelined orders can often avoid"
    what = "transfers, handling and reprogramming" if most == "network" else "full buffers"
    return "bound", f"{part} is {what}, of which the bound ({bound.name}) counts only what no mapping avoids"


def _even_load(application: Application, platform: Platform) -> int:
    """The fullest tile when the longest clusters go first, each to the emptiest tile (Graham 1969); sizes aside."""
    tiles = [0] * max(1, int((platform.slots > 0).sum()))
    for time in sorted(application.graph.execution_times[~application.is_input].tolist(), reverse=True):
        heapq.heapreplace(tiles, tiles[0] + time)
    return max(tiles)
