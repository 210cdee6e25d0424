"""`mapper convert`."""

from __future__ import annotations

import click

from mapper.cli.common import Output, command_options

__all__ = ["command"]


@click.command("convert")
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT")
@click.option("--processor", metavar="NAME", help="SDF3: take execution times of this processor.")
@command_options
def command(source: str, target: str, processor: str | None, output: Output) -> int:
    """Convert a dataflow graph between SDF3 (.xml), .json and .dot, by the files' suffixes.

    \b
    Example:
      mapper convert h263decoder.xml h263decoder.json
    """
    from mapper.io.dataflow import convert

    graph = convert(source, target, processor=processor)
    summary = {"graph": graph.name, "actors": graph.actor_count, "channels": graph.channel_count, "written": target}
    output.show(
        summary, f"{graph.name}: {graph.actor_count} actors, {graph.channel_count} channels, written to {target}"
    )
    return 0
