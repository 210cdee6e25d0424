"""One call for the whole explanation of a result."""

from __future__ import annotations

from mapper.errors import InputError
from mapper.evaluator import evaluate
from mapper.explain.again import default_moves
from mapper.explain.answer import Explanation
from mapper.explain.gap import where_the_gap_lies
from mapper.explain.limit import what_limits
from mapper.explain.relief import reliefs_of_mapping
from mapper.explain.tile import relief_by_tile
from mapper.model.result import Result

__all__ = ["explain"]


def explain(result: Result, moves: int | None = None) -> Explanation:
    """Say what limits a result's period, what each relief would bring, and where its gap comes from.

    Everything is computed anew from application, platform and mapping; stored figures are not trusted.

    Parameters
    ----------
    moves
        Of the local search that looks for a better mapping, here and with one more tile; by default so many that
        each takes well below a second. The same number gives the same answer.

    Raises
    ------
    InputError
        The result has no mapping.
    CheckError
        The result's bound is above a period that some mapping reaches.

    Examples
    --------
    >>> import mapper
    >>> chip = mapper.read_platform("dynapse")
    >>> answer = explain(mapper.map_network(mapper.read_network("mlp_digits"), chip, method="greedy"))
    >>> answer.limit.kind in ("cluster", "tile", "cycle", "link"), len(answer.reliefs) > 3
    (True, True)
    """
    mapping = result.mapping
    if mapping is None:
        got = f"none: its status is {result.status.value}"
        raise InputError("result", "a mapping", got, "map the network with more time or another platform")
    application, platform = result.application, result.platform
    evaluation = evaluate(application, mapping, platform)
    if moves is None:
        moves = default_moves(application)
    reliefs = reliefs_of_mapping(application, mapping, platform, evaluation)
    tile = relief_by_tile(application, mapping, platform, evaluation.period, result.orders, moves)
    if tile is not None:
        reliefs.append(tile)
    return Explanation(
        period=evaluation.period,
        bound=result.bound.value,
        bound_name=result.bound.name,
        limit=what_limits(result, mapping, evaluation),
        reliefs=tuple(sorted(reliefs, key=lambda relief: relief.period)),
        gap=where_the_gap_lies(result, mapping, evaluation, moves),
    )
