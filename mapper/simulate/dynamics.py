"""Every neuron model as one linear update with per-neuron coefficients, so that the kernel knows no model names.

With input current I (weighted values received, plus bias), each step does

    i <- decay_i * i + gain_i * I
    v <- decay_v * v + gain_v * i + drift

and then, by ``kind``: a graded neuron sends v, a spiking neuron sends 1 if v > threshold and resets, a stateless one
sends 1 and that is all. Models without a synaptic current have decay_i = 0 and gain_i = 1; without a potential,
decay_v = 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.errors import InputError
from mapper.model.network import Population, SpikingNetwork
from mapper.simulate.params import SimulationParams

__all__ = ["GRADED", "INPUT", "RESET_TO", "STATELESS", "SUBTRACT", "SUBTRACT_LATER", "Dynamics", "compile_dynamics"]

#: Values of ``Dynamics.kind``: what a neuron does at the end of its update.
INPUT, GRADED, STATELESS, SUBTRACT, SUBTRACT_LATER, RESET_TO = range(6)

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Dynamics:
    """Coefficients per neuron; all arrays have shape (neurons,), float64 except ``kind`` (int64).

    ``reset`` is the amount a spike subtracts or the value it resets to, depending on ``kind``.
    """

    kind: NDArray[np.int64]
    bias: FloatArray
    decay_i: FloatArray
    gain_i: FloatArray
    decay_v: FloatArray
    gain_v: FloatArray
    drift: FloatArray
    threshold: FloatArray
    reset: FloatArray


def compile_dynamics(network: SpikingNetwork, params: SimulationParams, step_s: float) -> Dynamics:
    """Coefficients of every neuron of ``network`` for steps of ``step_s`` seconds.

    Raises
    ------
    InputError
        A population mixes inputs and neurons, has no neuron model, or has a time constant shorter than the step
        (for which forward Euler would oscillate).
    """
    n = network.size
    out = {
        key: np.zeros(n) for key in ("bias", "decay_i", "gain_i", "decay_v", "gain_v", "drift", "threshold", "reset")
    }
    kind = np.full(n, INPUT, np.int64)
    for population in network.populations:
        where = slice(population.start, population.stop)
        inputs = network.is_input[where]
        if inputs.all():
            continue
        if inputs.any():
            raise _not_simulable(network, population, "inputs only or neurons only", "a mix", "split the population")
        kind[where] = _fill(network, population, params, step_s, {key: array[where] for key, array in out.items()})
    return Dynamics(kind=kind, **out)


def _fill(
    network: SpikingNetwork, population: Population, params: SimulationParams, step_s: float, out: dict[str, FloatArray]
) -> int:
    """Write one population's coefficients into ``out`` (views) and return its kind."""
    if population.neuron is None:
        fix = "simulate a NIR file, or give measured spike counts"
        raise _not_simulable(network, population, "a neuron model", "none", fix)
    model, values = population.neuron.kind, population.neuron.parameters
    out["bias"][:] = values.get("bias", np.zeros(1))
    out["gain_i"][:] = 1.0
    out["gain_v"][:] = values.get("r", np.ones(1))
    if "tau_syn" in values:
        leak = _per_step(network, population, "tau_syn", step_s)
        out["decay_i"][:] = 1.0 - leak
        out["gain_i"][:] = leak * values["w_in"]
    tau = next((key for key in ("tau", "tau_mem") if key in values), None)
    if tau is not None:
        leak = _per_step(network, population, tau, step_s)
        out["decay_v"][:] = 1.0 - leak
        out["gain_v"][:] = leak * values["r"]
        out["drift"][:] = leak * values["v_leak"]
    elif model in ("IF", "I"):
        out["decay_v"][:] = 1.0
    if model == "threshold":
        out["threshold"][:] = values["threshold"]
        return STATELESS
    if "v_threshold" not in values:
        return GRADED
    out["threshold"][:] = values["v_threshold"]
    out["reset"][:] = _reset(values, params)
    if params.reset == "zero":
        return RESET_TO
    return SUBTRACT_LATER if params.reset_delay else SUBTRACT


def _reset(values: Mapping[str, FloatArray], params: SimulationParams) -> FloatArray:
    return values["v_reset"] if params.reset == "zero" else values["v_threshold"] - values["v_reset"]


def _per_step(network: SpikingNetwork, population: Population, key: str, step_s: float) -> FloatArray:
    """``step / tau``, which forward Euler needs within 0..1."""
    assert population.neuron is not None  # the caller has checked
    tau = population.neuron.parameters[key]
    shortest = float(tau.min(initial=np.inf))
    # A tau equal to the step but rounded to float32 must not fail.
    if not shortest * (1 + 1e-6) >= step_s:
        expected = f"{key} of at least one step ({step_s:g} s)"
        raise _not_simulable(network, population, expected, f"{shortest:g} s", "choose a shorter step")
    return np.minimum(step_s / tau, 1.0)


def _not_simulable(network: SpikingNetwork, population: Population, expected: str, got: str, fix: str) -> InputError:
    return InputError(f"{network.name}: population {population.name!r}", expected, got, fix)
