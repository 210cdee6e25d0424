"""Buffer sizing: the smallest channel capacities for a throughput, and the whole trade-off between the two.

Stuijk, Geilen, Basten, "Throughput-buffering trade-off exploration for cyclo-static and synchronous dataflow graphs",
IEEE Trans. Computers 57(10), 2008 (first: DAC 2006): distributions of capacities are visited in order of total size,
and only channels on a critical cycle are worth enlarging. Here one critical cycle does, because it stands until one of
its own channels is enlarged, and by how much at least is known exactly. So every cycle found is kept as a *limit*, and
a distribution that an old limit already condemns is enlarged without being evaluated.

Nothing is missed: if a distribution does better than a smaller one (channel by channel), it breaks each limit that
holds there, that is, lies above one of the few distributions the smaller one was enlarged to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from mapper.analysis.buffers.bounded import BoundedGraph, sized_channels
from mapper.analysis.buffers.search import Search
from mapper.errors import InfeasibleError, InputError
from mapper.model.sdf import SDFGraph
from mapper.progress import Progress, silent
from mapper.stop import Stop

__all__ = ["BufferFront", "BufferPoint", "pareto_front", "smallest_buffers"]


@dataclass(frozen=True)
class BufferPoint:
    """All distributions of one total size that reach ``period`` (time per iteration; 0: infinite throughput).

    ``distributions``: capacities in the order of the front's ``channels``, in tokens, sorted.
    """

    total_size: int
    period: Fraction
    distributions: tuple[tuple[int, ...], ...]

    @property
    def throughput(self) -> Fraction | None:
        """Iterations per time unit; ``None`` if infinite."""
        return 1 / self.period if self.period else None


@dataclass(frozen=True)
class BufferFront:
    """What capacities buy.

    Attributes
    ----------
    channels
        The sized channels (indices into the graph).
    points
        By growing size and throughput. No smaller total reaches a point's throughput, no other distribution of the
        same total exceeds it.
    complete
        False if the search was stopped: points of ``explored_size`` or more may be missing or lack distributions.
    explored_size
        Every distribution of a smaller total has been considered.
    unbounded_period
        The period without any limit on ``channels``; ``None`` if the graph deadlocks even then, and has no points.
    evaluations
        Distributions whose throughput was computed.
    """

    channels: tuple[int, ...]
    points: tuple[BufferPoint, ...]
    complete: bool
    explored_size: int
    unbounded_period: Fraction | None
    evaluations: int


def pareto_front(
    graph: SDFGraph, *, channels: Sequence[int] | None = None, stop: Stop | None = None, progress: Progress = silent
) -> BufferFront:
    """Every total size at which more throughput becomes possible, with all distributions of that size.

    Parameters
    ----------
    channels
        Those to be sized (all but self-loops); the others have no limit.
    stop
        When to give up, or to be content with a gap to the unbounded period.

    Raises
    ------
    InconsistentError
    InputError
        The throughput grows without end with the capacities, and no ``stop`` is given.
    ValueError
        ``channels`` are not distinct channels of the graph.

    Examples
    --------
    >>> pair = SDFGraph("pair", ("a", "b"), [2, 3], [0, 0, 1], [1, 0, 1], [1, 1, 1], [1, 1, 1], [0, 1, 1])
    >>> [(point.total_size, str(point.throughput)) for point in pareto_front(pair).points]
    [(1, '1/5'), (2, '1/3')]
    """
    chosen = sized_channels(graph, channels)
    best = _unbounded_period(graph)
    if best == 0 and stop is None:
        times = graph.execution_times.tolist()
        if any(times[int(graph.sources[c])] + times[int(graph.targets[c])] for c in chosen):
            raise InputError(
                f"graph {graph.name!r}",
                "an actor that cannot overlap its own firings without limit, or another cycle that takes time",
                "none: larger buffers always give more throughput",
                "add self-loops, or give a stop",
            )
    return _search(graph, chosen, best, None, stop, progress)


def smallest_buffers(
    graph: SDFGraph,
    throughput: Fraction | int,
    *,
    channels: Sequence[int] | None = None,
    stop: Stop | None = None,
    progress: Progress = silent,
) -> BufferFront:
    """The least total size that reaches ``throughput`` (iterations per time unit), with all distributions of that size.

    The front has one point, or none if the search was stopped before; its period is the slowest of its distributions'.

    Raises
    ------
    InfeasibleError
        No capacities reach it.
    InconsistentError
    ValueError
        ``throughput`` is not positive, or ``channels`` are not distinct channels of the graph.

    Examples
    --------
    >>> pair = SDFGraph("pair", ("a", "b"), [2, 3], [0, 0, 1], [1, 0, 1], [1, 1, 1], [1, 1, 1], [0, 1, 1])
    >>> smallest_buffers(pair, Fraction(1, 4)).points[0]
    BufferPoint(total_size=2, period=Fraction(3, 1), distributions=((2,),))
    """
    if throughput <= 0:
        raise ValueError(f"throughput: expected more than 0, got {throughput}")
    chosen, target = sized_channels(graph, channels), 1 / Fraction(throughput)
    best = _unbounded_period(graph)
    if best is None or best > target:
        most = "a deadlock" if best is None else f"{1 / best} iterations per time unit"
        raise InfeasibleError(f"graph {graph.name!r}: without limits on buffers it reaches {most}, not {throughput}")
    return _search(graph, chosen, best, target, stop, progress)


def _unbounded_period(graph: SDFGraph) -> Fraction | None:
    """``None`` in a deadlock."""
    return BoundedGraph(graph, ()).evaluate(()).period


def _search(
    graph: SDFGraph,
    channels: tuple[int, ...],
    best: Fraction | None,
    target: Fraction | None,
    stop: Stop | None,
    progress: Progress,
) -> BufferFront:
    if best is None:
        return BufferFront(channels, (), complete=True, explored_size=0, unbounded_period=None, evaluations=0)
    search = Search(graph, channels, best, target)
    search.run(stop, progress)
    points = tuple(BufferPoint(size, period, tuple(sorted(found))) for size, period, found in search.found)
    return BufferFront(channels, points, search.complete, search.explored_size, best, search.evaluations)
