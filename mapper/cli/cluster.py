"""`mapper cluster`."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import click

from mapper.cli.common import DONE, FAILED, Output, choice_option, command_options, network_options, open_network
from mapper.cli.mapping import unrolling_options, writable
from mapper.errors import InputError

if TYPE_CHECKING:
    from mapper.model.clustered import ClusteringReport
    from mapper.model.network import SpikingNetwork
    from mapper.model.platform import Platform
    from mapper.search.cluster.limits import Limits
    from mapper.search.cluster.params import Objective

__all__ = ["command"]


@click.command("cluster")
@click.argument("network", metavar="NET")
@click.option("--platform", "-p", help="A shipped platform's name or a YAML file.")
@click.option("--outputs", type=click.IntRange(1), metavar="N", help="Without a platform: neurons of a cluster.")
@click.option("--synapses", type=click.IntRange(1), metavar="N", help="... and its synapses  [default: all cells]")
@click.option(
    "--buffer", type=click.IntRange(1), metavar="N",
    help="Packets that a cluster's inputs may send it in a window  [default: any, or what the platform's buffers hold]",
)  # fmt: skip
@click.option("--cluster-method", "-m", "method", metavar="METHOD", help="How; see below  [default: grow]")
@click.option("--compare", is_flag=True, help="Run all methods, side by side; -o and pictures show the best.")
@click.option("--methods", metavar="LIST", help="With --compare: only these, separated by commas.")
@choice_option(
    "--objective",
    choices=("balanced", "clusters", "packets"),
    help="What is to be small: the product of clusters and packets between them, or one before the other.",
)
@choice_option(
    "--iteration",
    choices=("frame", "timestep"),
    help="Whether clusters must be convex: what one iteration is.",
)
@click.option(
    "--time-limit", type=click.FloatRange(min=0), default=1.0, show_default=True, metavar="SECONDS",
    help="When methods that could go on for ever stop.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True, help="Of all random choices.")
@click.option(
    "--balance", type=click.FloatRange(min=0), metavar="SHARE",
    help="With `refine`: how far a cluster's synapses and events may exceed their means, such as 0.1.",
)  # fmt: skip
@click.option("--start", metavar="C.json|npz", help="A stored clustering to improve (for `refine`).")
@unrolling_options
@click.option("-o", "--output", "path", metavar="C.json|npz", help="Write the clustering.")
@click.option("--picture", metavar="FILE", help="Draw the utilisation of each cluster (.svg, .png, .pdf).")
@click.option("--traffic", metavar="FILE", help="Draw the packets between clusters (.svg, .png, .pdf).")
@functools.partial(network_options, rows=True)
@command_options
def command(
    network: str,
    platform: str | None,
    rows: int | None,
    outputs: int | None,
    synapses: int | None,
    buffer: int | None,
    method: str | None,
    compare: bool,
    methods: str | None,
    objective: Objective,
    iteration: str,
    time_limit: float,
    seed: int,
    balance: float | None,
    start: str | None,
    unrolling: dict[str, Any],
    path: str | None,
    picture: str | None,
    traffic: str | None,
    reading: dict[str, Any],
    output: Output,
) -> int:
    """Cut the network NET into clusters that fit a platform's crossbars, or crossbars of N inputs and N outputs.

    Methods: grow (default), refine (improves for as long as it may), exact (small networks, proven), hypergraph, and
    for comparison maxshare, firstfit, nextfit, sequential, kl, metis, random. hypergraph and metis need the optional
    extra mapper[partition], pictures need mapper[plot].

    \b
    Examples:
      mapper cluster mlp_mnist --platform dynapse -o clusters.json
      mapper cluster lenet_digits --inputs 128 --outputs 128 --compare --picture used.svg
    """
    for file in (path, picture, traffic):
        writable(file)
    from mapper.io.clustering import read_clustering, write_clustering
    from mapper.lower.semantics import Iteration
    from mapper.report.clustering import clustering_summary, clustering_table, clustering_text
    from mapper.report.pictures import picture_traffic, picture_utilisation, require_picture
    from mapper.search.cluster.methods import CLUSTER_METHODS, DEFAULT_METHOD
    from mapper.search.cluster.metrics import cost, measure
    from mapper.search.cluster.params import ClusterParams
    from mapper.search.cluster.run import report_clustering
    from mapper.stop import MaxRuntime

    for file in (picture, traffic):
        if file is not None:
            require_picture(file)
    chosen = _chosen(method or DEFAULT_METHOD, compare, methods, list(CLUSTER_METHODS))
    try:
        stop = MaxRuntime(time_limit)
    except ValueError as error:
        raise InputError("--time-limit", "a number of at least 0", str(error)) from error
    target = _target(platform, rows, outputs, synapses, buffer)
    net = open_network(network, reading)
    first = None if start is None else read_clustering(start)
    if first is not None and unrolling["scheme"] == "auto" and first.unrolling != "none":
        unrolling["scheme"] = first.unrolling
    found: list[tuple[ClusteringReport, SpikingNetwork]] = []
    failures: dict[str, InputError] = {}
    with output.progress() as progress:
        for name in chosen:
            params = ClusterParams(
                iteration=Iteration(iteration),
                seed=seed,
                stop=stop,
                progress=progress,
                objective=objective,
                balance=balance,
                start=None if first is None else first.clustering,
            )
            try:
                found.append(report_clustering(net, target, name, params, **unrolling, buffer=buffer))
            except InputError as error:
                failures[name] = error  # not installed, too large for the method, or impossible for any
    if not found:
        raise failures[chosen[0]]
    best, unrolled = min(
        found, key=lambda pair: (not pair[0].feasible, cost(measure(pair[1], pair[0].clustering), objective))
    )
    if path is not None:
        write_clustering(best, path)
    if picture is not None:
        picture_utilisation(best, picture)
    if traffic is not None:
        picture_traffic(best, unrolled, traffic)
    if compare:
        reports = [report for report, _ in found]
        summary = [clustering_summary(report) for report in reports]
        summary += [{"method": name, "feasible": False, "error": str(why)} for name, why in failures.items()]
        output.show(summary, clustering_table(reports, {name: str(why) for name, why in failures.items()}))
    else:
        output.show(clustering_summary(best), clustering_text(best))
    for file in (path, picture, traffic):
        if file is not None:
            output.note(f"written      {file}")
    return DONE if best.feasible else FAILED


def _chosen(method: str, compare: bool, methods: str | None, known: list[str]) -> list[str]:
    if methods is not None and not compare:
        raise InputError("--methods", "it together with --compare", "it alone", "add --compare")
    names = [method] if not compare else known if methods is None else [name.strip() for name in methods.split(",")]
    for name in names:
        if name not in known:
            raise InputError("cluster method", f"one of {', '.join(known)}", repr(name))
    return names


def _target(
    platform: str | None, rows: int | None, outputs: int | None, synapses: int | None, buffer: int | None
) -> Platform | Limits:
    """What the options describe: a platform, or the limits of a cluster."""
    from mapper.io.platform import read_platform
    from mapper.search.cluster.limits import Limits

    if platform is not None:
        if rows is not None or outputs is not None or synapses is not None:
            raise InputError("--platform", "it, or --inputs and --outputs", "both", "leave one out")
        return read_platform(platform)
    if rows is None or outputs is None:
        raise InputError("limits", "--platform, or --inputs N and --outputs N", "neither", "give one of them")
    return Limits(rows, outputs, rows * outputs if synapses is None else synapses, buffer)
