"""Refining keeps every figure it carries exact, never returns anything worse, and finds known optima."""

from __future__ import annotations

import numpy as np
import pytest
from cases import interrupt_at
from clustering_rules import assert_legal, clustering_cases, packets_for_rows, recount
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.compiled import kernel
from mapper.lower.semantics import Iteration, feedback_synapses
from mapper.model.clustering import Clustering
from mapper.model.network import Population, SpikingNetwork
from mapper.model.platform import UNLIMITED
from mapper.search.cluster.greedy import cluster_by_shared_inputs
from mapper.search.cluster.limits import Limits, limit_rows
from mapper.search.cluster.metrics import cost, measure
from mapper.search.cluster.params import ClusterParams
from mapper.search.cluster.refine import polish as polishing
from mapper.search.cluster.refine.flat import flatten
from mapper.search.cluster.refine.local import gather
from mapper.search.cluster.refine.partition import clustering_of, partition_of
from mapper.search.cluster.refine.recreate import count_pins, empty_trial, packets_into
from mapper.search.cluster.refine.search import refine
from mapper.search.cluster.refine.step import CLUSTERS, PACKETS, PRODUCT, search_steps, start_search
from mapper.stop import MaxRuntime


def rows(network, limits):
    return np.pad(limit_rows(limits, network.windows), ((0, 0), (0, 1)), constant_values=UNLIMITED)


def begin(network, limits, iteration, start=None, spare=2, seed=1):
    start = start or cluster_by_shared_inputs(network, limits, ClusterParams(iteration))
    flat = flatten(network, iteration)
    return start_search(flat, partition_of(flat, start, rows(network, limits), spare), seed)


def assert_exact(network, search, iteration):
    """Everything the partition carries, recounted from the synapse list."""
    part, home = search.part, search.part.home.tolist()
    pairs = list(zip(network.sources().tolist(), network.targets.tolist(), strict=True))
    spikes = search.flat.spikes.tolist()
    for c in range(len(part.load)):
        members = [v for v in range(network.size) if home[v] == c]
        chain, v = [], part.head[c]
        while v >= 0:
            chain.append(int(v))
            v = part.following[v]
        assert sorted(chain) == members
        sources = {a for a, b in pairs if home[b] == c}
        inside = [(a, b) for a, b in pairs if home[b] == c]
        arriving, events = sum(spikes[a] for a in sources), sum(spikes[a] for a, _ in inside)
        assert part.load[c].tolist() == [len(sources), len(members), len(inside), arriving, events]
        assert part.packets[c] == sum(spikes[a] for a in sources if home[a] != c)
    assert search.totals.tolist() == [len({c for c in home if c >= 0}), part.packets.sum()]
    if iteration is Iteration.FRAME and len(search.flat.component):
        forward = [pair for pair, back in zip(pairs, feedback_synapses(network), strict=True) if not back]
        leads = {(home[a], home[b]) for a, b in forward if home[a] not in (-1, home[b])}
        assert leads == set(zip(*(x.tolist() for x in np.nonzero(part.leads)), strict=True))
        assert all(part.place[a] < part.place[b] for a, b in leads)
        assert part.order[part.place].tolist() == list(range(len(part.load)))
    assert (search.mark == -1).all() and (search.group_of == -1).all()


@given(clustering_cases(), st.integers(0, 1000), st.sampled_from([CLUSTERS, PACKETS, PRODUCT]), st.booleans())
@settings(max_examples=120)
def test_all_that_is_carried_stays_exact(case, seed, rule, warm):
    network, limits, iteration = case
    search = begin(network, limits, iteration, seed=seed)
    if search.totals[0] == 0:
        return
    search.heat[0] = 20.0 * warm
    for _ in range(6):
        search_steps(search, rule, 4, 3, 5)
        assert_exact(network, search, iteration)
        found = clustering_of(network, search.part, search.part.home)
        if found is not None:
            assert_legal(network, found, limits, iteration)


@given(clustering_cases(), st.data())
@settings(max_examples=120)
def test_a_move_changes_the_packets_by_what_was_announced(case, data):
    """Any group of any two clusters, in timestep mode; the recount is by sets on the whole network."""
    network, limits, _ = case
    search = begin(network, limits, Iteration.TIMESTEP)
    k = int(search.totals[0])
    if k < 2:
        return
    part, ids = search.part, np.array(data.draw(st.permutations(range(k)))[:2])
    local = gather(search.flat, part, ids, False, search.mark, search.group_of)
    trial = empty_trial(local, part.limits[ids], part.place[ids].astype(float))
    for g in range(len(local.neuron)):
        for v in local.members[local.member_ptr[g] : local.member_ptr[g + 1]].tolist():
            trial.held[ids.tolist().index(part.home[v]), g] += 1
    count_pins(local, trial)
    assert [packets_into(local, trial, i) for i in (0, 1)] == part.packets[ids].tolist()
    a, g = data.draw(st.sampled_from(np.argwhere(trial.held > 0).tolist()))
    change, rows_taken, brought = polishing._change(local, trial, g, a, 1 - a)
    before = trial.load[1 - a].copy()
    polishing._move(local, trial, g, a, 1 - a)
    moved = Clustering.__new__(Clustering)  # may leave a cluster empty, which the recount does not mind
    home = part.home.copy()
    for v in local.members[local.member_ptr[g] : local.member_ptr[g + 1]].tolist():
        if home[v] == ids[a]:
            home[v] = ids[1 - a]
    object.__setattr__(moved, "assignment", home)
    object.__setattr__(moved, "count", k)
    needs, packets, _ = recount(network, moved)
    assert packets - search.totals[1] == change
    assert (trial.load[1 - a] - before)[[0, 3]].tolist() == [rows_taken, brought]
    arriving = packets_for_rows(network, moved)
    for i, c in enumerate(ids.tolist()):
        assert trial.load[i, :4].tolist() == [*needs[c], arriving[c]]


@given(clustering_cases(), st.integers(0, 9), st.sampled_from(["balanced", "clusters", "packets"]), st.booleans())
@settings(max_examples=60)
def test_refining_is_legal_and_never_worse(case, seed, objective, given_start):
    network, limits, iteration = case
    start = cluster_by_shared_inputs(network, limits, ClusterParams(iteration))
    params = ClusterParams(iteration, seed, MaxRuntime(0.03), objective=objective, start=start if given_start else None)
    found = refine(network, limits, params)
    assert_legal(network, found, limits, iteration)
    if given_start:
        assert cost(measure(network, found), objective) <= cost(measure(network, start), objective)


def ladder(neurons, shuffle=None):
    """Neurons on a line that hear two inputs each, one of them their neighbour's; ids shuffled by a seed."""
    new = np.arange(neurons) if shuffle is None else np.random.default_rng(shuffle).permutation(neurons)
    pre = [a for i in range(neurons) for a in (i, i + 1)]
    post = [neurons + 1 + int(new[i]) for i in range(neurons) for _ in range(2)]
    size = 2 * neurons + 1
    return SpikingNetwork.from_edges("ladder", size, pre, post, is_input=np.arange(size) < neurons + 1)


@pytest.mark.parametrize("iteration", list(Iteration))
def test_shuffled_ladders_are_put_in_order(iteration):
    """Runs of four neurons on five rows are optimal: 6 clusters of 24 neurons, 6 * 5 packets."""
    network, limits = ladder(24, shuffle=3), Limits(5, 4, 99)
    start = np.full(network.size, -1)
    start[25:] = np.arange(24) // 2  # neighbours in id, strangers on the ladder
    params = ClusterParams(iteration, 1, MaxRuntime(2), start=Clustering(start, 12))
    found = refine(network, limits, params)
    assert (found.count, measure(network, found).packets) == (6, 30)
    assert found.method == "refine"


def layers(width=30, depth=4, seed=2):
    rng = np.random.default_rng(seed)
    pre, post = [], []
    for layer in range(depth - 1):
        for i in range(width):
            pre += (layer * width + (i + np.arange(6)) % width).tolist()
            post += [(layer + 1) * width + i] * 6
    populations = tuple(Population(f"l{k}", k * width, (k + 1) * width) for k in range(depth))
    size = depth * width
    return SpikingNetwork.from_edges(
        "layers", size, pre, post, is_input=np.arange(size) < width, populations=populations,
        spike_counts=rng.integers(0, 30, size),
    )  # fmt: skip


@pytest.mark.parametrize("iteration", list(Iteration))
def test_plain_and_compiled_steps_agree(iteration):
    network, limits = layers(), Limits(14, 10, 70)
    searches = [begin(network, limits, iteration, seed=5) for _ in range(2)]
    search_steps(searches[0], PRODUCT, 4, 4, 60)
    search_steps.jitted()(searches[1], PRODUCT, 4, 4, 60)
    assert searches[0].part.home.tolist() == searches[1].part.home.tolist()
    assert searches[0].totals.tolist() == searches[1].totals.tolist()
    assert searches[0].totals[1] < begin(network, limits, iteration).totals[1]
    assert_exact(network, searches[1], iteration)


def test_convexity_is_kept_where_clusters_stand_between(monkeypatch):
    """A chain of layers, so that most choices are hemmed in; also where no table says which cluster leads to which."""
    from mapper.search.cluster.refine import partition

    network, limits = layers(width=12, depth=6), Limits(9, 5, 40)
    for most in (4096, 0):
        monkeypatch.setattr(partition, "_MOST_LEADS", most)
        search = begin(network, limits, Iteration.FRAME, seed=9)
        assert (len(search.part.leads) > 0) == (most > 0)
        first = int(search.totals[1])
        search_steps(search, CLUSTERS, 4, 4, 150)
        assert search.totals[1] < first
        found = clustering_of(network, search.part, search.part.home)
        assert_legal(network, found, limits, Iteration.FRAME)


@pytest.mark.parametrize(
    ("objective", "clusters", "packets"), [("packets", 3, 0), ("balanced", 3, 0), ("clusters", 2, 10)]
)
def test_another_cluster_is_opened_only_where_packets_are_worth_it(objective, clusters, packets):
    """Three pairs that talk, three neurons to a cluster: two clusters cut a pair, three cut none."""
    network = SpikingNetwork.from_edges("pairs", 6, [0, 2, 4], [1, 3, 5], spike_counts=[10] * 6)
    start = Clustering(np.array([0, 0, 0, 1, 1, 1]), 2)
    params = ClusterParams(stop=MaxRuntime(3), objective=objective, start=start)
    found = refine(network, Limits(6, 3, 6), params)
    assert (found.count, measure(network, found).packets) == (clusters, packets)


def test_ctrl_c_keeps_the_best_so_far():
    network, limits = ladder(40, shuffle=3), Limits(5, 4, 99)
    start = Clustering(np.concatenate([np.full(41, -1), np.arange(40)]), 40)
    events = []
    params = ClusterParams(stop=MaxRuntime(30), start=start, progress=interrupt_at(3, events))
    found = refine(network, limits, params)
    assert_legal(network, found, limits, Iteration.FRAME)
    assert cost(measure(network, found)) < cost(measure(network, start))
    assert events[-1].message.startswith("interrupted") and all(e.stage == "refine" for e in events)


def test_places_of_different_limits_are_matched():
    """Two large places and small ones: clusters may be renumbered only to places they fit."""
    network = ladder(10, shuffle=1)
    places = [Limits(7, 6, 20), Limits(5, 4, 10), Limits(3, 2, 6)]
    start = cluster_by_shared_inputs(network, places, ClusterParams())
    found = refine(network, places, ClusterParams(start=start, stop=MaxRuntime(3), objective="clusters"))
    assert_legal(network, found, places, Iteration.FRAME)
    assert found.count == 2 and measure(network, found).packets == 12


def test_nothing_to_do_returns_the_start():
    network = ladder(4)
    whole = Clustering(np.concatenate([np.full(5, -1), np.zeros(4)]).astype(int), 1)
    assert refine(network, Limits(5, 4, 99), ClusterParams(start=whole)).count == 1
    start = Clustering(np.concatenate([np.full(5, -1), [0, 0, 1, 1]]), 2)
    out_of_time = refine(network, Limits(3, 2, 4), ClusterParams(start=start, stop=MaxRuntime(0)))
    assert out_of_time.assignment.tolist() == start.assignment.tolist()


def test_equal_seeds_give_equal_clusterings(monkeypatch):
    monkeypatch.setattr(kernel, "THRESHOLD", 1 << 60)
    network, limits = layers(), Limits(14, 10, 70)
    homes = []
    for seed in (4, 4, 5):
        search = begin(network, limits, Iteration.TIMESTEP, seed=seed)
        search_steps(search, PRODUCT, 4, 4, 25)
        homes.append(search.part.home.tolist())
    assert homes[0] == homes[1] != homes[2]
