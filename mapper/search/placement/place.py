"""One signature for every placement method."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mapper.errors import InputError
from mapper.model.application import Application
from mapper.model.platform import Platform
from mapper.search.placement import annealed, baselines, swarm
from mapper.search.placement.params import PlacementParams
from mapper.search.placement.problem import PlacementProblem, make_problem
from mapper.search.placement.traffic import ClusterTraffic

__all__ = ["METHODS", "place"]

Method = Callable[[PlacementProblem, PlacementParams], NDArray[np.int32]]

#: Each takes the problem and the parameters, and returns the clusters' seats.
METHODS: dict[str, Method] = {
    "annealed": annealed.place_annealed,
    "hilbert+swaps": baselines.place_hilbert_swaps,
    "swarm": swarm.place_by_swarm,
    "spectral": baselines.place_spectral,
    "hilbert": baselines.place_hilbert,
    "sequential": baselines.place_sequential,
    "random": baselines.place_random,
}

DEFAULT = PlacementParams()


def place(
    demand: Application | ClusterTraffic,
    platform: Platform,
    params: PlacementParams = DEFAULT,
    method: str = "annealed",
) -> NDArray[np.int32]:
    """Place clusters on tiles for few packet-hops (and, if weighed, a light heaviest link).

    Every cluster takes one slot of a tile it fits; where slots are unlimited, tiles share the clusters evenly.
    Execution times and orders play no part: the period of what comes out is for others to evaluate.

    Parameters
    ----------
    demand
        An application, or mere traffic, which fits every tile.
    method
        One of :data:`METHODS`; all but ``annealed`` are there to compare with.

    Returns
    -------
    int32, shape (clusters,)
        The tile of each; fixed clusters (the input actor) on theirs.

    Raises
    ------
    InputError
        Unknown method.
    InfeasibleError
        The clusters outnumber the slots of the tiles they fit.

    Examples
    --------
    >>> from mapper.model.platform import TileClass
    >>> from mapper.model.topology import Mesh
    >>> chip = Platform("row", Mesh(4, 1), (TileClass("tile", 4, 4),), [0] * 4)
    >>> chain = ClusterTraffic(4, [0, 2, 1], [2, 1, 3], [9, 9, 9])
    >>> binding = place(chain, chip, PlacementParams(effort=50))
    >>> abs(np.diff(binding[[0, 2, 1, 3]])).tolist()
    [1, 1, 1]
    """
    if method not in METHODS:
        raise InputError("placement method", f"one of {', '.join(METHODS)}", repr(method))
    problem = make_problem(demand, platform)
    return problem.tiles_of(METHODS[method](problem, params))
