"""`mapper compare`."""

from __future__ import annotations

from typing import Any

import click

from mapper.cli.common import Output, command_options, network_options, open_network
from mapper.cli.mapping import exit_code, mapping_options, run_settings, writable
from mapper.errors import InputError

__all__ = ["command"]


@click.command("compare")
@click.argument("network", metavar="NET")
@mapping_options
@click.option("--methods", default="greedy,auto", show_default=True, help="Methods, separated by commas.")
@network_options
@command_options
def command(
    network: str, methods: str, path: str | None, choices: dict[str, Any], reading: dict[str, Any], output: Output
) -> int:
    """Map the network NET with several methods, side by side; -o writes the best result.

    \b
    Example:
      mapper compare lsm_ecg --platform dynapse --methods greedy,auto --time-limit 30 -o best.json
    """
    writable(path)
    from mapper.io.platform import read_platform
    from mapper.io.result import write_result
    from mapper.report.comparison import comparison_table
    from mapper.report.result import result_summary
    from mapper.solve import METHODS, map_network

    chosen = [name.strip() for name in methods.split(",") if name.strip()]
    unknown = [name for name in chosen if name not in METHODS]
    if unknown or not chosen:
        raise InputError("--methods", f"some of {', '.join(METHODS)}", repr(methods))
    settings = run_settings(choices)
    chip, net = read_platform(choices["platform"]), open_network(network, reading)
    with output.progress() as progress:
        results = [map_network(net, chip, method=method, progress=progress, **settings) for method in chosen]
    best = min(
        results, key=lambda r: (r.evaluation is None, r.evaluation.period if r.evaluation else 0, -r.bound.value)
    )
    if path is not None:
        write_result(best, path)
    output.show([result_summary(result) for result in results], comparison_table(results))
    if path is not None:
        output.note(f"The best result is written to {path}")
    return exit_code(best.status.value)
