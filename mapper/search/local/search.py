"""Improve an incumbent by local search, until its stopping rule or a budget says so."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from mapper.errors import InputError
from mapper.model.mapping import Mapping
from mapper.search.incumbent import Incumbent
from mapper.search.local.anneal import COUNTS, DICE, anneal
from mapper.search.local.starts import first_mapping
from mapper.search.local.state import Snapshot, State, load_state, make_state, read_mapping, take_snapshot
from mapper.search.local.tables import MOST_TILES, Tables, make_tables

__all__ = ["search_locally"]

#: Moves between two looks at the clock, and of the first round; each round is longer than the one before.
CHUNK, FIRST_ROUND, LONGER = 500, 8000, 1.6

#: Temperatures at the beginning and the end of a round, as shares of the bound.
HOT, COLD = 0.01, 0.0003

#: Seconds that plain Python gets before a compiler is worth waiting for.
PATIENCE = 0.5

#: Potentials are sums of times over all actors, times the tokens of a cycle: this much leaves room in 64 bits.
LARGEST_TIME = 1 << 40


def search_locally(
    incumbent: Incumbent,
    seed: int = 1,
    orders: Literal["plain", "pipelined"] = "pipelined",
    *,
    seconds: float = math.inf,
    max_moves: int | None = None,
) -> dict[str, Any]:
    """Improve the incumbent by annealing in rounds, each from the best mapping or where the last one ended.

    Every improvement is offered at once, so that Ctrl-C leaves the best. With ``max_moves`` (and time enough) the
    same seed gives the same mapping.

    Parameters
    ----------
    orders
        ``plain``: no retiming; ``pipelined``: any retiming within the buffers.
    seconds, max_moves
        Ends earlier than the incumbent's stopping rule.

    Returns
    -------
    dict
        Statistics: rounds, moves tried, evaluated, accepted and improving, seconds; ``not_attempted``: a reason.

    Raises
    ------
    InputError
        Unknown orders.
    """
    if orders not in ("plain", "pipelined"):
        raise InputError("orders", "'plain' or 'pipelined'", repr(orders))
    run = _Run(incumbent, seed, orders == "pipelined", seconds, max_moves)
    reason = _why_not(incumbent)
    if reason:
        return {"not_attempted": reason}
    start = None if run.over() else first_mapping(incumbent, pipelined=run.pipelined)
    if start is not None and not run.over():
        run.load(start)
        run.rounds()
    return run.statistics()


def _why_not(incumbent: Incumbent) -> str:
    """Why no search is tried, or an empty string."""
    timing, graph = incumbent.platform.timing, incumbent.application.graph
    if incumbent.platform.tiles > MOST_TILES:
        return f"more than {MOST_TILES} tiles"
    steps = sum((timing.setup_ps, timing.hop_ps * incumbent.platform.tiles, timing.local_ps, timing.reprogram_ps))
    packets = int(incumbent.application.packets.sum()) * (timing.packet_ps + timing.inject_ps + timing.eject_ps)
    total = int(graph.execution_times.sum()) + packets + steps * max(1, graph.channel_count)
    return "the times have too many digits" if total > LARGEST_TIME else ""


@dataclass
class _Run:
    """One search: the incumbent, the budget, the present mapping in arrays."""

    incumbent: Incumbent
    seed: int
    pipelined: bool
    seconds: float
    max_moves: int | None
    began: float = field(default_factory=time.perf_counter)
    moves: int = 0
    rounds_done: int = 0
    counts: Any = field(default_factory=lambda: np.zeros(COUNTS, np.int64))

    def over(self) -> bool:
        """Whether the search should end."""
        spent = time.perf_counter() - self.began >= self.seconds
        return spent or self.incumbent.should_stop() or (self.max_moves is not None and self.moves >= self.max_moves)

    def load(self, mapping: Mapping) -> None:
        application, platform = self.incumbent.application, self.incumbent.platform
        self.t: Tables = make_tables(application, platform, pipelined=self.pipelined)
        self.s: State = make_state(self.t, len(platform.topology.links))
        self.rng = np.random.default_rng(self.seed)
        self.memory, self.phases = np.zeros((2, 5), np.int64), np.zeros(2)
        load_state(self.s, application, mapping, platform)
        self.best: Snapshot = take_snapshot(self.s, math.inf)

    def kernel(self) -> Callable[..., Any]:
        """The annealing loop, plain for as long as a small job may take."""
        work = 50 * self.t.edge_target.size
        if self.max_moves is not None:
            return anneal.for_work(work * self.max_moves)
        left = min(self.seconds, self.incumbent.stop.seconds_left(self.incumbent.seconds))
        patience = PATIENCE if left > 4 * PATIENCE else math.inf
        return anneal.python if time.perf_counter() - self.began < patience else anneal.jitted()

    def rounds(self) -> None:
        """Rounds of falling temperature until the search is over."""
        length = float(FIRST_ROUND)
        while not self.over():
            self.round(int(length))
            self.rounds_done += 1
            length *= LONGER
            if self.rounds_done % 2 == 0 and math.isfinite(self.best.value[0]):
                application, platform = self.incumbent.application, self.incumbent.platform
                load_state(self.s, application, read_mapping(self.best), platform)

    def round(self, length: int) -> None:
        """Anneal once, looking at the clock between chunks of moves."""
        target = float(self.incumbent.bound.value)
        hot, cold = HOT * max(target, 1.0), COLD * max(target, 1.0)
        done = 0
        while done < length and not self.over():
            run = self.kernel()
            chunk = min(CHUNK if run is not anneal.python else 20, length - done)
            if self.max_moves is not None:
                chunk = min(chunk, self.max_moves - self.moves)
            span = [hot * (cold / hot) ** ((done + k) / length) for k in (0, chunk)]
            before = self.best.value[0]
            dice = self.rng.random((chunk, DICE))
            run(self.t, self.s, self.best, dice, *span, target, self.memory, self.phases, self.counts)
            done += chunk
            self.moves += chunk
            if self.best.value[0] < before:
                self.incumbent.offer(read_mapping(self.best), "local search")

    def statistics(self) -> dict[str, Any]:
        named = dict(zip(("evaluated", "accepted", "improved"), self.counts.tolist(), strict=True))
        spent = round(time.perf_counter() - self.began, 3)
        return {"rounds": self.rounds_done, "moves": self.moves, **named, "seconds": spent}
