"""Measure the exact search: what is proven, how fast, and how far greedy mappings are from it.

    python scripts/bench_exact.py --limit 60 -o scripts/benching/exact_search.csv     # hours: every row
    python scripts/bench_exact.py --rows 32x9 --semantics pipelined --instances 6 --limit 10
    python scripts/bench_exact.py --unproven --limit 60 -o scripts/benching/exact_search.csv    # what is open, again
    python scripts/bench_exact.py --show scripts/benching/exact_search.csv            # the table alone
    python scripts/bench_exact.py --optima scripts/benching/exact_search.csv          # how weak elementary bounds are

An instance is named by family, clusters, tiles and seed (scripts/benching/applications.py makes it). Rows already in
the output file are kept, so an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from benching.applications import families

from mapper.check.evaluation import check_figures, check_period
from mapper.check.mapping import check_capacities, check_liveness, check_orders, check_retiming
from mapper.evaluator import evaluate
from mapper.io.atomic import atomic_write
from mapper.model.mapping import OrderSemantics
from mapper.search.bounds import best_bound
from mapper.search.incumbent import Incumbent
from mapper.search.strategy import search
from mapper.stop import MaxRuntime

ROWS = ("8x4", "16x4", "32x9", "48x9", "64x16", "100x9", "200x16")


@dataclass(frozen=True)
class Line:
    """One instance solved with one semantics; periods are fractions, seconds wall time."""

    family: str
    clusters: int
    tiles: int
    seed: int
    semantics: str
    status: str
    period: str
    bound: str
    bound_by: str
    found_by: str
    seconds_to_best: float
    seconds: float
    source_greedy: str
    best_greedy: str

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        return self.family, str(self.clusters), str(self.tiles), str(self.seed), self.semantics

    @property
    def gap(self) -> float:
        return float(Fraction(self.period) / Fraction(self.bound)) - 1

    def shorter_than(self, other: str) -> float:
        """By which share the period is below another."""
        return 1 - float(Fraction(self.period) / Fraction(other))


def solve(family: str, clusters: int, tiles: int, seed: int, semantics: str, limit: float) -> Line:
    """Solve one instance with ``--method auto`` and check the mapping."""
    application, platform = families()[family](clusters, tiles, seed)
    bound = best_bound(application, platform)
    greedy = Incumbent(application, platform, bound, MaxRuntime(60), semantics=OrderSemantics(semantics))
    search(greedy, "greedy")
    periods = [point.period for point in greedy.outcome().trace if point.period is not None]
    incumbent = Incumbent(application, platform, bound, MaxRuntime(limit), semantics=OrderSemantics(semantics))
    search(incumbent, "auto")
    outcome = incumbent.outcome()
    assert outcome.mapping is not None and incumbent.period is not None, "every family has mappings"
    parts = application, outcome.mapping, platform
    evaluation = evaluate(*parts)
    check_capacities(*parts)
    check_orders(*parts)
    check_retiming(outcome.mapping, incumbent.semantics)
    check_liveness(*parts)
    check_period(*parts, evaluation)
    check_figures(*parts, evaluation)
    assert evaluation.period == incumbent.period <= periods[-1], "never worse than greedy"
    best = next(point for point in outcome.trace if point.period == incumbent.period)
    return Line(
        *(family, clusters, tiles, seed, semantics, outcome.status.value, str(incumbent.period)),
        *(str(outcome.bound.value), outcome.bound.name, best.by),
        *(round(best.seconds, 2), round(incumbent.seconds, 2), str(periods[0]), str(periods[-1])),
    )


def table(lines: Iterable[Line]) -> str:
    """One row per size, semantics and family."""
    groups: dict[tuple[int, int, str, str], list[Line]] = defaultdict(list)
    for line in lines:
        groups[line.clusters, line.tiles, line.semantics, line.family].append(line)
        groups[line.clusters, line.tiles, line.semantics, "all"].append(line)
    head = (
        "| clusters x tiles | orders | family | instances | proven | mean gap | largest gap | median proof, s |"
        " below the source method's greedy | below the best greedy |\n" + "| --- " * 10 + "|"
    )
    rows = [head]
    for (clusters, tiles, semantics, family), group in sorted(
        groups.items(), key=lambda item: (item[0][:3], item[0][3])
    ):
        gaps = [line.gap for line in group]
        proofs = sorted(line.seconds for line in group if line.status == "OPTIMAL")
        below = [
            sum(line.shorter_than(getattr(line, of)) for line in group) / len(group)
            for of in ("source_greedy", "best_greedy")
        ]
        middle = f"{proofs[len(proofs) // 2]:.1f}" if proofs else "-"
        rows.append(
            f"| {clusters} x {tiles} | {semantics} | {family} | {len(group)} | {len(proofs)}"
            f" | {sum(gaps) / len(gaps):.2%} | {max(gaps):.2%} | {middle} | {below[0]:.0%} | {below[1]:.0%} |"
        )
    return "\n".join(rows)


def optima(lines: Iterable[Line]) -> str:
    """How far the proven optima lie above the elementary bound: what a gap may owe to the bound alone."""
    groups: dict[tuple[int, int, str, str], list[float]] = defaultdict(list)
    for line in lines:
        if line.status == "OPTIMAL":
            bound = best_bound(*families()[line.family](line.clusters, line.tiles, line.seed))
            above = float(Fraction(line.period) / bound.value) - 1
            groups[line.clusters, line.tiles, line.semantics, line.family].append(above)
    rows = ["| clusters x tiles | orders | family | proven | mean above | largest |\n" + "| --- " * 6 + "|"]
    for (clusters, tiles, semantics, family), above in sorted(groups.items()):
        mean = sum(above) / len(above)
        rows.append(f"| {clusters} x {tiles} | {semantics} | {family} | {len(above)} | {mean:.2%} | {max(above):.2%} |")
    return "\n".join(rows)


def read(path: Path) -> list[Line]:
    if not path.exists():
        return []
    kinds = {"clusters": int, "tiles": int, "seed": int, "seconds_to_best": float, "seconds": float}
    with path.open(encoding="utf-8", newline="") as stream:
        return [
            Line(**{key: kinds.get(key, str)(value) for key, value in row.items()}) for row in csv.DictReader(stream)
        ]


def write(path: Path, lines: list[Line]) -> None:
    with atomic_write(path) as stream:
        writer = csv.DictWriter(stream, [entry.name for entry in fields(Line)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(line) for line in sorted(lines, key=lambda line: (line.clusters, line.tiles, line.key)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default=",".join(ROWS), help="Sizes, clusters x tiles, separated by commas.")
    parser.add_argument("--semantics", default="pipelined,plain")
    parser.add_argument("--families", default=",".join(families()))
    parser.add_argument("--instances", type=int, default=30, help="A row, shared evenly by the families.")
    parser.add_argument("--limit", type=float, default=60.0, help="Seconds an instance.")
    parser.add_argument("--unproven", action="store_true", help="Solve again what the output file holds without proof.")
    parser.add_argument("--show", type=Path, metavar="CSV", help="Only print the table of a file.")
    parser.add_argument("--optima", type=Path, metavar="CSV", help="Only print how far optima are above simple bounds.")
    parser.add_argument("-o", "--output", type=Path, metavar="CSV")
    options = parser.parse_args()
    if options.show:
        print(table(read(options.show)))
        return
    if options.optima:
        print(optima(read(options.optima)))
        return
    lines = read(options.output) if options.output else []
    known = {line.key for line in lines if line.status == "OPTIMAL" or not options.unproven}
    chosen = options.families.split(",")
    for row in options.rows.split(","):
        clusters, tiles = (int(part) for part in row.split("x"))
        for semantics in options.semantics.split(","):
            for number in range(options.instances):
                family, seed = chosen[number % len(chosen)], number // len(chosen)
                if (family, str(clusters), str(tiles), str(seed), semantics) in known:
                    continue
                line = solve(family, clusters, tiles, seed, semantics, options.limit)
                lines = [*(other for other in lines if other.key != line.key), line]
                print(
                    f"{row} {semantics} {family} {seed}: {line.status} {line.period}, bound {line.bound}"
                    f" ({line.bound_by}), gap {line.gap:.2%} after {line.seconds} s;"
                    f" found by {line.found_by} ({line.seconds_to_best} s)",
                    flush=True,
                )
                if options.output:
                    write(options.output, lines)
    print(table(lines))


if __name__ == "__main__":
    main()
