"""Spike counts against snnTorch's, both stored ones and those that came with the trained networks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mapper.io.nir import read_nir
from mapper.model.network import Population, SpikingNetwork
from mapper.model.neurons import NeuronModel
from mapper.simulate.coding import RasterCoding
from mapper.simulate.run import simulate

HERE = Path(__file__).resolve().parent
INSTANCES = HERE.parents[1] / "instances"


@pytest.fixture(scope="module")
def stored():
    with np.load(HERE / "fixtures" / "snntorch_counts.npz") as archive:
        return dict(archive)


def raster(seed, inputs, rate):
    """As in fixtures/make_snntorch_counts.py: windows, steps, inputs."""
    return np.random.default_rng(seed).random((8, 50, inputs)) < rate


def torch_raster(frames, seed=1, steps=100):
    """``torch.manual_seed(seed); torch.rand(steps, *frames.shape) < frames`` without torch.

    The recipe of the counts that came with the trained networks: torch's generator is MT19937, and a float is the
    lower 24 bits of a draw.
    """
    draws = np.random.RandomState(seed).randint(0, 2**32, (steps, *frames.shape), dtype=np.uint32)
    uniform = (draws & 0xFFFFFF).astype(np.float32) / np.float32(2**24)
    return (uniform < frames.astype(np.float32)).swapaxes(0, 1)


def by_population(network, profile):
    return [profile.spike_counts[p.start : p.stop] for p in network.populations]


@pytest.mark.parametrize("reset", ["zero", "subtract"])
def test_mlp_mnist_equals_snntorch(stored, reset):
    network = read_nir(INSTANCES / "mlp_mnist.nir")
    spikes = raster(7, 784, 0.12)
    profile = simulate(network, spikes, coding=RasterCoding(), reset=reset)
    counted = by_population(network, profile)
    assert counted[0].tolist() == spikes.sum((0, 1)).tolist()
    assert counted[1].tolist() == stored[f"mlp_{reset}_0"].tolist()
    assert counted[2].tolist() == stored[f"mlp_{reset}_1"].tolist()
    assert profile.conventions["step_s"] == 1e-3  # found in the file's tau and r: beta = 1 - step / tau = 0.9


@pytest.mark.parametrize(
    ("key", "options"),
    [
        ("zero", {}),
        ("held", {"refractory_steps": 1}),  # Synaptic with a delayed reset to zero keeps mem at 0 for one step more
        ("subtract", {"reset": "subtract"}),
    ],
)
def test_current_based_neurons_equal_snntorch(stored, key, options):
    """snnTorch's Synaptic as its exporter writes it: tau = step / (1 - alpha), w_in = tau / step."""
    sizes, step = (20, 30, 6), 1e-4

    def model(alpha, beta, threshold, **bias):
        tau_syn, tau_mem = step / (1 - alpha), step / (1 - beta)
        values = {"tau_syn": tau_syn, "tau_mem": tau_mem, "r": tau_mem / step, "w_in": tau_syn / step}
        values |= {"v_leak": 0.0, "v_reset": 0.0, "v_threshold": threshold}
        return NeuronModel("CubaLIF", {key: np.full(1, value) for key, value in values.items()} | bias)

    first, second = stored["cuba_first"], stored["cuba_second"]
    pre = np.concatenate([np.repeat(np.arange(20), 30), 20 + np.repeat(np.arange(30), 6)])
    post = np.concatenate([20 + np.tile(np.arange(30), 20), 50 + np.tile(np.arange(6), 30)])
    network = SpikingNetwork.from_edges(
        "cuba",
        sum(sizes),
        pre,
        post,
        is_input=np.arange(56) < 20,
        weights=np.concatenate([first.T.ravel(), second.T.ravel()]),
        populations=(
            Population("in", 0, 20),
            Population("a", 20, 50, neuron=model(0.75, 0.875, 1.5, bias=stored["cuba_bias"])),
            Population("b", 50, 56, neuron=model(0.5, 0.75, 1.0)),
        ),
    )
    _, a, b = by_population(network, simulate(network, raster(12, 20, 0.2), coding=RasterCoding(), **options))
    assert a.tolist() == stored[f"cuba_{key}_0"].tolist()
    assert b.tolist() == stored[f"cuba_{key}_1"].tolist()


def test_recorded_mnist_counts_are_reproduced(data):
    """100 images x 100 steps: every count of the trained network's recording, input by input and neuron by neuron."""
    with np.load(data / "mnist" / "mnist_test_first100.npz") as archive:
        frames = archive["x"].reshape(100, 784) / 255
    network = read_nir(data / "trained" / "mlp_mnist.nir")
    counted = by_population(network, simulate(network, torch_raster(frames), coding=RasterCoding()))
    with np.load(data / "trained" / "mlp_mnist_counts.npz") as recorded:
        assert int(recorded["lif0"].sum()) > 300_000
        for counts, key in zip(counted, ("input", "lif0", "lif1"), strict=True):
            assert counts.tolist() == recorded[key].tolist()


def test_mnist_frames_equal_matrix_products(data):
    """Poisson input, the network as two matrices read straight from the file."""
    import h5py

    with h5py.File(data / "trained" / "mlp_mnist.nir") as stream:
        weights = [stream[f"node/nodes/{key}/weight"][()].astype(np.float64) for key in ("1_linear", "3_linear")]
    with np.load(data / "mnist" / "mnist_test_first100.npz") as archive:
        frames = archive["x"][:12] / 255
    network = read_nir(data / "trained" / "mlp_mnist.nir")
    counted = by_population(network, simulate(network, frames, steps=60, seed=3, reset="subtract"))
    spikes = [np.random.default_rng([3, w]).random((60, 784)) < frame.ravel() for w, frame in enumerate(frames)]
    layer = np.array(spikes, dtype=np.float64)
    assert counted[0].tolist() == layer.sum((0, 1)).tolist()
    for weight, counts in zip(weights, counted[1:], strict=True):
        current = layer @ weight.T
        v = np.zeros((12, len(weight)))
        layer = np.zeros_like(current)
        for t in range(60):
            v = 0.9 * v + current[:, t] - layer[:, t - 1] * (t > 0)
            layer[:, t] = v > 1
        assert counts.tolist() == layer.sum((0, 1)).tolist()
