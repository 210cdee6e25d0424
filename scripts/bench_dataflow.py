"""Measures the dataflow analysis: public graphs, small real ones, large ones, the cycle-ratio kernel, local search.

    python scripts/bench_dataflow.py                      # everything that takes seconds
    python scripts/bench_dataflow.py --parts small,kernel --largest 1000000 --plot growth.svg

Times are the best of several runs in one process, after compiled code was loaded, unless they say "fresh process".
The public graphs are read from MAPPER_DATA (default ../shared/data); the kernel is compared with Boost's and LEMON's
where a C++ compiler and their headers (Debian: libboost-graph-dev, liblemon-dev) are installed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from benching import peers
from benching.graphs import multi_rate, random_ratio, rate_chain, read_public, single_rate
from benching.plot import log_log

from mapper.analysis.answers import GraphStatus, Throughput
from mapper.analysis.cycles.cycle_ratio import solve
from mapper.analysis.cycles.incremental import OrderEvaluator
from mapper.analysis.repetition import repetition_vector
from mapper.analysis.throughput import ENGINES, throughput
from mapper.analysis.tier import use_compiled
from mapper.errors import MapperError

DATA = Path(os.environ.get("MAPPER_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
SMALL = (
    *("h263decoder", "h263decoder__ac1", "h263decoder__buf1", "h263encoder", "modem", "modem__buf1"),
    *("samplerate", "samplerate__buf1", "satellite", "satellite__buf1", "mp3playback", "mp3decoder_dfs"),
)


def best(run: Callable[[], Any], repeats: int = 5) -> tuple[Any, float]:
    """(answer, best seconds)."""
    seconds = []
    for _ in range(repeats):
        begin = time.perf_counter()
        answer = run()
        seconds.append(time.perf_counter() - begin)
    return answer, min(seconds)


def right(answer: Throughput, expected: dict[str, Any]) -> bool:
    """Whether an engine's answer is the file's."""
    if expected["deadlock"]:
        return answer.status is GraphStatus.DEADLOCK
    if expected["throughput"] == "infinite":
        return answer.infinite
    return answer.throughput == Fraction(expected["throughput"])


def public(_: argparse.Namespace) -> None:
    """Every engine on every public graph."""
    files = sorted((DATA / "dataflow" / "throughput").glob("*.json"))
    cases = [read_public(file) for file in files]
    for name, engine in {**ENGINES, "auto": throughput}.items():
        wrong, declined, begin = [], [], time.perf_counter()
        for graph, expected in cases:
            try:
                if not right(engine(graph), expected):
                    wrong.append(graph.name)
            except MapperError:
                declined.append(graph.name)
        spent = time.perf_counter() - begin
        exact = len(cases) - len(wrong) - len(declined)
        print(f"{name:<12} exact {exact} of {len(cases)}, declined {declined}, wrong {wrong}, {spent:.2f} s in all")


def small(_: argparse.Namespace) -> None:
    """Small real graphs, warm: milliseconds."""
    print(f"{'graph':<20}{'firings':>8}" + "".join(f"{name:>13}" for name in (*ENGINES, "auto")) + "   ms, warm")
    for name in SMALL:
        graph, _expected = read_public(DATA / "dataflow" / "throughput" / f"{name}.json")
        row = [best(lambda e=engine, g=graph: throughput(g, e), 7)[1] * 1e3 for engine in (*ENGINES, "auto")]
        print(f"{name:<20}{sum(repetition_vector(graph)):>8}" + "".join(f"{ms:>13.3f}" for ms in row))


def large(_: argparse.Namespace) -> None:
    """Rate chains that no one can expand, large single-rate graphs, many firings: seconds."""
    for stages in (6, 12, 18):
        graph = rate_chain(stages)
        answer, seconds = best(lambda g=graph: throughput(g))
        print(f"{graph.name}: {sum(repetition_vector(graph)):.1e} firings, {answer.engine}, {seconds * 1e3:.2f} ms")
    for actors in (10**4, 10**5):
        graph = single_rate(actors, 4 * actors)
        answer, seconds = best(lambda g=graph: throughput(g), 3)
        print(f"{graph.name} actors, {4 * actors} channels: period {answer.period}, {seconds:.3f} s")
    graph, firings = multi_rate(500, 1500, 3000)
    answer, seconds = best(lambda: throughput(graph), 3)
    print(f"500 actors, {firings} firings: period {answer.period}, {answer.engine}, {seconds:.3f} s")


def kernel(options: argparse.Namespace) -> None:
    """The maximum cycle ratio and mean on random graphs of degree 4, beside the peers."""
    lines: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        program = peers.build(Path(folder))
        if program is None:
            print("no compiler or headers for the peers")
        nodes = 1000
        while nodes <= options.largest:
            for mean, peer in ((False, "boost"), (True, "lemon"), (True, "boost")):
                columns, what, repeats = (
                    random_ratio(nodes, mean),
                    "mean" if mean else "ratio",
                    7 if nodes < 10**5 else 3,
                )
                answer, seconds = best(lambda c=columns, n=nodes: solve(n, c), repeats)
                lines.setdefault(f"mapper, {what}", []).append((nodes, seconds))
                text = f"{nodes:>8} nodes, {what:<6} mapper {seconds * 1e3:10.3f} ms"
                if program is not None:
                    value, spent = peers.run(program, peer, columns, Path(folder), repeats)
                    lines.setdefault(f"{peer}, {what}", []).append((nodes, spent))
                    agree = "" if abs(value - float(answer.ratio)) <= 1e-6 * value else f"  PEER SAYS {value}"
                    text += f"   {peer} {spent * 1e3:10.3f} ms   ratio {seconds / spent:5.2f}{agree}"
                print(text, flush=True)
            nodes *= 10
    if options.plot is not None:
        unique = {label: sorted(dict(line).items()) for label, line in lines.items()}
        options.plot.write_text(log_log("Maximum cycle ratio, degree 4", "nodes", "seconds", unique), encoding="utf-8")


def search(_: argparse.Namespace) -> None:
    """Exact evaluations a second when neighbours swap places in the orders of tiles."""
    for actors, tiles in ((10, 3), (50, 8), (100, 12), (200, 16)):
        rng = np.random.default_rng(actors)
        ends = np.sort(rng.integers(0, actors, (4 * actors, 2)), axis=1)
        ends = ends[ends[:, 0] < ends[:, 1]]
        back, times = rng.random(len(ends)) < 0.3, rng.integers(1000, 100_000, actors)
        sources, targets = np.where(back, ends.T[::-1], ends.T)
        tokens = np.where(back, rng.integers(1, 4, len(ends)), 0)
        own, one = np.arange(actors), np.ones(actors, int)
        columns = [(own, sources), (own, targets), (times, times[sources]), (one, tokens)]
        graph = OrderEvaluator(actors, *(np.concatenate(pair) for pair in columns))
        tile = rng.integers(0, tiles, actors)
        orders = [order for k in range(tiles) if len(order := np.flatnonzero(tile == k).tolist()) > 1]

        def place(order: list[int], graph: OrderEvaluator = graph, times: Any = times) -> None:
            for i, v in enumerate(order):
                graph.set_order(v, order[i - 1], int(times[order[i - 1]]), int(i == 0))

        for order in orders:
            place(order)
        graph.ratio()
        live, dead, spent = 0, 0, 0.0
        while live < 5000:
            order = orders[int(rng.integers(len(orders)))]
            i = int(rng.integers(len(order) - 1))
            order[i], order[i + 1] = order[i + 1], order[i]
            place(order)
            begin = time.perf_counter()
            found = graph.ratio()
            seconds = time.perf_counter() - begin
            if found is None:
                dead += 1
                order[i], order[i + 1] = order[i + 1], order[i]
                place(order)
            else:
                live, spent = live + 1, spent + seconds
            if dead > 100 * (live + 100):
                break
        print(
            f"{actors} actors on {tiles} tiles: {live / spent:,.0f} exact evaluations a second ({dead} deadlocks apart)"
        )


def start(_: argparse.Namespace) -> None:
    """Fresh processes: what a graph costs beyond importing numpy."""
    file = DATA / "dataflow" / "throughput" / "modem.json"

    def seconds(*arguments: str) -> float:
        return best(lambda: subprocess.run([sys.executable, *arguments], check=True, capture_output=True), 5)[1]

    numpy, whole = seconds("-c", "import numpy"), seconds("-m", "mapper", "throughput", str(file))
    print(f"fresh process: import numpy {numpy * 1e3:.0f} ms, throughput of modem {whole * 1e3:.0f} ms")
    print(f"ratio {whole / numpy:.2f}")


PARTS = {"public": public, "small": small, "large": large, "kernel": kernel, "search": search, "start": start}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default=",".join(PARTS), help=f"some of {','.join(PARTS)}")
    parser.add_argument("--largest", type=int, default=10**5, help="nodes of the largest graph for the kernel")
    parser.add_argument("--plot", type=Path, help="SVG file for the kernel's growth with size")
    options = parser.parse_args()
    chosen = options.parts.split(",")
    if not set(chosen) <= set(PARTS):
        parser.error(f"parts are {', '.join(PARTS)}")
    use_compiled()
    throughput(single_rate(10, 20))
    solve(10, random_ratio(10, mean=True))
    for name in chosen:
        print(f"\n== {name}: {(PARTS[name].__doc__ or '').strip()}")
        PARTS[name](options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
