"""Spike counts against a dense simulator that shares no code with the package: matrices, models spelled out."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.compiled import kernel
from mapper.model.network import Population, SpikingNetwork
from mapper.model.neurons import NEURON_PARAMETERS, NeuronModel
from mapper.simulate.coding import RasterCoding
from mapper.simulate.run import simulate

STEP = 1e-3


def dense_counts(network, rasters, *, reset, reset_delay, refractory):
    """The same rules, per population, with one matrix per delay and the whole history kept."""
    n = network.size
    population_of = np.empty(n, int)
    for index, population in enumerate(network.populations):
        population_of[population.start : population.stop] = index
    pre = np.repeat(np.arange(n), np.diff(network.indptr))
    post = network.targets.astype(int)
    weight = np.ones(len(post)) if network.weights is None else network.weights.astype(float)
    delay = network.delays
    if delay is None:
        delay = np.where(population_of[post] > population_of[pre], 0, 1)
    matrices = {}
    for d in np.unique(delay):
        matrices[int(d)] = np.zeros((n, n))
        np.add.at(matrices[int(d)], (post[delay == d], pre[delay == d]), weight[delay == d])

    column = np.cumsum(network.is_input) - 1
    counts = np.zeros(n, np.int64)
    for raster in rasters:
        history = np.zeros((len(raster), n))
        v, syn, fired = np.zeros(n), np.zeros(n), np.zeros(n, bool)
        last = np.full(n, -(10**6))
        for t in range(len(raster)):
            for population in network.populations:
                here = slice(population.start, population.stop)
                if network.is_input[here].all():
                    history[t, here] = raster[t, column[here]]
                    counts[here] += raster[t, column[here]].astype(int)
                    continue
                p = {k: np.broadcast_to(a, population.size) for k, a in population.neuron.parameters.items()}
                received = sum(m[here] @ history[t - d] for d, m in matrices.items() if t >= d)
                received = received + p.get("bias", 0.0)
                kind = population.neuron.kind
                active = t - last[here] > refractory
                if kind in ("relay", "threshold"):
                    out = received if kind == "relay" else (received > p["threshold"]).astype(float)
                else:
                    if kind.startswith("Cuba"):
                        syn[here] += STEP / p["tau_syn"] * (p["w_in"] * received - syn[here])
                        received = syn[here].copy()
                    if kind in ("IF", "I"):
                        new = v[here] + p["r"] * received
                    else:
                        tau = p["tau_mem"] if kind.startswith("Cuba") else p["tau"]
                        new = v[here] + STEP / tau * (p["v_leak"] - v[here] + p["r"] * received)
                    if kind in ("LI", "CubaLI", "I"):
                        v[here] = new
                        out = new
                    else:
                        late = reset == "subtract" and reset_delay
                        amount = p["v_threshold"] - p["v_reset"]
                        new = new - (amount * fired[here] if late else 0.0)
                        spiking = active & (new > p["v_threshold"])
                        fired[here] = np.where(active, spiking, fired[here])
                        if reset == "zero":
                            new = np.where(spiking, p["v_reset"], new)
                        elif not late:
                            new = new - amount * spiking
                        v[here] = np.where(active, new, v[here])
                        last[here] = np.where(spiking, t, last[here])
                        out = spiking.astype(float)
                history[t, here] = out
                counts[here] += out != 0
    return counts


def parameters(kind, size, rng):
    """Dyadic values, so that short runs are exact and ties at the threshold are real ones."""
    one = 1 if rng.random() < 0.5 else size
    values = {
        "tau": STEP * rng.choice([1.0, 2.0, 4.0], one),
        "tau_syn": STEP * rng.choice([1.0, 2.0, 4.0], one),
        "tau_mem": STEP * rng.choice([2.0, 4.0], one),
        "r": rng.choice([0.5, 1.0, 2.0], one),
        "v_leak": rng.choice([0.0, 0.25], one),
        "v_threshold": rng.choice([0.5, 1.0, 1.5], one),
        "v_reset": rng.choice([0.0, 0.0, -0.25], one),
        "w_in": rng.choice([1.0, 2.0], one),
        "threshold": rng.choice([0.0, 0.5, 1.0], one),
    }
    chosen = {key: values[key] for key in NEURON_PARAMETERS[kind]}
    if rng.random() < 0.5:
        chosen["bias"] = rng.choice([0.0, 0.125, -0.125], size)
    return NeuronModel(kind, chosen)


def random_network(kinds, rng, *, delays, weighted=True):
    """Inputs and some populations with random synapses in all directions, parallel ones and self-loops too."""
    shapes = [(2, 2)] + [(int(rng.integers(1, 6)),) for _ in kinds]
    starts = np.concatenate([[0], np.cumsum([prod(s) for s in shapes])])
    populations = [Population("in", 0, 4, shapes[0])]
    for index, kind in enumerate(kinds):
        size = prod(shapes[index + 1])
        model = None if kind == "input" else parameters(kind, size, rng)
        populations.append(Population(f"{index}", int(starts[index + 1]), int(starts[index + 2]), neuron=model))
    n = int(starts[-1])
    m = int(rng.integers(0, 6 * n))
    group = np.searchsorted(starts, np.arange(n), side="right") - 1
    is_input = np.array(["input", *kinds])[group] == "input"
    pre, post = rng.integers(0, n, m), rng.choice(np.flatnonzero(~is_input), m)
    given = None
    if delays:
        given = rng.integers(0, 4, m)
        given = np.where((group[post] <= group[pre]) & (given == 0), 1, given)
    weights = rng.integers(-8, 12, m) / 8 if weighted else None
    return SpikingNetwork.from_edges(
        "random",
        n,
        pre,
        post,
        is_input=is_input,
        weights=weights,
        delays=given,
        populations=tuple(populations),
    )


@settings(max_examples=150)
@given(
    seed=st.integers(0, 10**6),
    kinds=st.lists(st.sampled_from([*sorted(NEURON_PARAMETERS), "input"]), min_size=1, max_size=3),
    reset=st.sampled_from(["subtract", "zero"]),
    reset_delay=st.booleans(),
    refractory=st.integers(0, 3),
    delays=st.booleans(),
    weighted=st.booleans(),
)
def test_counts_equal_the_dense_simulator(seed, kinds, reset, reset_delay, refractory, delays, weighted):
    rng = np.random.default_rng(seed)
    network = random_network([*kinds, "LIF"], rng, delays=delays, weighted=weighted)
    rasters = rng.integers(0, 3, (2, 12, network.input_count))
    profile = simulate(
        network,
        rasters,
        coding=RasterCoding(),
        reset=reset,
        reset_delay=reset_delay,
        refractory_steps=refractory,
        step_s=STEP,
    )
    expected = dense_counts(network, rasters, reset=reset, reset_delay=reset_delay, refractory=refractory)
    assert profile.spike_counts.tolist() == expected.tolist()
    assert profile.spike_counts[network.is_input].tolist() == rasters.sum(axis=(0, 1)).tolist()


@pytest.mark.parametrize("kind", sorted(NEURON_PARAMETERS))
def test_every_model_spikes_in_the_compiled_kernel(kind, monkeypatch):
    """Random nets can be silent: here each model does something, in the compiled kernel, and as the dense one does."""
    monkeypatch.setattr(kernel, "THRESHOLD", 0)
    rng = np.random.default_rng(5)
    total = 0
    for delays in (False, True):
        network = random_network([kind, kind, "LIF"], rng, delays=delays)
        rasters = rng.integers(0, 2, (3, 10, 4))
        for reset, reset_delay in (("subtract", True), ("subtract", False), ("zero", True)):
            profile = simulate(
                network, rasters, coding=RasterCoding(), reset=reset, reset_delay=reset_delay, step_s=STEP
            )
            expected = dense_counts(network, rasters, reset=reset, reset_delay=reset_delay, refractory=0)
            assert profile.spike_counts.tolist() == expected.tolist()
            total += int(expected[4 : network.populations[1].stop].sum())
    assert total > 20
