"""Structure of NIR graphs: orders, loops, sums, nested graphs, delays, readouts and neuron parameters."""

from __future__ import annotations

import nir
import numpy as np
import pytest
from nir_support import dense, neurons, part, read, sink, source

from mapper.errors import InputError

RNG = np.random.default_rng(5)
A, B, R = RNG.normal(size=(3, 2)), RNG.normal(size=(2, 3)), RNG.normal(size=(3, 3))


def close(got: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-6)


def names(network) -> list[str]:
    return [p.name for p in network.populations]


def test_populations_follow_the_flow_not_the_alphabet():
    nodes = {"z": source(1), "10": neurons(1), "9": neurons(1), "a": neurons(1), "out": sink(1)}
    network = read(nodes, [("z", "10"), ("10", "9"), ("9", "a"), ("a", "out")])
    assert names(network) == ["z", "10", "9", "a"]
    assert network.is_input.tolist() == [True, False, False, False]
    side_by_side = {str(i): neurons(1) for i in (10, 9, 1)} | {"in": source(1)}
    assert names(read(side_by_side, [("in", "10"), ("in", "9"), ("in", "1")])) == ["in", "1", "9", "10"]


def test_two_inputs_come_first():
    network = read(
        {"i2": source(1), "a": neurons(1), "i1": source(1), "b": neurons(1)}, [("i2", "a"), ("a", "b"), ("i1", "b")]
    )
    assert names(network) == ["i1", "i2", "a", "b"]


def test_recurrence_through_a_linear_node():
    network = read(
        {"in": source(2), "fc": nir.Linear(A), "lif": neurons(3), "rec": nir.Affine(R, np.ones(3)), "out": sink(3)},
        [("in", "fc"), ("fc", "lif"), ("lif", "rec"), ("rec", "lif"), ("lif", "out")],
    )
    close(dense(network, "in", "lif"), A)
    close(dense(network, "lif", "lif"), R)
    assert part(network, "lif").neuron.parameters["bias"].tolist() == [1, 1, 1]
    assert network.delays is None


def test_a_loop_entered_at_a_linear_node_gets_its_shape_from_outside():
    # The neurons state no shape (0-d parameters); 'mix' adds the input and the feedback.
    lif = nir.IF(r=np.float64(2), v_threshold=np.float64(1), v_reset=np.float64(0))
    edges = [("in", "mix"), ("back", "mix"), ("mix", "lif"), ("lif", "back"), ("lif", "out")]
    nodes = {"in": source(3), "back": nir.Linear(R), "mix": nir.Scale(np.float64(2)), "lif": lif, "out": sink(3)}
    network = read(nodes, edges)
    assert names(network) == ["in", "lif"]
    close(dense(network, "in", "lif"), 2 * np.eye(3))
    close(dense(network, "lif", "lif"), 2 * R)
    assert part(network, "lif").neuron.parameters["r"].tolist() == [2]


def test_feedback_between_populations_keeps_the_forward_order():
    network = read(
        {"in": source(2), "b": neurons(3), "a": neurons(3), "c": neurons(2), "w": nir.Linear(A), "v": nir.Linear(B)},
        [("in", "w"), ("w", "b"), ("b", "a"), ("a", "v"), ("v", "c"), ("c", "w")],
    )
    assert names(network) == ["in", "b", "a", "c"]
    close(dense(network, "c", "b"), A)


def test_a_direct_self_loop_is_kept():
    network = read({"in": source(2), "a": neurons(2)}, [("in", "a"), ("a", "a")])
    np.testing.assert_array_equal(dense(network, "a", "a"), np.eye(2))


def test_two_paths_between_the_same_neurons_are_one_synapse_with_the_sum():
    network = read(
        {"in": source(2), "p": nir.Affine(A, np.ones(3)), "q": nir.Affine(2 * A, np.ones(3)), "if": neurons(3)},
        [("in", "p"), ("in", "q"), ("p", "if"), ("q", "if")],
    )
    close(dense(network, "in", "if"), 3 * A)
    assert network.synapse_count == 6
    assert part(network, "if").neuron.parameters["bias"].tolist() == [2, 2, 2]


def test_a_skip_past_a_linear_node_adds_the_identity():
    network = read({"in": source(3), "w": nir.Linear(R), "if": neurons(3)}, [("in", "w"), ("in", "if"), ("w", "if")])
    close(dense(network, "in", "if"), R + np.eye(3))


def test_sources_with_paths_into_one_linear_node_keep_their_own_synapses():
    network = read(
        {"in": source(2), "a": neurons(2), "b": neurons(2), "w": nir.Linear(A), "if": neurons(3)},
        [("in", "a"), ("in", "b"), ("a", "w"), ("b", "w"), ("w", "if")],
    )
    close(dense(network, "a", "if"), A)
    close(dense(network, "b", "if"), A)


def test_an_edge_listed_twice_is_one_edge():
    network = read({"in": source(2), "w": nir.Linear(A), "if": neurons(3)}, [("in", "w"), ("w", "if"), ("in", "w")])
    close(dense(network, "in", "if"), A)


def chain(*middle) -> dict:
    return {"in": source(2)} | {f"n{i}": n for i, n in enumerate(middle)} | {"if": neurons(2)}


def test_delays_become_steps():
    network = read(chain(nir.Delay(np.array([2.6e-4, 1e-6])), nir.Scale(np.array([3.0, 4.0]))))
    # 2.6 steps round to 3; a delay far below half a step still is one step.
    assert network.delays.tolist() == [3, 1] and network.weights.tolist() == [3.0, 4.0]
    assert read(chain(nir.Delay(np.array([2.6e-4, 0.0]))), step_s=1e-3).delays.tolist() == [1, 0]
    assert read(chain(nir.Delay(np.float64(1e-3)), nir.Delay(np.array([1e-3, 2e-3])))).delays.tolist() == [20, 30]
    assert read(chain(nir.Delay(np.zeros(2)))).delays is None


def test_paths_with_different_delays_stay_two_synapses():
    network = read(
        {"in": source(1), "d": nir.Delay(np.array([5e-4])), "w": nir.Linear(np.array([[2.0]])), "if": neurons(1)},
        [("in", "d"), ("d", "w"), ("in", "w"), ("w", "if")],
    )
    assert network.delays.tolist() == [0, 5] and network.weights.tolist() == [2, 2]


def test_with_delays_a_synapse_backwards_takes_at_least_one_step():
    nodes = {"in": source(2), "a": neurons(2), "b": neurons(2), "d": nir.Delay(np.full(2, 7e-4)), "out": sink(2)}
    network = read(nodes, [("in", "a"), ("a", "b"), ("b", "a"), ("b", "d"), ("d", "b"), ("b", "out")])
    seen = dict(
        zip(zip(network.sources().tolist(), network.targets.tolist(), strict=True), network.delays, strict=True)
    )
    assert seen[0, 2] == 0 and seen[2, 4] == 0  # forwards, no Delay node
    assert seen[4, 2] == 1  # backwards, none either
    assert seen[4, 4] == 7


def nested(inner_nodes: dict, inner_edges: list[tuple[str, str]]) -> nir.NIRGraph:
    return nir.NIRGraph(inner_nodes, inner_edges, type_check=False)


def test_nested_graphs_equal_the_flat_one():
    inner_edges = [("input", "lif"), ("lif", "rec"), ("rec", "lif"), ("lif", "output")]
    inner = {"input": source(3), "lif": neurons(3), "rec": nir.Linear(R), "output": sink(3)}
    middle = nested({"i": source(3), "deep": nested(inner, inner_edges), "o": sink(3)}, [("i", "deep"), ("deep", "o")])
    outer_edges = [("in", "fc"), ("fc", "g"), ("g", "fc2"), ("fc2", "last"), ("last", "out")]
    nodes = {"in": source(2), "fc": nir.Linear(A), "fc2": nir.Linear(B), "last": neurons(2), "out": sink(2)}
    network = read(nodes | {"g": middle}, outer_edges)
    assert names(network) == ["in", "g.deep.lif", "last"]
    close(dense(network, "in", "g.deep.lif"), A)
    close(dense(network, "g.deep.lif", "g.deep.lif"), R)
    close(dense(network, "g.deep.lif", "last"), B)


def test_an_edge_may_name_one_of_several_ports():
    inner = nested(
        {"p": source(3), "q": source(2), "w": nir.Linear(A), "lif": neurons(3), "o": sink(3)},
        [("q", "w"), ("w", "lif"), ("p", "lif"), ("lif", "o")],
    )
    nodes = {"x": source(2), "y": source(3), "g": inner, "out": sink(3)}
    network = read(nodes, [("x", "g.q"), ("y", "g.p"), ("g", "out")])
    close(dense(network, "x", "g.lif"), A)
    close(dense(network, "y", "g.lif"), np.eye(3))
    with pytest.raises(InputError, match=r"'x' -> 'g'.*one Input node.*'g.p'"):
        read(nodes, [("x", "g"), ("g", "out")])


def test_a_linear_readout_becomes_relay_neurons():
    flat = nir.Flatten({"input": np.array([2, 1, 1])}, 0, -1)
    nodes = {"in": source(2, 1, 1), "lif": neurons(2, 1, 1), "flat": flat, "fc": nir.Affine(A, np.array([1.0, 2, 3]))}
    network = read(nodes | {"out": sink(3)})
    assert names(network) == ["in", "lif", "fc"]
    assert part(network, "fc").neuron.kind == "relay"
    assert part(network, "fc").neuron.parameters["bias"].tolist() == [1, 2, 3]
    close(dense(network, "lif", "fc"), A)
    assert names(read(nodes)) == ["in", "lif", "fc"]  # the same without an Output node


def test_reshaping_before_an_output_adds_no_neurons():
    flat = nir.Flatten({"input": np.array([2, 1])}, 0, -1)
    network = read(
        {"in": source(2, 1), "lif": neurons(2, 1), "d": nir.Delay(np.ones((2, 1))), "flat": flat, "o": sink(2)}
    )
    assert names(network) == ["in", "lif"]


def test_a_tapped_linear_node_also_feeds_the_next_layer():
    network = read(
        {"in": source(2), "w": nir.Linear(A), "if": neurons(3), "tap": sink(3), "out": sink(3)},
        [("in", "w"), ("w", "tap"), ("w", "if"), ("if", "out")],
    )
    assert names(network) == ["in", "w", "if"]
    close(dense(network, "in", "w"), A)
    close(dense(network, "in", "if"), A)


@pytest.mark.parametrize(
    ("node", "kind", "expected"),
    [
        (nir.I(r=np.array([1.0, 2.0])), "I", {"r": [1, 2]}),
        (nir.Threshold(np.array([1.0, 2.0])), "threshold", {"threshold": [1, 2]}),
        (nir.LI(np.ones(2), np.full(2, 3.0), np.zeros(2)), "LI", {"tau": [1, 1], "r": [3, 3], "v_leak": [0, 0]}),
        (
            nir.CubaLI(np.ones(2), np.full(2, 2.0), np.full(2, 3.0), np.full(2, 4.0), np.full(2, 5.0)),
            "CubaLI",
            {"tau_syn": [1, 1], "tau_mem": [2, 2], "r": [3, 3], "v_leak": [4, 4], "w_in": [5, 5]},
        ),
        (
            nir.CubaLIF(*(np.full(2, float(v)) for v in range(1, 8))),
            "CubaLIF",
            {
                k: [v, v]
                for v, k in enumerate(("tau_syn", "tau_mem", "r", "v_leak", "v_threshold", "v_reset", "w_in"), 1)
            },
        ),
        (
            nir.LIF(*(np.full(2, float(v)) for v in range(1, 6))),
            "LIF",
            {k: [v, v] for v, k in enumerate(("tau", "r", "v_leak", "v_threshold", "v_reset"), 1)},
        ),
        (
            nir.IF(np.ones(2), np.full(2, 2.0), np.full(2, -1.0)),
            "IF",
            {"r": [1, 1], "v_threshold": [2, 2], "v_reset": [-1, -1]},
        ),
    ],
)
def test_every_neuron_kind_keeps_its_parameters(node, kind, expected):
    model = part(read({"in": source(2), "n": node, "out": sink(2)}), "n").neuron
    assert model.kind == kind
    assert {key: values.tolist() for key, values in model.parameters.items()} == expected


def test_parameters_are_broadcast_to_the_layer():
    # Scalar, one per channel (two spellings), full and batched, all on a (2, 2, 3) layer.
    full = np.arange(12.0).reshape(2, 2, 3)
    lif = nir.CubaLIF(np.ones((1, 2, 2, 3)), *[np.ones((1, 2, 2, 3))] * 5)
    lif.tau_syn, lif.tau_mem, lif.r, lif.v_leak = np.float64(9), np.array([1.0, 2.0]), full, full[None]
    lif.v_threshold, lif.v_reset, lif.w_in = np.array([3.0, 4.0]).reshape(2, 1, 1), np.zeros(1), np.float64(5)
    population = part(read({"in": source(2, 2, 3), "lif": lif}), "lif")
    assert population.shape == (2, 2, 3)
    got = {key: values.tolist() for key, values in population.neuron.parameters.items()}
    assert got["tau_syn"] == [9] and got["w_in"] == [5] and got["v_reset"] == [0]
    assert got["tau_mem"] == [1] * 6 + [2] * 6 and got["v_threshold"] == [3] * 6 + [4] * 6
    assert got["r"] == got["v_leak"] == list(range(12))


def test_parameters_may_tell_more_dimensions_than_the_input():
    conv = nir.Conv2d(None, np.ones((1, 2, 1, 1)), 1, 0, 1, 1, np.zeros(1))
    conv.input_shape = (2, 3)
    network = read({"in": source(12), "n": neurons(1, 2, 2, 3), "conv": conv, "m": neurons(1, 2, 3)})
    assert [p.shape for p in network.populations] == [(12,), (2, 2, 3), (1, 2, 3)]
    np.testing.assert_array_equal(dense(network, "n", "m"), np.tile(np.eye(6), (1, 2)))
