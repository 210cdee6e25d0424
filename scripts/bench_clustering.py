"""Measures the clustering: the whole table, what convexity costs, growth with size, shuffled ids, ways of unrolling.

    python scripts/bench_clustering.py                            # the small rows, quality mode included
    python scripts/bench_clustering.py --parts table --rows lenet --methods grow,refine,kahypar --update
    python scripts/bench_clustering.py --parts large,growth --plot growth.svg

Compiled code is loaded and the network in memory before a clock starts. Times of large rows are multiples of one SciPy
CSR transpose (float32 values, int32 indices) of the same unrolled network, measured in the same process. Every
clustering is checked. DVS-Gesture is read from MAPPER_DATA (default ../shared/data).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from benching.best_known import best_known, improve, write
from benching.cluster_rows import DATA, LARGE_ROWS, ROWS, Row
from benching.cluster_runs import RUNS, Measured, held, run_once, transpose_seconds, verdict, warm
from benching.memory import peak_beyond
from benching.networks import dvs_gesture, reservoir, shuffled, small_world
from benching.plot import log_log

from mapper.check.clusters import check_cluster_limits
from mapper.errors import InputError
from mapper.lower.semantics import Iteration
from mapper.model.clustering import Clustering
from mapper.search.cluster.bounds import best_cluster_bound
from mapper.search.cluster.limits import Limits, limit_rows
from mapper.search.cluster.methods import method_named
from mapper.search.cluster.metrics import measure
from mapper.search.cluster.params import ClusterParams
from mapper.search.cluster.unroll import unroll_fan_in
from mapper.search.cluster.unroll_plans import SCHEMES
from mapper.solve import fingerprint
from mapper.stop import MaxRuntime


def table(options: argparse.Namespace) -> None:
    """Every method on the small rows, convex (frame) and free (timestep); targets are held against the free ones."""
    rows = best_known()
    kept: list[tuple[Row, dict[str, Measured], int, str]] = []
    for row in ROWS:
        if options.rows and not any(row.name.startswith(name) for name in options.rows.split(",")):
            continue
        network = unroll_fan_in(row.network(), row.limits.fan_in).network
        bound = best_cluster_bound(network, row.limits).value
        print(
            f"\n{row.name}: {network.neuron_count} neurons, {network.synapse_count} synapses, at least {bound} clusters"
        )
        heading = f"{'clusters':>9}{'between':>11}{'packets':>11}{'s':>8}"
        print(f"{'':<18}{heading}   in frames {'clusters':>9}{'between':>11}   convexity costs")
        runs: dict[str, Measured] = {}
        for iteration in Iteration:  # whatever is compiled for this network is compiled now
            method_named("grow")(network, row.limits, ClusterParams(iteration, stop=MaxRuntime(0.3)))
        for name in options.methods.split(",") if options.methods else RUNS:
            cells = []
            for iteration in (Iteration.TIMESTEP, Iteration.FRAME):
                try:
                    cells.append(run_once(network, row.limits, name, iteration, options.seed))
                except InputError as error:
                    print(f"{name:<18}{error}")
                    break
                method, objective, seconds = RUNS[name]
                figures = cells[-1].figures
                found = {
                    "clusters": figures.clusters,
                    "packets": figures.packets,
                    "packets_between_clusters": figures.packets_between_clusters,
                    **{"method": method, "objective": objective, "seconds": seconds, "seed": options.seed},
                }
                command = f"python scripts/bench_clustering.py --parts table --rows '{row.name}' --methods '{name}'"
                improve(rows, f"{row.name}, {iteration}", fingerprint(network), bound, found, command)
            if len(cells) < 2:
                continue
            free, convex = (cell.figures for cell in cells)
            runs[name] = cells[0]
            more = convex.clusters / max(free.clusters, 1) - 1
            sent = convex.packets_between_clusters / max(free.packets_between_clusters, 1) - 1
            own = f"{free.clusters:>9}{free.packets_between_clusters:>11}{free.packets:>11}{cells[0].seconds:>8.2f}"
            other = f"{convex.clusters:>9}{convex.packets_between_clusters:>11}"
            print(f"{name:<18}{own}             {other}   {more:+.1%} clusters, {sent:+.1%} packets", flush=True)
        kept.append((row, runs, bound, f"{row.name}, {Iteration.TIMESTEP}"))
    print()
    for row, runs, bound, key in kept:
        for target in row.targets:
            needed = {target.run} | ({target.what.partition("/")[2]} & set(RUNS))
            if needed <= set(runs):
                value = held(target, runs, bound, rows[key])
                verdict(row.name, f"{target.run} {target.what}", value, target.most)
    if options.update:
        write(rows)


def dvs(options: argparse.Namespace) -> None:
    """DVS-Gesture: the hand mapping, and clusters whose loads are even within 10 %, in 20 s."""
    network, stock = dvs_gesture(DATA)
    _, home = np.unique(stock[~network.is_input], return_inverse=True)
    assignment = np.full(network.size, -1, np.int32)
    assignment[~network.is_input] = home
    row = next(row for row in ROWS if row.name == "dvs")
    params = ClusterParams(Iteration.TIMESTEP, options.seed, MaxRuntime(20.0), balance=0.1)
    even = method_named("refine")(network, row.limits, params)
    check_cluster_limits(network, even, limit_rows(row.limits), Iteration.TIMESTEP)
    for name, one in (("by hand", Clustering(assignment, int(home.max()) + 1)), ("even loads", even)):
        figures = measure(network, one)
        over = [loads.max() / loads.mean() - 1 for loads in (figures.synapses, figures.events)]
        print(
            f"{name}: {figures.clusters} clusters, {figures.packets_between_clusters} packets between them, at most "
            f"{over[0]:.1%} more synapses and {over[1]:.1%} more synaptic events than the mean"
        )
        if one is even:
            verdict("dvs, even loads", "excess over the mean load", max(over), 0.1)
            verdict("dvs, even loads", "clusters", figures.clusters, 49)


def shuffle(options: argparse.Namespace) -> None:
    """Recurrent networks with their ids shuffled: packets must not change by more than 5 %."""
    for network in (reservoir(), small_world(10_000)):
        for limits in (Limits(256, 256, 65536), Limits(1024, 1024, 1 << 20)):
            sent = [
                run_once(one, limits, "grow", Iteration.TIMESTEP).figures.packets_between_clusters
                for one in (network, *(shuffled(network, seed) for seed in (1, 2, 3)))
            ]
            changes = [f"{value / sent[0] - 1:+.2%}" for value in sent[1:]]
            worst = max(abs(value / sent[0] - 1) for value in sent[1:])
            verdict(f"{network.name}, {limits.inputs} ({', '.join(changes)})", "change of packets", worst, 0.05)


def unrolling(options: argparse.Namespace) -> None:
    """Ways of unrolling: units, clusters and packets by growing."""
    for row in ROWS:
        if row.name not in ("mlp 128", "lenet 128"):
            continue
        for scheme in SCHEMES:
            tree = unroll_fan_in(row.network(), row.limits.fan_in, scheme=scheme)
            done = run_once(tree.network, row.limits, "grow", Iteration.FRAME).figures
            bound = best_cluster_bound(tree.network, row.limits).value
            print(
                f"{row.name:<10} {scheme:<9} {int(tree.partial.sum()):>6} units, {done.clusters:>4} clusters (at least "
                f"{bound}), {done.packets_between_clusters:>8} packets between clusters"
            )


def growth(options: argparse.Namespace) -> None:
    """One growing of small worlds without twins, 100 synapses a neuron, up to --largest synapses."""
    lines: dict[str, list[tuple[float, float]]] = {}
    synapses = 10_000
    while synapses <= options.largest:
        network = small_world(synapses // 100)
        params = ClusterParams(Iteration.TIMESTEP, stop=MaxRuntime(0.0))
        spent = []
        for _ in range(5 if synapses <= 10**6 else 2):
            begin = time.perf_counter()
            method_named("grow")(network, Limits(256, 256, 65536), params)
            spent.append(time.perf_counter() - begin)
        lines.setdefault("grow, 256 x 256", []).append((synapses, min(spent)))
        lines.setdefault("one transpose", []).append((synapses, transpose_seconds(network)))
        print(
            f"{synapses:>10} synapses: {min(spent):9.4f} s, {min(spent) / synapses * 1e9:7.1f} ns a synapse", flush=True
        )
        synapses *= 10
    points = np.log10([point for point in lines["grow, 256 x 256"] if point[0] <= 10**7])
    exponent = float(np.polyfit(points[:, 0], points[:, 1], 1)[0])
    verdict("small world", "growth exponent up to 10^7 synapses", exponent, 1.15)
    if options.plot is not None:
        options.plot.write_text(log_log("Growing clusters", "synapses", "seconds", lines), encoding="utf-8")


def large(options: argparse.Namespace) -> None:
    """Networks of 100 million synapses, each in a process of its own."""
    for row in LARGE_ROWS:
        if options.rows and not any(row.name.startswith(name) for name in options.rows.split(",")):
            continue
        command = [sys.executable, __file__, "--large-row", row.name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{row.name}: {done.stderr.strip().splitlines()[-1:]}")
            continue
        answer = json.loads(done.stdout.strip().splitlines()[-1])
        print(
            f"{row.name}: {answer['synapses']} synapses, at least {answer['bound']} clusters, transpose "
            f"{answer['transpose']:.2f} s; {answer['clusters']} clusters, {answer['between']} packets between, "
            f"{answer['seconds']:.2f} s, {answer['gigabytes']:.2f} GB; maxshare {answer.get('maxshare')}; "
            f"clusters first {answer.get('grow clusters')}",
            flush=True,
        )
        for target in row.targets:
            value = (answer if target.run == "grow" else answer[target.run])[target.what]
            verdict(row.name, f"{target.run} {target.what}", value, target.most)


def large_row(name: str) -> None:
    """One large row, alone in its process: prints a JSON object."""
    row = next(row for row in LARGE_ROWS if row.name == name)
    network = unroll_fan_in(row.network(), row.limits.fan_in).network
    warm()
    seconds = transpose_seconds(network)
    params = ClusterParams(Iteration.TIMESTEP)
    begin = time.perf_counter()
    found, gigabytes = peak_beyond(lambda: method_named("grow")(network, row.limits, params))
    spent = time.perf_counter() - begin
    check_cluster_limits(network, found, limit_rows(row.limits), Iteration.TIMESTEP)
    figures, bound = measure(network, found), best_cluster_bound(network, row.limits).value
    answer: dict[str, Any] = {
        **{"synapses": network.synapse_count, "bound": bound, "transpose": seconds, "seconds": spent},
        **{"clusters": figures.clusters, "between": figures.packets_between_clusters, "packets": figures.packets},
        **{"transposes": spent / seconds, "gigabytes": gigabytes, "clusters/bound": figures.clusters / bound},
    }
    if any(target.run == "grow clusters" for target in row.targets):
        few = run_once(network, row.limits, "grow clusters", Iteration.TIMESTEP).figures
        answer["grow clusters"] = {"clusters": few.clusters, "between": few.packets_between_clusters}
    if any(target.what == "between/maxshare" for target in row.targets):
        peer = measure(network, method_named("maxshare")(network, row.limits, params))
        answer["maxshare"] = [peer.clusters, peer.packets_between_clusters]
        answer["between/maxshare"] = figures.packets_between_clusters / peer.packets_between_clusters
    print(json.dumps(answer))


PARTS = {"table": table, "dvs": dvs, "shuffle": shuffle, "unrolling": unrolling, "growth": growth, "large": large}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default="table,dvs,shuffle,unrolling", help=f"some of {','.join(PARTS)}")
    parser.add_argument("--rows", help="only rows whose names start so, separated by commas")
    parser.add_argument("--methods", help=f"only these, separated by commas: {', '.join(RUNS)}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--largest", type=int, default=10**7, help="synapses of the largest network of `growth`")
    parser.add_argument("--plot", type=Path, help="SVG file for `growth`")
    parser.add_argument("--update", action="store_true", help="write the best known values, if better ones were found")
    parser.add_argument("--large-row", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.large_row:
        large_row(options.large_row)
        return 0
    chosen = options.parts.split(",")
    if not set(chosen) <= set(PARTS):
        parser.error(f"parts are {', '.join(PARTS)}")
    warm()
    for name in chosen:
        print(f"\n== {name}: {(PARTS[name].__doc__ or '').strip()}", flush=True)
        PARTS[name](options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
