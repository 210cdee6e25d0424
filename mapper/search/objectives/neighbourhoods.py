"""Large neighbourhood search for goals other than the period, where the whole model is too large to build."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mapper.model.mapping import Mapping
from mapper.model.platform import Platform
from mapper.search.cpsat.model import Question, build_model, hint
from mapper.search.cpsat.placement import keep_elsewhere
from mapper.search.cpsat.run import Run, solve

__all__ = ["improve_around"]

#: Most clusters set free at a time, the effort for one neighbourhood in CP-SAT's deterministic seconds, and how many
#: in a row may gain nothing.
_FREE, _EFFORT, _PATIENCE = 16, 0.5, 100


def improve_around(run: Run, question: Question) -> int:
    """Free the clusters of a few near tiles, keep the others where they are, minimise the goal; again and again.

    Parameters
    ----------
    question
        With target, ceilings and goal.

    Returns
    -------
    int
        Neighbourhoods solved; it ends where the search should stop or nothing was gained for long.
    """
    incumbent = run.incumbent
    rng = np.random.default_rng([run.seed, 6])
    solved = idle = 0
    while idle < _PATIENCE and incumbent.mapping is not None and not incumbent.should_stop():
        known, mapping = incumbent.value, incumbent.mapping
        around = replace(question, allowed=_set_free(incumbent.platform, mapping, rng))
        exact = build_model(incumbent.application, incumbent.platform, around)
        if incumbent.period is not None:
            hint(exact, mapping, max(incumbent.period, question.target or incumbent.period))
        solve(run, exact, effort=_EFFORT, workers=1, linear=1)
        solved, idle = solved + 1, idle + 1 if incumbent.value == known else 0
    return solved


def _set_free(platform: Platform, mapping: Mapping, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Where clusters may go: those of a random tile and of others near it to any of these, the others stay."""
    usable = np.flatnonzero(platform.slots > 0)
    first = int(rng.choice(usable))
    nearness = platform.topology.hops(first, usable) + rng.uniform(0, 2, usable.size)
    tiles: list[int] = []
    held = 0
    for tile in usable[np.argsort(nearness)].tolist():
        more = len(mapping.orders[tile])
        if len(tiles) < 2 or held + more <= _FREE:
            tiles.append(tile)
            held += more
    return keep_elsewhere(mapping.binding, platform.tiles, tiles)
