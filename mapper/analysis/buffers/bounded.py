"""Channels of limited capacity: the graph they make, and what a given set of capacities allows and why not more.

A producer claims space when its firing starts, a consumer releases it when its firing ends. So a capacity is a channel
in the other direction, with the rates exchanged and a token for each free place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd

import numpy as np

from mapper.analysis.engines.k_periodic import Blocked, channels_of_components, improve, one_round, unfolding_of
from mapper.analysis.repetition import repetition_vector, weak_components
from mapper.model.sdf import SDFGraph

__all__ = ["BoundedGraph", "Limit", "sized_channels", "with_capacities"]


def sized_channels(graph: SDFGraph, channels: Sequence[int] | None) -> tuple[int, ...]:
    """The channels to be sized: those given, or all but the self-loops.

    Raises
    ------
    ValueError
        A channel does not exist or comes twice.
    """
    if channels is None:
        return tuple(np.flatnonzero(graph.sources != graph.targets).tolist())
    chosen = tuple(int(c) for c in channels)
    if len(set(chosen)) < len(chosen) or not all(0 <= c < graph.channel_count for c in chosen):
        raise ValueError(f"channels: expected distinct numbers from 0 to {graph.channel_count - 1}, got {chosen}")
    return chosen


def with_capacities(graph: SDFGraph, channels: Sequence[int], capacities: Sequence[int]) -> SDFGraph:
    """The graph with a capacity on each of ``channels``: one more channel each, behind the others.

    Raises
    ------
    ValueError
        A capacity is below the channel's initial tokens.

    Examples
    --------
    >>> pair = SDFGraph("pair", ("a", "b"), [1, 1], [0], [1], [2], [3], [1])
    >>> bounded = with_capacities(pair, [0], [6])
    >>> bounded.initial_tokens.tolist(), bounded.production.tolist()
    ([1, 5], [2, 3])
    """
    chosen = np.asarray(channels, np.int64)
    free = np.asarray(capacities, np.int64) - graph.initial_tokens[chosen]
    if (free < 0).any():
        where = int(chosen[int(np.argmax(free < 0))])
        raise ValueError(f"capacity of channel {where}: at least its {graph.initial_tokens[where]} initial tokens")
    return SDFGraph(
        graph.name,
        graph.actors,
        graph.execution_times,
        np.concatenate([graph.sources, graph.targets[chosen]]),
        np.concatenate([graph.targets, graph.sources[chosen]]),
        np.concatenate([graph.production, graph.consumption[chosen]]),
        np.concatenate([graph.consumption, graph.production[chosen]]),
        np.concatenate([graph.initial_tokens, free]),
    )


@dataclass(frozen=True)
class Limit:
    """What some capacities allow: ``period`` (``None``: deadlock), and what must grow for anything better.

    ``needs`` holds, for each sized channel (by position) on the critical cycle, the least capacity that breaks this
    cycle; until one of them is reached the cycle stands, whatever the other capacities are.
    """

    period: Fraction | None
    needs: tuple[tuple[int, int], ...]

    def holds(self, capacities: Sequence[int]) -> bool:
        """Whether other capacities, too, leave the cycle as it is."""
        return all(capacities[position] < need for position, need in self.needs)


class BoundedGraph:
    """A graph whose capacities on ``channels`` can be changed and evaluated many times."""

    def __init__(self, graph: SDFGraph, channels: Sequence[int]) -> None:
        self.channels = tuple(channels)
        columns = (graph.production, graph.consumption, graph.initial_tokens)
        rates = [tuple(int(column[c]) for column in columns) for c in self.channels]
        self.initial = [tokens for _, _, tokens in rates]
        self.steps = [gcd(made, taken) for made, taken, _ in rates]
        #: Below these capacities the channel alone is a deadlock.
        self.least = tuple(
            max(tokens, made + taken - step + tokens % step)
            for (made, taken, tokens), step in zip(rates, self.steps, strict=True)
        )
        bounded = with_capacities(graph, self.channels, self.least)
        repetitions, members = repetition_vector(bounded), channels_of_components(bounded)
        self._unfoldings = [unfolding_of(bounded, repetitions, actors, members) for actors in weak_components(bounded)]
        first = graph.channel_count
        self._position = [
            {c: channel.number - first for c, channel in enumerate(unfolding.channels) if channel.number >= first}
            for unfolding in self._unfoldings
        ]

    def evaluate(self, capacities: Sequence[int], floor: Fraction = Fraction(0)) -> Limit:
        """The exact period, and the cycle behind it; or ``floor`` and no cycle if the period is no longer than that."""
        worst = Limit(floor, ())
        for unfolding, position in zip(self._unfoldings, self._position, strict=True):
            for c, p in position.items():
                unfolding.set_tokens(c, capacities[p] - self.initial[p])
            answer = improve(unfolding, floor)
            if isinstance(answer, Blocked):
                lacks = [(position[c], lack) for c, _, lack in answer.waits if c in position]
                return Limit(None, self._needs(capacities, lacks))
            if answer.period is None or worst.period is None or answer.period <= worst.period:
                continue
            more = []
            for c, m, n in one_round(unfolding, answer):
                if c in position:
                    channel = unfolding.channels[c]
                    # Firing n takes tokens up to number `last`, which firing m makes; with enough more, m - 1 does.
                    last = channel.consumption * (n + 1) - channel.tokens - 1
                    more.append((position[c], last - channel.production * m + 1))
            worst = Limit(answer.period, self._needs(capacities, more))
        return worst

    def _needs(self, capacities: Sequence[int], more: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
        needs: dict[int, int] = {}
        for position, extra in more:
            step = self.steps[position]
            need = capacities[position] + -(-extra // step) * step
            needs[position] = min(need, needs.get(position, need))
        return tuple(sorted(needs.items()))
