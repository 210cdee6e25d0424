"""Is the mapping legal: tiles that fit, slots, buffers, complete orders, no deadlock?"""

from __future__ import annotations

from mapper.check.timing_rules import held_iterations, timing_rules
from mapper.errors import CheckError
from mapper.model.application import Application
from mapper.model.mapping import Mapping, OrderSemantics
from mapper.model.platform import Platform

__all__ = ["check_capacities", "check_liveness", "check_orders", "check_retiming"]


def check_capacities(application: Application, mapping: Mapping, platform: Platform) -> None:
    """Each cluster on a working tile whose crossbar holds it; slots and buffers suffice; inputs at the I/O port."""
    names, tile_of = application.graph.actors, mapping.binding.tolist()
    if len(tile_of) != len(names):
        raise CheckError("binding", f"{len(tile_of)} actors are bound, the application has {len(names)}")
    for actor, tile in enumerate(tile_of):
        if not 0 <= tile < platform.tiles:
            raise CheckError("binding", f"{names[actor]} is bound to tile {tile}, which does not exist")
        if application.is_input[actor]:
            if tile != platform.io_tile:
                raise CheckError("I/O port", f"{names[actor]} is on tile {tile}, the port is at {platform.io_tile}")
            continue
        if tile in platform.broken:
            raise CheckError("broken tile", f"{names[actor]} is bound to broken tile {tile}")
        need, room = application.demand[actor].tolist(), platform.limits[tile].tolist()
        if any(n > r for n, r in zip(need, room, strict=True)):
            raise CheckError(
                "crossbar size", f"{names[actor]} needs (axons, neurons, synapses) {need}, tile {tile} has {room}"
            )
    for tile in range(platform.tiles):
        held = sum(1 for actor, t in enumerate(tile_of) if t == tile and not application.is_input[actor])
        if held and held > platform.slots[tile]:
            raise CheckError("slots", f"tile {tile} runs {held} clusters, it holds {platform.slots[tile]}")
    buffered = [0] * platform.tiles
    for a, b, packets, held in zip(
        application.graph.sources.tolist(),
        application.graph.targets.tolist(),
        application.packets.tolist(),
        held_iterations(application, mapping, platform),
        strict=True,
    ):
        if tile_of[a] != tile_of[b]:
            buffered[tile_of[b]] += packets * held
    for tile, packets in enumerate(buffered):
        if packets > platform.buffer_packets[tile]:
            raise CheckError("buffers", f"tile {tile} must buffer {packets} packets, it has room for fewer")


def check_orders(application: Application, mapping: Mapping, platform: Platform) -> None:
    """Each tile's order lists exactly the clusters bound to it."""
    if len(mapping.orders) != platform.tiles:
        raise CheckError("static orders", f"{len(mapping.orders)} orders for {platform.tiles} tiles")
    bound: list[set[int]] = [set() for _ in range(platform.tiles)]
    for actor, tile in enumerate(mapping.binding.tolist()):
        if not application.is_input[actor]:
            bound[tile].add(actor)
    for tile, order in enumerate(mapping.orders):
        if len(order) != len(bound[tile]) or set(order) != bound[tile]:
            raise CheckError("static orders", f"tile {tile} orders {sorted(order)}, bound are {sorted(bound[tile])}")


def check_retiming(mapping: Mapping, orders: OrderSemantics) -> None:
    """Plain orders shift no iteration."""
    if orders is OrderSemantics.PLAIN and mapping.retiming.any():
        actor = int(mapping.retiming.nonzero()[0][0])
        raise CheckError("retiming", f"actor {actor} is shifted by {mapping.retiming[actor]}, plain orders shift none")


def check_liveness(application: Application, mapping: Mapping, platform: Platform) -> None:
    """No rule reaches a negative number of tokens back, and no cycle of rules is without tokens."""
    import networkx as nx

    waiting = nx.DiGraph()
    for rule in timing_rules(application, mapping, platform):
        if rule.tokens < 0:
            raise CheckError("retiming", f"{rule.name} from {rule.source} to {rule.target} has {rule.tokens} tokens")
        if rule.tokens == 0:
            waiting.add_edge(rule.source, rule.target)
    if not nx.is_directed_acyclic_graph(waiting):
        names = application.graph.actors
        cycle = " -> ".join(names[a] for a, _ in nx.find_cycle(waiting))
        raise CheckError("liveness", f"deadlock: no token on {cycle}")
