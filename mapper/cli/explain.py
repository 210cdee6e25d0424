"""`mapper explain`."""

from __future__ import annotations

import click

from mapper.cli.common import Output, command_options

__all__ = ["command"]


@click.command("explain")
@click.argument("path", metavar="RESULT.json")
@click.option(
    "--moves",
    type=click.IntRange(min=0),
    help="Moves of the local search for a better mapping, here and with one more tile; default: under a second.",
)
@command_options
def command(path: str, moves: int | None, output: Output) -> int:
    """Say what limits the period in RESULT.json, what each relief would bring, and where the gap comes from.

    Every figure is exact. Reliefs keep the mapping and change one thing; for one more tile a short search looks for
    another mapping.

    \b
    Example:
      mapper explain result.json
    """
    from mapper.explain.explain import explain
    from mapper.io.result import read_result
    from mapper.report.explain import explanation_summary, explanation_text

    explanation = explain(read_result(path), moves)
    output.show({"file": path, **explanation_summary(explanation)}, explanation_text(explanation))
    return 0
