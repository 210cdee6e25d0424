"""The constraints of K-periodic schedules: K firings of each actor stand for all of them.

Bodin, Munier-Kordon, de Dinechin, "Optimal and fast throughput evaluation of CSDF", DAC 2016, here for SDF. Firing
n = p + a K_t of actor t (p = 1 .. K_t) starts at s(t, p) + a K_t w / q_t, with w the time of one iteration. Firing n'
of the consumer of a channel with rates (i, o) and M tokens waits for firing n of the producer exactly if
0 <= M + i n - o n' < i. Over all a and a' the middle term takes every value congruent to z = M + i p - o p' modulo
G = gcd(i K_t, o K_t'), so one edge for each pair (p, p') says it all: with x the largest value below i congruent to z,
the edge exists if x >= 0, and then

    s(t', p') >= s(t, p) + time of t - w (z - x) / (i q_t).

Bodin's further bound x >= i - o assumes that an actor's firings start in order, which K-periodic schedules of actors
without self-loop need not; it is not used here.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import gcd, lcm
from typing import NamedTuple

from mapper.analysis.cycles.ratio_or_block import Answer, solve_edges
from mapper.errors import MapperError

__all__ = ["Channel", "Solution", "TooManyFiringsError", "Unfolding"]

#: Edges an unfolding may have.
MAX_EDGES = 5_000_000


class TooManyFiringsError(MapperError):
    """The throughput depends on so many firings that their constraints would not fit into memory."""


class Channel(NamedTuple):
    """A channel between actors numbered from 0; ``number``: which one of the graph it is."""

    source: int
    target: int
    production: int
    consumption: int
    tokens: int
    number: int


@dataclass(frozen=True)
class Solution:
    """The best schedule of this K, or why there is none.

    Attributes
    ----------
    period
        Time per iteration; ``None``: a circuit has no token left over, so that no schedule of this K exists.
    circuit
        The channels (numbered as given) of the critical circuit, in order; empty for period 0 or the floor.
    phase
        The phase, from 0, in which the circuit enters its first channel's producer.
    starts
        For each actor its K start times, times ``unit``.
    """

    period: Fraction | None
    circuit: tuple[int, ...]
    phase: int
    starts: tuple[tuple[int, ...], ...] = ()
    unit: int = 1


class Unfolding:
    """The K-periodic constraints of one weak component; ``counts`` is K, all ones at first."""

    def __init__(self, durations: Sequence[int], repetitions: Sequence[int], channels: Sequence[Channel]) -> None:
        self.durations, self.repetitions = list(durations), list(repetitions)
        self.channels = list(channels)
        self.counts = [1] * len(self.durations)
        self._edges: list[tuple[tuple[int, ...], list[int], list[int], list[int], int]] = [((), [], [], [], 1)] * len(
            self.channels
        )

    def set_tokens(self, channel: int, tokens: int) -> None:
        """Other initial tokens on one channel."""
        self.channels[channel] = self.channels[channel]._replace(tokens=tokens)

    def share(self, circuit: Sequence[int]) -> dict[int, int]:
        """How often each actor of a circuit fires in the smallest iteration of the circuit alone."""
        actors = {self.channels[c].source for c in circuit}
        common = gcd(*(self.repetitions[v] for v in actors))
        return {v: self.repetitions[v] // common for v in actors}

    def grow(self, circuit: Sequence[int]) -> bool:
        """Make K a multiple of the circuit's own iteration; False if it is one already: the circuit is as it says."""
        wanted = {v: lcm(self.counts[v], count) for v, count in self.share(circuit).items()}
        if all(self.counts[v] == count for v, count in wanted.items()):
            return False
        for v, count in wanted.items():
            self.counts[v] = count
        return True

    def solve(self, floor: Fraction = Fraction(0)) -> Solution:
        """The best K-periodic schedule; periods up to ``floor`` need not be told apart.

        Raises
        ------
        TooManyFiringsError
        """
        self._refresh()
        counts = self.counts
        base = [0] * (len(counts) + 1)
        for v, count in enumerate(counts):
            base[v + 1] = base[v] + count
        unit = lcm(*{edges[4] for edges in self._edges}) if self._edges else 1
        sources: list[int] = []
        targets: list[int] = []
        times: list[int] = []
        tokens: list[int] = []
        owner: list[int] = []
        for c, (channel, (_, before, after, heights, scale)) in enumerate(zip(self.channels, self._edges, strict=True)):
            first, second, factor = base[channel.source], base[channel.target], unit // scale
            if len(before) == 1:
                sources.append(first + before[0])
                targets.append(second + after[0])
                tokens.append(heights[0] * factor)
                times.append(self.durations[channel.source])
                owner.append(c)
                continue
            sources += [first + p for p in before]
            targets += [second + p for p in after]
            tokens += [h * factor for h in heights]
            times += [self.durations[channel.source]] * len(before)
            owner += [c] * len(before)
        answer = solve_edges(base[-1], sources, targets, times, tokens, floor / unit)
        circuit = tuple(owner[e] for e in answer.circuit)
        phase = sources[answer.circuit[0]] - base[self.channels[circuit[0]].source] if circuit else 0
        if answer.potentials is None:
            return Solution(None, circuit, phase)
        return Solution(
            Fraction(answer.time * unit, answer.tokens), circuit, phase, self._starts(answer, base), answer.scale
        )

    def _starts(self, answer: Answer, base: list[int]) -> tuple[tuple[int, ...], ...]:
        x = answer.potentials or ()
        low = min(x, default=0)
        return tuple(tuple(s - low for s in x[a:b]) for a, b in pairwise(base))

    def _refresh(self) -> None:
        """Recompute the edges of channels whose K or tokens changed."""
        total = 0
        stale = []
        for c, channel in enumerate(self.channels):
            key = self.counts[channel.source], self.counts[channel.target], channel.tokens
            if self._edges[c][0] != key:
                stale.append((c, channel, key))
                total += _size(channel, key[0], key[1]) if key[0] + key[1] > 2 else 1
            else:
                total += len(self._edges[c][1])
            if total > MAX_EDGES:
                raise TooManyFiringsError(
                    f"more than {MAX_EDGES} constraints among firings decide the throughput: use the state space"
                )
        for c, channel, key in stale:
            self._edges[c] = key, *_channel_edges(channel, key[0], key[1], self.repetitions[channel.source])


def _size(channel: Channel, count: int, after: int) -> int:
    step = gcd(channel.production * count, channel.consumption * after)
    return count * after * min(channel.production, step) // step + 1


def _channel_edges(channel: Channel, k: int, k2: int, repetitions: int) -> tuple[list[int], list[int], list[int], int]:
    """(producer's phases, consumer's phases, tokens, tokens of one iteration); phases from 0."""
    common = gcd(channel.production, channel.consumption)
    i, o, held = channel.production // common, channel.consumption // common, channel.tokens // common
    step = gcd(i * k, o * k2)
    whole = i * repetitions // step
    if k == 1 and k2 == 1:
        return [0], [0], [(held - o) // step + 1], whole
    before: list[int] = []
    after: list[int] = []
    tokens: list[int] = []
    if step <= i:  # every pair
        for q in range(k2):
            top = held + step - o * (q + 1)  # z - x = step * floor((z - i + step) / step)
            before += range(k)
            after += [q] * k
            tokens += [(top + i * p) // step for p in range(k)]
        return before, after, tokens, whole
    residues = sorted((i * p % step, p) for p in range(k))
    values = [value for value, _ in residues]
    for q in range(k2):
        # z - i = held + i p - o (q + 1) must lie in [-i, -1] modulo step.
        high = (o * (q + 1) - held - 1) % step
        low = high - i + 1
        found = residues[bisect_left(values, low) : bisect_right(values, high)]
        if low < 0:
            found = found + residues[bisect_left(values, low + step) :]
        top = held + step - o * (q + 1)
        for _, p in found:
            before.append(p)
            after.append(q)
            tokens.append((top + i * p) // step)
    return before, after, tokens, whole
