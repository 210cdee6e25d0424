"""Dataflow graphs and cycle-ratio problems of any size, the same for the same arguments."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.model.sdf import SDFGraph

__all__ = ["multi_rate", "random_ratio", "rate_chain", "read_public", "single_rate"]


def read_public(path: Path) -> tuple[SDFGraph, dict[str, Any]]:
    """(graph, expected block) of a file of the shared data."""
    case = json.loads(path.read_text(encoding="utf-8"))
    place = {actor["name"]: i for i, actor in enumerate(case["actors"])}
    keys = ("production", "consumption", "initial_tokens")
    columns = [np.array([place[c[end]] for c in case["channels"]], np.int32) for end in ("source", "target")]
    columns += [np.array([c[key] for c in case["channels"]], np.int64) for key in keys]
    times = np.array([actor["execution_time"] for actor in case["actors"]], np.int64)
    return SDFGraph(case["name"], tuple(place), times, *columns), case["expected"]


def _graph(name: str, times: NDArray[Any], *columns: Any) -> SDFGraph:
    arrays = [np.asarray(values, kind) for values, kind in zip(columns, [np.int32] * 2 + [np.int64] * 3, strict=True)]
    return SDFGraph(name, tuple(f"a{v}" for v in range(len(times))), np.asarray(times, np.int64), *arrays)


def single_rate(actors: int, channels: int, seed: int = 1) -> SDFGraph:
    """A ring through all actors and random channels; those against the numbering hold one to three tokens."""
    rng = np.random.default_rng(seed)
    sources, targets = rng.integers(0, actors, (2, channels))
    sources[:actors] = np.arange(actors)
    targets[:actors] = (sources[:actors] + 1) % actors
    tokens = np.where(sources >= targets, rng.integers(1, 4, channels), rng.integers(0, 2, channels))
    one = np.ones(channels, np.int64)
    return _graph(f"single-rate {actors}", rng.integers(1, 1000, actors), sources, targets, one, one, tokens)


def multi_rate(actors: int, channels: int, most: int = 1000, seed: int = 1) -> tuple[SDFGraph, int]:
    """A live graph whose actors fire up to ``most`` times one after another, and the sum of its firings."""
    rng = np.random.default_rng(seed)
    counts = rng.choice([q for q in range(1, most + 1) if 5040 % q == 0 or 1440 % q == 0], actors)
    counts[0] = 1
    sources, targets = rng.integers(0, actors, (2, channels))
    sources[:actors] = np.arange(actors)
    targets[:actors] = (sources[:actors] + 1) % actors
    common = np.gcd(counts[sources], counts[targets])
    made, taken = counts[targets] // common, counts[sources] // common
    tokens = np.where(sources >= targets, made * counts[sources] * rng.integers(1, 3, channels), 0)
    everyone, one = np.arange(actors), np.ones(actors, np.int64)
    columns = [(sources, everyone), (targets, everyone), (made, one), (taken, one), (tokens, one)]
    graph = _graph("multi-rate", rng.integers(1, 1000, actors), *(np.concatenate(pair) for pair in columns))
    return graph, int(counts.sum())


def rate_chain(stages: int, factor: int = 10, slack: int = 2) -> SDFGraph:
    """Each actor fires ``factor`` times as often as the one before, every channel has a buffer."""
    channels = []
    for v in range(stages):
        channels += [(v, v + 1, factor, 1, 0), (v + 1, v, 1, factor, slack * factor)]
    return _graph(f"chain of {stages} rate changes", np.arange(stages + 1, 0, -1), *zip(*channels, strict=True))


def random_ratio(nodes: int, mean: bool, degree: int = 4, seed: int = 0) -> list[NDArray[Any]]:
    """Sources, targets, times (1 to 10,000) and tokens (1, or 1 to 10) of a random strongly connected graph."""
    rng = np.random.default_rng(seed)
    sources = np.repeat(np.arange(nodes, dtype=np.int32), degree)
    targets = rng.integers(0, nodes, sources.size).astype(np.int32)
    targets[::degree] = (np.arange(nodes) + 1) % nodes
    times = rng.integers(1, 10_001, sources.size)
    tokens = np.ones(sources.size, np.int64) if mean else rng.integers(1, 11, sources.size)
    return [sources, targets, times, tokens]
