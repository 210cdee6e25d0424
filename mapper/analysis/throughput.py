"""One door to the throughput engines, which chooses by size and says why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mapper.analysis.answers import Throughput
from mapper.errors import InputError
from mapper.model.sdf import SDFGraph

__all__ = ["ENGINES", "throughput"]


def _howard(graph: SDFGraph) -> Throughput:
    from mapper.analysis.howard import howard

    return howard(graph)


def _state_space(graph: SDFGraph) -> Throughput:
    from mapper.analysis.state_space import state_space

    return state_space(graph)


def _k_periodic(graph: SDFGraph) -> Throughput:
    from mapper.analysis.k_periodic import k_periodic

    return k_periodic(graph)


#: Three unrelated algorithms behind one signature.
ENGINES: dict[str, Callable[[SDFGraph], Throughput]] = {
    "howard": _howard,
    "state-space": _state_space,
    "k-periodic": _k_periodic,
}


def throughput(graph: SDFGraph, engine: str = "auto") -> Throughput:
    """Exact throughput of any synchronous dataflow graph.

    Parameters
    ----------
    engine
        ``howard`` expands every firing; ``state-space`` executes the graph; ``k-periodic`` never expands it;
        ``auto`` takes ``howard`` for single-rate graphs, which need no expansion, and ``k-periodic`` for all others.

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
        single_rate = bool((graph.production == graph.consumption).all())
        chosen = "howard" if single_rate else "k-periodic"
        reason = "every actor fires once per iteration" if single_rate else "rates differ: nothing is expanded"
        return replace(ENGINES[chosen](graph), reason=f"chosen because {reason}")
    if engine not in ENGINES:
        raise InputError("engine", f"auto or one of {', '.join(ENGINES)}", repr(engine))
    return replace(ENGINES[engine](graph), reason="asked for")
