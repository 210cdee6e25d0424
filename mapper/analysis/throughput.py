"""One door to the throughput engines, which chooses by size and says why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mapper.analysis.answers import Throughput
from mapper.analysis.repetition import repetition_vector
from mapper.analysis.tier import compiled_loaded
from mapper.errors import InconsistentError, InputError
from mapper.model.sdf import SDFGraph

__all__ = ["ENGINES", "throughput"]


def _howard(graph: SDFGraph) -> Throughput:
    from mapper.analysis.engines.howard import howard

    return howard(graph)


def _state_space(graph: SDFGraph) -> Throughput:
    from mapper.analysis.engines.state_space import state_space

    return state_space(graph)


def _k_periodic(graph: SDFGraph) -> Throughput:
    from mapper.analysis.engines.k_periodic import k_periodic

    return k_periodic(graph)


#: Three unrelated algorithms behind one signature.
ENGINES: dict[str, Callable[[SDFGraph], Throughput]] = {
    "howard": _howard,
    "state-space": _state_space,
    "k-periodic": _k_periodic,
}


#: Firings and waits up to which ``auto`` expands a graph: milliseconds in plain Python, or compiled.
EXPAND_UP_TO, EXPAND_COMPILED_UP_TO = 6_000, 20_000
#: From so many channels on K-periodic scheduling takes seconds, and expansion of up to so many firings and waits less.
MANY_CHANNELS, EXPAND_MANY_UP_TO = 200, 5_000_000


def throughput(graph: SDFGraph, engine: str = "auto") -> Throughput:
    """Exact throughput of any synchronous dataflow graph.

    Parameters
    ----------
    engine
        ``howard`` expands every firing; ``state-space`` executes the graph; ``k-periodic`` never expands it;
        ``auto`` takes ``howard`` for single-rate graphs, which need no expansion, and for those whose expansion is
        small (or moderate, with many channels), and ``k-periodic`` for all others. The answer's ``reason`` says
        which and why.

    Raises
    ------
    InputError
        Unknown engine.
    MapperError
        The engine declines the graph's size.

    Examples
    --------
    >>> one = [1, 1]
    >>> answer = throughput(SDFGraph("ring", ("a", "b"), [2, 3], [0, 1], [1, 0], one, one, [0, 1]))
    >>> answer.period, answer.engine
    (Fraction(5, 1), 'howard')
    """
    if engine == "auto":
        chosen, reason = _choose(graph)
        return replace(ENGINES[chosen](graph), reason=f"chosen because {reason}")
    chosen = engine.replace("_", "-")
    if chosen not in ENGINES:
        raise InputError("engine", f"auto or one of {', '.join(ENGINES)}", repr(engine))
    return replace(ENGINES[chosen](graph), reason="asked for")


def _choose(graph: SDFGraph) -> tuple[str, str]:
    """(engine, why)."""
    if np.array_equal(graph.production, graph.consumption):
        return "howard", "every actor fires once per iteration"
    try:
        counts = repetition_vector(graph)
    except InconsistentError:
        return "howard", "the rates contradict each other"
    firings, channels = sum(counts), graph.channel_count
    if firings <= EXPAND_MANY_UP_TO:
        size = firings + sum(counts[b] for b in graph.targets.tolist())
        if size <= (EXPAND_COMPILED_UP_TO if compiled_loaded() else EXPAND_UP_TO):
            return "howard", f"{firings} firings per iteration are few enough to expand"
        if channels >= MANY_CHANNELS and size <= EXPAND_MANY_UP_TO:
            return "howard", f"{firings} firings per iteration are few for {channels} channels"
    return "k-periodic", f"{firings} firings per iteration need not be expanded"
