"""`mapper throughput`."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import click

from mapper.cli.common import BAD_INPUT, DONE, FAILED, Output, choice_option, command_options
from mapper.errors import InputError, MapperError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mapper.analysis.answers import Throughput
    from mapper.model.sdf import SDFGraph

__all__ = ["command"]


@click.command("throughput")
@click.argument("graphs", nargs=-1, required=True, metavar="GRAPH...")
@choice_option(
    "--engine",
    choices=("auto", "howard", "state-space", "k-periodic"),
    help="Expansion and policy iteration, self-timed execution, or K-periodic schedules.",
)
@click.option("--processor", metavar="NAME", help="SDF3: take execution times of this processor.")
@click.option("--check", "verify", is_flag=True, help="Verify the answer by its cycle and a schedule, token by token.")
@command_options
def command(graphs: tuple[str, ...], engine: str, processor: str | None, verify: bool, output: Output) -> int:
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
            _one(path, engine, processor, verify, output)
        except MapperError as error:
            code = max(code, BAD_INPUT if isinstance(error, InputError) else FAILED)
            click.echo(f"error: {error}", err=True)
            if output.as_json:
                click.echo(json.dumps({"graph": path, "status": "error", "message": str(error)}, ensure_ascii=False))
    return code


def _one(path: str, engine: str, processor: str | None, verify: bool, output: Output) -> None:
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
    proofs = _proofs(graph, repetitions, answer) if verify and repetitions and answer.period is not None else []
    if output.as_json:
        click.echo(throughput_line(graph, answer, seconds, repetitions))
    else:
        output.note("\n".join([throughput_text(graph, answer, repetitions), *(f"ok  {proof}" for proof in proofs)]))


def _proofs(graph: SDFGraph, repetitions: Sequence[int], answer: Throughput) -> list[str]:
    """What the independent check verified; it raises where the answer does not hold."""
    from mapper.analysis.engines.k_periodic import k_periodic_schedule
    from mapper.check.throughput import check_critical_cycle, check_periodic_starts

    proofs = [check_critical_cycle(graph, repetitions, answer)]
    for schedule in k_periodic_schedule(graph):
        starts = (schedule.actors, schedule.period, schedule.starts)
        proofs.append(check_periodic_starts(graph, repetitions, *starts))
    return proofs
