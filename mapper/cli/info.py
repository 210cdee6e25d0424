"""`mapper info`."""

from __future__ import annotations

from typing import Any

import click

from mapper.cli.common import Output, command_options, network_options, open_network

__all__ = ["command"]


@click.command("info")
@click.argument("network", metavar="NET")
@network_options
@command_options
def command(network: str, reading: dict[str, Any], output: Output) -> int:
    """Show the sizes, fan-ins, populations and spikes of the network NET.

    \b
    Example:
      mapper info lenet_digits
    """
    from mapper.report.network import network_summary, network_text

    net = open_network(network, reading)
    output.show(network_summary(net), network_text(net))
    return 0
