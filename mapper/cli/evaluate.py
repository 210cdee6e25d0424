"""`mapper evaluate`."""

from __future__ import annotations

from dataclasses import replace

import click

from mapper.cli.common import FAILED, Output, command_options

__all__ = ["command"]


@click.command("evaluate")
@click.argument("path", metavar="RESULT.json")
@command_options
def command(path: str, output: Output) -> int:
    """Evaluate the mapping in RESULT.json again, exactly; exit code 1 if the stored figures differ.

    \b
    Example:
      mapper evaluate result.json
    """
    from mapper.errors import CheckError
    from mapper.evaluator import evaluate
    from mapper.io.result import read_result
    from mapper.model.result import Status
    from mapper.report.result import result_summary, result_text

    result = read_result(path)
    if result.mapping is None or result.evaluation is None:
        raise CheckError("mapping", f"{path} holds none: its status is {result.status.value}")
    fresh = evaluate(result.application, result.mapping, result.platform)
    same = fresh == result.evaluation
    if not same:
        if fresh.period < result.bound.value:
            raise CheckError("bound", f"{result.bound.value} ps is above the period {fresh.period} ps")
        status = Status.OPTIMAL if fresh.period == result.bound.value else Status.FEASIBLE
        result = replace(result, evaluation=fresh, status=status, goals=())  # those were about other figures
    output.show({**result_summary(result), "as_stored": same}, result_text(result))
    output.note("The stored figures are confirmed." if same else "The stored figures DIFFER from these.")
    return 0 if same else FAILED
