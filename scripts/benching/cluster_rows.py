"""The rows of the clustering table: networks, limits, and what must hold for them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benching.networks import NETWORKS, dvs_gesture
from mapper.model.network import SpikingNetwork
from mapper.search.cluster.limits import Limits

__all__ = ["LARGE_ROWS", "ROWS", "Row", "Target"]

DATA = Path(os.environ.get("MAPPER_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))

#: Stands for "no limit".
FREE = 10**9


@dataclass(frozen=True)
class Target:
    """``run`` (see ``bench_clustering.RUNS``) must keep ``what`` at or below ``most``.

    ``what`` is a figure (clusters, between, packets, seconds, transposes, gigabytes) or a ratio: ``clusters/bound``,
    ``clusters/best``, ``between/best`` (the best known values), ``between/RUN`` and ``packets/RUN`` (another run's).
    """

    run: str
    what: str
    most: float


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    network: Callable[[], SpikingNetwork]
    limits: Limits
    targets: tuple[Target, ...] = ()


def square(side: int) -> Limits:
    return Limits(side, side, side * side)


def _row(name: str, key: str, limits: Limits, *targets: tuple[str, str, float]) -> Row:
    return Row(name, NETWORKS[key], limits, tuple(Target(*target) for target in targets))


def _usual(quality: float) -> tuple[tuple[str, str, float], ...]:
    """What holds for every small row: the default and both quality modes against the best known values."""
    default = (("grow", "between/best", 1.30), ("grow", "clusters/best", 1.10))
    modes = ("refine", "hypergraph")
    return (*default, *((mode, f"{what}/best", quality) for mode in modes for what in ("between", "clusters")))


ROWS = (
    _row("mlp 128", "mlp", square(128), ("grow", "clusters", 13), ("grow", "packets/best", 1.005), *_usual(1.03)),
    _row(
        "lenet 128", "lenet", square(128),
        ("grow", "clusters", 107), ("grow", "seconds", 1.0), ("refine clusters", "clusters", 105), *_usual(1.15),
    ),
    _row(
        "lenet 256", "lenet", square(256),
        ("grow", "clusters", 43), ("refine clusters", "clusters", 41), ("refine", "between/best", 1.10),
        ("refine", "between/kahypar", 1.0), *_usual(1.15),
    ),
    _row("edge 128", "edge", square(128), ("refine clusters", "clusters", 97), *_usual(1.03)),
    _row("edge 256", "edge", square(256), ("refine clusters", "clusters", 36), *_usual(1.03)),
    _row("reservoir 256", "reservoir", square(256), ("refine clusters", "clusters", 725), *_usual(1.03)),
    _row("reservoir 1024", "reservoir", square(1024), ("refine clusters", "clusters", 57), *_usual(1.03)),
    Row(
        "dvs", lambda: dvs_gesture(DATA)[0], Limits(FREE, 1024, 101_376),
        (Target("refine", "clusters", 49), Target("refine", "between", 62_000),
         *(Target(*target) for target in _usual(1.03))),
    ),
)  # fmt: skip

#: Measured in a process of their own, growing only, times in transposes of the same network.
LARGE_ROWS = (
    _row("small world 1024x4096", "small-world-1m", Limits(1024, 4096, 1024 * 4096),
         ("grow", "clusters", 13_500), ("grow", "transposes", 8), ("grow", "gigabytes", 2.5)),
    _row("small world 256", "small-world-1m", square(256), ("grow", "clusters", 82_000), ("grow", "transposes", 15)),
    _row("vgg 256", "vgg", square(256),
         ("grow", "clusters/bound", 1.10), ("grow", "between/maxshare", 0.92), ("grow", "transposes", 2)),
    _row("vgg 1024x4096", "vgg", Limits(1024, 4096, 1024 * 4096),
         ("grow", "clusters", 490), ("grow", "between/maxshare", 0.85), ("grow clusters", "clusters", 490)),
)  # fmt: skip
