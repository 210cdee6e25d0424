"""SONATA circuits that are wrong: every message names the file and what in it."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mapper.errors import InputError
from mapper.io.sonata import read_sonata


def h5(name, action):
    def change(folder):
        with h5py.File(folder / name, "a") as file:
            action(file)

    return change


def dataset(name, path, values):
    def action(file):
        attributes = dict(file[path].attrs) if path in file else {}
        if path in file:
            del file[path]
        file[path] = values
        file[path].attrs.update(attributes)

    return h5(name, action)


def text(name, content):
    return lambda folder: (folder / name).write_text(content)


def config(name, change):
    def apply(folder):
        content = json.loads((folder / name).read_text())
        change(content)
        (folder / name).write_text(json.dumps(content))

    return apply


def without(name):
    return lambda folder: (folder / name).unlink()


EDGES, NODES, CIRCUIT, RUN = "net/edges.h5", "net/net_nodes.h5", "circuit_config.json", "simulation_config.json"
SOME = "edges/some_edges"

CASES = {
    "no such node file": (without(NODES), ["net_nodes.h5", "nothing there"]),
    "no such table": (without("net/edge_types.csv"), ["edge_types.csv", "nothing there"]),
    "no such input spikes": (without("in.h5"), ["in.h5"]),
    "not HDF5": (text(EDGES, "hello"), ["edges.h5", "HDF5"]),
    "no edges": (h5(EDGES, lambda f: f.move("edges", "synapses")), ["edges.h5", "/edges", "synapses"]),
    "no populations": (h5(NODES, lambda f: f.__delitem__("nodes/net")), ["net_nodes.h5", "population"]),
    "ends of two lengths": (dataset(EDGES, f"{SOME}/target_node_id", [0, 1]), ["target_node_id", "4 integers"]),
    "fractional ends": (dataset(EDGES, f"{SOME}/target_node_id", [0.5] * 4), ["target_node_id", "float64"]),
    "no sources": (h5(EDGES, lambda f: f.__delitem__(f"{SOME}/source_node_id")), [SOME, "source_node_id"]),
    "unknown node": (dataset(EDGES, f"{SOME}/source_node_id", [10, 11, 30, 20]), ["source_node_id", "'ext'", "11"]),
    "unknown population": (
        h5(EDGES, lambda f: f[f"{SOME}/source_node_id"].attrs.modify("node_population", "tw")), ["source", "'tw'"]
    ),
    "nameless population": (
        h5(EDGES, lambda f: f[f"{SOME}/source_node_id"].attrs.__delitem__("node_population")), ["None"]
    ),
    "edge into an input": (dataset(EDGES, f"{SOME}/target_node_id", [0, 1, 1, 3]), ["inputs that receive no synapse"]),
    "unknown type": (dataset(EDGES, f"{SOME}/edge_type_id", [7, 7, 7, 9]), ["edge_types.csv", "type 9"]),
    "group index": (dataset(EDGES, f"{SOME}/edge_group_index", [0, 2, 0, 0]), ["1/nsyns", "edge_group_index 2"]),
    "weights of text": (dataset(EDGES, f"{SOME}/0/syn_weight", [b"x"]), ["0/syn_weight", "numbers"]),
    "infinite weight": (dataset(EDGES, f"{SOME}/0/syn_weight", [np.inf]), ["syn_weight", "finite"]),
    "negative delay": (dataset(EDGES, f"{SOME}/0/delay", [-1.0]), ["delay", "-1", "ms"]),
    "same node twice": (dataset(NODES, "nodes/net/node_id", [0, 1, 1, 3]), ["nodes/net/node_id", "distinct"]),
    "no node types": (h5(NODES, lambda f: f.__delitem__("nodes/net/node_type_id")), ["nodes/net", "node_type_id"]),
    "table without ids": (text("net/edge_types.csv", "delay\n1\n"), ["edge_types.csv", "line 1", "edge_type_id"]),
    "table with a bad id": (text("net/edge_types.csv", "edge_type_id delay\n7 1\nx 1\n"), ["line 3", "edge_type_id"]),
    "table with a bad number": (text("net/edge_types.csv", "edge_type_id delay\n7 fast\n8 1\n"), ["7, delay", "fast"]),
    "spikes of unknown nodes": (dataset("in.h5", "spikes/gids", [30, 31, 20]), ["in.h5", "gids", "31"]),
    "spikes without times": (h5("in.h5", lambda f: f.__delitem__("spikes/timestamps")), ["in.h5", "3 times", "none"]),
    "spikes of strangers": (
        h5("out/spikes.h5", lambda f: f.move("spikes/net", "spikes/other")), ["out/spikes.h5", "'other'"]
    ),
    "spikes in no layout": (h5("in.h5", lambda f: f.__delitem__("spikes/gids")), ["in.h5", "gids"]),
    "broken JSON": (text(CIRCUIT, "{"), [CIRCUIT, "JSON"]),
    "JSON of another shape": (text(CIRCUIT, "[]"), [CIRCUIT, "object"]),
    "deep JSON": (text(CIRCUIT, "[" * 100_000), [CIRCUIT, "JSON"]),
    "unknown variable": (
        config(CIRCUIT, lambda c: c["networks"]["nodes"][0].update(nodes_file="$X/a.h5")), [CIRCUIT, "$X", "variable"]
    ),
    "circular variable": (config(CIRCUIT, lambda c: c["manifest"].update({"$NET": "$NET/a"})), [CIRCUIT, "variable"]),
    "no nodes": (config(CIRCUIT, lambda c: c["networks"].update(nodes=[])), ["networks.nodes"]),
    "nodes of another shape": (config(CIRCUIT, lambda c: c["networks"].update(nodes=3)), ["networks.nodes", "list"]),
    "population twice": (
        config(CIRCUIT, lambda c: c["networks"]["nodes"].append(c["networks"]["nodes"][0])), ["'net' in several"]
    ),
    "time of another kind": (config(RUN, lambda c: c["run"].update(dt="fast")), [RUN, "run.dt", "fast"]),
    "time that ends before it starts": (config(RUN, lambda c: c["run"].update(tstart=5)), [RUN, "run.tstop"]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_wrong_circuits_are_named(circuit, case):
    change, parts = CASES[case]
    with pytest.raises(InputError) as caught:
        read_sonata(circuit(change))
    for part in parts:
        assert part in str(caught.value)


def test_a_dataset_larger_than_its_file_is_refused(circuit):
    def change(folder):
        with h5py.File(folder / EDGES, "a") as file:
            file[f"{SOME}/0"].create_dataset("delay", (2**40,), np.float32)  # takes no space until it is written

    with pytest.raises(InputError, match=r"edges\.h5: /edges/some_edges/0/delay: expected at most"):
        read_sonata(circuit(change))


def test_no_circuit_at_all(tmp_path):
    for path, part in ((tmp_path, "nodes.h5"), (tmp_path / "none", "nothing there")):
        with pytest.raises(InputError, match=part):
            read_sonata(path)
    with pytest.raises(InputError, match="step_ms"):
        (tmp_path / "config.json").write_text('{"networks": {"nodes": [{"nodes_file": "x"}]}}')
        read_sonata(tmp_path, step_ms=-1)


# The fixture only writes folders, so one of it may serve many examples.
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_files_give_a_network_or_an_input_error(circuit, draw):
    folder = circuit()
    names = [EDGES, NODES, "in.h5", "out/spikes.h5", CIRCUIT, RUN, "net/edge_types.csv", "net/net_types.csv"]
    path = folder / draw.draw(st.sampled_from(names))
    content = bytearray(path.read_bytes())
    # Zeros only in HDF5: a length made huge there lets the HDF5 library allocate gigabytes before it notices.
    byte = st.just(0) if path.suffix == ".h5" else st.integers(0, 255)
    for _ in range(draw.draw(st.integers(1, 30))):
        content[draw.draw(st.integers(0, min(len(content), 4000) - 1))] = draw.draw(byte)
    path.write_bytes(content[: draw.draw(st.integers(len(content) // 2, len(content)))])
    try:
        assert read_sonata(folder).size >= 0
    except InputError as error:
        assert str(error)
