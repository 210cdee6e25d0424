"""The options of `map` that say what is to be small, and what every mapping must keep."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import click

from mapper.cli.quantity import energy_fj, rate_hz, time_ps
from mapper.errors import InputError

if TYPE_CHECKING:
    from mapper.model.goal import Ceilings

__all__ = ["goals_of", "objective_options"]

_GOALS = "period, energy, tiles, latency"
_OPTIONS = (
    click.option(
        "--objective",
        default="period",
        show_default=True,
        metavar="GOALS",
        help=f"What is to be small, by falling importance: some of {_GOALS}, separated by commas.",
    ),
    click.option("--min-throughput", metavar="HZ", help="Iterations a second at least, like 2.5kHz."),
    click.option("--max-energy", metavar="FJ", help="Energy of an iteration at most, like 12uJ."),
    click.option("--max-tiles", type=click.IntRange(1), metavar="N", help="Tiles used at most."),
    click.option("--max-latency", metavar="PS", help="Latency at most, like 300us."),
    click.option(
        "--pareto",
        metavar="GOAL,GOAL",
        help="The whole trade-off between two goals, each point with what is proven; -o writes all of them.",
    ),
)


def objective_options(command: Any) -> Any:
    """Add the options; they arrive as ``objective`` and ``pareto`` (tuples of goals) and ``limits`` (ceilings)."""

    @functools.wraps(command)
    def run(
        *args: Any,
        objective: str,
        pareto: str | None,
        min_throughput: str | None,
        max_energy: str | None,
        max_tiles: int | None,
        max_latency: str | None,
        **options: Any,
    ) -> Any:
        axes = None if pareto is None else goals_of("--pareto", pareto)
        if axes is not None and len(axes) != 2:
            raise InputError("--pareto", "two goals, like period,energy", repr(pareto))
        if axes is not None and objective != "period":
            raise InputError("--pareto", "it or --objective", "both", "leave one out")
        limits = _limits(min_throughput, max_energy, max_tiles, max_latency)
        goals = goals_of("--objective", objective)
        return command(*args, objective=goals, pareto=axes, limits=limits, **options)

    for option in reversed(_OPTIONS):
        run = option(run)
    return run


def goals_of(option: str, text: str) -> tuple[str, ...]:
    """The goals an option names.

    Raises
    ------
    InputError
        None, an unknown one, or one twice.
    """
    from mapper.model.goal import objective_of

    try:
        return objective_of(text)
    except ValueError as error:
        raise InputError(option, f"different ones of {_GOALS}", repr(text)) from error


def _limits(throughput: str | None, energy: str | None, tiles: int | None, latency: str | None) -> Ceilings:
    from mapper.model.goal import Ceilings

    return Ceilings(
        period=None if throughput is None else 10**12 / rate_hz("--min-throughput", throughput),
        energy=None if energy is None else energy_fj("--max-energy", energy),
        tiles=None if tiles is None else tiles,  # type: ignore[arg-type] # whole numbers become fractions
        latency=None if latency is None else time_ps("--max-latency", latency),
    )
