"""Simulating a spiking network in discrete time and counting what every neuron sends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mapper.errors import InputError
from mapper.model.arrays import frozen_array, require
from mapper.model.network import SpikingNetwork
from mapper.simulate.coding import Coding, PoissonCoding
from mapper.simulate.dynamics import Dynamics, compile_dynamics
from mapper.simulate.kernel import run_steps
from mapper.simulate.params import CONVENTIONS, SimulationParams, native_step_s

__all__ = ["Profile", "simulate", "simulate_with"]

#: Values of input held at a time; longer windows are fed in pieces.
_CHUNK = 2_000_000

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Profile:
    """What a simulation counted.

    Attributes
    ----------
    spike_counts : int64, shape (neurons,)
        Spikes of each neuron over all windows, inputs included.
    steps, windows
        Time steps in one window; windows simulated.
    conventions
        How the counts came about: the parameters and equations, as a JSON-able dictionary.
    """

    spike_counts: NDArray[np.int64]
    steps: int
    windows: int
    conventions: dict[str, Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "spike_counts", frozen_array("spike_counts", self.spike_counts, np.int64, minimum=0))
        require(self.steps >= 1, "steps", "at least 1", self.steps)
        require(self.windows >= 1, "windows", "at least 1", self.windows)

    def on(self, network: SpikingNetwork) -> SpikingNetwork:
        """``network`` with these counts."""
        return network.with_spikes(self.spike_counts, self.steps, self.windows)


def simulate(
    network: SpikingNetwork,
    frames: ArrayLike,
    *,
    steps: int | None = None,
    seed: int = 1,
    coding: Coding | None = None,
    reset: str = "zero",
    reset_delay: bool = True,
    step_s: float | None = None,
    refractory_steps: int = 0,
    progress: Progress | None = None,
) -> Profile:
    """Simulate ``network`` on every frame and count the spikes; see :class:`SimulationParams` for the arguments.

    Parameters
    ----------
    frames : shape (windows, inputs) or (windows, *input shape)
        One frame per window, values 0..1; with :class:`RasterCoding` (windows, steps, inputs or input shape) spike
        counts. Columns belong to the input neurons in ascending order.
    coding
        Default: :class:`PoissonCoding`.
    progress
        Called with (windows done, windows) after each window.

    Raises
    ------
    ValueError
        A parameter outside its range.
    InputError
        Frames or a network that cannot be simulated.

    Examples
    --------
    One neuron that needs three input spikes for one of its own:

    >>> from mapper.model.network import Population
    >>> from mapper.model.neurons import NeuronModel
    >>> model = NeuronModel("IF", {"r": np.ones(1), "v_threshold": np.full(1, 2.5), "v_reset": np.zeros(1)})
    >>> net = SpikingNetwork.from_edges("tiny", 2, [0], [1], is_input=[True, False], weights=[1.0], populations=(
    ...     Population("input", 0, 1), Population("if", 1, 2, neuron=model)))
    >>> simulate(net, [[1.0]], steps=9).spike_counts.tolist()
    [9, 3]
    """
    params = SimulationParams(steps, seed, reset, reset_delay, step_s, refractory_steps)
    return simulate_with(network, frames, params, coding or PoissonCoding(), progress)


def simulate_with(
    network: SpikingNetwork,
    frames: ArrayLike,
    params: SimulationParams,
    coding: Coding,
    progress: Progress | None = None,
) -> Profile:
    """:func:`simulate` with its parameters as one object."""
    array, steps = _arranged(network, np.asarray(frames), params, coding)
    step_s = native_step_s(network) if params.step_s is None else params.step_s
    dynamics = compile_dynamics(network, params, step_s)
    counts = np.zeros(network.size, np.int64)
    window = _window_runner(network, dynamics, params, coding, steps, len(array), counts)
    for index, frame in enumerate(array):
        window(frame, np.random.default_rng([params.seed, index]))
        if progress is not None:
            progress(index + 1, len(array))
    conventions: dict[str, Any] = {
        **CONVENTIONS,
        "coding": coding.name,
        "coding_rule": coding.rule,
        "seed": params.seed,
        "draws": "numpy.random.default_rng([seed, window])",
        "steps": steps,
        "windows": len(array),
        "step_s": step_s,
        "step_s_from": "network (tau / r)" if params.step_s is None else "argument",
        "reset": params.reset,
        "reset_delay": params.reset_delay,
        "refractory_steps": params.refractory_steps,
    }
    return Profile(counts, steps, len(array), conventions)


def _arranged(
    network: SpikingNetwork, frames: NDArray[np.generic], params: SimulationParams, coding: Coding
) -> tuple[NDArray[np.generic], int]:
    """Frames as (windows, [steps,] inputs), checked, and the number of steps."""
    inputs = network.input_count
    if frames.dtype.kind not in "buif":
        raise InputError("frames", "an array of numbers", f"dtype {frames.dtype}")
    leading = 2 if coding.recorded else 1
    fits = frames.ndim > leading and frames.shape[0] > 0 and int(np.prod(frames.shape[leading:])) == inputs
    if not fits:
        expected = f"shape ({'windows, steps' if coding.recorded else 'windows'}, {inputs}), one or more windows"
        fix = f"the network {network.name!r} has {inputs} inputs; coding is {coding.name!r}"
        raise InputError("frames", expected, f"shape {frames.shape}", fix)
    coding.check(frames)
    array = frames.reshape(*frames.shape[:leading], inputs)
    if not coding.recorded:
        return array, params.steps or 100
    steps = array.shape[1]
    if steps == 0 or params.steps not in (None, steps):
        raise InputError(
            "frames", f"{params.steps or 'one or more'} steps", f"{steps} in the raster", "leave steps out"
        )
    return array, steps


def _window_runner(
    network: SpikingNetwork,
    dynamics: Dynamics,
    params: SimulationParams,
    coding: Coding,
    steps: int,
    windows: int,
    counts: NDArray[np.int64],
) -> Callable[[NDArray[np.generic], np.random.Generator], None]:
    """A function that simulates one window from the initial state and adds to ``counts``."""
    n = network.size
    rank = np.cumsum(network.is_input) - 1
    ends = np.repeat([p.stop for p in network.populations], [p.size for p in network.populations])
    weights = np.empty(0, np.float32) if network.weights is None else network.weights
    delays, slots = _delays(network, ends)
    d = dynamics
    # Every tenth neuron sending in a step is already busy.
    step = run_steps.for_work(windows * steps * (n + network.synapse_count // 10))
    piece = max(1, _CHUNK // max(1, network.input_count))

    def window(frame: NDArray[np.generic], rng: np.random.Generator) -> None:
        arriving = np.zeros((slots, n))
        current, potential = np.zeros(n), np.zeros(n)
        resting, pending = np.zeros(n, np.int64), np.zeros(n, np.bool_)
        for start in range(0, steps, piece):
            sent = coding.send(frame, start, min(start + piece, steps), rng)
            # fmt: off
            step(
                start, sent, coding.graded, rank, ends, network.indptr, network.targets, weights, delays,
                d.kind, d.bias, d.decay_i, d.gain_i, d.decay_v, d.gain_v, d.drift, d.threshold, d.reset,
                params.refractory_steps, arriving, current, potential, resting, pending, counts,
            )
            # fmt: on

    return window


def _delays(network: SpikingNetwork, ends: NDArray[np.int64]) -> tuple[NDArray[np.int32], int]:
    """Delays (empty if none are given) and the slots of the ring buffer."""
    if network.delays is None:
        return np.empty(0, np.int32), 2
    backward = (network.delays == 0) & (network.targets < ends[network.sources()])
    if backward.any():
        synapse = int(np.argmax(backward))
        ends_at = f"neuron {int(network.sources()[synapse])} -> {int(network.targets[synapse])}"
        expected = "a delay of at least 1 step to the same or an earlier population"
        raise InputError(f"{network.name}: synapse {ends_at}", expected, "0", "give it a delay of 1")
    return network.delays, int(network.delays.max(initial=0)) + 1
