"""Annealed swaps with a shrinking window (a schedule like that of VPR's placement, Betz and Rose 1997)."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from mapper.search.placement.params import PlacementParams
from mapper.search.placement.problem import PlacementProblem
from mapper.search.placement.relief import relieve_links
from mapper.search.placement.seating import Seating
from mapper.search.placement.starts import along_curve, in_sequence, spectral_slabs, spectral_starts

__all__ = ["anneal", "place_annealed"]

#: The first temperature, in packet-hops per cluster of the start, if not hotter than usual; the last as a share of it.
HEAT, COOL = 0.5, 0.01
#: With time enough it pays to begin hotter: by this much at most, and once for so many proposals per cluster.
HOTTEST, PATIENCE = 5.0, 400
#: The first window, as a share of the longer side and at least in tiles.
WINDOW, LEAST_WINDOW = 0.15, 4
#: Proposals between two looks at the clock, and steps of the schedule without a clock.
CHUNK, STEPS = 50_000, 200
#: Up to so many clusters two starts are annealed in full; above, a short trial of each chooses one.
SMALL = 1000
#: Shares of the effort for the trials: of each spectral start and of the curve.
TRIALS = (0.08, 0.08, 0.08, 0.04)
#: Share of the time for the heaviest link, if it counts.
RELIEF = 0.3


def place_annealed(problem: PlacementProblem, params: PlacementParams) -> NDArray[np.int32]:
    """Anneal from spectral slabs and from a Hilbert curve in layer order; the better one, int32, shape (clusters,).

    Few clusters: half the effort goes to each, and again with other random numbers. Many: a short trial of all three
    spectral starts and of the curve, and the rest of the effort goes on from the trial that came out best, the hotter
    the more proposals there will be for each cluster.
    """
    n = max(1, problem.movable.size)
    small = n <= SMALL
    runs = [(k % 2, 0.5, (1.0, 3.0)[k // 2 % 2]) for k in range(max(4, min(16, 1024 // n)))]
    if not small:
        runs = [(k, share, 1.5) for k, share in enumerate(TRIALS)] + [(-1, 1 - sum(TRIALS), 0.0)]
    rate = _proposals_per_second(problem, params.effort * runs[0][1])
    begin = time.perf_counter()
    seconds = params.seconds
    if seconds is not None and params.link_weight:
        seconds *= 1 - RELIEF
    starts = [*([spectral_slabs(problem)] if small else spectral_starts(problem)), along_curve(problem)]
    ahead = sum(share for _, share, _ in runs)
    found: list[tuple[int, NDArray[np.int32]]] = []
    for number, (which, share, heat) in enumerate(runs):
        effort, left = params.effort * share, None
        if seconds is not None:
            left = max(0.0, begin + seconds - time.perf_counter()) * share / ahead
        ahead -= share
        start = starts[which] if which >= 0 else min(found, key=lambda entry: entry[0])[1]
        if which < 0:
            affordable = effort if left is None else min(effort, rate * left / n)
            heat = min(HOTTEST, max(1.0, affordable / PATIENCE))
        seats = anneal(problem, start, effort, params.seed + number, seconds=left, heat=heat)
        found.append((problem.packet_hops(problem.tiles_of(seats)), seats))
    best = min(found, key=lambda entry: entry[0])[1]
    if params.link_weight == 0:
        return best
    left = None if params.seconds is None else begin + params.seconds - time.perf_counter()
    return relieve_links(problem, best, params, left)


def _proposals_per_second(problem: PlacementProblem, effort: float) -> float:
    """Of runs with so many proposals per cluster; also loads the loops, so that nothing later waits for that."""
    seating = Seating(problem, in_sequence(problem), seed=1, work=_work(problem, effort))
    seating.draw(0, 0.0, 1)
    begin, count = time.perf_counter(), min(CHUNK, _moves(problem, effort) // 10)
    seating.draw(count, 0.0, LEAST_WINDOW)
    return count / max(1e-6, time.perf_counter() - begin)


def _moves(problem: PlacementProblem, effort: float) -> int:
    return int(effort * max(1, problem.movable.size))


def _work(problem: PlacementProblem, effort: float) -> int:
    """Elementary operations of a run, for the choice between plain and compiled loops."""
    return _moves(problem, effort) * 2 * (1 + problem.other.size // max(1, problem.traffic.clusters))


def anneal(
    problem: PlacementProblem,
    start: NDArray[np.int32],
    effort: float,
    seed: int,
    *,
    seconds: float | None = None,
    heat: float = 1.0,
    busy: NDArray[np.int64] | None = None,
    limit: int = np.iinfo(np.int64).max,
) -> NDArray[np.int32]:
    """Anneal seats from ``start``; never worse than it.

    Parameters
    ----------
    effort, seconds
        Proposals per cluster, and the longest time; what ends first ends the schedule.
    heat
        How much hotter than usual to begin.
    busy, limit
        Load of each cluster and the most a tile may bear (see :class:`Seating`).
    """
    movable = max(1, problem.movable.size)
    moves = _moves(problem, effort)
    seating = Seating(problem, start, seed=seed, work=_work(problem, effort), busy=busy, limit=limit)
    hot = heat * HEAT * problem.packet_hops(problem.tiles_of(start)) / movable
    widest = max(problem.grid) - 1
    window = max(LEAST_WINDOW, WINDOW * widest)
    begin, done, share = time.perf_counter(), 0, 0.0
    chunk = max(1, moves // STEPS)
    if seconds is not None:
        chunk, share = min(chunk, CHUNK), float(seconds <= 0)
        seating.draw(0, 0.0, 1)
    while done < moves and share < 1:
        count = min(moves - done, chunk)
        seating.draw(count, hot * (COOL / heat) ** share, min(max(1, widest), max(1, round(window * (1 - share)))))
        done += count
        share = done / moves
        if seconds is not None:
            share = max(share, (time.perf_counter() - begin) / max(seconds, 1e-9))
    return seating.seat_of if seating.change < 0 else start
