"""One door for all formats, and the shipped files behind names."""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np
import pytest

import mapper.shipped
from mapper.errors import InputError
from mapper.io.network import read_network
from mapper.model.network import SpikingNetwork


@pytest.fixture
def nir(monkeypatch):
    """A stand-in for the NIR reader: it notes how it was called."""
    calls = []

    def read_nir(path, **options):
        calls.append((path.name, options))
        return SpikingNetwork.from_edges(path.stem, 2, [0], [1])

    module = ModuleType("mapper.io.nir")
    module.read_nir = read_nir
    monkeypatch.setitem(sys.modules, "mapper.io.nir", module)
    return calls


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A root with two shipped networks, one of them with spike counts, and a platform."""
    (tmp_path / "instances" / "circuit").mkdir(parents=True)
    (tmp_path / "models" / "platforms").mkdir(parents=True)
    for name in ("mlp_mnist.nir", "lenet.nir", "mlp_mnist.md", ".hidden.nir", "lenet.frames.npz"):
        (tmp_path / "instances" / name).write_text("")
    np.savez(tmp_path / "instances" / "mlp_mnist.counts.npz", spikes=[3, 4], T=10)
    (tmp_path / "models" / "platforms" / "tiny.yaml").write_text("")
    monkeypatch.setattr(mapper.shipped, "_root", lambda: tmp_path)
    return tmp_path


def test_names_of_shipped_files(home):
    assert mapper.shipped.names("instances") == ["circuit", "lenet", "mlp_mnist"]
    assert mapper.shipped.names("platforms") == ["tiny"]
    assert mapper.shipped.shipped("platforms", "tiny") == home / "models" / "platforms" / "tiny.yaml"
    assert mapper.shipped.shipped("instances", "mlp_mnist.counts") is None


def test_a_shipped_network_comes_with_its_counts(home, nir):
    network = read_network("mlp_mnist", input_shape=(1, 2), pooling="neurons")
    assert nir == [("mlp_mnist.nir", {"input_shape": (1, 2), "pooling": "neurons"})]
    assert (network.spike_counts.tolist(), network.steps) == ([3, 4], 10)
    assert read_network(home / "instances" / "mlp_mnist.nir").spike_counts.tolist() == [3, 4]
    assert read_network("lenet").spike_counts is None


def test_given_counts_win(home, nir):
    (home / "own.csv").write_text("7\n8\n")
    assert read_network("mlp_mnist", spikes=home / "own.csv").spike_counts.tolist() == [7, 8]


def test_counts_beside_a_network_of_ones_own_are_left_alone(home, nir, tmp_path):
    (tmp_path / "own.nir").write_text("")
    np.savez(tmp_path / "own.counts.npz", spikes=[3, 4])
    assert read_network(tmp_path / "own.nir").spike_counts is None


def test_a_trained_network_with_the_counts_of_its_training_script(data):
    """The script names its layers lif0 and lif1, the NIR file 2_leaky and 4_leaky."""
    trained = data / "trained"
    network = read_network(trained / "mlp_mnist.nir", spikes=trained / "mlp_mnist_counts.npz")
    parts = [int(network.spike_counts[p.start : p.stop].sum()) for p in network.populations]
    assert parts == [935_901, 325_792, 11_644]
    assert (network.steps, network.windows) == (100, 100)


def test_unknown_names_list_what_there_is(home):
    with pytest.raises(InputError) as caught:
        read_network("mlp_minst")
    assert "did you mean mlp_mnist? shipped are: circuit, lenet, mlp_mnist" in str(caught.value)
    with pytest.raises(InputError, match=r"got nothing there"):
        read_network("no/mlp_mnist")
    with pytest.raises(InputError):
        read_network("a\0b")
    with pytest.raises(InputError):
        read_network("x" * 5000)


def test_formats(tmp_path, circuit):
    (tmp_path / "net.csv").write_text("0,1\n1,2\n")
    (tmp_path / "net.tsv").write_text("0\t1\n1\t2\n")
    np.savez(tmp_path / "net.npz", src=[0, 1], dst=[1, 2])
    (tmp_path / "net.txt").write_text("0 1\n1 2\n")
    for name in ("net.csv", "net.tsv", "net.npz", "net.txt"):
        network = read_network(tmp_path / name)
        assert network.sources().tolist() == [0, 1], name
        assert network.targets.tolist() == [1, 2], name
    np.savez(tmp_path / "counts.npz", spikes=[1, 2, 3], steps=9)
    (tmp_path / "times.txt").write_text("1 4 8\n")
    assert read_network(tmp_path / "net.csv", spikes=tmp_path / "counts.npz", inputs="sources").input_count == 1
    assert read_network(tmp_path / "net.txt", spikes=tmp_path / "counts.npz").steps == 9
    assert read_network(tmp_path / "net.txt", spikes=tmp_path / "times.txt").spike_counts.tolist() == [0, 2, 0]
    folder = circuit()
    assert read_network(folder).synapse_count == read_network(folder / "circuit_config.json").synapse_count == 4
    np.save(tmp_path / "seven.npy", np.arange(7))
    assert read_network(folder, spikes=tmp_path / "seven.npy").spike_counts.tolist() == list(range(7))


def test_unknown_formats_and_idle_options(tmp_path):
    (tmp_path / "net.onnx").write_text("")
    with pytest.raises(InputError, match=r"\.nir.*SONATA.*'\.onnx'"):
        read_network(tmp_path / "net.onnx")
    (tmp_path / "net.txt").write_text("0 1\n")
    with pytest.raises(InputError, match="input shape"):
        read_network(tmp_path / "net.txt", input_shape=(1, 28, 28))
    with pytest.raises(InputError, match="inputs"):
        read_network(tmp_path / "net.txt", inputs="sources")
