"""A liquid state machine that finds the QRS complex of a heartbeat in an ECG.

After Maass, Natschlaeger and Markram, Neural Computation 14, 2002: a grid of LIF neurons, 80 % excitatory, connected
with a probability that falls with distance; only the readout is fitted. One ECG sample is one step.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.data import ecg
from training.nirfile import lif, write_graph

__all__ = ["build"]

SIDES = (6, 6, 6)
BETA = 0.9
STEP_S = 1 / 360
#: Thresholds of the delta modulators, in units of the record's range; each has an up and a down channel.
DELTAS = (0.02, 0.05, 0.1, 0.2)
#: Peak samples of the three R waves in the record, and half a window.
PEAKS, HALF = (190, 518, 848), 160
#: Steps after the peak - 6 in which the readout should answer.
ANSWER = 30

Floats = NDArray[np.float64]


def build(path: Path, seed: int) -> tuple[NDArray[np.uint8], str]:
    """Write the network; return the test rasters (windows, steps, channels) and a summary.

    Trained on variations (rate, size, shift, wander, noise) of the first two beats, tested on the third and its own.
    """
    rng = np.random.default_rng(seed)
    w_in, w_rec = _reservoir(rng)
    record = ecg()
    training = [_window(record, PEAKS[i % 2], rng, vary=i >= 2) for i in range(60)]
    testing = [_window(record, PEAKS[2], rng, vary=i >= 1) for i in range(20)]
    w_out, bias = _fit([(_run(raster, w_in, w_rec), wanted) for raster, wanted in training])
    rasters = np.array([raster for raster, _ in testing])
    found, steps, spikes = 0, 0, 0.0
    for raster, wanted in testing:
        states = _run(raster, w_in, w_rec)
        answer = _readout(states, w_out, bias)
        found += bool(answer[wanted, 0].any() and not answer[~wanted, 0].any())
        steps, spikes = steps + states.size, spikes + states.sum()
    summary = (
        f"QRS found, and nothing else, in {found} of {len(testing)} test windows; rate {spikes / steps:.3f} per step"
    )
    _export(
        path, w_in, w_rec, w_out, bias, {"data": "ecg", "dt": STEP_S, "seed": seed, "test_acc": found / len(testing)}
    )
    return rasters, summary


def _reservoir(rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Input weights (neurons, channels) and recurrent weights (neurons, neurons), rows postsynaptic."""
    places = np.stack(np.meshgrid(*map(np.arange, SIDES), indexing="ij"), -1).reshape(-1, 3)
    n = len(places)
    excites = rng.permutation(n) < 0.8 * n
    distance2 = ((places[:, None] - places[None, :]) ** 2).sum(-1)
    # Rows post, columns pre; C_EE, C_EI, C_IE, C_II and lambda = 2 of the paper (pre first).
    likelihood = np.where(
        excites[None, :], np.where(excites[:, None], 0.3, 0.2), np.where(excites[:, None], 0.4, 0.1)
    ) * np.exp(-distance2 / 4.0)
    strength = np.where(excites[None, :], 0.22, -0.5) * rng.uniform(0.5, 1.5, (n, n))
    w_rec = np.where((rng.random((n, n)) < likelihood) & (distance2 > 0), strength, 0.0)
    channels = 2 * len(DELTAS)
    chosen = (rng.random((n, channels)) < 0.3) & excites[:, None]
    w_in = np.where(chosen, rng.uniform(0.2, 0.9, (n, channels)), 0.0)
    return w_in.astype(np.float32).astype(float), w_rec.astype(np.float32).astype(float)


def _window(
    record: Floats, peak: int, rng: np.random.Generator, *, vary: bool
) -> tuple[NDArray[np.uint8], NDArray[Any]]:
    """One beat as (raster, the steps in which an answer is wanted)."""
    rate, size, shift, wander, noise = 1.0, 1.0, 0.0, 0.0, 0.0
    if vary:
        rate, size = rng.uniform(0.9, 1.1), rng.uniform(0.85, 1.15)
        shift, wander, noise = rng.uniform(-60, 60), rng.uniform(0, 0.05), rng.uniform(0, 0.006)
    t = np.arange(2 * HALF)
    at = peak + (t - HALF - shift) * rate
    signal = size * np.interp(at, np.arange(len(record)), record)
    signal = signal + wander * np.sin(2 * np.pi * (t / 250 + rng.random())) + noise * rng.standard_normal(len(t))
    start = round(HALF + shift) - 6
    return _delta(signal), (t >= start) & (t < start + ANSWER)


def _delta(signal: Floats) -> NDArray[np.uint8]:
    """Send on delta: a reference follows by at most one spike per step, up in even channels, down in odd ones."""
    raster = np.zeros((len(signal), 2 * len(DELTAS)), np.uint8)
    for channel, delta in enumerate(DELTAS):
        reference = signal[0]
        for t, value in enumerate(signal):
            if abs(value - reference) >= delta:
                up = value > reference
                raster[t, 2 * channel + (not up)] = 1
                reference += delta if up else -delta
    return raster


def _run(raster: NDArray[np.uint8], w_in: Floats, w_rec: Floats) -> Floats:
    """Reservoir spikes (steps, neurons): v <- beta v + input, reset to zero, recurrence one step later."""
    current = raster @ w_in.T
    v, spikes = np.zeros(len(w_in)), np.zeros((len(raster), len(w_in)))
    for t in range(len(raster)):
        v = BETA * v + current[t] + (w_rec @ spikes[t - 1] if t else 0.0)
        spikes[t] = v > 1.0
        v[v > 1.0] = 0.0
    return spikes


def _fit(examples: list[tuple[Floats, NDArray[Any]]]) -> tuple[Floats, Floats]:
    """Ridge regression of the readout's potential: 1.5 where neuron 0 (QRS) or neuron 1 (the rest) should answer."""
    rows, targets = [], []
    for spikes, wanted in examples:
        rows.append(_filtered(spikes))
        targets.append(np.stack([np.where(wanted, 1.5, 0.0), np.where(wanted, 0.0, 1.5)], 1))
    x, y = np.concatenate(rows), np.concatenate(targets)
    weights = np.linalg.solve(x.T @ x + 5.0 * np.eye(x.shape[1]), x.T @ y).T
    weights = weights.astype(np.float32)
    return weights[:, :-1].astype(float), weights[:, -1].astype(float)


def _filtered(spikes: Floats) -> Floats:
    """What a readout potential would be per unit weight without resets, with a column for the bias."""
    driven = np.concatenate([spikes, np.ones((len(spikes), 1))], 1)
    for t in range(1, len(driven)):
        driven[t] += BETA * driven[t - 1]
    return driven


def _readout(spikes: Floats, weights: Floats, bias: Floats) -> NDArray[np.bool_]:
    v, out = np.zeros(len(weights)), np.zeros((len(spikes), len(weights)), bool)
    for t, spiking in enumerate(spikes):
        v = BETA * v + weights @ spiking + bias
        out[t] = v > 1.0
        v[out[t]] = 0.0
    return out


def _export(path: Path, w_in: Floats, w_rec: Floats, w_out: Floats, bias: Floats, metadata: dict[str, Any]) -> None:
    import nir

    n, channels = w_in.shape
    nodes = {
        "input": nir.Input(input_type={"input": np.array([channels])}),
        "w_in": nir.Linear(w_in.astype(np.float32)),
        "reservoir": lif((n,), BETA, STEP_S),
        "w_rec": nir.Linear(w_rec.astype(np.float32)),
        "w_out": nir.Affine(w_out.astype(np.float32), bias.astype(np.float32)),
        "readout": lif((len(bias),), BETA, STEP_S),
        "output": nir.Output(output_type={"output": np.array([len(bias)])}),
    }
    edges = [
        ("input", "w_in"),
        ("w_in", "reservoir"),
        ("reservoir", "w_rec"),
        ("w_rec", "reservoir"),
        ("reservoir", "w_out"),
        ("w_out", "readout"),
        ("readout", "output"),
    ]
    write_graph(path, nodes, edges, metadata)
