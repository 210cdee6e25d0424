"""Sensitivity of the period: what limits it, how much room everything else has, what a better part would bring.

The period is the maximum of (time / tokens) over the cycles of the bound graph. As a function of something added to
some edges' times it is convex and piecewise linear, so the last point at which it still has its old value is found by
Newton's method: start far out, take the critical cycle there, go to the point where that cycle is harmless, repeat
(Dinkelbach 1967). Tokens change the edges themselves; there the period falls with every token, and bisection is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from mapper.analysis.cycles.cycle_ratio import CycleRatio, max_cycle_ratio
from mapper.analysis.orders.order_edges import Edge, Orders, bind
from mapper.errors import DeadlockError
from mapper.model.sdf import SDFGraph

__all__ = ["ActorRoom", "ChannelRoom", "ProcessorRoom", "Sensitivity", "sensitivity"]


@dataclass(frozen=True)
class ActorRoom:
    """One actor's execution time.

    ``critical``: on a critical cycle. ``growth``: how much longer a firing may take at the same period; ``None``: any.
    ``best_period``: the period if it took no time.
    """

    critical: bool
    growth: Fraction | None
    best_period: Fraction


@dataclass(frozen=True)
class ChannelRoom:
    """One channel's tokens and delay.

    ``critical``: on a critical cycle. ``delay``: how long tokens may travel at the same period; ``None``: any.
    ``spare_tokens``: initial tokens that may be taken away at the same period. ``first_gain``: the fewest more that
    shorten it; ``None``: none do. ``best_period``: with unlimited tokens (a limit, which finitely many may only
    approach).
    """

    critical: bool
    delay: Fraction | None
    spare_tokens: int
    first_gain: int | None
    best_period: Fraction


@dataclass(frozen=True)
class ProcessorRoom:
    """One processor with a static order.

    ``critical``: its order lies on a critical cycle. ``slowdown``: by what share of their time its actors may get
    slower together at the same period; ``None``: any. ``best_period``: if they took no time. ``period_without_order``:
    if none waited for another.
    """

    critical: bool
    slowdown: Fraction | None
    best_period: Fraction
    period_without_order: Fraction


@dataclass(frozen=True)
class Sensitivity:
    """One entry an actor, a channel and a processor, as numbered in the graph and in the orders."""

    period: Fraction
    actors: tuple[ActorRoom, ...]
    channels: tuple[ChannelRoom, ...]
    processors: tuple[ProcessorRoom, ...]


def sensitivity(graph: SDFGraph, orders: Orders = ()) -> Sensitivity:
    """Exact sensitivity of a graph's period, alone or bound by static orders (see ``static_order``).

    Raises
    ------
    InconsistentError, InputError, DeadlockError

    Examples
    --------
    >>> ring = SDFGraph("ring", ("a", "b"), [2, 3], [0, 1, 0], [1, 0, 0], [1, 1, 1], [1, 1, 1], [0, 2, 1])
    >>> answer = sensitivity(ring)
    >>> answer.period, answer.actors[0].growth, answer.actors[1].best_period, answer.channels[1].first_gain
    (Fraction(5, 2), Fraction(0, 1), Fraction(2, 1), 1)
    """
    bound = _Bound(graph, orders)
    period = bound.period()
    return Sensitivity(
        period,
        tuple(_actor(bound, v, period) for v in range(graph.actor_count)),
        tuple(_channel(bound, c, period) for c in range(graph.channel_count)),
        tuple(_processor(bound, order, period) for order in orders),
    )


def _own_time(edge: Edge) -> int:
    return edge[2]


def _always(_: Edge) -> bool:
    return True


class _Bound:
    """The bound graph, and its period under changed times or with fewer edges."""

    def __init__(self, graph: SDFGraph, orders: Orders) -> None:
        self.graph, self.orders = graph, orders
        self._bound = bind(graph, orders)
        self.owner = self._bound.firings.owner

    def period(self, weight: Callable[[Edge], int] = _own_time, keep: Callable[[Edge], bool] = _always) -> Fraction:
        """Time per iteration of the slowest component, with other weights or without some edges."""
        longest = Fraction(0)
        for part in self._bound.parts:
            kept = [edge for edge in part.edges if keep(edge)]
            answer = self._ratio(kept, [weight(edge) for edge in kept])
            if answer is not None:
                longest = max(longest, answer.ratio / part.fewest_rounds)
        return longest

    def growth(self, period: Fraction, slope: Callable[[Edge], int]) -> Fraction | None:
        """The largest x for which times of (time + x * slope) keep the period; ``None`` if all do."""
        rooms = [
            self._part_growth(part.edges, period * part.fewest_rounds, [slope(edge) for edge in part.edges])
            for part in self._bound.parts
        ]
        return min((room for room in rooms if room is not None), default=None)

    def _part_growth(self, edges: list[Edge], ratio: Fraction, slopes: list[int]) -> Fraction | None:
        if not any(slopes):
            return None
        x = ratio * sum(edge[3] for edge in edges) + 1  # here any cycle with a slope is too long
        unlimited = True
        while True:
            scale = x.denominator
            weights = [scale * edge[2] + x.numerator * slope for edge, slope in zip(edges, slopes, strict=True)]
            answer = self._ratio(edges, weights)
            if answer is None or answer.ratio <= ratio * scale:
                return None if unlimited else x
            unlimited = False
            time, tokens = (sum(edges[e][k] for e in answer.cycle) for k in (2, 3))
            x = (ratio * tokens - time) / sum(slopes[e] for e in answer.cycle)

    def _ratio(self, edges: Sequence[Edge], weights: Sequence[int]) -> CycleRatio | None:
        source, target, tokens = ([edge[k] for edge in edges] for k in (0, 1, 3))
        return max_cycle_ratio(self._bound.firings.nodes, source, target, weights, tokens)


def _actor(bound: _Bound, actor: int, period: Fraction) -> ActorRoom:
    growth = bound.growth(period, lambda edge: int(bound.owner[edge[0]] == actor))
    best = bound.period(lambda edge: 0 if bound.owner[edge[0]] == actor else edge[2]) if growth == 0 else period
    return ActorRoom(growth == 0, growth, best)


def _processor(bound: _Bound, order: Sequence[int], period: Fraction) -> ProcessorRoom:
    members = set(order)
    slowdown = bound.growth(period, lambda edge: edge[2] if bound.owner[edge[0]] in members else 0)

    def in_order(edge: Edge) -> bool:
        return edge[4] < 0 and bound.owner[edge[0]] in members

    delay = bound.growth(period, lambda edge: int(in_order(edge)))
    best = bound.period(lambda edge: 0 if bound.owner[edge[0]] in members else edge[2])
    free = bound.period(keep=lambda edge: not in_order(edge))
    return ProcessorRoom(delay == 0, slowdown, best, free)


def _channel(bound: _Bound, channel: int, period: Fraction) -> ChannelRoom:
    delay = bound.growth(period, lambda edge: int(edge[4] == channel))
    tokens = int(bound.graph.initial_tokens[channel])

    def with_tokens(count: int) -> _Bound:
        initial = bound.graph.initial_tokens.copy()
        initial[channel] = count
        return _Bound(replace(bound.graph, initial_tokens=initial), bound.orders)

    best = bound.period(keep=lambda edge: edge[4] != channel) if delay == 0 else period

    def period_with(count: int) -> Fraction | None:
        """``None`` in a deadlock."""
        try:
            return with_tokens(count).period()
        except DeadlockError:
            return None

    low, high = 0, tokens  # the fewest tokens that do lie in low..high
    while low < high:
        middle = (low + high) // 2
        if period_with(middle) == period:
            high = middle
        else:
            low = middle + 1
    gain = None
    if best < period:
        reach = 1
        while period_with(tokens + reach) == period:
            reach *= 2
        low, gain = reach // 2 + 1, reach
        while low < gain:
            middle = (low + gain) // 2
            if period_with(tokens + middle) == period:
                low = middle + 1
            else:
                gain = middle
    return ChannelRoom(delay == 0, delay, tokens - high, gain, best)
