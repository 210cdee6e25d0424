"""`mapper throughput`."""

from __future__ import annotations

import json
import time

import click

from mapper.cli.common import BAD_INPUT, DONE, FAILED, Output, command_options
from mapper.errors import InputError, MapperError

__all__ = ["command"]


@click.command("throughput")
@click.argument("graphs", nargs=-1, required=True, metavar="GRAPH...")
@click.option(
    "--engine",
    type=click.Choice(["auto", "howard", "state-space", "k-periodic"]),
    default="auto",
    show_default=True,
    help="Expansion and policy iteration, self-timed execution, or K-periodic schedules.",
)
@click.option("--processor", metavar="NAME", help="SDF3: take execution times of this processor.")
@command_options
def command(graphs: tuple[str, ...], engine: str, processor: str | None, output: Output) -> int:
    """Exact throughput of dataflow graphs (SDF3 .xml, .json, .dot); with --json one object a line.

    A deadlock or an inconsistent graph is an answer, not a failure. A file that cannot be read is reported and the
    others go on (exit code 2); an engine that declines a graph's size gives exit code 1.

    \b
    Example:
      mapper throughput h263decoder.xml modem.json --engine auto --json
    """
    code = DONE
    for path in graphs:
        try:
            _one(path, engine, processor, output)
        except MapperError as error:
            code = max(code, BAD_INPUT if isinstance(error, InputError) else FAILED)
            click.echo(f"error: {error}", err=True)
            if output.as_json:
                click.echo(json.dumps({"graph": path, "status": "error", "message": str(error)}, ensure_ascii=False))
    return code


def _one(path: str, engine: str, processor: str | None, output: Output) -> None:
    from mapper.analysis.repetition import repetition_vector
    from mapper.analysis.throughput import throughput
    from mapper.errors import InconsistentError
    from mapper.io.dataflow import read_dataflow
    from mapper.report.dataflow import throughput_line, throughput_text

    graph = read_dataflow(path, processor=processor)
    begin = time.perf_counter()
    answer = throughput(graph, engine)
    seconds = time.perf_counter() - begin
    try:
        repetitions = repetition_vector(graph)
    except InconsistentError:
        repetitions = None
    if output.as_json:
        click.echo(throughput_line(graph, answer, seconds, repetitions))
    else:
        output.note(throughput_text(graph, answer, repetitions))
