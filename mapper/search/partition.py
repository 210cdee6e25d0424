"""Bindings whose loads, hops and round trips allow a given period: what remains to decide is who fires when."""

from __future__ import annotations

from math import exp
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.compiled import kernel
from mapper.lower.bound_graph import capacities
from mapper.model.application import Application
from mapper.model.platform import Platform
from mapper.search.feasibility import allowed_tiles, buffers_hold
from mapper.search.longest_first import bind_longest_first

__all__ = ["Partitioner"]

#: Moves of one drawing; a tenth of a second.
_MOVES = 1_000_000


@kernel
def _late(h, near, far, per_hop, limit):  # type: ignore[no-untyped-def]
    """By how much a round trip over ``h`` hops exceeds its limit."""
    return max(0, (near if h == 0 else far + h * per_hop) - limit)


@kernel.allocating
def _anneal(times, room, hops, channels, target, movable, binding, moves, seed, heat, pull):  # type: ignore[no-untyped-def] # fmt: skip
    """Move and swap clusters until no tile's load exceeds the target and no round trip its limit.

    ``room`` holds per tile load, clusters and slots, and where clusters may go; ``channels`` lists each actor's
    partners with their round trips: ``near`` on one tile, else ``far + hops * per_hop``, and its ``limit``. Simulated
    annealing of the excess over both, plus ``pull`` for each hop of a channel, cooling from ``heat`` to almost nothing.
    Without pull it ends at the first binding without excess; else ``binding`` becomes the one with fewest hops.
    Returns whether there was one.
    """
    load, held, slots, allowed = room
    ptr, other, near, far, limit, per_hop = channels
    excess, length = 0, 0
    for t in range(len(load)):
        excess += max(0, load[t] - target)
    for a in range(len(times)):
        for e in range(ptr[a], ptr[a + 1]):
            if other[e] > a:
                h = hops[binding[a], binding[other[e]]]
                excess += _late(h, near[e], far[e], per_hop, limit[e])
                length += h
    best, shortest = binding.copy(), -1
    count = len(movable)
    state = seed % 2147483646 + 1
    for step in range(moves):
        if excess == 0 and (shortest < 0 or length < shortest):
            shortest = length
            if pull == 0:
                return True
            best[:] = binding
        state = state * 48271 % 2147483647
        a = movable[state % count]
        state = state * 48271 % 2147483647
        b = movable[state % count]
        p, q = binding[a], binding[b]
        if p == q or not allowed[a, q]:
            continue
        state = state * 48271 % 2147483647
        alone = state % 5 == 0
        if alone and held[q] >= slots[q]:
            continue
        if not alone and not allowed[b, p]:
            continue
        shift = times[a] if alone else times[a] - times[b]
        delta = max(0, load[p] - shift - target) + max(0, load[q] + shift - target)
        delta -= max(0, load[p] - target) + max(0, load[q] - target)
        longer = 0
        for moved in range(1 if alone else 2):
            x = a if moved == 0 else b
            old, new = (p, q) if moved == 0 else (q, p)
            for e in range(ptr[x], ptr[x + 1]):
                y = other[e]
                if not alone and y in (a, b):
                    continue  # the two change places: their distance stays
                h, g = hops[old, binding[y]], hops[new, binding[y]]
                delta += _late(g, near[e], far[e], per_hop, limit[e]) - _late(h, near[e], far[e], per_hop, limit[e])
                longer += g - h
        worse = delta + pull * longer
        if worse > 0:
            warmth = heat * (1.02 - step / moves)
            state = state * 48271 % 2147483647
            if worse > 40 * warmth or state >= 2147483647 * exp(-worse / warmth):
                continue
        binding[a] = q
        load[p] -= shift
        load[q] += shift
        if alone:
            held[p] -= 1
            held[q] += 1
        else:
            binding[b] = p
        excess += delta
        length += longer
    binding[:] = best
    return shortest >= 0


class Partitioner:
    """Draws bindings for one application and platform.

    Only necessary conditions of a period are kept: every tile's execution times fit into it, and every channel's round
    trip (data there, space back) into the buffer's iterations of it. Number partitioning by annealed moves and swaps.
    Where buffers are ``sized`` a tile needs room for the least of each.
    """

    def __init__(self, application: Application, platform: Platform, *, sized: bool = False) -> None:
        self.application, self.platform, self._sized = application, platform, sized
        graph, timing = application.graph, platform.timing
        tiles = np.arange(platform.tiles)
        self._hops = platform.topology.hops(tiles[:, None], tiles[None, :])
        self._hops = (self._hops + self._hops.T + 1) // 2  # routes there and back may differ on one-way links
        self._allowed = allowed_tiles(application, platform)
        self._times = np.where(application.is_input, 0, graph.execution_times)
        a, b = graph.sources.astype(np.int64), graph.targets.astype(np.int64)
        both = graph.execution_times[a] + graph.execution_times[b]
        handling = np.where(application.is_input[a], 0, timing.inject_ps)
        handling = handling + np.where(application.is_input[b], 0, timing.eject_ps)
        far = both + timing.setup_ps + application.packets * (timing.packet_ps + handling)
        capacity = capacities(application, platform)
        ends, partners = np.concatenate([a, b]), np.concatenate([b, a])
        by_end = np.argsort(ends, kind="stable")
        channel = np.concatenate([np.arange(a.size)] * 2)[by_end]
        self._ptr = np.searchsorted(ends[by_end], np.arange(graph.actor_count + 1))
        self._other = partners[by_end]
        self._near, self._far = (both + timing.local_ps)[channel], far[channel]
        self._capacity = capacity[channel]
        self._movable = np.flatnonzero(~application.is_input)

    def draw(self, target: int, seed: int, *, close: bool = False) -> NDArray[np.int32] | None:
        """A binding that keeps the conditions of period ``target`` (picoseconds), or ``None`` if none was found.

        Another seed gives another binding; ``None`` proves nothing. ``close`` keeps partners together: slower to draw,
        easier to schedule where distances cost much.
        """
        rng = np.random.default_rng(seed)
        blurred = self._times * rng.uniform(0.7, 1.3, self._times.size)
        longest_first = self._movable[np.argsort(-blurred[self._movable], kind="stable")].tolist()
        start = bind_longest_first(longest_first, self._times, self._allowed, self.platform)
        if start is None:
            return None
        binding, load, held = start
        average = float(self._times[self._movable].mean())
        run: Any = _anneal.for_work(_MOVES)
        found = run(
            self._times, (load, held, self.platform.slots, self._allowed), self._hops,
            (self._ptr, self._other, self._near, self._far, self._capacity * target, 2 * self.platform.timing.hop_ps),
            target, self._movable, binding, _MOVES, int(rng.integers(1, 1 << 30)),
            average / (20 if close else 100), average / 10 if close else 0.0,
        )  # fmt: skip
        drawn = binding.astype(np.int32)
        found = found and buffers_hold(self.application, drawn, self.platform, sized=self._sized)
        return drawn if found else None
