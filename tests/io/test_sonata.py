"""SONATA circuits: the public examples, and small ones written here."""

from __future__ import annotations

from collections import Counter

import h5py
import numpy as np
import pytest

from mapper.io.sonata import read_sonata


def test_300_intfire(data):
    network = read_sonata(data / "sonata" / "300_intfire")
    assert (network.input_count, network.neuron_count, network.synapse_count) == (120, 300, 87_720)
    assert [(p.name, p.size) for p in network.populations] == [("lgn", 90), ("tw", 30), ("v1", 300)]
    assert int((network.sources() == network.targets).sum()) == 214
    # 4322 recorded in v1, 2738 from lgn, 295 from tw
    parts = [int(network.spike_counts[p.start : p.stop].sum()) for p in network.populations]
    assert parts == [2738, 295, 4322]
    assert sum(parts) == 7355
    assert (network.steps, network.windows) == (30_000, 1)  # 3 s in steps of 0.1 ms
    assert set(network.delays.tolist()) == {20}  # 2 ms


def test_300_intfire_against_the_files(data):
    """The v1 part, edge by edge, from the HDF5 file and the table of types read by hand."""
    network = read_sonata(data / "sonata" / "300_intfire")
    weight = {100: 0.01, 101: 0.15, 102: 0.3, 103: 0.002}
    with h5py.File(data / "sonata" / "300_intfire" / "network" / "v1_v1_edges.h5") as file:
        edges = file["edges/v1_to_v1"]
        strength = np.array([weight[t] for t in edges["edge_type_id"][:].tolist()]) * edges["0/nsyns"][:]
        ends = edges["source_node_id"][:] + 120, edges["target_node_id"][:] + 120
        expected = Counter(zip(*(e.tolist() for e in ends), strength.astype(np.float32).tolist(), strict=True))
    inner = network.sources() >= 120
    rows = network.sources()[inner], network.targets[inner], network.weights[inner]
    assert Counter(zip(*(row.tolist() for row in rows), strict=True)) == expected


def test_9_cells(data):
    network = read_sonata(data / "sonata" / "9_cells" / "config.json", name="nine")
    assert (network.name, network.input_count, network.neuron_count) == ("nine", 20, 9)
    assert network.synapse_count == 659 + 630
    pairs = Counter(zip(network.sources().tolist(), network.targets.tolist(), strict=True))
    assert max(pairs.values()) == 11
    assert network.spike_counts.sum() == 78 + 312 + 285


def test_a_folder_without_configuration_and_another_step(data):
    network = read_sonata(data / "sonata" / "300_intfire" / "network", step_ms=1.0)
    assert (network.input_count, network.synapse_count, network.spike_counts) == (120, 87_720, None)
    assert set(network.delays.tolist()) == {2}
    assert read_sonata(data / "sonata" / "300_intfire", step_ms=1.0).steps == 3000


def test_several_groups_and_sparse_ids(circuit):
    network = read_sonata(circuit())
    # ext: ids 10, 30, 20 in this order (inputs 0..2); net: ids 0..3 (neurons 3..6), of which the last is virtual
    assert [(p.name, p.start, p.stop) for p in network.populations] == [("ext", 0, 3), ("net", 3, 7)]
    assert network.is_input.tolist() == [True, True, True, False, False, False, True]
    rows = zip(network.sources(), network.targets, network.weights, network.delays, strict=True)
    assert sorted(tuple(float(x) for x in row) for row in rows) == [
        (0, 3, 0.5, 3),  # group 0: weight from the group; delay of type 7
        (1, 4, 2.0, 3),  # group 1: weight of type 7 (2.0), one contact
        (1, 4, 8.0, 3),  # the same pair again, 4 contacts
        (2, 5, 1.0, 1),  # type 8 has neither weight nor delay
    ]


def test_both_spike_layouts_within_the_simulated_time(circuit):
    network = read_sonata(circuit())
    # output (newer layout): neuron 1 twice, neuron 0 once, one after tstop; input (older): id 30 twice, id 20 once
    assert network.spike_counts.tolist() == [0, 2, 1, 1, 2, 0, 0]
    assert (network.steps, network.windows) == (20, 1)


def test_without_recorded_output_there_are_no_counts(circuit):
    folder = circuit()
    (folder / "out" / "spikes.h5").unlink()
    assert read_sonata(folder).spike_counts is None


@pytest.mark.parametrize("entry", ["sets", "inline", "only"])
def test_older_layout_names_its_population_in_the_node_set(circuit, entry):
    node_set = {"sets": "outside", "inline": {"population": "ext"}, "only": "nothing of that name"}[entry]
    network = read_sonata(circuit(node_set=node_set, node_sets={"outside": {"population": "ext"}}))
    assert network.spike_counts[:3].tolist() == [0, 2, 1]


def test_variables_of_the_manifest(circuit):
    manifest = {"$NET": "$BASE/net", "$BASE": "${configdir}", "$NETWORK": "./nowhere"}
    assert read_sonata(circuit(manifest=manifest)).synapse_count == 4


def test_model_type_of_a_node_group(circuit):
    def change(folder):
        with h5py.File(folder / "net" / "net_nodes.h5", "a") as file:
            nodes = file["nodes/net"]
            nodes["node_group_id"], nodes["node_group_index"] = [0, 0, 0, 1], [0, 1, 2, 0]
            nodes["1/model_type"] = np.array([1])
            nodes["1/@library/model_type"] = np.array([b"virtual", b"point_neuron"])

    assert read_sonata(circuit(change)).is_input.tolist() == [True] * 3 + [False] * 4
