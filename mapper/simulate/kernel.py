"""The inner loop: one window's steps, event-driven (only a neuron that sends touches its row of synapses)."""

from __future__ import annotations

from typing import Any

from mapper.compiled import kernel
from mapper.simulate.dynamics import GRADED, INPUT, RESET_TO, STATELESS, SUBTRACT, SUBTRACT_LATER

__all__ = ["run_steps"]


@kernel
def run_steps(  # type: ignore[no-untyped-def]
    first_step,
    sent,
    graded_input,
    input_rank,
    ends,
    indptr,
    targets,
    weights,
    delays,
    kind,
    bias,
    decay_i,
    gain_i,
    decay_v,
    gain_v,
    drift,
    threshold,
    reset,
    refractory_steps,
    arriving,
    current,
    potential,
    resting,
    pending,
    counts,
) -> Any:
    """Advance the state by ``len(sent)`` steps; everything from ``arriving`` on is state, changed in place.

    sent: (steps, inputs) values of the inputs; input_rank: column of each input neuron; ends: end of each neuron's
    population; weights and delays: per synapse, or empty (weight 1, no delay); arriving: (slots, neurons) ring
    buffer of sums, slot ``step % slots`` is now; resting: refractory steps left; pending: a subtraction is due.
    """
    slots = arriving.shape[0]
    neurons = len(kind)
    weighted = len(weights) > 0
    delayed = len(delays) > 0
    for row in range(len(sent)):
        step = first_step + row
        now = step % slots
        for neuron in range(neurons):
            if kind[neuron] == INPUT:
                value = sent[row, input_rank[neuron]]
                if value == 0.0:
                    continue
                counts[neuron] += 1 if graded_input else int(value)
            else:
                current[neuron] = decay_i[neuron] * current[neuron] + gain_i[neuron] * (
                    arriving[now, neuron] + bias[neuron]
                )
                arriving[now, neuron] = 0.0
                if resting[neuron] > 0:
                    resting[neuron] -= 1
                    continue
                v = decay_v[neuron] * potential[neuron] + gain_v[neuron] * current[neuron] + drift[neuron]
                if kind[neuron] == GRADED:
                    potential[neuron] = v
                    value = v
                    if value == 0.0:
                        continue
                else:
                    if pending[neuron]:
                        v -= reset[neuron]
                        pending[neuron] = False
                    if not v > threshold[neuron]:
                        potential[neuron] = v
                        continue
                    value = 1.0
                    if kind[neuron] == RESET_TO:
                        v = reset[neuron]
                    elif kind[neuron] == SUBTRACT:
                        v -= reset[neuron]
                    elif kind[neuron] == SUBTRACT_LATER:
                        pending[neuron] = True
                    potential[neuron] = v
                    if kind[neuron] != STATELESS:
                        resting[neuron] = refractory_steps
                counts[neuron] += 1
            for synapse in range(indptr[neuron], indptr[neuron + 1]):
                target = targets[synapse]
                if delayed:
                    slot = (step + delays[synapse]) % slots
                elif target >= ends[neuron]:
                    slot = now
                else:
                    slot = (step + 1) % slots
                arriving[slot, target] += value * weights[synapse] if weighted else value
