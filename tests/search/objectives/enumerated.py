"""Every mapping of a small application, with figures computed without the engine: what the goals are held to."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations, product

from reference import bound_edges, has_schedule, route


def energy(app, binding, chip):
    """Channel by channel, routes walked tile by tile."""
    e, total = chip.energy, 0
    for a, b, n in zip(app.graph.sources.tolist(), app.graph.targets.tolist(), app.packets.tolist(), strict=True):
        hops = len(route(chip.topology, binding[a], binding[b]))
        total += n * (e.inject_fj + hops * e.hop_fj + e.eject_fj if hops else e.local_fj)
    for actor in range(app.graph.actor_count):
        total += int(app.synaptic_events[actor]) * e.synaptic_event_fj
        total += 0 if app.is_input[actor] else int(app.output_spikes[actor]) * e.output_spike_fj
    return total


def tiles(app, binding):
    return len({binding[a] for a in app.clusters})


def bindings(app, chip):
    """All legal ones, as dictionaries."""
    kind = chip.tile_classes[0]
    usable = [t for t in range(chip.tiles) if t not in chip.broken]
    for places in product(usable, repeat=len(app.clusters)):
        binding = dict(zip(app.clusters, places, strict=True))
        binding |= {a: chip.io_tile for a in range(app.graph.actor_count) if app.is_input[a]}
        if kind.slots is not None and any(places.count(t) > kind.slots for t in usable):
            continue
        if kind.buffer_packets is not None:
            used = dict.fromkeys(range(chip.tiles), 0)
            for a, b, n, w in zip(
                app.graph.sources.tolist(),
                app.graph.targets.tolist(),
                app.packets.tolist(),
                app.delay_iterations.tolist(),
                strict=True,
            ):
                if binding[a] != binding[b]:
                    used[binding[b]] += n * max(chip.buffer_iterations, w + 1)
            if max(used.values()) > kind.buffer_packets:
                continue
        yield binding


def orders(app, binding, chip):
    here = [[a for a in app.clusters if binding[a] == t] for t in range(chip.tiles)]
    return product(*(permutations(actors) for actors in here))


def plain_period(app, binding, chosen, chip):
    """The period of a plain mapping; ``None`` if it deadlocks. Halving, then the one fraction that is left."""
    edges, loads = bound_edges(app, binding, chosen, chip)
    nodes = list(binding)
    most = Fraction(sum(time for *_, time, _ in edges) + max(loads.values(), default=0) + 1)
    if not has_schedule(nodes, edges, most):
        return None
    low, high, tokens = Fraction(-1), most, sum(k for *_, k in edges) + 1
    while high - low >= Fraction(1, 2 * tokens * tokens):
        middle = (low + high) / 2
        low, high = (low, middle) if has_schedule(nodes, edges, middle) else (middle, high)
    exact = max(Fraction(0), high.limit_denominator(tokens))
    assert has_schedule(nodes, edges, exact)
    assert exact == 0 or not has_schedule(nodes, edges, exact, strictly_below=True)
    return max(exact, Fraction(max(loads.values(), default=0)))


def plain_latency(app, binding, chosen, chip, period):
    """From the inputs' first start (else the first start) to the last end, in the earliest schedule of that period."""
    edges, _ = bound_edges(app, binding, chosen, chip)
    busy = {a: time for a, b, time, k in edges if a == b}
    origins = [a for a in binding if app.is_input[a]] or list(binding)
    start = {a: (0 if a in origins else None) for a in binding}

    def push():
        changed = True
        while changed:
            changed = False
            for a, b, time, k in edges:
                if start[a] is not None:
                    at = start[a] + time - period * k
                    if start[b] is None or at > start[b]:
                        start[b], changed = at, True

    push()
    start |= {a: 0 for a, at in start.items() if at is None}
    push()
    return max(start[a] + busy[a] for a in binding) - min(start[a] for a in origins)


def plain_figures(app, chip):
    """(period, energy, tiles, latency) of every plain mapping."""
    found = set()
    for binding in bindings(app, chip):
        fixed = energy(app, binding, chip), tiles(app, binding)
        for chosen in orders(app, binding, chip):
            period = plain_period(app, binding, chosen, chip)
            if period is not None:
                found.add((period, *map(Fraction, fixed), plain_latency(app, binding, chosen, chip, period)))
    return found
