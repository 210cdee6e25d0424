"""SDF3's ``architectureGraph`` as a :class:`Platform`, as far as one can express the other.

SDF3 joins tiles by point-to-point connections, each with a delay of its own and no contention. A platform computes a
transfer from the hops of its route: ``setup + hops * hop``. So an architecture is read where

- every tile is connected to every other, and
- the connections of the smallest delay, taken as the links, give hop counts under which every delay is
  ``setup + hops * hop`` with whole numbers that are not negative.

Everything else is refused with the connection that does not fit. If all delays are equal, the whole delay is setup
(a connection's space then comes back at once, as in SDF3; with several hops the platform's credit return costs
``hops * hop``, which SDF3 does not count).

Not carried over, because the platform has no such thing: memory sizes, limits of the network interface, time wheels,
the network's slot table, flits and headers. The description of the platform names what was dropped. Processor types
only name the tile classes: a platform has one timing formula for all of them, so execution times that differ by
processor type belong to the application (see ``processor`` in :func:`mapper.io.dataflow.sdf3.read_sdf3`).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mapper.errors import InputError
from mapper.io.dataflow.assemble import located, shown, whole_number
from mapper.io.dataflow.xmltree import Element, read_xml
from mapper.io.guard import model_errors
from mapper.model.platform import Platform, TileClass, Timing
from mapper.model.topology import LinkGraph, Mesh, Topology

__all__ = ["read_architecture"]

#: Elements below a tile or the graph that a platform has no place for.
_DROPPED = {
    "arbitration": "processor arbitration",
    "memory": "memory sizes",
    "networkInterface": "network interface limits",
    "network": "network-on-chip slots and headers",
}
_LARGEST_MESH = 4096


def read_architecture(path: str | Path, *, crossbar: tuple[int, int], base_ps: int = 0, unit_ps: int = 1) -> Platform:
    """Read the ``architectureGraph`` of an SDF3 file; see the module's text for what can be expressed.

    Parameters
    ----------
    crossbar
        Rows and columns of each crossbar, which SDF3 does not know. A processor counts as a crossbar that any number
        of actors may share.
    base_ps
        Execution time of every cluster.
    unit_ps
        Picoseconds in one time unit of the file.

    Raises
    ------
    InputError
        Malformed XML, no or several architecture graphs, repeated or unknown tiles, tiles without a processor or a
        connection, delays that are no whole numbers or fit no hop count.
    """
    path = Path(path)
    root = read_xml(path, "an SDF3 file (XML)")
    try:
        graph = root.only("architectureGraph")
        tiles, kinds = _tiles(graph)
        topology, setup, hop = _fit(_delays(graph, tiles), list(tiles))
        with model_errors("platform"):
            classes = {
                kind: TileClass("+".join(kind), *crossbar, None, len(kind), None) for kind in dict.fromkeys(kinds)
            }
            order = list(classes)
            return Platform(
                name=graph.attributes.get("name", path.stem),
                topology=topology,
                tile_classes=tuple(classes.values()),
                class_of=np.array([order.index(kind) for kind in kinds], np.int32),
                timing=Timing(base_ps=base_ps, setup_ps=setup * unit_ps, hop_ps=hop * unit_ps),
                description=_description(graph),
            )
    except InputError as error:
        raise located(error, str(path)) from error


def _tiles(graph: Element) -> tuple[dict[str, int], list[tuple[str, ...]]]:
    """(number of each tile by name, processor types of each tile)."""
    numbers: dict[str, int] = {}
    kinds: list[tuple[str, ...]] = []
    for tile in graph.all("tile"):
        name = tile.text("name")
        if name in numbers:
            raise InputError(tile.place(), "a name of its own for every tile", "the name a second time")
        numbers[name] = len(numbers)
        kinds.append(tuple(processor.text("type") for processor in tile.all("processor")))
        if not kinds[-1]:
            raise InputError(tile.place(), "a tile with a processor", "none", "routers without crossbars do not fit")
    if not numbers:
        raise InputError(graph.place(), "at least one <tile>", "none")
    return numbers, kinds


def _delays(graph: Element, tiles: dict[str, int]) -> NDArray[np.int64]:
    """Delay between every two tiles, int64, shape (tiles, tiles); -1 on the diagonal."""
    delays = np.full((len(tiles), len(tiles)), -1, np.int64)
    for connection in graph.all("connection"):
        where = connection.place()
        ends = []
        for key in ("srcTile", "dstTile"):
            tile = connection.text(key)
            if tile not in tiles:
                raise InputError(f"{where}: {key}", "a tile of the graph", shown(tile))
            ends.append(tiles[tile])
        a, b = ends
        if a == b or delays[a, b] >= 0:
            got = "a loop" if a == b else "a second connection"
            raise InputError(where, "one connection between two different tiles, each way", got)
        delay = whole_number(connection.text("delay"), f"{where}: delay", 0)
        if delay >= 1 << 32:
            raise InputError(f"{where}: delay", "a delay below 2**32", str(delay), "choose a coarser unit")
        delays[a, b] = delay
    names = list(tiles)
    missing = np.argwhere((delays < 0) & ~np.eye(len(tiles), dtype=np.bool_))
    if missing.size:
        source, target = (shown(names[i]) for i in missing[0])
        expected = f"a connection from tile {source} to tile {target}"
        raise InputError("", expected, "none", "a platform joins all its tiles")
    return delays


def _fit(delays: NDArray[np.int64], names: list[str]) -> tuple[Topology, int, int]:
    """(topology, setup, hop) under which every delay is setup + hops * hop."""
    tiles = len(delays)
    if tiles == 1:
        return Mesh(1, 1), 0, 0
    apart = ~np.eye(tiles, dtype=np.bool_)
    shortest = int(delays[apart].min())
    pairs = tuple((int(a), int(b)) for a, b in np.argwhere((delays == shortest) & apart))
    with model_errors("connections", "the connections of the smallest delay must join all tiles"):
        topology = _mesh(tiles, pairs) or LinkGraph(tiles, pairs)
    number = np.arange(tiles)
    hops = topology.hops(number[:, None], number[None, :])
    most = int(hops.max())
    if most == 1:
        return topology, shortest, 0
    far = int(delays[hops == most][0])
    hop = (far - shortest) // (most - 1)
    setup = shortest - hop
    wrong = np.argwhere(apart & (delays != setup + hops * hop))
    if setup < 0 or wrong.size:
        a, b = wrong[0] if wrong.size else np.argwhere(hops == most)[0]
        raise InputError(
            f"connection {shown(names[a])} -> {shown(names[b])}",
            "delays of the form setup + hops * hop, where one hop is the smallest delay",
            f"delay {delays[a, b]} over {hops[a, b]} hops, with {shortest} for one",
            "a platform cannot express these delays",
        )
    return topology, setup, hop


def _mesh(tiles: int, pairs: tuple[tuple[int, int], ...]) -> Mesh | None:
    """The mesh or torus, tiles counted row by row, that has just these links."""
    wanted = set(pairs)
    if tiles > _LARGEST_MESH:
        return None
    for columns in range(tiles, 0, -1):
        if tiles % columns == 0:
            for torus in (False, True):
                mesh = Mesh(columns, tiles // columns, torus)
                if set(mesh.links) == wanted:
                    return mesh
    return None


def _description(graph: Element) -> str:
    found = dict.fromkeys(
        child.tag
        for parent in (graph, *graph.all("tile"), *(p for tile in graph.all("tile") for p in tile.all("processor")))
        for child in parent.children
        if child.tag in _DROPPED
    )
    dropped = f"; not carried over: {', '.join(_DROPPED[tag] for tag in found)}" if found else ""
    return f"read from an SDF3 architecture graph{dropped}"
