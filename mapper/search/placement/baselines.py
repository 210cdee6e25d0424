"""Simple placements and public ideas to compare with, each reimplemented from its description.

``hilbert_swaps`` after Jin et al., *Mapping Very Large Scale Spiking Neuron Network to Neuromorphic Hardware*, ASPLOS
2023: a Hilbert curve, then swaps of adjacent clusters while they help.
"""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from mapper.model.topology import Mesh
from mapper.search.placement.params import PlacementParams
from mapper.search.placement.problem import PlacementProblem
from mapper.search.placement.seating import Seating
from mapper.search.placement.starts import along_curve, in_sequence, seat_in_order, spectral_slabs

__all__ = ["place_hilbert", "place_hilbert_swaps", "place_random", "place_sequential", "place_spectral"]


def place_sequential(problem: PlacementProblem, params: PlacementParams) -> NDArray[np.int32]:
    """Clusters by number on tiles by number."""
    return in_sequence(problem)


def place_random(problem: PlacementProblem, params: PlacementParams) -> NDArray[np.int32]:
    """Clusters in a random order on all tiles in a random order."""
    random = np.random.default_rng(params.seed)
    tiles = random.permutation(problem.topology.tiles)
    return seat_in_order(problem, random.permutation(problem.movable), tiles, compact=False)


def place_hilbert(problem: PlacementProblem, params: PlacementParams) -> NDArray[np.int32]:
    """Clusters in layer order along a Hilbert curve."""
    return along_curve(problem)


def place_spectral(problem: PlacementProblem, params: PlacementParams) -> NDArray[np.int32]:
    """Spectral slabs alone."""
    return spectral_slabs(problem)


def place_hilbert_swaps(problem: PlacementProblem, params: PlacementParams) -> NDArray[np.int32]:
    """A Hilbert curve, then sweeps of swaps between adjacent tiles until one saves nothing (or time is up)."""
    begin = time.perf_counter()
    pairs = _adjacent_seats(problem)
    work = 40 * problem.other.size
    seating = Seating(problem, along_curve(problem), seed=params.seed, work=work)
    while seating.descend(pairs):
        if params.seconds is not None and time.perf_counter() - begin >= params.seconds:
            break
    return seating.seat_of


def _adjacent_seats(problem: PlacementProblem) -> NDArray[np.int64]:
    """Pairs of seats with the same place on tiles one hop apart, int64, shape (pairs, 2)."""
    first = problem.seats.first.astype(np.int64)
    if isinstance(problem.topology, Mesh):
        ends = np.array(problem.topology.links, np.int64).reshape(-1, 2)
    else:
        tile = np.arange(problem.topology.tiles)
        ends = np.argwhere(problem.topology.hops(tile[:, None], tile[None, :]) == 1)
    ends = np.unique(np.sort(ends, axis=1), axis=0)
    shared = np.minimum(*(first[ends + 1] - first[ends]).T) if ends.size else np.empty(0, np.int64)
    offset = np.arange(shared.sum()) - np.repeat(np.cumsum(shared) - shared, shared)
    pairs: NDArray[np.int64] = np.repeat(first[ends], shared, axis=0) + offset[:, None]
    return pairs
