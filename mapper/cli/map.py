"""`mapper map`."""

from __future__ import annotations

from typing import Any

import click

from mapper.cli.common import Output, command_options, network_options, open_network
from mapper.cli.mapping import exit_code, mapping_options, run_settings, writable

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
@network_options
@command_options
def command(
    network: str, method: str, path: str | None, choices: dict[str, Any], reading: dict[str, Any], output: Output
) -> int:
    """Map the network NET (a file, a folder or a shipped name) onto a platform.

    \b
    Example:
      mapper map mlp_mnist --platform dynapse-3x3 --time-limit 60 -o result.json
    """
    writable(path)
    from mapper.io.platform import read_platform
    from mapper.io.result import write_result
    from mapper.report.result import result_summary, result_text
    from mapper.solve import map_network

    settings = run_settings(choices)
    chip, net = read_platform(choices["platform"]), open_network(network, reading)
    with output.progress() as progress:
        result = map_network(net, chip, method=method, progress=progress, **settings)
    if path is not None:
        write_result(result, path)
    output.show(result_summary(result), result_text(result))
    if path is not None:
        output.note(f"written      {path}")
    return exit_code(result.status.value)
