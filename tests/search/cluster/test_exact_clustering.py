"""The exact method against enumeration of all clusterings, and proofs on the public packing and grouping cases."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from cases import networks
from clustering_rules import assert_legal
from enumeration import legal_partitions
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.errors import InputError
from mapper.lower.semantics import Iteration
from mapper.model.clustering import Clustering
from mapper.model.network import SpikingNetwork
from mapper.model.result import Status
from mapper.search.cluster.exact import search as exact_search
from mapper.search.cluster.exact.grouping import group_cost, group_equally
from mapper.search.cluster.exact.packing import pack_components
from mapper.search.cluster.exact.search import cluster_exactly, exact
from mapper.search.cluster.limits import Limits
from mapper.search.cluster.metrics import cost, measure
from mapper.search.cluster.params import ClusterParams
from mapper.stop import MaxRuntime

OBJECTIVES = ("balanced", "clusters", "packets")


@given(
    networks(max_neurons=6),
    st.integers(3, 6),
    st.integers(1, 4),
    st.integers(6, 20),
    st.none() | st.integers(1, 15),
    st.sampled_from(list(Iteration)),
    st.sampled_from(OBJECTIVES),
    st.booleans(),
)
@settings(max_examples=110)
def test_the_optimum_is_that_of_enumeration(network, inputs, outputs, synapses, buffer, iteration, objective, poor):
    limits = Limits(inputs, outputs, synapses, buffer)
    params = ClusterParams(iteration, stop=MaxRuntime(30), objective=objective)
    legal = list(legal_partitions(network, limits, iteration))
    costs = [cost(measure(network, c), objective)[:2] for c in legal]
    if not costs:
        with pytest.raises(InputError):
            cluster_exactly(network, limits, params)
        return
    if poor:  # so that the solver, not the start, has to find the optimum
        params = replace(params, start=legal[costs.index(max(costs))])
    answer = cluster_exactly(network, limits, params)
    assert answer.status is Status.OPTIMAL
    assert answer.cost == min(costs)
    assert answer.cost == cost(measure(network, answer.clustering), objective)[:2]
    assert_legal(network, answer.clustering, limits, iteration)


def ladder(neurons=12):
    """Neurons on a line that hear two inputs each, one of them their neighbour's."""
    pre = [a for i in range(neurons) for a in (i, i + 1)]
    post = [neurons + 1 + i for i in range(neurons) for _ in range(2)]
    return SpikingNetwork.from_edges(
        "ladder", 2 * neurons + 1, pre, post, is_input=np.arange(2 * neurons + 1) < neurons + 1
    )


def test_a_poor_start_is_improved_to_the_optimum_of_the_ladder():
    """Four neurons of a run share a cluster of five rows: three clusters, and two inputs are sent twice."""
    network = ladder()
    poor = Clustering(np.concatenate([np.full(13, -1), np.arange(12)]), 12)
    params = ClusterParams(start=poor, stop=MaxRuntime(60), objective="clusters")
    answer = cluster_exactly(network, Limits(5, 4, 99), params)
    assert (answer.cost, answer.status) == ((3, 15), Status.OPTIMAL)


def test_few_packets_for_rows_cost_clusters():
    """The ladder again, with inputs of one to five packets: what a cluster's five rows take must be at most nine."""
    spikes = np.array([1, 2, 3, 4, 5, 1, 2, *[0] * 6])
    network = replace(ladder(6), spike_counts=spikes * 7, windows=7)
    limits = Limits(5, 4, 99, buffer=9)
    legal = list(legal_partitions(network, limits))
    fewest = min(c.count for c in legal)
    assert fewest > min(c.count for c in legal_partitions(network, Limits(5, 4, 99)))
    answer = cluster_exactly(network, limits, ClusterParams(stop=MaxRuntime(60), objective="clusters"))
    assert (answer.clustering.count, answer.status) == (fewest, Status.OPTIMAL)


def test_places_of_their_own_limits_are_respected():
    network = ladder(6)
    places = [Limits(5, 4, 8), Limits(3, 2, 4)]
    answer = cluster_exactly(network, places, ClusterParams(stop=MaxRuntime(60), objective="packets"))
    assert_legal(network, answer.clustering, places, Iteration.FRAME)
    assert (answer.cost, answer.status) == ((8, 2), Status.OPTIMAL)


def test_without_time_the_start_comes_back_unproven(monkeypatch):
    network, start = ladder(), Clustering(np.concatenate([np.full(13, -1), np.arange(12)]), 12)
    stopped = ClusterParams(start=start, stop=MaxRuntime(0))
    answer = cluster_exactly(network, Limits(5, 4, 99), stopped)
    assert answer.status is Status.FEASIBLE and answer.clustering.count == 12
    monkeypatch.setattr(exact_search, "_MOST_LITERALS", 10)
    assert exact(network, Limits(5, 4, 99), ClusterParams(start=start)).count == 12


@pytest.mark.parametrize(("side", "cores"), [(32, 14), (48, 9), (64, 7)])
def test_components_of_a_published_compiler_are_packed_provably(data, side, cores):
    held = json.loads((data / "packing" / "vmm_o_64_mcc.json").read_text())
    needs = np.array([component for core in held["cores"] for component in core["mcc"]])
    limits = np.array([side, side, side * side])
    packing = pack_components(needs, limits)
    assert (packing.clusters, packing.bound, packing.status) == (cores, cores, Status.OPTIMAL)
    loads = np.zeros((cores, 3), int)
    np.add.at(loads, packing.assignment, needs)
    assert len(packing.assignment) == 166 and (loads <= limits).all()


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 4)), max_size=7))
@settings(max_examples=60)
def test_packings_equal_enumeration(needs):
    limits = np.array([7, 5])
    packing = pack_components(np.array(needs, int).reshape(-1, 2), limits)
    fewest = 0
    while not fits(sorted(needs, reverse=True), [tuple(limits)] * fewest):
        fewest += 1
    assert (packing.clusters, packing.bound, packing.status) == (fewest, fewest, Status.OPTIMAL)
    for c in range(packing.clusters):
        chosen = [need for need, at in zip(needs, packing.assignment, strict=True) if at == c]
        assert chosen and (np.sum(chosen, axis=0) <= limits).all()


def fits(needs, room):
    """Whether the needs can be packed into the room left, by trying every place for each."""
    if not needs:
        return True
    (a, b), rest = needs[0], needs[1:]
    tried = {left for left in room if left[0] >= a and left[1] >= b}
    return any(
        fits(rest, [*room[: room.index(left)], (left[0] - a, left[1] - b), *room[room.index(left) + 1 :]])
        for left in tried
    )


def test_a_component_that_fits_nowhere_is_named():
    with pytest.raises(InputError, match="component 1"):
        pack_components([[1, 1], [9, 1]], [8, 8])


#: Connections between cores in the comparison that comes with the matrices (the least of ten annealing runs).
PUBLISHED = {2: [1, 8, 17, 22, 27, 36], 3: [4, 13, 13, 28, 41, 43]}


def test_all_sixteen_node_cases_are_proven_and_none_is_worse_than_published(data):
    for sigma, costs in PUBLISHED.items():
        for mu, published in enumerate(costs, 1):
            name = f"Noisy_diagonal_16_sigma_{sigma}_mu_{mu}.csv"
            matrix = np.loadtxt(data / "clustering" / "gmap" / "Noisy_diagonal_16" / name, delimiter=",").astype(int)
            answer = group_equally(matrix, 4)
            assert answer.status is Status.OPTIMAL
            assert answer.cost <= published
            assert np.bincount(answer.assignment).tolist() == [4, 4, 4, 4]
            crossing = answer.assignment[:, None] != answer.assignment[None, :]
            assert answer.cost == (matrix * crossing).sum()


def equal_groups(nodes, size):
    """All partitions of the nodes into groups of ``size``."""
    if not nodes:
        yield []
        return
    for rest in combinations(nodes[1:], size - 1):
        left = [node for node in nodes[1:] if node not in rest]
        for groups in equal_groups(left, size):
            yield [(nodes[0], *rest), *groups]


@given(st.lists(st.integers(0, 3), min_size=36, max_size=36), st.sampled_from([2, 3]), st.sampled_from([0, 0, 2]))
@settings(max_examples=25)
def test_groupings_equal_enumeration(entries, groups, limit):
    matrix = np.array(entries).reshape(6, 6)
    least = None
    for partition in equal_groups(list(range(6)), 6 // groups):
        enters = [sum(matrix[i, j] for j in group for i in range(6) if i not in group) for group in partition]
        total = sum(max(e - limit, 0) for e in enters)
        least = total if least is None else min(least, total)
    answer = group_equally(matrix, groups, limit=limit)
    assert (answer.cost, answer.bound, answer.status) == (least, least, Status.OPTIMAL)
    assert group_cost(matrix, answer.assignment, limit) == least


def test_groups_must_be_equal():
    with pytest.raises(InputError, match="divisor of 5"):
        group_equally(np.zeros((5, 5), int), 2)
