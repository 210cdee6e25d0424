"""`mapper buffers`."""

from __future__ import annotations

import time

import click

from mapper.cli.common import DONE, STOPPED, Output, command_options
from mapper.errors import InputError

__all__ = ["command"]


@click.command("buffers")
@click.argument("path", metavar="GRAPH")
@click.option("--throughput", metavar="F", help="Only the smallest capacities for this throughput, e.g. 1/350000.")
@click.option("--pareto", is_flag=True, help="The whole front throughput / total size (the default).")
@click.option("--time-limit", type=click.FloatRange(min=0), metavar="SECONDS", help="Stop then, with what is known.")
@click.option("--processor", metavar="NAME", help="SDF3: take execution times of this processor.")
@command_options
def command(
    path: str, throughput: str | None, pareto: bool, time_limit: float | None, processor: str | None, output: Output
) -> int:
    """Channel capacities of a dataflow graph: the smallest for a throughput, or the whole trade-off.

    Space is claimed when the producer's firing starts and released when the consumer's ends.

    \b
    Example:
      mapper buffers h263decoder.json --pareto --time-limit 60
    """
    from fractions import Fraction

    from mapper.analysis.buffers.front import pareto_front, smallest_buffers
    from mapper.io.dataflow import read_dataflow
    from mapper.report.buffers import buffers_object, buffers_text
    from mapper.stop import MaxRuntime

    if throughput is not None and pareto:
        raise InputError("--throughput and --pareto", "one of them", "both", "leave one out")
    target = None
    if throughput is not None:
        try:
            target = Fraction(throughput)
        except (ValueError, ZeroDivisionError) as error:
            raise InputError("--throughput", "a fraction like 1/350000", repr(throughput)) from error
        if target <= 0:
            raise InputError("--throughput", "a positive fraction", repr(throughput))
    graph = read_dataflow(path, processor=processor)
    stop = None if time_limit is None else MaxRuntime(time_limit)
    begin = time.perf_counter()
    with output.progress() as progress:
        if target is None:
            front = pareto_front(graph, stop=stop, progress=progress)
        else:
            front = smallest_buffers(graph, target, stop=stop, progress=progress)
    seconds = time.perf_counter() - begin
    output.show(buffers_object(graph, front, seconds), buffers_text(graph, front))
    return STOPPED if not front.points and not front.complete else DONE
