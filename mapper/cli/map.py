"""`mapper map`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

import click

from mapper.cli.common import DONE, FAILED, STOPPED, Output, command_options, network_options, open_network
from mapper.errors import InputError
from mapper.stop import Gap, MaxRuntime, Stop

__all__ = ["command", "exit_code", "mapping_options", "stopping_rule", "writable"]


def mapping_options(command: Any) -> Any:
    """The options that `map` and `compare` share."""
    for option in reversed(
        (
            click.option("--platform", "-p", required=True, help="A shipped platform's name or a YAML file."),
            click.option(
                "--iteration",
                type=click.Choice(["frame", "timestep"]),
                default="frame",
                show_default=True,
                help="What one iteration is: a whole inference, or one time step.",
            ),
            click.option(
                "--time-limit", type=click.FloatRange(min=0), default=60.0, show_default=True, metavar="SECONDS",
                help="When the search stops.",
            ),
            click.option("--gap", type=click.FloatRange(min=0), help="Stop at this (period - bound) / bound."),
            click.option(
                "--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True,
                help="Seed of the exact search.",
            ),
            click.option(
                "--workers", type=click.IntRange(0, 256), default=0, show_default=True,
                help="Search workers; 0: one a core and at least 4, 1: reproducible.",
            ),
            click.option("--no-unroll", is_flag=True, help="Refuse neurons with more inputs than crossbar rows."),
            click.option(
                "--partial-spikes", type=click.Choice(["any", "sum"]), default="any", show_default=True,
                help="A partial-sum unit spikes once a step at most, or once for each of its inputs' spikes.",
            ),
            click.option("-o", "--output", "path", metavar="FILE", help="Write the whole result as JSON."),
        )
    ):  # fmt: skip
        command = option(command)
    return command


def writable(path: str | None) -> None:
    """Refuse early, before long work, a file that could not be written at its end."""
    if path is None:
        return
    folder = Path(path).absolute().parent
    if not folder.is_dir():
        raise InputError(path, "a folder that exists", str(folder), "create it first")
    if not os.access(folder, os.W_OK):
        raise InputError(path, "a folder that can be written", str(folder), "choose another one")
    if Path(path).is_dir():
        raise InputError(path, "a file", "a folder", "give the file a name in it")


def stopping_rule(time_limit: float, gap: float | None) -> Stop:
    """The stopping rule that --time-limit and --gap ask for."""
    try:
        return MaxRuntime(time_limit) if gap is None else MaxRuntime(time_limit) | Gap(gap)
    except ValueError as error:
        raise InputError("--time-limit, --gap", "numbers of at least 0", str(error)) from error


def exit_code(status: str) -> int:
    return {"INFEASIBLE": FAILED, "UNKNOWN": STOPPED}.get(status, DONE)


@click.command("map")
@click.argument("network", metavar="NET")
@mapping_options
@click.option(
    "--method",
    type=click.Choice(["greedy", "cpsat"]),
    default="cpsat",
    show_default=True,
    help="The fast baseline, or the search that proves how good it is.",
)
@network_options
@command_options
def command(
    network: str,
    platform: str,
    iteration: str,
    time_limit: float,
    gap: float | None,
    seed: int,
    workers: int,
    no_unroll: bool,
    partial_spikes: Literal["any", "sum"],
    path: str | None,
    method: str,
    reading: dict[str, Any],
    output: Output,
) -> int:
    """Map the network NET (a file, a folder or a shipped name) onto a platform.

    \b
    Example:
      mapper map mlp_mnist --platform dynapse-3x3 --method cpsat --time-limit 60 -o result.json
    """
    writable(path)
    from mapper.io.platform import read_platform
    from mapper.io.result import write_result
    from mapper.lower.semantics import Iteration
    from mapper.report.result import result_summary, result_text
    from mapper.solve import map_network

    stop = stopping_rule(time_limit, gap)
    chip, net = read_platform(platform), open_network(network, reading)
    with output.progress() as progress:
        result = map_network(
            net, chip, method=method, iteration=Iteration(iteration), stop=stop, seed=seed, workers=workers,
            unroll=not no_unroll, partial_spikes=partial_spikes, progress=progress,
        )  # fmt: skip
    if path is not None:
        write_result(result, path)
    output.show(result_summary(result), result_text(result))
    if path is not None:
        output.note(f"written      {path}")
    return exit_code(result.status.value)
