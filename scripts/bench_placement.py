"""Placement methods against each other: packet-hops as ratios to the best known, and the heaviest link.

Best known is the best of all methods and of much longer annealing from three seeds. One mesh slot a cluster, square
meshes; every method may use all of its time.

Run: .venv/bin/python scripts/bench_placement.py [--sizes 16 64 256 1024 4504] [--long 60] [--output TABLE.md]
     .venv/bin/python scripts/bench_placement.py --sizes 100000 --long 0 --seconds 100
"""

from __future__ import annotations

import argparse
import math
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from benching.traffic import FAMILIES

from mapper.model.platform import Platform, TileClass
from mapper.model.topology import Mesh
from mapper.search.placement.params import PlacementParams
from mapper.search.placement.place import METHODS, place
from mapper.search.placement.problem import PlacementQuality, make_problem
from mapper.search.placement.traffic import ClusterTraffic

SEEDS = {16: 3, 64: 3, 256: 3}
LONG_SEEDS = (101, 102, 103)
#: More proposals per cluster than the time allows.
ENDLESS = 1_000_000
#: The label, the method, how much it weighs the heaviest link.
CASES = [(method, method, 0.0) for method in METHODS] + [("annealed, links weighed", "annealed", 1.0)]


def square(clusters: int) -> Platform:
    columns = math.ceil(math.sqrt(clusters))
    rows = math.ceil(clusters / columns)
    return Platform("mesh", Mesh(columns, rows), (TileClass("tile", 128, 128),), np.zeros(columns * rows, np.int32))


def limit(clusters: int) -> float:
    """Seconds each method may take."""
    return 1.0 if clusters <= 256 else 3.0


def best_known(traffic: ClusterTraffic, chip: Platform, seconds: float) -> int:
    """Of runs of so many seconds, two at a time."""
    problem = make_problem(traffic, chip)

    def run(seed: int) -> int:
        return problem.packet_hops(place(traffic, chip, PlacementParams(ENDLESS, seconds, seed=seed)))

    with ThreadPoolExecutor(2) as threads:
        return min(threads.map(run, LONG_SEEDS))


def measure(
    family: str, clusters: int, seed: int, seconds: float, long: float, cases: list[tuple[str, str, float]]
) -> tuple[dict[str, tuple[PlacementQuality, float]], int]:
    traffic, chip = FAMILIES[family](clusters, seed), square(clusters)
    problem = make_problem(traffic, chip)
    rows: dict[str, tuple[PlacementQuality, float]] = {}
    for label, method, weight in cases:
        begin = time.perf_counter()
        binding = place(traffic, chip, PlacementParams(ENDLESS, seconds, weight, seed), method)
        rows[label] = problem.measure(binding), time.perf_counter() - begin
    best = min(quality.packet_hops for quality, _ in rows.values())
    if long:
        best = min(best, best_known(traffic, chip, long))
    return rows, best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[16, 64, 256, 1024, 4504])
    parser.add_argument("--families", nargs="+", default=list(FAMILIES), choices=list(FAMILIES))
    parser.add_argument("--long", type=float, default=60, help="seconds of each run for the best known")
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=list(METHODS))
    parser.add_argument("--seconds", type=float, help="seconds a method may take")
    parser.add_argument("--output")
    options = parser.parse_args()
    cases = [case for case in CASES if case[1] in options.methods]
    place(FAMILIES["layered"](64, 0), square(64), PlacementParams(effort=4000, link_weight=1.0))  # loads the loops
    lines = [
        "| family | clusters | method | packet-hops / best known (mean, worst) | heaviest link, packets | seconds |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    print("\n".join(lines), flush=True)
    for clusters in options.sizes:
        for family in options.families:
            ratios: dict[str, list[float]] = {}
            last: dict[str, tuple[PlacementQuality, float]] = {}
            for seed in range(SEEDS.get(clusters, 1)):
                seconds = options.seconds or limit(clusters)
                long = options.long * min(1, clusters / 1000)
                last, best = measure(family, clusters, seed + 1, seconds, long, cases)
                for label, (quality, _) in last.items():
                    ratios.setdefault(label, []).append(quality.packet_hops / best)
            for label, (quality, taken) in last.items():
                mean, worst = np.mean(ratios[label]), max(ratios[label])
                cells = (family, clusters, label, f"{mean:.3f}, {worst:.3f}", quality.heaviest_link, f"{taken:.2f}")
                lines.append("| " + " | ".join(map(str, cells)) + " |")
                print(lines[-1], flush=True)
    if options.output:
        Path(options.output).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
