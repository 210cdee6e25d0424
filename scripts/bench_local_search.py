"""Measures the local search: gaps to the bound over time, evaluations a second, and the gain over the greedy mapping.

    python scripts/bench_local_search.py                                   # a minute
    python scripts/bench_local_search.py --sizes 64x16,200x16 --seeds 10 --seconds 20 --orders pipelined

Gaps are (period - bound) / bound in per cent, averaged over the seeds, against the simple bounds (load, slowest actor,
cycles without transfers), so that part of a gap may be the bound's. "within 1": cases at most 1 ps above it; "saved":
how far below the greedy period; "last s": when the last improvement came. Compiled code is
loaded before the clock starts.
"""

from __future__ import annotations

import argparse
from statistics import mean
from typing import Any

from benching.applications import families

from mapper.search.bounds import best_bound
from mapper.search.greedy import search_greedily
from mapper.search.incumbent import Incumbent, Outcome
from mapper.search.local.search import search_locally
from mapper.stop import MaxRuntime

#: When to look at the gap, as shares of the time.
LOOKS = (0.1, 0.3, 1.0)


def one(family: str, clusters: int, tiles: int, seed: int, options: argparse.Namespace, orders: Any) -> dict[str, Any]:
    """Search one case; what the table says of it."""
    application, platform = families()[family](clusters, tiles, seed)
    bound = best_bound(application, platform)
    greedy = Incumbent(application, platform, bound, MaxRuntime(options.seconds))
    search_greedily(greedy)
    incumbent = Incumbent(application, platform, bound, MaxRuntime(options.seconds))
    search_greedily(incumbent)
    statistics = search_locally(incumbent, options.seed, orders)
    outcome = incumbent.outcome()
    assert greedy.period is not None
    assert incumbent.period is not None
    return {
        "gaps": [gap(outcome, share * options.seconds) for share in LOOKS],
        "within": incumbent.period - bound.value <= 1,
        "saved": float(1 - incumbent.period / greedy.period),
        "seconds": outcome.trace[-1].seconds,
        "rate": statistics["evaluated"] / max(statistics["seconds"], 1e-9),
    }


def compile_now() -> None:
    """A search long enough for compiled code."""
    application, platform = families()["layered_tight"](32, 9, 1)
    incumbent = Incumbent(application, platform, best_bound(application, platform), MaxRuntime(300))
    search_locally(incumbent, max_moves=20_000)


def gap(outcome: Outcome, seconds: float) -> float:
    """Gap in per cent as it stood after so many seconds."""
    periods = [point.period for point in outcome.trace if point.period is not None]
    early = [point.period for point in outcome.trace if point.period is not None and point.seconds <= seconds]
    return float((min(early or periods[:1]) - outcome.bound.value) / outcome.bound.value) * 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--families", default=",".join(families()))
    parser.add_argument("--sizes", default="48x9,64x16,200x16", help="clusters x tiles, for instance 64x16")
    parser.add_argument("--orders", default="pipelined,plain")
    parser.add_argument("--seeds", type=int, default=2, help="cases a row")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each case")
    parser.add_argument("--seed", type=int, default=1, help="of the search")
    options = parser.parse_args()
    compile_now()
    columns = [*(f"gap {share * options.seconds:g} s" for share in LOOKS), "within 1", "saved", "last s", "eval/s"]
    print(f"{'family':<14}{'size':>8} {'orders':<10}" + "".join(f"{name:>11}" for name in columns))
    for family in options.families.split(","):
        for size in options.sizes.split(","):
            clusters, tiles = map(int, size.split("x"))
            for orders in options.orders.split(","):
                rows = [one(family, clusters, tiles, seed, options, orders) for seed in range(1, options.seeds + 1)]
                cells = [f"{mean(row['gaps'][k] for row in rows):.2f}%" for k in range(len(LOOKS))]
                cells += [
                    f"{sum(row['within'] for row in rows)}/{len(rows)}",
                    f"{mean(row['saved'] for row in rows):.1%}",
                ]
                cells += [f"{mean(row['seconds'] for row in rows):.2f}", f"{mean(row['rate'] for row in rows):.0f}"]
                print(f"{family:<14}{size:>8} {orders:<10}" + "".join(f"{cell:>11}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
