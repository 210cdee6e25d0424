"""Placement as a stage of the mapping search: candidates for the exact evaluation."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.errors import InfeasibleError
from mapper.model.application import Application
from mapper.model.mapping import Mapping
from mapper.model.platform import Platform
from mapper.search.binding import bind_greedily
from mapper.search.feasibility import buffers_hold
from mapper.search.incumbent import Incumbent
from mapper.search.local.tables import MOST_TILES
from mapper.search.ordering import order_by_list_scheduling
from mapper.search.placement.annealed import anneal, place_annealed
from mapper.search.placement.kernels import swap
from mapper.search.placement.params import PlacementParams
from mapper.search.placement.problem import PlacementProblem, make_problem, problem_on
from mapper.search.placement.relief_kernel import relieve
from mapper.search.placement.seats import Seats, kinds_and_fits
from mapper.search.placement.traffic import traffic_of

__all__ = ["place_within_loads", "search_by_placement", "search_large_by_placement"]

NAME = "placement"
#: Least packet-hops alone, and with the heaviest link weighed as much.
LINK_WEIGHTS = (0.0, 1.0)

#: From so many clusters on, one a tile, the local search takes longer than placement to come to good places.
LARGE = 256
#: Proposals per cluster of one stage among others, its share of the time that is left, and its most seconds.
EFFORT, SHARE, MOST_SECONDS = 3000, 0.1, 3.0
#: Seconds left that are worth compiling the loops for.
WORTH_COMPILING = 30.0


def search_large_by_placement(incumbent: Incumbent, seed: int = 1) -> dict[str, Any]:
    """:func:`search_by_placement` as one stage among others: briefly, and only where it helps those that follow.

    That is where every one of :data:`LARGE` clusters or more can have a tile of its own, and on chips with more tiles
    than the local search takes. With several clusters a tile, orders limit the period, about which placement knows
    nothing.

    Returns
    -------
    dict
        As :func:`search_by_placement`; empty if it did not run.
    """
    clusters, tiles = len(incumbent.application.clusters), incumbent.platform.tiles
    apart = clusters <= int((incumbent.platform.slots > 0).sum())
    left = incumbent.stop.seconds_left(incumbent.seconds)
    if incumbent.should_stop() or not (tiles > MOST_TILES or (apart and clusters >= LARGE)):
        return {}
    if left < WORTH_COMPILING and not all(loop.ready for loop in (swap, relieve)):
        return {}
    return search_by_placement(incumbent, PlacementParams(EFFORT, seed=seed), min(MOST_SECONDS, SHARE * left))


def search_by_placement(
    incumbent: Incumbent, params: PlacementParams | None = None, seconds: float | None = None
) -> dict[str, Any]:
    """Offer mappings of little traffic: placed clusters, list-scheduled plain orders.

    Where every cluster can have a tile of its own, clusters are placed one a tile, for packet-hops alone and again for
    the heaviest link too. Where they outnumber the tiles, the clusters of the incumbent's binding (without one, of the
    greedy one) change places, as many on every tile as before and no tile with more execution time than its fullest.

    Parameters
    ----------
    params
        ``link_weight`` is set here.
    seconds
        The most to spend; the incumbent's stopping rule holds anyway.

    Returns
    -------
    dict
        ``candidates``: mappings evaluated; ``packet_hops``: of each; ``seconds``.
    """
    begin = time.perf_counter()
    application, platform = incumbent.application, incumbent.platform
    left = min(incumbent.stop.seconds_left(incumbent.seconds), float("inf") if seconds is None else seconds)
    params = params or PlacementParams()
    found: list[int] = []
    for number, weight in enumerate(LINK_WEIGHTS):
        if incumbent.should_stop():
            break
        share = (left - (time.perf_counter() - begin)) / (len(LINK_WEIGHTS) - number)
        limit = min(share, float("inf") if params.seconds is None else params.seconds)
        settings = replace(params, link_weight=weight, seconds=None if limit == float("inf") else max(0.0, limit))
        binding = _candidate(incumbent, settings)
        if binding is None or not buffers_hold(application, binding, platform, sized=incumbent.sized):
            continue
        incumbent.offer(Mapping.plain(binding, _orders(application, binding, platform)), NAME)
        channels = application.graph
        hops = platform.topology.hops(binding[channels.sources], binding[channels.targets])
        found.append(int((application.packets * hops).sum()))
    return {"candidates": len(found), "packet_hops": found, "seconds": round(time.perf_counter() - begin, 3)}


def _orders(application: Application, binding: NDArray[np.int32], platform: Platform) -> tuple[tuple[int, ...], ...]:
    """List-scheduled; where no tile has two clusters there is nothing to schedule."""
    clusters = np.array(application.clusters, np.int64)
    if np.unique(binding[clusters]).size < clusters.size:
        return order_by_list_scheduling(application, binding, platform)
    orders: list[tuple[int, ...]] = [()] * platform.tiles
    for tile, cluster in zip(binding[clusters].tolist(), clusters.tolist(), strict=True):
        orders[tile] = (cluster,)
    return tuple(orders)


def _candidate(incumbent: Incumbent, params: PlacementParams) -> NDArray[np.int32] | None:
    application, platform = incumbent.application, incumbent.platform
    if len(application.clusters) <= int((platform.slots > 0).sum()):
        try:
            problem = make_problem(application, platform, spread=True)
        except InfeasibleError:
            return None
        return problem.tiles_of(place_annealed(problem, params))
    if params.link_weight:
        return None
    mapping = incumbent.mapping
    binding = bind_greedily(application, platform, sized=incumbent.sized) if mapping is None else mapping.binding
    return None if binding is None else place_within_loads(application, binding, platform, params)


def place_within_loads(
    application: Application, binding: NDArray[np.int32], platform: Platform, params: PlacementParams
) -> NDArray[np.int32]:
    """Let the clusters of a binding change places for fewer packet-hops, int32, shape (actors,).

    Every tile keeps its number of clusters, and none gets more execution time than the fullest has in ``binding``.
    """
    problem, seat_of = _occupied(application, binding, platform)
    busy = application.graph.execution_times
    load = np.zeros(platform.tiles, np.int64)
    np.add.at(load, binding[problem.movable], busy[problem.movable])
    limit = int(load.max(initial=0))
    seats = anneal(problem, seat_of, params.effort, params.seed, seconds=params.seconds, busy=busy, limit=limit)
    return problem.tiles_of(seats)


def _occupied(
    application: Application, binding: NDArray[np.int32], platform: Platform
) -> tuple[PlacementProblem, NDArray[np.int32]]:
    """The problem whose seats are those that a binding takes, and the binding as seats."""
    traffic = traffic_of(application, platform)
    movable = traffic.movable
    order = np.argsort(binding[movable], kind="stable")
    held = np.bincount(binding[movable], minlength=platform.tiles)
    first = np.zeros(platform.tiles + 1, np.int32)
    np.cumsum(held, out=first[1:])
    seat_of = np.full(traffic.clusters, -1, np.int32)
    seat_of[movable[order]] = np.arange(movable.size)
    kind, fits = kinds_and_fits(application, traffic.clusters, platform)
    seats = Seats(binding[movable][order].astype(np.int32), first, kind, fits, platform.class_of)
    return problem_on(traffic, platform.topology, seats), seat_of
