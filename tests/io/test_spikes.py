"""Spike counts from files and to files."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapper.errors import InputError
from mapper.io.spikes import with_spike_counts, write_spike_counts
from mapper.model.network import Population, SpikingNetwork


def net(names=("input", "lif0"), sizes=(2, 6), shape=(2, 1, 3)) -> SpikingNetwork:
    bounds = np.cumsum([0, *sizes]).tolist()
    runs = zip(names, bounds, bounds[1:], strict=False)
    populations = tuple(Population(n, a, b, shape if b - a == 6 else ()) for n, a, b in runs)
    return SpikingNetwork.from_edges("net", bounds[-1], [0, 1], [2, 3], populations=populations)


def fails(network, path, *parts):
    with pytest.raises(InputError) as caught:
        with_spike_counts(network, path)
    for part in (path.name, *parts):
        assert part in str(caught.value)


@given(st.lists(st.integers(0, 2**40), min_size=8, max_size=8), st.integers(1, 500), st.integers(1, 9), st.data())
def test_written_counts_come_back(tmp_path_factory, counts, steps, windows, draw):
    names = draw.draw(
        st.lists(
            st.sampled_from(["a", "b.c", "file", "steps", "spikes", "x/y", "T"]), min_size=2, max_size=2, unique=True
        )
    )
    given_net = net(names)
    recorded = SpikingNetwork(
        "net", given_net.populations, given_net.indptr, given_net.targets, given_net.is_input,
        spike_counts=np.array(counts), steps=steps, windows=windows,
    )  # fmt: skip
    path = tmp_path_factory.mktemp("spikes") / "counts.npz"
    write_spike_counts(recorded, path, {"seed": 3, "coding": "poisson"})
    back = with_spike_counts(given_net, path)
    assert back.spike_counts.tolist() == counts
    assert (back.steps, back.windows) == (steps, windows)
    with np.load(path) as archive:
        assert json.loads(str(archive["profile"])) == {"seed": 3, "coding": "poisson"}


def test_equal_content_gives_equal_bytes(tmp_path):
    np.save(tmp_path / "flat.npy", np.arange(8))
    recorded = with_spike_counts(net(), tmp_path / "flat.npy")
    write_spike_counts(recorded, tmp_path / "one.npz", {"a": 1, "b": 2})
    time.sleep(2.1)  # a zip file's clock ticks every two seconds
    write_spike_counts(recorded, tmp_path / "two.npz", {"b": 2, "a": 1})
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    with np.load(tmp_path / "one.npz") as archive:
        assert archive["lif0"].shape == (2, 1, 3)


def test_writing_needs_counts_and_a_folder(tmp_path):
    with pytest.raises(InputError, match="recorded spikes"):
        write_spike_counts(net(), tmp_path / "counts.npz")
    np.save(tmp_path / "flat.npy", np.arange(8))
    with pytest.raises(InputError, match="folder"):
        write_spike_counts(with_spike_counts(net(), tmp_path / "flat.npy"), tmp_path / "none" / "counts.npz")


@pytest.mark.parametrize("key", ["spikes", "counts", "anything"])
def test_flat_array(tmp_path, key):
    np.savez(tmp_path / "c.npz", **{key: np.arange(8.0).reshape(2, 4)}, T=5, samples=4, note="kept out")
    back = with_spike_counts(net(), tmp_path / "c.npz")
    assert (back.spike_counts.tolist(), back.steps, back.windows) == (list(range(8)), 5, 4)


def test_other_names_where_sizes_tell_which_is_meant(tmp_path):
    np.savez(tmp_path / "c.npz", first=[0, 1, 2, 3, 4, 5], second=[6, 7])
    assert with_spike_counts(net(), tmp_path / "c.npz").spike_counts.tolist() == [6, 7, 0, 1, 2, 3, 4, 5]
    np.savez(tmp_path / "d.npz", input=[1, 2], a=[1, 2, 3], b=[4, 5, 6])
    fails(net(("input", "x", "y"), (2, 3, 3)), tmp_path / "d.npz", "no x, y", "also a, b")
    np.savez(tmp_path / "e.npz", input=[1, 2], a=[1, 2], b=[4, 5, 6])
    fails(net(("input", "x", "y"), (2, 3, 3)), tmp_path / "e.npz", "no x, y", "also a, b")


def test_flat_array_with_steps_in_its_name_among_others(tmp_path):
    np.savez(tmp_path / "c.npz", src=[1, 2], dst=[3, 4], spikes_100=np.ones(8, np.uint8))
    back = with_spike_counts(net(), tmp_path / "c.npz")
    assert (back.spike_counts.sum(), back.steps) == (8, 100)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1\n2\n3\n4\n5\n6\n7\n8\n", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("count\n1\n2\n3\n4\n5\n6\n7\n8\n", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("neuron,count\n7,3\n0,9\n", [9, 0, 0, 0, 0, 0, 0, 3]),
        ("7\t3\n0\t9\n", [9, 0, 0, 0, 0, 0, 0, 3]),
        ("neuron,count\n", [0] * 8),
    ],
)
def test_text(tmp_path, text, expected):
    path = tmp_path / "c.csv"
    path.write_text(text)
    assert with_spike_counts(net(), path).spike_counts.tolist() == expected


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("1\n2\n", ["8 values", "2"]),
        ("1\n2\n3\n4\n5\n6.5\n7\n8\n", ["line 6", "6.5"]),
        ("1\n2\n3\n4\n5\n6\n7\n-8\n", ["-8"]),
        ("neuron,count\n8,1\n", ["0..7", "8"]),
        ("neuron,count\n-1,1\n", ["0..7", "-1"]),
        ("neuron,count\n1,1\n1,1\n", ["each neuron once", "neuron 1"]),
        ("neuron,count\na,1\n", ["'a'", "no labels"]),
        ("neuron,count\n1,-4\n", ["-4"]),
        ("", ["empty"]),
    ],
)
def test_bad_text_is_named(tmp_path, text, parts):
    path = tmp_path / "c.csv"
    path.write_text(text)
    fails(net(), path, *parts)


@pytest.mark.parametrize(
    ("arrays", "parts"),
    [
        ({"input": [1, 2]}, ["no lif0"]),
        ({"input": [1, 2], "lif0": [0] * 6, "lif1": [1]}, ["also lif1"]),
        ({"input": [1, 2], "lif0": [0] * 5}, ["'lif0'", "6 values", "5"]),
        ({"input": [1, -2], "lif0": [0] * 6}, ["'input'", "-2", "position 1"]),
        ({"input": [1, 2], "lif0": [0.5] * 6}, ["'lif0'", "0.5"]),
        ({"input": [1, np.nan], "lif0": [0] * 6}, ["'input'", "nan"]),
        ({"input": [1, np.inf], "lif0": [0] * 6}, ["'input'", "inf"]),
        ({"input": ["a", "b"], "lif0": [0] * 6}, ["'input'", "dtype"]),
        ({"input": [1, 2], "lif0": [0] * 6, "T": 0}, ["'T'", "at least 1"]),
        ({"input": [1, 2], "lif0": [0] * 6, "samples": 2.5}, ["'samples'", "2.5"]),
        ({"x": [1], "y": [2]}, ["no input, lif0", "also x, y"]),
        ({"spikes": [0] * 8, "spikes_3": [0] * 8}, ["one array of spike counts"]),
        ({"spikes": [2**63] * 8}, ["'spikes'", "9223372036854775808"]),
    ],
)
def test_bad_archives_are_named(tmp_path, arrays, parts):
    np.savez(tmp_path / "c.npz", **arrays)
    fails(net(), tmp_path / "c.npz", *parts)


def test_wrong_kinds_of_files(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(7))
    fails(net(), tmp_path / "a.npy", "8 values", "7")
    np.save(tmp_path / "a.npy", np.arange(8))
    (tmp_path / "a.npy").rename(tmp_path / "b.npz")
    fails(net(), tmp_path / "b.npz", ".npz archive")
    np.savez(tmp_path / "c.npz", x=1)
    (tmp_path / "c.npz").rename(tmp_path / "d.npy")
    fails(net(), tmp_path / "d.npy", ".npy array")
    fails(net(), tmp_path / "none.npz", "nothing there")
    fails(net(), tmp_path / "counts.json", "'.json'")


@given(
    st.one_of(st.text(alphabet="0189,\t\n.ae-#neurocount", max_size=40).map(str.encode), st.binary(max_size=60)),
    st.sampled_from([".csv", ".txt", ".npy", ".npz"]),
    st.sampled_from([b"", b"PK\x03\x04", b"\x93NUMPY\x01\x00v\x00{'descr': '<i8', "]),
)
def test_any_bytes_give_counts_or_an_input_error(tmp_path_factory, content, suffix, magic):
    path = tmp_path_factory.mktemp("fuzz") / f"c{suffix}"
    path.write_bytes(magic + content)
    try:
        counts = with_spike_counts(net(), path).spike_counts
    except InputError as error:
        assert path.name in str(error)
    else:
        assert counts.shape == (8,)


@pytest.mark.parametrize(("name", "inputs", "total"), [("mlp_mnist", 784, 1_273_337), ("mlp_digits", 64, 378_141)])
def test_trained_counts(data, name, inputs, total):
    network = net(("input", "lif0", "lif1"), (inputs, 100, 10), ())
    back = with_spike_counts(network, data / "trained" / f"{name}_counts.npz")
    assert (back.spike_counts.sum(), back.steps, back.windows) == (total, 100, 100)
