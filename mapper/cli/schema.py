"""`mapper schema`."""

from __future__ import annotations

import json

import click

from mapper.cli.common import Output, command_options

__all__ = ["command"]


@click.command("schema")
@click.argument("what", type=click.Choice(["platform"]))
@command_options
def command(what: str, output: Output) -> int:
    """Print the JSON Schema of a file format.

    \b
    Example:
      mapper schema platform > platform.schema.json
    """
    from mapper.io.platform import platform_schema

    schema = platform_schema()
    output.show(schema, json.dumps(schema, indent=1, ensure_ascii=False))
    return 0
