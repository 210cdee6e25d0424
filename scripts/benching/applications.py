"""Random clustered networks with their chips, the same for the same arguments: what the searches are measured on.

Times are small numbers (a cluster takes 25..150), so that tables can be read and whole periods compared.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mapper.model.application import Application
from mapper.model.platform import Platform, TileClass, Timing
from mapper.model.sdf import SDFGraph
from mapper.model.topology import Mesh

__all__ = ["Family", "families", "layered", "layered_tight", "mesh", "recurrent"]

#: (clusters, tiles, seed) -> the case.
Family = Callable[[int, int, int], tuple[Application, Platform]]


def families() -> dict[str, Family]:
    """The families by name.

    Examples
    --------
    >>> application, platform = families()["layered"](48, 9, 1)
    >>> len(application.clusters), platform.tiles
    (48, 9)
    """
    return {"layered": layered, "layered_tight": layered_tight, "recurrent": recurrent}


def layered(clusters: int, tiles: int, seed: int) -> tuple[Application, Platform]:
    """Feed-forward layers, two iterations of buffer, transfers that take a fraction of an execution time."""
    return _forward(clusters, seed), mesh(tiles, buffer_iterations=2, hop_ps=2)


def layered_tight(clusters: int, tiles: int, seed: int) -> tuple[Application, Platform]:
    """The same networks with one iteration of buffer and heavy hops: round trips count as much as loads."""
    return _forward(clusters, seed), mesh(tiles, buffer_iterations=1, hop_ps=15)


def recurrent(clusters: int, tiles: int, seed: int) -> tuple[Application, Platform]:
    """Time steps of a recurrent network: every channel starts with one iteration of tokens, many close circles."""
    rng = np.random.default_rng([seed, clusters, 2])
    sources = np.repeat(np.arange(clusters), 2)
    targets = (sources + rng.integers(1, max(2, clusters), sources.size)) % clusters
    ends = np.unique(np.stack([sources, targets], axis=1), axis=0)
    ends = ends[ends[:, 0] != ends[:, 1]]
    return _application("recurrent", clusters, ends, 1, rng), mesh(tiles, buffer_iterations=2, hop_ps=2)


def mesh(tiles: int, buffer_iterations: int, hop_ps: int) -> Platform:
    """The squarest mesh of so many tiles, which hold any number of clusters."""
    rows = max(r for r in range(1, int(tiles**0.5) + 1) if tiles % r == 0)
    return Platform(
        f"mesh-{tiles // rows}x{rows}",
        Mesh(tiles // rows, rows),
        (TileClass("tile", 128, 128, clusters_per_crossbar=None),),
        np.zeros(tiles, np.int32),
        timing=Timing(hop_ps=hop_ps, packet_ps=1),
        buffer_iterations=buffer_iterations,
    )


def _forward(clusters: int, seed: int) -> Application:
    """Layers of nearly equal width; one to three producers a cluster, a consumer for each, an eighth of skips."""
    rng = np.random.default_rng([seed, clusters, 1])
    depth = min(clusters, max(2, round(clusters**0.5)))
    layer = np.arange(clusters) * depth // clusters
    members = [np.flatnonzero(layer == i) for i in range(depth)]
    pairs: set[tuple[int, int]] = set()
    for before, after in pairwise(members):
        for b in after.tolist():
            chosen = rng.choice(before, min(before.size, int(rng.integers(1, 4))), replace=False)
            pairs.update((a, b) for a in chosen.tolist())
        for a in set(before.tolist()) - {a for a, _ in pairs}:
            pairs.add((a, int(rng.choice(after))))
    for _ in range(clusters // 8 if depth > 2 else 0):
        i = int(rng.integers(0, depth - 2))
        pairs.add((int(rng.choice(members[i])), int(rng.choice(members[i + 2]))))
    return _application("layered", clusters, np.array(sorted(pairs), np.int64).reshape(-1, 2), 0, rng)


def _application(
    name: str, clusters: int, ends: NDArray[np.int64], delay: int, rng: np.random.Generator
) -> Application:
    packets = rng.integers(1, 21, len(ends))
    delays = np.full(len(ends), delay, np.int64)
    graph = SDFGraph(
        name=name,
        actors=tuple(f"c{i}" for i in range(clusters)),
        execution_times=rng.integers(25, 151, clusters),
        sources=ends[:, 0].astype(np.int32),
        targets=ends[:, 1].astype(np.int32),
        production=packets,
        consumption=packets,
        initial_tokens=packets * delays,
    )
    return Application(
        graph=graph,
        is_input=np.zeros(clusters, np.bool_),
        demand=np.ones((clusters, 3), np.int64),
        packets=packets,
        delay_iterations=delays,
        synaptic_events=100 * packets.sum() // max(1, clusters) * np.ones(clusters, np.int64),
        output_spikes=np.ones(clusters, np.int64),
        iteration="timestep" if delay else "frame",
    )
