"""How frames become what the input neurons send in each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from mapper.errors import InputError

__all__ = ["CODINGS", "Coding", "DirectCoding", "PoissonCoding", "RasterCoding"]

Frame = NDArray[np.generic]
Sent = NDArray[np.float64]


class Coding(Protocol):
    """Turns one frame into the values that the inputs send.

    ``graded`` says what a value counts as: itself (a number of spikes) or, if graded, one spike unless it is zero.
    ``recorded`` says that a frame has its own steps. ``rule`` is stored with the counts.
    """

    name: ClassVar[str]
    rule: ClassVar[str]
    graded: ClassVar[bool]
    recorded: ClassVar[bool]

    def check(self, frames: NDArray[np.generic]) -> None:
        """Raise :class:`InputError` unless every value is one this coding can send."""

    def send(self, frame: Frame, start: int, stop: int, rng: np.random.Generator) -> Sent:
        """Values sent in steps ``start .. stop - 1``, float64, shape (stop - start, inputs).

        Called for consecutive runs of steps with one ``rng``; the run lengths do not change the result.
        """


@dataclass(frozen=True)
class PoissonCoding:
    """A frame's value is the probability that its input spikes in a step, independently in each step.

    Strictly a Bernoulli process; in each step one uniform number per input is drawn, in input order, and the input
    spikes where it is below the value.

    Examples
    --------
    >>> rng = np.random.default_rng([1, 0])
    >>> PoissonCoding().send(np.array([0.0, 1.0]), 0, 3, rng).tolist()
    [[0.0, 1.0], [0.0, 1.0], [0.0, 1.0]]
    """

    name: ClassVar[str] = "poisson"
    rule: ClassVar[str] = "an input spikes in a step with the probability its frame gives; draws step by step"
    graded: ClassVar[bool] = False
    recorded: ClassVar[bool] = False

    def check(self, frames: NDArray[np.generic]) -> None:
        _within_unit(frames, "probabilities 0..1")

    def send(self, frame: Frame, start: int, stop: int, rng: np.random.Generator) -> Sent:
        draws = rng.random((stop - start, frame.size))
        return (draws < frame.astype(np.float64)).astype(np.float64)


@dataclass(frozen=True)
class DirectCoding:
    """Every input sends its frame's value as a graded spike in every step: a constant current of weight times value.

    An input whose value is not zero counts one spike per step.

    Examples
    --------
    >>> DirectCoding().send(np.array([0.5, 0.0]), 0, 2, np.random.default_rng(1)).tolist()
    [[0.5, 0.0], [0.5, 0.0]]
    """

    name: ClassVar[str] = "direct"
    rule: ClassVar[str] = "an input sends its frame's value in every step; counts one spike per step unless zero"
    graded: ClassVar[bool] = True
    recorded: ClassVar[bool] = False

    def check(self, frames: NDArray[np.generic]) -> None:
        _within_unit(frames, "values 0..1")

    def send(self, frame: Frame, start: int, stop: int, rng: np.random.Generator) -> Sent:
        return np.repeat(frame.astype(np.float64)[None, :], stop - start, axis=0)


@dataclass(frozen=True)
class RasterCoding:
    """Recorded spikes: the frame holds for each step the number of spikes of each input, shape (steps, inputs).

    Examples
    --------
    >>> RasterCoding().send(np.array([[1, 0], [0, 2]]), 1, 2, np.random.default_rng(1)).tolist()
    [[0.0, 2.0]]
    """

    name: ClassVar[str] = "raster"
    rule: ClassVar[str] = "an input sends the number of spikes that the frame holds for the step"
    graded: ClassVar[bool] = False
    recorded: ClassVar[bool] = True

    def check(self, frames: NDArray[np.generic]) -> None:
        whole = frames.dtype.kind in "bui" or bool((np.isfinite(frames) & (np.floor(frames) == frames)).all())
        if not whole or (frames.size and float(frames.min()) < 0):
            raise InputError("frames", "a raster of spike counts (integers >= 0)", "other values")

    def send(self, frame: Frame, start: int, stop: int, rng: np.random.Generator) -> Sent:
        return frame[start:stop].astype(np.float64)


#: The codings by the name a user types.
CODINGS: dict[str, Coding] = {coding.name: coding for coding in (PoissonCoding(), DirectCoding(), RasterCoding())}


def _within_unit(frames: NDArray[np.generic], what: str) -> None:
    if frames.size == 0:
        return
    low, high = float(frames.min()), float(frames.max())
    if not (low >= 0 and high <= 1):  # also true for NaN
        raise InputError("frames", what, f"values from {low:g} to {high:g}", "scale the frames, for instance by 1/255")
