"""The max-plus view: one iteration as a matrix, its eigenvalue, an eigenvector, bounds on the makespan, the transient.

With x(k) the arrival times of the tokens after k iterations, x(k + 1) = M x(k) in the algebra where + is the sum and
the sum is the maximum (Baccelli, Cohen, Olsder, Quadrat, "Synchronization and Linearity", 1992). The largest
eigenvalue of M is the period. Integers only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.analysis.answers import GraphStatus, Throughput
from mapper.analysis.cycles.strong import strong_components
from mapper.analysis.engines.state_space import NoRecurrenceError
from mapper.analysis.max_plus.eigenvalue import growth_rates, times
from mapper.analysis.max_plus.symbolic import NEVER, Iteration, Row, play_iteration
from mapper.analysis.repetition import repetition_vector, weak_components
from mapper.errors import DeadlockError, InconsistentError
from mapper.model.sdf import SDFGraph

__all__ = ["MaxPlus", "Orbit", "analyse", "max_plus", "orbit", "square"]

_MAX_ITERATIONS = 1_000_000
_ROOM = 1 << 61
#: Minus infinity among Python integers of any size.
_FAR_BELOW = -(1 << 1000)


@dataclass(frozen=True)
class Orbit:
    """x(0) = 0, x(1), ... and rows read off it: x(k + cyclicity) = x(k) + cyclicity * growth for k >= transient.

    ``outputs[i][k]`` is row i applied to x(k), for k < transient + cyclicity.
    """

    transient: int
    cyclicity: int
    outputs: tuple[tuple[int, ...], ...]
    output_growth: tuple[Fraction, ...]


@dataclass(frozen=True)
class MaxPlus:
    """The max-plus analysis of one weak component.

    Attributes
    ----------
    groups
        The tokens that rows and columns stand for, as (channel, place) pairs; the last row and column, for the origin
        (the constant time 0), stands for none.
    matrix : int64, shape (g + 1, g + 1)
        M; entries below ``NEVER // 2`` stand for minus infinity.
    eigenvalue
        The largest one: time per iteration. 0: no cycle takes time.
    growth
        Time per iteration of each group: the largest eigenvalue of the parts that it depends on.
    eigenvector
        v with M v = eigenvalue + v, 0 somewhere on a critical cycle; ``None`` stands for minus infinity.
    potentials
        p >= 0 with M p <= eigenvalue + p: start times of a periodic schedule.
    makespan
        End of the first iteration if all tokens are there at time 0.
    """

    actors: tuple[int, ...]
    groups: tuple[tuple[tuple[int, int], ...], ...]
    matrix: NDArray[np.int64] = field(repr=False)
    eigenvalue: Fraction
    growth: tuple[Fraction, ...]
    eigenvector: tuple[Fraction | None, ...] = field(repr=False)
    potentials: tuple[Fraction, ...] = field(repr=False)
    makespan: int
    _end: Row = field(repr=False)

    def makespan_bounds(self, iterations: int) -> tuple[Fraction, Fraction]:
        """Bounds on the end of the last firing of the ``iterations``-th iteration of self-timed execution."""
        later = (iterations - 1) * self.eigenvalue
        known = [(int(e), p, v) for e, p, v in zip(self._end, self.potentials, self.eigenvector, strict=True)]
        upper = max(e + p for e, p, _ in known if e > NEVER // 2) + later
        finite = [v for _, _, v in known if v is not None]
        lower = max((e + v for e, _, v in known if v is not None and e > NEVER // 2), default=None)
        return (Fraction(0) if lower is None else max(lower - max(finite) + later, Fraction(0))), upper

    def transient(self, max_iterations: int = _MAX_ITERATIONS) -> Orbit:
        """After how many iterations the token times repeat, and every how many; with the end of each iteration."""
        return orbit(self.matrix, self.growth, [self._end], max_iterations)


def max_plus(graph: SDFGraph) -> Throughput:
    """Throughput by the eigenvalues of the components' matrices; the potentials are those of the slowest one's groups.

    Examples
    --------
    >>> ring = SDFGraph("ring", ("a", "b"), [2, 3], [0, 1], [1, 0], [2, 1], [1, 2], [0, 2])
    >>> max_plus(ring).period
    Fraction(5, 1)
    """
    try:
        answers = analyse(graph)
    except InconsistentError as error:
        return Throughput(GraphStatus.INCONSISTENT, None, "max-plus", explanation=str(error))
    except DeadlockError as error:
        return Throughput(GraphStatus.DEADLOCK, None, "max-plus", explanation=str(error))
    if not answers:
        return Throughput(GraphStatus.OK, Fraction(0), "max-plus")
    slowest = max(answers, key=lambda answer: answer.eigenvalue)
    periods = tuple(answer.eigenvalue for answer in answers)
    return Throughput(
        GraphStatus.OK, slowest.eigenvalue, "max-plus", component_periods=periods, potentials=slowest.potentials
    )


def analyse(graph: SDFGraph) -> tuple[MaxPlus, ...]:
    """The max-plus analysis of every weak component.

    Raises
    ------
    InconsistentError, DeadlockError
    InputError
        Too many initial tokens for a matrix.

    Examples
    --------
    >>> ring = SDFGraph("ring", ("a", "b"), [2, 3], [0, 1], [1, 0], [2, 1], [1, 2], [0, 2])
    >>> answer = analyse(ring)[0]
    >>> answer.groups, int(answer.matrix[0, 0]), answer.makespan, answer.makespan_bounds(10)[1]
    ((((1, 0), (1, 1)),), 5, 5, Fraction(50, 1))
    """
    repetitions = repetition_vector(graph)
    return tuple(_analyse(play_iteration(graph, repetitions, actors)) for actors in weak_components(graph))


def _analyse(iteration: Iteration) -> MaxPlus:
    matrix, end = square(iteration), iteration.end[:-1]
    growth = growth_rates(matrix)
    eigenvalue = max(growth)
    shifted, scale, never = _shifted(matrix, eigenvalue)
    potentials = _fixpoint(shifted, np.zeros(len(matrix), shifted.dtype))
    heads, tails = np.nonzero(shifted + potentials[None, :] == potentials[:, None])
    tight = strong_components(len(matrix), tails.tolist(), heads.tolist())
    loops = {int(v) for v in heads[heads == tails]}
    critical = next(part[0] for part in tight if len(part) > 1 or part[0] in loops)
    seed = np.full(len(matrix), never, shifted.dtype)
    seed[critical] = 0
    vector = _fixpoint(shifted, seed)
    return MaxPlus(
        actors=iteration.actors,
        groups=iteration.groups,
        matrix=matrix,
        eigenvalue=eigenvalue,
        growth=growth,
        eigenvector=tuple(None if v < never // 2 else Fraction(int(v), scale) for v in vector),
        potentials=tuple(Fraction(int(p), scale) for p in potentials),
        makespan=int(end.max()),
        _end=end,
    )


def square(iteration: Iteration) -> NDArray[np.int64]:
    """M with the origin as a last coordinate that stays 0."""
    last = np.full((1, len(iteration.after) + 1), NEVER, np.int64)
    last[0, -1] = 0
    return np.concatenate([iteration.after[:, :-1], last])


def _shifted(matrix: NDArray[np.int64], rate: Fraction) -> tuple[NDArray[Any], int, int]:
    """(matrix - rate) in integers, what it was multiplied by for that, and the number that stands for never."""
    scale = rate.denominator
    finite = int(matrix.max(initial=0))
    small = (finite * scale + rate.numerator) * (len(matrix) + 1) < _ROOM
    values = matrix.astype(np.int64 if small else object)
    never = NEVER if small else _FAR_BELOW
    unreachable = matrix < NEVER // 2
    values[unreachable] = 0
    values = values * scale - rate.numerator
    values[unreachable] = never
    return values, scale, never


def _fixpoint(shifted: NDArray[Any], x: NDArray[Any]) -> NDArray[Any]:
    """Least y >= x with shifted y <= y; exists where no cycle is positive."""
    for _ in range(len(shifted) + 1):
        y: NDArray[Any] = np.maximum(x, times(shifted, x))
        if bool((y == x).all()):
            return y
        x = y
    raise AssertionError("the rate is below the largest eigenvalue")


def orbit(
    matrix: NDArray[np.int64],
    growth: Sequence[Fraction],
    rows: Sequence[Row] = (),
    max_iterations: int = _MAX_ITERATIONS,
) -> Orbit:
    """Iterate from x = 0 until the times repeat, and read ``rows`` off them.

    Coordinates of slower growth fall back in the end; a return counts only if none of them was decisive in between.

    Raises
    ------
    NoRecurrenceError
    """
    output_growth = [max(rate for rate, e in zip(growth, row, strict=True) if e > NEVER // 2) for row in rows]
    everything = np.concatenate([matrix, *(row[None, :] for row in rows)])
    rates = [*growth, *output_growth]
    slower = np.array([[own > other for other in growth] for own in rates])
    slow_part, fast_part = np.where(slower, everything, NEVER), np.where(slower, NEVER, everything)
    scale = lcm(*(rate.denominator for rate in rates))
    steps = [int(rate * scale) for rate in growth]
    n = len(matrix)
    x: NDArray[Any] = np.zeros(n, np.int64)
    seen: dict[tuple[int, ...], int] = {}
    outputs: list[list[int]] = [[] for _ in rows]
    largest = int(everything.max(initial=0))
    for k in range(max_iterations):
        key = tuple(scale * value - k * step for value, step in zip(x.tolist(), steps, strict=True))
        if key in seen:
            first = seen[key]
            return Orbit(first, k - first, tuple(map(tuple, outputs)), tuple(output_growth))
        seen[key] = k
        if x.dtype != object and (k + 2) * (largest + 1) >= _ROOM:
            x, slow_part, fast_part = (
                np.where(v < NEVER // 2, _FAR_BELOW, v.astype(object)) for v in (x, slow_part, fast_part)
            )
        ahead, behind = times(fast_part, x), times(slow_part, x)
        if (behind > ahead).any():
            seen.clear()
        both = np.maximum(ahead, behind)
        for i, output in enumerate(outputs):
            output.append(int(both[n + i]))
        x = both[:n]
    raise NoRecurrenceError(f"no recurrence within {max_iterations} iterations")
