"""Several methods side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mapper.model.result import Result
from mapper.report import units

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["comparison_table"]


def comparison_table(results: list[Result]) -> Table:
    """One row a result; the last column is the period against the first's."""
    from rich.table import Table

    first = results[0].evaluation
    table = Table(title=f"{results[0].network.name} on {results[0].platform.name}")
    table.add_column("method")
    for heading in ("status", "period", "throughput", "bound", "gap", "latency", "energy", "tiles", "time", "vs first"):
        table.add_column(heading, justify="right")
    for result in results:
        evaluation = result.evaluation
        row = [result.method, result.status.value]
        if evaluation is None:
            row += ["-", "-", units.time(result.bound.value), "-", "-", "-", "-"]
        else:
            row += [
                units.time(evaluation.period),
                units.rate(evaluation.throughput_hz),
                units.time(result.bound.value),
                units.share(result.gap),
                units.time(evaluation.latency),
                units.energy(evaluation.energy_fj),
                str(evaluation.tiles_used),
            ]
        ratio = evaluation.period / first.period if evaluation and first and first.period else None
        row += [f"{result.seconds:.2f} s", "-" if ratio is None else f"{float(ratio):.3f}"]
        table.add_row(*row)
    return table
