"""What a simulation is told, and the conventions it follows, in words that are stored with its counts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mapper.model.arrays import require
from mapper.model.network import SpikingNetwork

__all__ = ["CONVENTIONS", "DEFAULT_STEP_S", "RESET_MODES", "SimulationParams", "native_step_s"]

RESET_MODES = ("zero", "subtract")

#: Step that snnTorch assumes when it exports to NIR.
DEFAULT_STEP_S = 1e-4

#: The equations and orders a count depends on, beside the numbers of :class:`SimulationParams`.
CONVENTIONS: Mapping[str, str] = MappingProxyType(
    {
        "equations": "NIR (Pedersen et al., Nature Communications 15, 2024, table 1), forward Euler",
        "LIF, LI": "v <- (1 - step/tau) v + (step/tau) (v_leak + r I)",
        "CubaLIF, CubaLI": "i <- (1 - step/tau_syn) i + (step/tau_syn) w_in I; then v as LIF with tau_mem and r i",
        "IF, I": "v <- v + r I (no time constant: the current of one step counts once, whatever the step)",
        "threshold": "stateless: spikes in every step with I > threshold",
        "relay": "stateless: passes I on within the step",
        "current I": "sum of weight times value sent by each presynaptic neuron, plus the bias in every step",
        "spike": "v > v_threshold, strictly",
        "graded": "LI, CubaLI, I and relay send their value in each step unless it is zero; each counts as one spike",
        "order": "populations in order; without delays a synapse to a later population acts in the same step, "
        "any other one step later; a delay d acts d steps later",
        "start": "every window starts with v = 0, i = 0 and no spike under way",
        "refractory": "for that many steps after a spike v is held, the input to v is lost, i goes on",
        "precision": "float64 state and sums over the float32 weights, in order of arrival",
    }
)


@dataclass(frozen=True)
class SimulationParams:
    """How to simulate.

    Attributes
    ----------
    steps
        Time steps per window; ``None``: those of a recorded raster, else 100.
    seed
        Seed of the input coding. Window w draws from ``numpy.random.default_rng([seed, w])``, so that no window
        depends on how many others there are.
    reset
        ``zero``: a spike sets the potential to ``v_reset``, as the NIR equations say (zero in most files).
        ``subtract``: it takes ``v_threshold - v_reset`` off, which is what sinabs does, and snnTorch unless a network
        was trained with ``reset_mechanism="zero"``; NIR does not record which.
    reset_delay
        With ``subtract``: take the amount off in the following update, after the leak, as snnTorch does by default
        (v <- decay v + input - amount); otherwise at the spike itself, so that it leaks too. Without a leak (IF)
        the two are the same.
    step_s
        Length of a step in seconds; ``None``: :func:`native_step_s` of the network.
    refractory_steps
        Steps after a spike in which a neuron cannot spike and ignores its input. One step with ``zero`` is what
        snnTorch's Synaptic neuron does when it resets to zero.

    Raises
    ------
    ValueError
        A value outside its range.

    Examples
    --------
    >>> SimulationParams(steps=10, reset="subtract").reset
    'subtract'
    """

    steps: int | None = None
    seed: int = 1
    reset: str = "zero"
    reset_delay: bool = True
    step_s: float | None = None
    refractory_steps: int = 0

    def __post_init__(self) -> None:
        require(self.steps is None or self.steps >= 1, "steps", "at least 1", self.steps)
        require(self.seed >= 0, "seed", "at least 0", self.seed)
        require(self.reset in RESET_MODES, "reset", f"one of {RESET_MODES}", repr(self.reset))
        fits = self.step_s is None or (math.isfinite(self.step_s) and self.step_s > 0)
        require(fits, "step_s", "a positive number of seconds", self.step_s)
        require(self.refractory_steps >= 0, "refractory_steps", "at least 0", self.refractory_steps)


def native_step_s(network: SpikingNetwork) -> float:
    """The step in seconds at which the network was most likely trained.

    Frameworks that train with ``v <- beta v + input`` export ``r = tau / step`` so that an input counts in full
    (snnTorch does, with a step of 1e-4 s; a file's author may rescale it). If every LIF, LI, CubaLIF and CubaLI
    neuron has r > 1 and all agree on ``tau / r`` to one part in a thousand, that is the step; otherwise 1e-4 s.

    Examples
    --------
    >>> import numpy as np
    >>> from mapper.model.network import Population
    >>> from mapper.model.neurons import NeuronModel
    >>> values = {"tau": 0.01, "r": 10.0, "v_leak": 0.0, "v_threshold": 1.0, "v_reset": 0.0}
    >>> lif = NeuronModel("LIF", {key: np.full(1, value) for key, value in values.items()})
    >>> native_step_s(SpikingNetwork.from_edges("one", 1, [], [], populations=(Population("a", 0, 1, neuron=lif),)))
    0.001
    """
    found: list[float] = []
    for population in network.populations:
        values = population.neuron.parameters if population.neuron else {}
        tau = values.get("tau", values.get("tau_mem"))
        if tau is None or population.size == 0:
            continue
        r = values["r"]
        if not bool((r > 1).all() and (tau > 0).all()):
            return DEFAULT_STEP_S
        ratio = tau / r
        found += [float(ratio.min()), float(ratio.max())]
    if not found or max(found) > 1.001 * min(found):
        return DEFAULT_STEP_S
    # Exporters round tau and r to float32; six digits undo that.
    return float(f"{found[0]:.6g}")
