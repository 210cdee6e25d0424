"""`mapper map`."""

from __future__ import annotations

from typing import Any

import click

from mapper.cli.common import DONE, FAILED, STOPPED, Output, command_options, network_options, open_network
from mapper.cli.mapping import exit_code, mapping_options, run_settings, writable
from mapper.cli.objectives import objective_options, read_wishes

__all__ = ["command"]


@click.command("map")
@click.argument("network", metavar="NET")
@mapping_options
@click.option(
    "--method",
    type=click.Choice(["greedy", "local", "cpsat", "auto"]),
    default="auto",
    show_default=True,
    help="The fast baseline, annealing, the exact search alone, or all of them in turns.",
)
@objective_options
@click.option("--plot", metavar="FILE", help="Draw how mapping and bound improved over time (.svg, .png, .pdf).")
@network_options
@command_options
def command(
    network: str,
    method: str,
    wishes: dict[str, Any],
    path: str | None,
    plot: str | None,
    choices: dict[str, Any],
    reading: dict[str, Any],
    output: Output,
) -> int:
    """Map the network NET (a file, a folder or a shipped name) onto a platform.

    \b
    Examples:
      mapper map mlp_mnist --platform dynapse-3x3 --time-limit 60 -o result.json
      mapper map lsm_ecg -p dynapse --objective period,energy --max-tiles 3
      mapper map lsm_ecg -p dynapse --pareto period,energy -o front.json --plot front.svg
    """
    for file in (path, plot):
        writable(file)
    from mapper.io.front import write_front
    from mapper.io.platform import read_platform
    from mapper.io.result import write_result
    from mapper.report.front import front_summary, front_table
    from mapper.report.pictures import require_picture
    from mapper.report.progress_pictures import picture_front, picture_trace
    from mapper.report.result import result_summary, result_text
    from mapper.search.options import MapOptions
    from mapper.solve import map_front, map_network

    if plot is not None:
        require_picture(plot)
    aims = read_wishes(wishes)
    settings = {**run_settings(choices), "method": method, "limits": aims.limits}
    chip, net = read_platform(choices["platform"]), open_network(network, reading)
    if aims.axes is not None:
        with output.progress() as progress:
            front = map_front(net, chip, aims.axes, MapOptions(progress=progress, **settings))
        if path is not None:
            write_front(front, path)
        if plot is not None:
            picture_front(front, plot)
        output.show(front_summary(front), front_table(front))
        code = DONE if front.points else FAILED if front.complete else STOPPED
    else:
        with output.progress() as progress:
            result = map_network(net, chip, objective=aims.objective, progress=progress, **settings)
        if path is not None:
            write_result(result, path)
        if plot is not None:
            picture_trace(result, plot)
        output.show(result_summary(result), result_text(result))
        code = exit_code(result.status.value)
    for file in (path, plot):
        if file is not None:
            output.note(f"written      {file}")
    return code
