"""Files and graphs that cannot be read: always an InputError that names the place, never another exception."""

from __future__ import annotations

import subprocess
import sys

import h5py
import nir
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from nir_support import neurons, read, sink, source, write

from mapper.errors import InputError
from mapper.io.nir import read_nir


def small() -> tuple[dict, list[tuple[str, str]]]:
    return (
        {"in": source(2), "fc": nir.Affine(np.ones((3, 2)), np.ones(3)), "lif": neurons(3), "out": sink(3)},
        [("in", "fc"), ("fc", "lif"), ("lif", "out")],
    )


@pytest.fixture
def file(tmp_path):
    return write(tmp_path / "small.nir", *small())


@pytest.mark.parametrize("content", [None, b"", b"not a network", b"\x89HDF\r\n\x1a\n" + bytes(100)])
def test_not_a_file_or_not_hdf5(tmp_path, content):
    path = tmp_path / "x.nir"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"x\.nir"):
        read_nir(path)
    with pytest.raises(InputError):
        read_nir(tmp_path)


def test_truncated_files(file, tmp_path):
    content = file.read_bytes()
    short = tmp_path / "short.nir"
    for length in range(0, len(content) - 1, max(1, len(content) // 60)):
        short.write_bytes(content[:length])
        with pytest.raises(InputError, match=r"short\.nir"):
            read_nir(short)


@given(st.binary(max_size=300), st.booleans())
@settings(max_examples=60)
def test_random_bytes(tmp_path_factory, content, signed):
    path = tmp_path_factory.getbasetemp() / "random.nir"
    path.write_bytes((b"\x89HDF\r\n\x1a\n" if signed else b"") + content)
    with pytest.raises(InputError, match=r"random\.nir"):
        read_nir(path)


KEYS = ("in/shape", "fc/weight", "fc/bias", "fc/type", "pool/stride", "pool/kernel_size", "lif/r", "lif/v_reset", "lif")
VALUES = st.one_of(
    st.sampled_from(["", "IF", "Conv2d", "Delay", "Flatten", "NIRGraph", "same"]),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    hnp.arrays(st.sampled_from(["f4", "f8", "i8", "u1", "?"]), hnp.array_shapes(min_dims=0, max_dims=5, max_side=4)),
)


@given(st.dictionaries(st.sampled_from(KEYS), VALUES, min_size=1, max_size=2))
@settings(max_examples=150)
def test_fields_of_any_value_are_read_or_refused(tmp_path_factory, fields):
    # Values, not bytes: damaged HDF5 structures can crash the C library, which no reader can turn into an error.
    path = tmp_path_factory.getbasetemp() / "fields.nir"
    pool = nir.SumPool2d(np.array([1, 1]), np.array([1, 1]), np.array([0, 0]))
    nodes, edges = small()
    write(path, {"in": source(2, 1, 1), "pool": pool} | {k: nodes[k] for k in ("fc", "lif", "out")},
          [("in", "pool"), ("pool", "fc"), *edges[1:]])  # fmt: skip
    with h5py.File(path, "r+") as stream:
        for key in sorted(fields):
            if f"node/nodes/{key}" in stream:
                del stream[f"node/nodes/{key}"]
                stream[f"node/nodes/{key}"] = fields[key]
    try:
        network = read_nir(path)
    except InputError as error:
        assert "fields.nir" in str(error)
    else:
        assert network.neuron_count > 0


def test_a_heap_past_which_hdf5_never_advances(file):
    content = bytearray(file.read_bytes())
    at = start = content.index(b"GCOL") + 16
    while (index := int.from_bytes(content[at : at + 2], "little")) != 0:
        assert index > 0 and at - start < 4096
        at += 16 + (int.from_bytes(content[at + 8 : at + 16], "little") + 7) // 8 * 8
    content[at + 8 : at + 16] = bytes(8)  # the free space at the heap's end: its size
    file.write_bytes(content)
    # In a process of its own: HDF5 would loop for ever in C, where no signal reaches Python.
    code = "import sys; from mapper.io.nir import read_nir; read_nir(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, timeout=30)
    assert "InputError" in done.stderr and "free space of size 0" in done.stderr


def test_a_header_that_claims_more_than_the_file_can_hold(file):
    def inflate(stream):
        del stream["node/nodes/fc/weight"]
        stream.create_dataset("node/nodes/fc/weight", (2**20, 2**20), "f8", chunks=(2**10, 2**10), compression="gzip")

    assert "claims" in edited(file, inflate)


def edited(file, edit) -> str:
    """Apply ``edit`` to the open HDF5 file and return the message of the error it leads to."""
    with h5py.File(file, "r+") as stream:
        edit(stream)
    with pytest.raises(InputError) as caught:
        read_nir(file)
    assert str(file) in str(caught.value)
    return str(caught.value)


def replace(key: str, value: object):
    def edit(stream):
        del stream[key]
        stream[key] = value

    return edit


def remove(key: str):
    return lambda stream: stream.__delitem__(key)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (remove("node"), ["'node'"]),
        (replace("node", 3.0), ["'node'"]),
        (remove("node/nodes"), ["'nodes'"]),
        (replace("node/type", "LIF"), ["NIRGraph", "LIF"]),
        (replace("node/type", np.array([1, 2])), ["NIRGraph"]),
        (replace("node/edges", np.array([1, 2, 3])), ["pairs"]),
        (replace("node/edges", [["in", "fc"], ["fc", "gone"]]), ["'fc' -> 'gone'", "no node named 'gone'", "correct"]),
        (replace("node/edges", [["gone", "lif"]]), ["'gone' -> 'lif'", "no node named 'gone'"]),
        (replace("node/edges", [["lif", "in"]]), ["'in'", "into an Input"]),
        (replace("node/edges", [["out", "lif"]]), ["'out'", "out of an Output"]),
        (replace("node/edges", [["fc", "lif"]]), ["'fc'", "add an Input"]),
        (replace("node/edges", [["fc", "fc"], ["in", "fc"], ["fc", "lif"]]), ["'fc'", "neuron in every loop"]),
        (replace("node/nodes/fc", 3.0), ["'fc'", "no type"]),
        (replace("node/nodes/lif/type", "Izhikevich"), ["'lif'", "'Izhikevich'", "CubaLIF"]),
        (remove("node/nodes/lif/type"), ["'lif'", "no type"]),
        (remove("node/nodes/lif/r"), ["'lif'", "'r'"]),
        (remove("node/nodes/fc/weight"), ["'fc'", "'weight'"]),
        (replace("node/nodes/fc/weight", "heavy"), ["'fc'", "numbers"]),
        (replace("node/nodes/fc/weight", np.ones(3)), ["'fc'", "dimensions"]),
        (replace("node/nodes/fc/weight", np.empty((0, 2))), ["'fc'", "empty"]),
        (replace("node/nodes/fc/bias", np.ones(2)), ["'fc'", "bias"]),
        (replace("node/nodes/lif/r", np.array([1, np.nan, 1])), ["'lif'", "NaN", "'r'"]),
        (replace("node/nodes/lif/r", np.ones(2)), ["'lif'", "'r'", "--input-shape"]),
        (remove("node/nodes/in/shape"), ["'in'", "--input-shape"]),
        (replace("node/nodes/in/shape", np.array([0, 2])), ["'in'", "[0, 2]", "--input-shape"]),
        (replace("node/nodes/in/shape", np.array([2**40, 2])), ["'in'", "at most"]),
        (replace("node/nodes/in/shape", np.array([5])), ["'fc'", "2 inputs", "shape 5"]),
    ],
)
def test_damaged_graphs_name_the_place(file, edit, words):
    message = edited(file, edit)
    assert all(word in message for word in words), message


def test_shapes_that_do_not_agree_at_a_sum_name_both_nodes():
    edges = [("a", "lif"), ("b", "lif"), ("lif", "out")]
    with pytest.raises(InputError, match=r"'lif'.*shape 2.*shape 3 from node 'b'"):
        read({"a": source(2), "b": source(3), "lif": neurons(3), "out": sink(3)}, edges)


def test_neurons_without_any_shape():
    lif = nir.IF(r=np.float64(1), v_threshold=np.float64(1), v_reset=np.float64(0))
    with pytest.raises(InputError, match=r"'lif'.*--input-shape"):
        read({"lif": lif, "out": sink(1)})


@pytest.mark.parametrize("delay", [-1e-3, np.inf, 1e9])
def test_impossible_delays(delay):
    with pytest.raises(InputError, match=r"'d' \(Delay\).*delays from 0"):
        read({"in": source(1), "d": nir.Delay(np.array([delay])), "lif": neurons(1)})


def test_delays_that_only_together_are_too_long():
    long = nir.Delay(np.array([2e5]))
    with pytest.raises(InputError, match="delays"):
        read({"in": source(1), "d": long, "e": long, "lif": neurons(1)})


def test_weights_too_large_for_their_type():
    with pytest.raises(InputError, match=r"'in' to 'lif'.*too large"):
        read({"in": source(1), "w": nir.Linear(np.array([[1e39]])), "lif": neurons(1)})


def test_a_graph_without_neurons():
    with pytest.raises(InputError, match="at least one node with neurons"):
        read({"in": source(1), "out": sink(1)})


def test_options_are_checked(file):
    with pytest.raises(InputError, match="pooling"):
        read_nir(file, pooling="both")
    with pytest.raises(InputError, match="step_s"):
        read_nir(file, step_s=0.0)
    with pytest.raises(InputError, match="--input-shape"):
        read_nir(file, input_shape=(2, 0))
    with pytest.raises(InputError, match=r"'fc'.*2 inputs.*shape 1,3"):
        read_nir(file, input_shape=(1, 3))
    with pytest.raises(InputError, match=r"--input-shape.*one Input"):
        read({"a": source(2), "b": source(2), "lif": neurons(2)}, [("a", "lif"), ("b", "lif")], input_shape=(2,))


def test_a_layer_without_input_shape_is_cured_by_the_option(tmp_path):
    conv = nir.Conv2d((4, 4), np.ones((1, 2, 3, 3)), 1, 1, 1, 1, np.zeros(1))
    pool = nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0]))
    nodes = {"in": source(1, 2, 4, 4), "conv": conv, "pool": pool, "if": neurons(1, 1, 2, 2), "out": sink(1)}
    path = write(tmp_path / "batched.nir", nodes, [("in", "conv"), ("conv", "pool"), ("pool", "if"), ("if", "out")])
    assert read_nir(path).synapse_count > 0  # 'conv' itself states its input_shape
    with h5py.File(path, "r+") as stream:
        del stream["node/nodes/conv/input_shape"]
    with pytest.raises(InputError, match=r"'conv' \(Conv2d\).*no input_shape.*--input-shape 2,4,4"):
        read_nir(path)
    network = read_nir(path, input_shape=(2, 4, 4))
    assert [p.shape for p in network.populations] == [(2, 4, 4), (1, 2, 2)]


def test_importing_the_reader_loads_no_heavy_library():
    code = "import sys, mapper.io.nir; print({'h5py', 'nir', 'scipy', 'networkx'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
