"""A small SONATA circuit, written anew for each test that asks for it."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pytest


def _nodes(path, name, ids, types):
    with h5py.File(path, "w") as file:
        file[f"nodes/{name}/node_id"] = np.array(ids, np.uint64)
        file[f"nodes/{name}/node_type_id"] = np.array(types, np.uint64)


def _edges(path):
    with h5py.File(path, "w") as file:
        edges = file.create_group("edges/some_edges")
        edges["source_node_id"], edges["target_node_id"] = [10, 30, 30, 20], [0, 1, 1, 2]
        edges["source_node_id"].attrs["node_population"] = "ext"
        edges["target_node_id"].attrs["node_population"] = np.bytes_("net")
        edges["edge_type_id"] = [7, 7, 7, 8]
        edges["edge_group_id"], edges["edge_group_index"] = [0, 1, 1, 2], [0, 1, 0, 0]
        edges["0/syn_weight"], edges["1/nsyns"] = [0.5], np.array([1, 4], np.uint16)
        edges.create_group("2")
        edges.create_group("indices/source_to_target")["weight"] = [0]


@pytest.fixture
def circuit(tmp_path_factory):
    """Write the circuit, let ``change(folder)`` spoil it, and return its folder."""

    def write(change=None, node_set="ext", node_sets=None, manifest=None):
        folder = tmp_path_factory.mktemp("sonata")
        (folder / "net").mkdir()
        (folder / "out").mkdir()
        _nodes(folder / "net" / "ext_nodes.h5", "ext", [10, 30, 20], [1, 1, 1])
        _nodes(folder / "net" / "net_nodes.h5", "net", [0, 1, 2, 3], [5, 5, 5, 6])
        _edges(folder / "net" / "edges.h5")
        (folder / "net" / "ext_types.csv").write_text("node_type_id model_type\n1 virtual\n")
        (folder / "net" / "net_types.csv").write_text('node_type_id name model_type\n5 "a b" NULL\n6 c virtual\n')
        (folder / "net" / "edge_types.csv").write_text("edge_type_id delay syn_weight\n7 0.3 2.0 \n8 NULL NULL\n")
        with h5py.File(folder / "out" / "spikes.h5", "w") as file:
            file["spikes/net/node_ids"], file["spikes/net/timestamps"] = [1, 0, 1, 0], [0.5, 1.0, 2.0, 2.5]
        with h5py.File(folder / "in.h5", "w") as file:
            file["spikes/gids"], file["spikes/timestamps"] = [30, 20, 30], [0.1, 0.2, 0.3]
        pairs = [(f"$NET/{name}_nodes.h5", f"$NET/{name}_types.csv") for name in ("net", "ext")]
        circuit = {
            "manifest": manifest or {"$NET": "./net"},
            "networks": {
                "nodes": [{"nodes_file": h5, "node_types_file": types} for h5, types in pairs],
                "edges": [{"edges_file": "$NET/edges.h5", "edge_types_file": "$NET/edge_types.csv"}],
            },
        }
        simulation = {
            "network": "circuit_config.json",
            "run": {"tstop": 2.0, "dt": 0.1},
            "inputs": {
                "spikes": {"input_type": "spikes", "module": "h5", "input_file": "in.h5", "node_set": node_set},
                "clamp": {"input_type": "current_clamp", "module": "IClamp"},
            },
            "output": {"output_dir": "out", "spikes_file": "spikes.h5"},
            "node_sets_file": "node_sets.json",
        }
        (folder / "circuit_config.json").write_text(json.dumps(circuit))
        (folder / "simulation_config.json").write_text(json.dumps(simulation))
        (folder / "node_sets.json").write_text(json.dumps(node_sets or {}))
        if change:
            change(folder)
        return folder

    return write
