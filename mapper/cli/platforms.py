"""`mapper platforms`."""

from __future__ import annotations

import json

import click

from mapper.cli.common import Output, command_options

__all__ = ["command"]


@click.command("platforms")
@click.argument("name", required=False, metavar="[NAME]")
@command_options
def command(name: str | None, output: Output) -> int:
    """List the shipped platforms, or show every figure of one (a name or a YAML file).

    \b
    Example:
      mapper platforms loihi
    """
    from mapper.io.platform import read_platform
    from mapper.report.platform import platform_summary, platform_text
    from mapper.shipped import names

    if name is not None:
        summary = platform_summary(read_platform(name))
        output.show(summary, json.dumps(summary, indent=1, ensure_ascii=False))
        return 0
    platforms = [read_platform(each) for each in names("platforms")]
    output.show([platform_summary(p) for p in platforms], "\n".join(platform_text(p) for p in platforms))
    return 0
