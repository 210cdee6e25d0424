"""`mapper instances`."""

from __future__ import annotations

import click

from mapper.cli.common import Output, command_options

__all__ = ["command"]


@click.command("instances")
@command_options
def command(output: Output) -> int:
    """List the shipped networks.

    \b
    Example:
      mapper instances
    """
    from mapper.io.network import read_network
    from mapper.report.network import network_summary
    from mapper.shipped import names

    summaries = [network_summary(read_network(name)) for name in names("instances")]
    lines = [
        f"{s['name']:16} {s['inputs']:6} inputs {s['neurons']:7} neurons {s['synapses']:9} synapses"
        f" {s['spikes'] or 0:9} spikes in {s['windows']} x {s['steps']} steps"
        for s in summaries
    ]
    output.show(summaries, "\n".join(lines))
    return 0
