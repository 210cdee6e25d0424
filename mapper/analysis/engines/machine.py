"""A machine that executes an SDF graph self-timed: every actor fires as soon, and as often, as its tokens allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import gcd
from typing import Any

import numpy as np

from mapper.analysis.engines.firing import BATCHES, BLOCKED, FREE, FREE_COUNT, NOW, PAUSED, POOL_FULL, REACHED, advance
from mapper.compiled import kernel

__all__ = ["BLOCKED", "PAUSED", "REACHED", "Machine"]

_ROOM = 1 << 60
#: Batches between two looks at the numbers' sizes in a compiled run, and the bound on tokens that makes this safe.
_SLICE, _TOKEN_ROOM = 1 << 20, 1 << 39


class Machine:
    """An SDF graph in motion. Actors and channels are numbered as given.

    Parameters
    ----------
    durations
        Time of one firing of each actor.
    channels
        (source, target, production, consumption, tokens) each.
    is_open
        Channels whose tokens may pile up; :meth:`take_starved` tells whether one of them held an actor up.

    An actor that takes no time must not be able to fire forever at one instant: some channel into it, other than a
    self-loop, comes in the end from an actor that takes time.
    """

    def __init__(
        self,
        durations: Sequence[int],
        channels: Sequence[tuple[int, int, int, int, int]],
        is_open: Sequence[bool] | None = None,
    ) -> None:
        n, m = len(durations), len(channels)
        self.unit = gcd(*durations) or 1
        times = [d // self.unit for d in durations]
        classes = {d: q for q, d in enumerate(sorted({d for d in times if d}))}
        source, target, production, consumption, tokens = ([c[k] for c in channels] for k in range(5))
        # A self-loop with enough tokens never stops firings that take no time.
        idle = [a == b and times[a] == 0 and t >= c for a, b, _, c, t in channels]
        in_first, in_channel = _by_end(n, target, idle)
        out_first, out_channel = _by_end(n, source, idle)
        pool = 4 * n + 16
        opened = [int(o) for o in is_open or [False] * m]
        # In the order of the kernel's arguments.
        self._tables: dict[str, Any] = {
            "clock": [0, 0, pool, 0, n, 0],
            "duration": times,
            "queue_of": [classes.get(d, -1) for d in times],
            "in_first": in_first,
            "in_channel": in_channel,
            "out_first": out_first,
            "out_channel": out_channel,
            "production": production,
            "consumption": consumption,
            "target": target,
            "is_open": opened,
            "tokens": tokens,
            "busy": [0] * n,
            "started": [0] * n,
            "starved": [0] * n,
            "begun": [0] * n,
            "head": [-1] * len(classes),
            "tail": [-1] * len(classes),
            "following": [*range(1, pool), -1],
            "finish": [-1] * pool,
            "owner": [-1] * pool,
            "count": [0] * pool,
            "last": [-1] * n,
            "stack": list(range(n))[::-1],
            "stacked": [1] * n,
            "active": [0] * n,
            "is_active": [0] * n,
            "most_tokens": tokens[:],
            "most_space": tokens[:],
        }
        self._elapsed = self._batches = 0
        self._compiled = False
        self._size = n + 2 * m
        self._longest = max(times, default=0)

    def _list(self, table: str) -> list[int]:
        values = self._tables[table]
        return values[:] if isinstance(values, list) else [int(v) for v in values.tolist()]

    @property
    def tokens(self) -> list[int]:
        return self._list("tokens")

    @property
    def started(self) -> list[int]:
        """Firings begun by each actor."""
        return self._list("started")

    @property
    def most_tokens(self) -> list[int]:
        """The most tokens each channel held, those put down at an instant counted before any are taken away."""
        return self._list("most_tokens")

    @property
    def most_space(self) -> list[int]:
        """The most space each channel needed, claimed when a producer starts and released when a consumer ends."""
        return self._list("most_space")

    @property
    def now(self) -> int:
        return (self._elapsed + int(self._tables["clock"][NOW])) * self.unit

    @property
    def batches(self) -> int:
        return self._batches + int(self._tables["clock"][BATCHES])

    def take_starved(self, actors: Sequence[int]) -> bool:
        """Whether an open channel held one of the actors up since the last call."""
        starved = self._tables["starved"]
        found = any(starved[v] for v in actors)
        for v in actors:
            starved[v] = 0
        return found

    def state(self) -> tuple[list[int], list[tuple[int, int, int]]]:
        """What the future depends on: tokens of each channel; sorted (actor, time left, count) of firings under way."""
        clock, owner, finish, count = (self._tables[t] for t in ("clock", "owner", "finish", "count"))
        under_way: dict[tuple[int, int], int] = {}
        for entry in self._entries():
            key = int(owner[entry]), int(finish[entry] - clock[NOW])
            under_way[key] = under_way.get(key, 0) + int(count[entry])
        return self.tokens, sorted((v, left, many) for (v, left), many in under_way.items())

    def advance(self, goals: Mapping[int, int], budget: int) -> int:
        """Play on to the end of the instant at which some actor of ``goals`` has started so many firings in all.

        Returns ``REACHED``, ``BLOCKED`` (nothing can ever move again) or ``PAUSED`` (``budget`` batches in all are
        through).
        """
        while True:
            self._choose_path()
            self._rebase()
            share = min(budget - self._batches, _SLICE if self._compiled else kernel.THRESHOLD // self._size + 1)
            aims: list[Any] = [list(goals), list(goals.values())]
            if self._compiled:
                aims = [np.asarray(aim, np.int64) for aim in aims]
            run = advance.jitted() if self._compiled else advance.python
            status = int(run(*aims, share, *self._tables.values()))
            if status == POOL_FULL:
                self._grow()
            elif status != PAUSED or self.batches >= budget:
                return status

    def _choose_path(self) -> None:
        """Compiled once the run has become long, plain while numbers could leave 64 bits."""
        compiled = self._compiled or self.batches * self._size >= kernel.THRESHOLD
        if compiled:
            compiled = self._longest * (_SLICE + 1) < _ROOM and max(self.tokens, default=0) < _TOKEN_ROOM
        if compiled and not self._compiled:
            self._tables = {name: np.asarray(table, np.int64) for name, table in self._tables.items()}
        elif self._compiled and not compiled:
            self._tables = {name: table.tolist() for name, table in self._tables.items()}
        self._compiled = compiled

    def _entries(self) -> Iterator[int]:
        """Places in the pool of the firings under way."""
        following = self._tables["following"]
        for entry in self._list("head"):
            while entry >= 0:
                yield entry
                entry = int(following[entry])

    def _rebase(self) -> None:
        """Start the clocks of time and batches anew, so that they stay small."""
        clock, finish, last = (self._tables[t] for t in ("clock", "finish", "last"))
        now = int(clock[NOW])
        self._elapsed += now
        self._batches += int(clock[BATCHES])
        clock[NOW] = clock[BATCHES] = 0
        for entry in self._entries():
            finish[entry] -= now
        for v in range(len(last)):  # entries that are free keep old times: forget them
            last[v] = -1

    def _grow(self) -> None:
        """Double the pool of firings under way."""
        clock, old = self._tables["clock"], len(self._tables["following"])
        grown = [*range(old + 1, 2 * old), int(clock[FREE])]
        for name, new in (("following", grown), ("finish", [-1] * old), ("owner", [-1] * old), ("count", [0] * old)):
            table = self._tables[name]
            self._tables[name] = np.append(table, np.asarray(new, np.int64)) if self._compiled else [*table, *new]
        clock[FREE] = old
        clock[FREE_COUNT] += old


def _by_end(nodes: int, ends: Sequence[int], skipped: Sequence[bool]) -> tuple[list[int], list[int]]:
    """Channels grouped by one of their ends, as (first, channel)."""
    groups: list[list[int]] = [[] for _ in range(nodes)]
    for c, v in enumerate(ends):
        if not skipped[c]:
            groups[v].append(c)
    first = [0]
    for group in groups:
        first.append(first[-1] + len(group))
    return first, [c for group in groups for c in group]
