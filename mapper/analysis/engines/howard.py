"""Throughput by homogeneous expansion and policy iteration, for graphs whose iteration fits memory."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from numpy.typing import NDArray

from mapper.analysis.answers import CriticalStep, Throughput
from mapper.analysis.cycles.cycle_ratio import solve
from mapper.analysis.engines.components import ComponentAnswer, solve_components
from mapper.analysis.engines.expansion import Expansion, expand
from mapper.analysis.lazy import LazyTuple
from mapper.errors import DeadlockError
from mapper.model.sdf import SDFGraph

__all__ = ["howard"]


def howard(graph: SDFGraph) -> Throughput:
    """Maximum cycle ratio of the expanded graph, component by component.

    ``potentials`` are start times of the firings of one iteration, component after component, actor after actor.

    Raises
    ------
    MapperError
        An iteration has too many firings to expand.

    Examples
    --------
    >>> one = [1, 1]
    >>> howard(SDFGraph("ring", ("a", "b"), [2, 3], [0, 1], [1, 0], one, one, [0, 1])).period
    Fraction(5, 1)
    """
    return solve_components(graph, "howard", _solve)


def _solve(graph: SDFGraph, repetitions: Sequence[int], actors: Sequence[int]) -> ComponentAnswer:
    expansion = expand(graph, repetitions, actors, fewest=True)
    columns: list[NDArray[Any]] = [expansion.sources, expansion.targets, expansion.times, expansion.tokens]
    try:
        answer = solve(expansion.nodes, columns)
    except DeadlockError as error:
        from mapper.analysis.deadlock import deadlock_on

        stuck = deadlock_on(graph, repetitions, _blocking_channels(expansion, error.cycle))
        assert stuck is not None, "a cycle of firings without tokens is a deadlock of its channels"
        return ComponentAnswer(None, stuck.steps(graph), explanation=stuck.explain(graph))
    cycle, potentials, scale = answer.cycle, answer.potentials, answer.ratio.denominator
    return ComponentAnswer(
        answer.ratio,
        LazyTuple(len(cycle), lambda: tuple(_step(expansion, edge) for edge in cycle.tolist())),
        LazyTuple(len(potentials), lambda: tuple(Fraction(start, scale) for start in potentials.tolist())),
    )


def _step(expansion: Expansion, edge: int) -> CriticalStep:
    actor, firing = expansion.firing(int(expansion.sources[edge]))
    time, tokens = int(expansion.times[edge]), int(expansion.tokens[edge])
    return CriticalStep(actor, firing, time, tokens, int(expansion.channels[edge]))


def _blocking_channels(expansion: Expansion, nodes: tuple[int, ...]) -> list[int]:
    """The channels of the edges without tokens that join the nodes of a blocking cycle."""
    empty = (expansion.tokens == 0).nonzero()[0]
    ends = zip(expansion.sources[empty].tolist(), expansion.targets[empty].tolist(), strict=True)
    channel = dict(zip(ends, expansion.channels[empty].tolist(), strict=True))
    return [channel[pair] for pair in zip(nodes, nodes[1:] + nodes[:1], strict=True)]
