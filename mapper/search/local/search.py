"""Improve an incumbent by local search, until its stopping rule or a budget says so."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from mapper.errors import InputError
from mapper.model.mapping import Mapping, OrderSemantics
from mapper.search.greedy import search_greedily
from mapper.search.incumbent import Incumbent
from mapper.search.local.anneal import COUNTS, DICE, anneal
from mapper.search.local.state import Snapshot, State, load_state, make_state, read_mapping, take_snapshot
from mapper.search.local.tables import EXECUTION, Tables, make_tables, take_buffers, why_no_tables

__all__ = ["LocalSearch", "search_locally"]

#: Edges times moves between two looks at the clock: a quarter of a second in plain Python, compiled some milliseconds.
#: The same for both, so that both find the same.
CHUNK = 40_000

#: Moves per actor of the first round; each round is longer than the one before.
FIRST_ROUND, LONGER = 30, 1.6

#: Temperatures at the beginning of the rounds, taken in turn, in mean execution times; and how far they fall.
HOT, FALL = (0.15, 0.05, 0.4), 0.03

#: Seconds that plain Python gets before compiled code is loaded, and seconds left that are worth compiling for. With
#: more edges than ``MANY`` a move in plain Python takes too long to wait for.
PATIENCE, WORTH_COMPILING, MANY = 0.5, 20.0, 4000

#: Edges times moves that plain Python does in about two seconds.
PLAIN_WORK = 200_000


def search_locally(
    incumbent: Incumbent,
    seed: int = 1,
    orders: Literal["plain", "pipelined"] = "pipelined",
    *,
    seconds: float = math.inf,
    max_moves: int | None = None,
) -> dict[str, Any]:
    """Improve the incumbent by a :class:`LocalSearch` until its stopping rule, or ``seconds`` or ``max_moves``, end it.

    Returns
    -------
    dict
        Statistics: rounds, moves tried, evaluated, accepted and improving, seconds; ``not_attempted``: a reason.

    Raises
    ------
    InputError
        Unknown orders, or pipelined ones for an incumbent that takes plain ones only.
    """
    search = LocalSearch(incumbent, seed, orders)
    search.advance(seconds=seconds, max_moves=max_moves)
    return search.statistics()


class LocalSearch:
    """Annealing in rounds, each longer than the one before, from the best mapping or where the last round ended.

    Every improvement is offered at once, so that Ctrl-C leaves the best. Where only moves are limited (and time is
    enough) the same seed gives the same mapping. Where buffers are sized a round keeps those of the mapping that it
    begins with; the incumbent gives what room is left to the improvements it is offered.

    Parameters
    ----------
    orders
        ``plain``: no retiming; ``pipelined``: any retiming within the buffers.

    Raises
    ------
    InputError
        Unknown orders, or pipelined ones for an incumbent that takes plain ones only.
    """

    def __init__(
        self, incumbent: Incumbent, seed: int = 1, orders: Literal["plain", "pipelined"] = "pipelined"
    ) -> None:
        if orders not in ("plain", "pipelined"):
            raise InputError("orders", "'plain' or 'pipelined'", repr(orders))
        if orders == "pipelined" and incumbent.semantics is OrderSemantics.PLAIN:
            raise InputError("orders", "'plain', as the incumbent's", repr(orders), "make a pipelined incumbent")
        self.incumbent, self.pipelined = incumbent, orders == "pipelined"
        self.not_attempted = why_no_tables(incumbent.application, incumbent.platform)
        self.compiled, self.interrupted = False, False
        self._rng = np.random.default_rng(seed)
        self._counts = np.zeros(COUNTS, np.int64)
        self._memory, self._phases = np.zeros((2, 5), np.int64), np.zeros(2)
        self._started, self._moves, self._spent = False, 0, 0.0
        self._rounds, self._length, self._done = 0, 0.0, 0  # rounds begun, moves of the present one, and those made

    def advance(self, *, seconds: float = math.inf, max_moves: int | None = None) -> None:
        """Go on for so long, for so many moves, or until the incumbent's stopping rule says so."""
        limits = _Limits(self, seconds, max_moves)
        if not (self.not_attempted or limits.reached()):
            self._started = self._started or self._start()
            while self._started and not limits.reached():
                if self._done >= self._length:
                    self._begin_round()
                self._anneal(limits)
        self._spent += limits.seconds

    def statistics(self) -> dict[str, Any]:
        if self.not_attempted:
            return {"not_attempted": self.not_attempted}
        named = dict(zip(("evaluated", "accepted", "improved"), self._counts.tolist(), strict=True))
        return {"rounds": self._rounds, "moves": self._moves, **named, "seconds": round(self._spent, 3)}

    def _start(self) -> bool:
        """Whether there is a mapping to start from."""
        start = _first_mapping(self.incumbent, pipelined=self.pipelined)
        if start is None or self.incumbent.should_stop():
            return False
        application, platform = self.incumbent.application, self.incumbent.platform
        self._t: Tables = make_tables(application, platform, pipelined=self.pipelined)
        self._s: State = make_state(self._t, len(platform.topology.links))
        self._load(start)
        self._best: Snapshot = take_snapshot(self._s, math.inf)
        return True

    def _load(self, mapping: Mapping) -> None:
        application, platform = self.incumbent.application, self.incumbent.platform
        take_buffers(self._t, application, mapping, platform)
        load_state(self._s, application, mapping, platform)
        self._buffers = mapping.buffers

    def _begin_round(self) -> None:
        """Every second round begins with the best mapping, its own or, in turn, whoever's."""
        if self._rounds % 2 and math.isfinite(self._best.value[0]):
            known = _known_mapping(self.incumbent, pipelined=self.pipelined) if self._rounds % 4 == 1 else None
            self._load(known or self._own)
        self._length = FIRST_ROUND * len(self._t.actor) * LONGER**self._rounds
        self._done = 0
        self._rounds += 1

    def _anneal(self, limits: _Limits) -> None:
        """A chunk of moves, between two looks at the clock."""
        target = float(self.incumbent.bound.value)
        hot = HOT[(self._rounds - 1) % len(HOT)] * max(1.0, float(self._t.actor[:, EXECUTION].mean()))
        self.compiled = self.compiled or limits.compiled_pays(self._t.edge_target.size)
        chunk = min(max(1, CHUNK // self._t.edge_target.size), math.ceil(self._length - self._done))
        chunk = min(chunk, limits.moves_left)
        falling = [hot * FALL ** ((self._done + k) / self._length) for k in (0, chunk)]
        before = self._best.value[0]
        run = anneal.jitted() if self.compiled else anneal.python
        dice = self._rng.random((chunk, DICE))
        run(self._t, self._s, self._best, dice, *falling, target, self._memory, self._phases, self._counts)
        self._done += chunk
        self._moves += chunk
        limits.moves_left -= chunk
        if self._best.value[0] < before:
            self._own = replace(read_mapping(self._best), buffers=self._buffers)
            self.incumbent.offer(self._own, "local search")


class _Limits:
    """What ends one call of :meth:`LocalSearch.advance`, and whether compiling pays until then."""

    def __init__(self, search: LocalSearch, seconds: float, max_moves: int | None) -> None:
        self.search, self.most_seconds = search, seconds
        self.counted = max_moves is not None
        self.moves_left = 1 << 62 if max_moves is None else max_moves
        self._began = time.perf_counter()

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._began

    def reached(self) -> bool:
        late = self.seconds >= self.most_seconds or self.moves_left <= 0 or self.search.interrupted
        return late or self.search.incumbent.should_stop()

    def compiled_pays(self, edges: int) -> bool:
        """Whether to go on with compiled code: small jobs never wait for a compiler."""
        if anneal.loaded:
            return True
        incumbent, spent = self.search.incumbent, self.seconds
        left = min(self.most_seconds - spent, incumbent.stop.seconds_left(incumbent.seconds))
        soon = edges * self.moves_left <= PLAIN_WORK if self.counted else spent < PATIENCE and edges <= MANY
        if soon or left < 2 * PATIENCE:
            return False
        return left >= WORTH_COMPILING or anneal.cached


def _known_mapping(incumbent: Incumbent, *, pipelined: bool) -> Mapping | None:
    """The incumbent's mapping, unless there is none or it is retimed and plain orders are asked for."""
    known = incumbent.mapping
    return known if known is not None and (pipelined or not known.retiming.any()) else None


def _first_mapping(incumbent: Incumbent, *, pipelined: bool) -> Mapping | None:
    """The incumbent's mapping, or a greedy one where that is of no use."""
    known = _known_mapping(incumbent, pipelined=pipelined)
    if known is not None:
        return known
    trial = Incumbent(
        incumbent.application, incumbent.platform, incumbent.bound, incumbent.stop, buffers=incumbent.buffers
    )
    search_greedily(trial)
    incumbent.infeasible = incumbent.infeasible or trial.infeasible
    if trial.mapping is not None:
        incumbent.offer(trial.mapping, "greedy")
    return trial.mapping
