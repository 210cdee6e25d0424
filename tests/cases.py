"""Random applications, platforms and networks for property tests."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from mapper.model.application import Application
from mapper.model.clustering import Clustering
from mapper.model.network import Population, SpikingNetwork
from mapper.model.platform import Energy, Platform, TileClass, Timing
from mapper.model.sdf import SDFGraph
from mapper.model.topology import Bus, LinkGraph, Mesh, fully_connected, ring
from mapper.search.bounds import best_bound
from mapper.search.greedy import search_greedily
from mapper.search.incumbent import Incumbent
from mapper.stop import MaxRuntime

small = st.integers(0, 9)
TOPOLOGIES = (
    *(Mesh(1, 1), Mesh(2, 1), Mesh(2, 2), Mesh(3, 1), Mesh(2, 2, torus=True)),
    *(ring(3), ring(4), Bus(1), Bus(3), fully_connected(3)),
    LinkGraph(3, ((0, 1), (1, 2), (2, 0))),
)


@st.composite
def applications(draw, min_clusters=1, max_clusters=5, max_time=30):
    """Live applications: forward channels without tokens or with one, backward channels with at least one."""
    clusters = draw(st.integers(min_clusters, max_clusters))
    has_input = draw(st.booleans())
    n = clusters + has_input
    pairs = [(a, b) for a in range(n) for b in range(clusters) if a != b]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=2 * clusters)) if pairs else []
    delays = [draw(st.integers(0 if a < b or a == clusters else 1, 2)) for a, b in chosen]
    packets = [draw(st.integers(0, 6)) for _ in chosen]
    return application(
        [draw(st.integers(0, max_time)) for _ in range(clusters)], chosen, packets, delays, has_input=has_input
    )


def application(times, channels, packets, delays, *, has_input=False, demand=None):
    """An application from plain lists; the input actor, if any, is the last and takes no time."""
    clusters = len(times)
    n = clusters + has_input
    rates = np.maximum(np.array(packets, np.int64), 1)
    ends = np.array(channels, np.int64).reshape(-1, 2)
    delays = np.array(delays, np.int64)
    graph = SDFGraph(
        name="random",
        actors=tuple(f"c{i}" for i in range(clusters)) + ("input",) * has_input,
        execution_times=np.array([*times, *[0] * has_input], np.int64),
        sources=ends[:, 0].astype(np.int32),
        targets=ends[:, 1].astype(np.int32),
        production=rates,
        consumption=rates,
        initial_tokens=rates * delays,
    )
    needs = np.zeros((n, 3), np.int64)
    needs[:clusters] = 1 if demand is None else demand
    return Application(
        graph=graph,
        is_input=np.arange(n) == clusters,
        demand=needs,
        packets=np.array(packets, np.int64),
        delay_iterations=delays,
        synaptic_events=np.arange(n),
        output_spikes=np.arange(n) * 2,
    )


def mesh_with_far_hops(columns, rows, *, buffer_iterations):
    """A mesh whose tiles hold any number of clusters, and where a hop takes as long as 15 packets."""
    return Platform(
        "chip",
        Mesh(columns, rows),
        (TileClass("tile", 128, 128, clusters_per_crossbar=None),),
        np.zeros(columns * rows, np.int32),
        timing=Timing(hop_ps=15, packet_ps=1),
        buffer_iterations=buffer_iterations,
    )


def greedy_start(app, chip, seconds=60.0, **options):
    """An incumbent with the greedy mapping, or without any."""
    incumbent = Incumbent(app, chip, best_bound(app, chip), MaxRuntime(seconds), **options)
    search_greedily(incumbent)
    return incumbent


@st.composite
def platforms(draw, max_tiles=4, arbitrations=("tdm", "round_robin"), roomy=False):
    """Small chips of every topology, with all timing terms in play, few slots, buffers and broken tiles."""
    topology = draw(st.sampled_from([t for t in TOPOLOGIES if t.tiles <= max_tiles]))
    tiles = topology.tiles
    timing = Timing(
        setup_ps=draw(small),
        hop_ps=draw(small),
        packet_ps=draw(st.integers(0, 4)),
        local_ps=draw(st.integers(0, 3)),
        inject_ps=draw(st.integers(0, 2)),
        eject_ps=draw(st.integers(0, 2)),
        reprogram_ps=draw(st.integers(0, 5)),
    )
    kind = TileClass(
        "tile",
        inputs=4,
        outputs=4,
        crossbars=draw(st.integers(1, 2)),
        clusters_per_crossbar=None if roomy else draw(st.sampled_from([None, None, 1, 2])),
        buffer_packets=None if roomy else draw(st.sampled_from([None, None, 5, 20])),
    )
    broken = () if roomy or tiles == 1 else draw(st.sampled_from([(), (), (tiles - 1,)]))
    return Platform(
        "random",
        topology,
        (kind,),
        np.zeros(tiles, np.int32),
        timing=timing,
        energy=Energy(inject_fj=3, hop_fj=2, eject_fj=1, local_fj=1, synaptic_event_fj=5, output_spike_fj=7),
        io_tile=draw(st.integers(0, tiles - 1)),
        buffer_iterations=draw(st.integers(1, 3)),
        arbitration=draw(st.sampled_from(arbitrations)),
        broken=broken,
    )


@st.composite
def partitions(draw, network, most=4):
    """Any clustering of a network into at most ``most`` clusters, legal or not."""
    internal = np.flatnonzero(~network.is_input)
    labels = [draw(st.integers(0, most - 1)) for _ in internal]
    numbers = {label: c for c, label in enumerate(dict.fromkeys(labels))}
    assignment = np.full(network.size, -1)
    assignment[internal] = [numbers[label] for label in labels]
    return Clustering(assignment, len(numbers))


@st.composite
def networks(draw, max_neurons=14, recorded=True):
    """Networks of a few populations with parallel synapses, self-loops, feedback, delays and inputs."""
    sizes = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    total = min(sum(sizes), max_neurons)
    inputs = draw(st.integers(0, min(sizes[0], total)))
    inputs = sizes[0] if inputs and len(sizes) > 1 else 0
    populations, end = [], 0
    for i, size in enumerate(sizes):
        size = min(size, total - end)
        if size:
            populations.append(Population(f"p{i}", end, end + size))
            end += size
    if inputs >= total:
        inputs = 0
    node, target = st.integers(0, total - 1), st.integers(inputs, total - 1)
    synapses = draw(st.lists(st.tuples(node, target), max_size=4 * total))
    counts = draw(st.lists(st.integers(0, 40), min_size=total, max_size=total)) if recorded else None
    return SpikingNetwork.from_edges(
        "random",
        total,
        [a for a, _ in synapses],
        [b for _, b in synapses],
        is_input=np.arange(total) < inputs,
        delays=draw(st.none() | st.just(np.arange(len(synapses)) % 4)) if synapses else None,
        spike_counts=counts,
        steps=draw(st.integers(1, 10)),
        windows=draw(st.integers(1, 3)),
        populations=tuple(populations),
    )


def interrupt_at(number, seen):
    """A watcher of progress that lists what it sees, and presses Ctrl-C at the event of this number."""

    def watch(event):
        seen.append(event)
        if len(seen) == number:
            raise KeyboardInterrupt

    return watch
