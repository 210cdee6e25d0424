"""The model of models/README.md, section 4 once more, in plain Python and by other means, for tests to compare with.

Routes come from networkx, edges from loops over the table, periods from feasibility of start times.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise, product


@cache
def route(topology, p, q):
    """Links of the deterministic route as (from, to) pairs, walked tile by tile."""
    if p == q:
        return []
    if type(topology).__name__ == "Bus":
        return [(-1, -1)]
    if type(topology).__name__ == "Mesh":
        path, columns, rows = [p], topology.columns, topology.rows
        for length, stride in ((columns, 1), (rows, columns)):
            at, goal = path[-1] // stride % length, q // stride % length
            while at != goal:
                up = (goal - at) % length
                step = (1 if goal > at else -1) if not topology.torus else (1 if up <= length - up else -1)
                following = (at + step) % length
                path.append(path[-1] + (following - at) * stride)
                at = following
        return list(pairwise(path))
    import networkx as nx

    return list(pairwise(min(nx.all_shortest_paths(nx.DiGraph(topology.links), p, q))))


def held_by(application, platform, buffers=None):
    """Iterations that each channel holds: as ``buffers`` says, else as the platform does."""
    return buffers or [max(platform.buffer_iterations, int(w) + 1) for w in application.delay_iterations]


def bound_edges(application, binding, orders, platform, retiming=None, buffers=None):
    """(edges as (source, target, time, tokens), link loads by link) of the actors that ``binding`` (a dict) knows."""
    offset = retiming or dict.fromkeys(binding, 0)
    t, graph = platform.timing, application.graph
    inputs = {a for a in range(graph.actor_count) if application.is_input[a]}
    held = held_by(application, platform, buffers)
    channels = [
        (int(a), int(b), int(n), int(w), capacity)
        for a, b, n, w, capacity in zip(
            graph.sources, graph.targets, application.packets, application.delay_iterations, held, strict=True
        )
        if int(a) in binding and int(b) in binding
    ]
    routes = [route(platform.topology, binding[a], binding[b]) for a, b, *_ in channels]
    busy = {a: int(graph.execution_times[a]) for a in binding}
    loads = {}
    for (a, b, n, *_), links in zip(channels, routes, strict=True):
        if links:
            busy[a] += t.inject_ps * n * (a not in inputs)
            busy[b] += t.eject_ps * n * (b not in inputs)
        for link in links:
            loads[link] = loads.get(link, 0) + n * t.packet_ps
    edges = [(a, a, busy[a], 1) for a in binding]
    for i, ((a, b, n, w, capacity), links) in enumerate(zip(channels, routes, strict=True)):
        transfer = t.setup_ps + len(links) * t.hop_ps + n * t.packet_ps if links else t.local_ps
        if platform.arbitration == "round_robin":
            for j, ((_, _, other, *_), others) in enumerate(zip(channels, routes, strict=True)):
                if i != j and set(links) & set(others):
                    transfer += other * t.packet_ps
        ahead = w + offset[b] - offset[a]
        edges.append((a, b, busy[a] + transfer, ahead))
        edges.append((b, a, busy[b] + len(links) * t.hop_ps, capacity - ahead))
    for order in orders:
        crossbars = platform.tile_classes[0].crossbars
        pause = t.reprogram_ps if len(order) > crossbars else 0
        if len(order) > 1:
            for a, b in pairwise(order):
                edges.append((a, b, busy[a] + pause, 0))
            edges.append((order[-1], order[0], busy[order[-1]] + pause, 1))
    return edges, loads


def has_schedule(nodes, edges, period, strictly_below=False):
    """Whether start times exist at ``period`` (with ``strictly_below``: at some smaller period), by relaxation.

    A cycle has a ratio above the period if it is positive under time - period * tokens. To tell "at least" from
    "above", each token weighs a little less, too little for all of them together to cross another ratio.
    """
    little = 1 + sum(tokens for *_, tokens in edges)
    top, bottom = period.numerator, period.denominator
    weights = [
        (a, b, (time * bottom - top * tokens) * little + (tokens if strictly_below else 0))
        for a, b, time, tokens in edges
    ]
    start = dict.fromkeys(nodes, 0)
    for _ in range(len(start) + 1):
        changed = False
        for a, b, weight in weights:
            if start[a] + weight > start[b]:
                if a == b:
                    return False
                start[b] = start[a] + weight
                changed = True
        if not changed:
            return True
    return False


def is_below(application, binding, orders, platform, period, retiming=None, buffers=None):
    """Whether the (partial) mapping's period is smaller than ``period``: the test the exhaustive search prunes by."""
    edges, loads = bound_edges(application, binding, orders, platform, retiming, buffers)
    return max(loads.values(), default=0) < period and has_schedule(binding, edges, period, strictly_below=True)


def breadth_first(application, roots):
    """Every actor not in ``roots``, each (where possible) after an actor that it shares a channel with."""
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(range(application.graph.actor_count))
    graph.add_edges_from(zip(application.graph.sources.tolist(), application.graph.targets.tolist(), strict=True))
    order = list(roots)
    for start in [*roots, *graph]:
        order += [actor for actor in nx.bfs_tree(graph, start) if actor not in order]
    return order[len(roots) :]


def offsets(application, platform, actor, retiming, buffers=None):
    """Iteration offsets that leave 0..B tokens on the channels to the actors placed so far; 0 where there is none."""
    legal = None
    for a, b, w, capacity in zip(
        application.graph.sources.tolist(),
        application.graph.targets.tolist(),
        application.delay_iterations.tolist(),
        held_by(application, platform, buffers),
        strict=True,
    ):
        if b == actor and a in retiming:
            here = {retiming[a] + q - w for q in range(capacity + 1)}
        elif a == actor and b in retiming:
            here = {retiming[b] - q + w for q in range(capacity + 1)}
        else:
            continue
        legal = here if legal is None else legal & here
    return [0] if legal is None else sorted(legal)


def exists_below(application, platform, period, first_tiles=None, pipelined=False, buffers=None):
    """Exhaustive search: is there any mapping with a period below ``period``, with plain orders or any retiming?

    Clusters are placed one by one at every position of every tile's order. A partial mapping's edges are among any
    completion's, so a part that is not below leads nowhere. ``first_tiles`` (default: all) may restrict the first
    cluster to one tile of each class that the chip's symmetries join. ``buffers``: what each channel holds, if not what
    the platform says.
    """
    times = application.graph.execution_times.tolist()
    inputs = [a for a in range(application.graph.actor_count) if application.is_input[a]]
    clusters = [a for a in range(application.graph.actor_count) if a not in inputs]
    if pipelined:  # an offset is 0 where no neighbour is placed, so neighbours have to follow each other
        clusters = breadth_first(application, inputs)
    slots = platform.tile_classes[0].slots
    room = platform.tile_classes[0].buffer_packets
    usable = [t for t in range(platform.tiles) if t not in platform.broken]
    fixed = dict.fromkeys(inputs, platform.io_tile)

    def buffers_fit(binding):
        if room is None:
            return True
        used = dict.fromkeys(range(platform.tiles), 0)
        for a, b, n, held in zip(
            application.graph.sources.tolist(),
            application.graph.targets.tolist(),
            application.packets.tolist(),
            held_by(application, platform, buffers),
            strict=True,
        ):
            if a in binding and b in binding and binding[a] != binding[b]:
                used[binding[b]] += n * held
        return max(used.values()) <= room

    def place(index, binding, orders, retiming):
        if index == len(clusters):
            return True
        actor = clusters[index]
        shifts = offsets(application, platform, actor, retiming, buffers) if pipelined else [0]
        for tile in first_tiles if index == 0 and first_tiles else usable:
            if slots is not None and len(orders[tile]) >= slots:
                continue
            if sum(times[a] for a in orders[tile]) + times[actor] >= period:
                continue
            extended = {**binding, actor: tile}
            if not buffers_fit(extended):
                continue
            for position, shift in product(range(len(orders[tile]) + 1), shifts):
                longer, shifted = list(orders), {**retiming, actor: shift}
                longer[tile] = [*orders[tile][:position], actor, *orders[tile][position:]]
                below = is_below(application, extended, longer, platform, period, shifted, buffers)
                if below and place(index + 1, extended, longer, shifted):
                    return True
        return False

    return place(0, fixed, [[] for _ in range(platform.tiles)], dict.fromkeys(inputs, 0))
