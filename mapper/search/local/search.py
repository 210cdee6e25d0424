"""Improve an incumbent by local search, until its stopping rule or a budget says so."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from mapper.errors import InputError
from mapper.model.mapping import Mapping, OrderSemantics
from mapper.search.greedy import search_greedily
from mapper.search.incumbent import Incumbent
from mapper.search.local.anneal import COUNTS, DICE, anneal
from mapper.search.local.state import Snapshot, State, load_state, make_state, read_mapping, take_snapshot
from mapper.search.local.tables import EXECUTION, MOST_TILES, Tables, make_tables

__all__ = ["search_locally"]

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

#: Potentials are sums of times over all actors, times the tokens of a cycle: this much leaves room in 64 bits.
LARGEST_TIME = 1 << 48


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
        Unknown orders, or pipelined ones for an incumbent that takes plain ones only.
    """
    if orders not in ("plain", "pipelined"):
        raise InputError("orders", "'plain' or 'pipelined'", repr(orders))
    if orders == "pipelined" and incumbent.semantics is OrderSemantics.PLAIN:
        raise InputError("orders", "'plain', as the incumbent's", repr(orders), "make a pipelined incumbent")
    run = _Run(incumbent, seed, orders == "pipelined", seconds, max_moves)
    reason = _why_not(incumbent)
    if reason:
        return {"not_attempted": reason}
    start = None if run.over() else _first_mapping(incumbent, pipelined=run.pipelined)
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


def _first_mapping(incumbent: Incumbent, *, pipelined: bool) -> Mapping | None:
    """The incumbent's mapping, or a greedy one if there is none or it is retimed and plain orders are asked for."""
    known = incumbent.mapping
    if known is not None and (pipelined or not known.retiming.any()):
        return known
    trial = Incumbent(incumbent.application, incumbent.platform, incumbent.bound, incumbent.stop)
    search_greedily(trial)
    incumbent.infeasible = incumbent.infeasible or trial.infeasible
    if trial.mapping is not None:
        incumbent.offer(trial.mapping, "greedy")
    return trial.mapping


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
    compiled: bool = False
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

    def compiled_pays(self) -> bool:
        """Whether to go on with compiled code: small jobs never wait for a compiler."""
        if anneal.loaded:
            return True
        edges, spent = self.t.edge_target.size, time.perf_counter() - self.began
        left = min(self.seconds - spent, self.incumbent.stop.seconds_left(self.incumbent.seconds))
        if self.max_moves is None:
            soon = spent < PATIENCE and edges <= MANY
        else:
            soon = edges * (self.max_moves - self.moves) <= PLAIN_WORK
        if soon or left < 2 * PATIENCE:
            return False
        return left >= WORTH_COMPILING or anneal.cached

    def rounds(self) -> None:
        """Rounds of falling temperature until the search is over; every second one begins with the best mapping."""
        length = float(FIRST_ROUND * len(self.t.actor))
        while not self.over():
            if self.rounds_done % 2 and math.isfinite(self.best.value[0]):
                application, platform = self.incumbent.application, self.incumbent.platform
                load_state(self.s, application, read_mapping(self.best), platform)
            self.round(int(length), HOT[self.rounds_done % len(HOT)])
            self.rounds_done += 1
            length *= LONGER

    def round(self, length: int, hot: float) -> None:
        """Anneal once, looking at the clock between chunks of moves."""
        target = float(self.incumbent.bound.value)
        hot *= max(1.0, float(self.t.actor[:, EXECUTION].mean()))
        done = 0
        while done < length and not self.over():
            self.compiled = self.compiled or self.compiled_pays()
            chunk = min(max(1, CHUNK // self.t.edge_target.size), length - done)
            if self.max_moves is not None:
                chunk = min(chunk, self.max_moves - self.moves)
            falling = [hot * FALL ** ((done + k) / length) for k in (0, chunk)]
            before = self.best.value[0]
            run = anneal.jitted() if self.compiled else anneal.python
            dice = self.rng.random((chunk, DICE))
            run(self.t, self.s, self.best, dice, *falling, target, self.memory, self.phases, self.counts)
            done += chunk
            self.moves += chunk
            if self.best.value[0] < before:
                self.incumbent.offer(read_mapping(self.best), "local search")

    def statistics(self) -> dict[str, Any]:
        named = dict(zip(("evaluated", "accepted", "improved"), self.counts.tolist(), strict=True))
        spent = round(time.perf_counter() - self.began, 3)
        return {"rounds": self.rounds_done, "moves": self.moves, **named, "seconds": spent}
