"""Random networks on random chips: nothing unchecked comes out, and the period is what execution shows."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest
from cases import networks, platforms
from hypothesis import given, settings
from hypothesis import strategies as st

import mapper
from mapper.analysis.engines.self_timed import self_timed
from mapper.check.result import check_result
from mapper.errors import InputError
from mapper.io.platform import platform_from_dict, platform_to_dict
from mapper.io.result import result_from_dict, result_to_dict
from mapper.lower.bound_graph import bind
from mapper.model.result import Status
from mapper.solve import map_network
from mapper.stop import MaxRuntime

iterations = st.sampled_from(["frame", "timestep"])


def executed_period(result):
    """λ by playing the bound graph, or the heaviest link."""
    graph = bind(result.application, result.mapping, result.platform)
    return max(self_timed(graph).period, Fraction(int(graph.link_loads.max(initial=0))))


@given(networks(), platforms(), iterations)
@settings(max_examples=150)
def test_greedy_results_hold(network, platform, iteration):
    result = map_network(network, platform, method="greedy", iteration=iteration)
    check_result(result)
    if result.evaluation is not None:
        assert result.evaluation.period == executed_period(result)
        assert result.evaluation.period >= result.bound.value
        assert 0 <= result.evaluation.remote_packets <= result.evaluation.packets


@given(networks(), platforms(), iterations)
@settings(max_examples=40)
def test_exact_results_hold_and_beat_greedy(network, platform, iteration):
    greedy = map_network(network, platform, method="greedy", iteration=iteration)
    exact = map_network(network, platform, method="cpsat", iteration=iteration, stop=MaxRuntime(5), workers=1)
    check_result(exact)
    if exact.evaluation is not None:
        assert exact.evaluation.period == executed_period(exact)
        if greedy.evaluation is not None:
            assert exact.evaluation.period <= greedy.evaluation.period
            assert exact.evaluation.period >= greedy.bound.value
    else:
        assert greedy.evaluation is None
    if greedy.status is Status.INFEASIBLE:
        assert exact.status is Status.INFEASIBLE


@given(networks(), platforms())
@settings(max_examples=60)
def test_results_survive_the_file_byte_for_byte(network, platform):
    result = map_network(network, platform, method="greedy")
    text = json.dumps(result_to_dict(result))
    again = result_from_dict(json.loads(text))
    assert json.dumps(result_to_dict(again)) == text
    check_result(again)


def test_one_worker_and_one_seed_reproduce_the_result():
    network, chip = mapper.read_network("lsm_ecg"), mapper.read_platform("dfsynthesizer-2x2")
    first, second = (map_network(network, chip, workers=1, seed=3) for _ in range(2))
    assert first.mapping.orders == second.mapping.orders
    assert (first.evaluation, first.bound.value) == (second.evaluation, second.bound.value)


def test_the_shipped_mnist_network_is_mapped_optimally():
    result = map_network(mapper.read_network("mlp_mnist"), mapper.read_platform("dynapse-3x3"), workers=1)
    assert result.status is Status.OPTIMAL
    assert executed_period(result) == result.bound.value


def test_a_real_convolutional_network_fits_loihi(data):
    network = mapper.read_network(data / "nir" / "cnn_sinabs.nir")
    result = map_network(network, mapper.read_platform("loihi"), method="greedy")
    assert result.status in (Status.FEASIBLE, Status.OPTIMAL)
    assert int(result.clustering.sizes().sum()) == network.neuron_count == 8970
    assert result.clustering.sizes().max() <= 1024
    assert result.evaluation.period == executed_period(result)


def test_too_small_a_chip_is_proven_infeasible():
    network = mapper.read_network("lenet_digits")
    tiny = platform_from_dict(
        {
            "name": "tiny",
            "topology": {"kind": "bus", "tiles": 2},
            "tile_classes": [{"name": "t", "inputs": 128, "outputs": 128}],
        }
    )
    for method in ("greedy", "cpsat"):
        result = map_network(network, tiny, method=method)
        assert result.status is Status.INFEASIBLE
        assert result.mapping is None


def test_ctrl_c_returns_the_best_so_far():
    def impatient(event):
        if event.message == "greedy":
            raise KeyboardInterrupt

    network, chip = mapper.read_network("lsm_ecg"), mapper.read_platform("dynapse")
    result = map_network(network, chip, method="cpsat", progress=impatient)
    assert result.status is Status.FEASIBLE
    assert result.statistics["interrupted"]


def test_no_time_still_gives_the_greedy_mapping():
    result = map_network(
        mapper.read_network("lsm_ecg"), mapper.read_platform("dynapse"), method="cpsat", stop=MaxRuntime(0)
    )
    assert result.status is Status.FEASIBLE


def test_a_fan_in_that_may_not_be_unrolled_is_refused():
    with pytest.raises(InputError, match=r"neuron \d+ .*mlp_mnist.*128 inputs.*fan-in of 784"):
        map_network(mapper.read_network("mlp_mnist"), mapper.read_platform("dynapse"), unroll=False)


def test_a_chip_of_unlike_cores_is_filled_core_by_core():
    """Cut for the smallest core the convolutional net needs more places than there are; cut core by core it fits."""
    result = map_network(mapper.read_network("lenet_digits"), mapper.read_platform("speck"), method="greedy")
    assert result.status in (Status.FEASIBLE, Status.OPTIMAL)
    assert len(result.application.clusters) <= 9


def test_a_model_too_large_for_the_time_is_not_built():
    network, chip = mapper.read_network("lenet_digits"), mapper.read_platform("dynapse-4x4")
    result = map_network(network, chip, method="cpsat", stop=MaxRuntime(3))
    assert result.status is Status.FEASIBLE
    assert "constraints" in result.statistics["cpsat"]["not_attempted"]


def test_too_many_neurons_for_any_clustering_is_said():
    network = mapper.SpikingNetwork.from_edges("crowd", 30, range(29), range(1, 30))
    content = {
        "name": "tiny",
        "topology": {"kind": "bus", "tiles": 2},
        "tile_classes": [{"name": "t", "inputs": 8, "outputs": 8}],
    }
    result = map_network(network, platform_from_dict(content), method="greedy")
    assert result.status is Status.INFEASIBLE
    assert "no clustering fits" in result.statistics["infeasible"]


def test_times_beyond_64_bits_are_refused():
    slow = {**platform_to_dict(mapper.read_platform("dynapse")), "name": "slow"}
    slow["timing"] = {**slow["timing"], "per_synaptic_event_ps": 10**15}
    with pytest.raises(InputError, match="2\\^61"):
        map_network(mapper.read_network("mlp_mnist"), platform_from_dict(slow), method="greedy")


def test_an_unknown_method_is_refused():
    with pytest.raises(InputError, match="greedy, local, cpsat, auto"):
        map_network(mapper.read_network("mlp_digits"), mapper.read_platform("dynapse"), method="magic")


def test_a_network_without_neurons_is_mapped_to_nothing():
    empty = mapper.SpikingNetwork.from_edges("empty", 2, [], [], is_input=np.ones(2, bool))
    result = map_network(empty, mapper.read_platform("dynapse"), method="cpsat")
    assert result.status is Status.OPTIMAL
    assert result.evaluation.tiles_used == 0
