"""`mapper latency`."""

from __future__ import annotations

import click

from mapper.cli.common import Output, command_options
from mapper.errors import InputError

__all__ = ["command"]


@click.command("latency")
@click.argument("path", metavar="GRAPH")
@click.option("--source", required=True, metavar="ACTOR", help="Actor whose start begins an iteration.")
@click.option("--sink", required=True, metavar="ACTOR", help="Actor whose end finishes it.")
@click.option("--period", metavar="TIME", help="Period of the periodic schedule  [default: the graph's own]")
@click.option("--processor", metavar="NAME", help="SDF3: take execution times of this processor.")
@command_options
def command(path: str, source: str, sink: str, period: str | None, processor: str | None, output: Output) -> int:
    """Latency between two actors of a dataflow graph, self-timed and periodic, and the makespan of an iteration.

    \b
    Example:
      mapper latency h263decoder.json --source vld --sink mc
    """
    from fractions import Fraction

    from mapper.analysis.latency import latency
    from mapper.io.dataflow import read_dataflow

    graph = read_dataflow(path, processor=processor)
    number = {name: actor for actor, name in enumerate(graph.actors)}
    for option, name in (("--source", source), ("--sink", sink)):
        if name not in number:
            raise InputError(option, f"an actor of {graph.name}: {', '.join(graph.actors[:20])}", repr(name))
    try:
        asked = None if period is None else Fraction(period)
    except (ValueError, ZeroDivisionError) as error:
        raise InputError("--period", "a number or a fraction like 7/2", repr(period)) from error
    answer = latency(graph, number[source], number[sink], asked)
    summary = {
        "graph": graph.name,
        "source": source,
        "sink": sink,
        "first": answer.first,
        "worst": answer.worst,
        "settled": answer.settled,
        "periodic": str(answer.periodic),
        "period": str(answer.period),
        "makespan": answer.makespan,
    }

    def shown(value: int | None) -> str:
        return "grows without end" if value is None else str(value)

    lines = [
        f"{graph.name}: from {source} to {sink}",
        f"first iteration   {answer.first}",
        f"worst self-timed  {shown(answer.worst)}",
        f"once settled      {shown(answer.settled)}",
        f"periodic          {answer.periodic} at period {answer.period}",
        f"makespan          {answer.makespan}",
    ]
    output.show(summary, "\n".join(lines))
    return 0
