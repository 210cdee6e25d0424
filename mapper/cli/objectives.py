"""The options of `map` that say what is to be small, and what every mapping must keep."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click

from mapper.cli.quantity import energy_fj, rate_hz, time_ps
from mapper.errors import InputError

if TYPE_CHECKING:
    from mapper.model.goal import Ceilings

__all__ = ["Aims", "objective_options", "read_wishes"]

_GOALS = "period, energy, tiles, latency"
_NAMES = ("objective", "pareto", "min_throughput", "max_energy", "max_tiles", "max_latency")
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


@dataclass(frozen=True)
class Aims:
    """What the options say: goals by falling importance, or the two axes of a front, within limits."""

    objective: tuple[str, ...]
    axes: tuple[str, str] | None
    limits: Ceilings


def objective_options(command: Any) -> Any:
    """Add the options; they arrive as one dictionary ``wishes``, for :func:`read_wishes`."""

    @functools.wraps(command)
    def run(*args: Any, **options: Any) -> Any:
        return command(*args, wishes={name: options.pop(name) for name in _NAMES}, **options)

    for option in reversed(_OPTIONS):
        run = option(run)
    return run


def read_wishes(wishes: dict[str, Any]) -> Aims:
    """What the options mean.

    Raises
    ------
    InputError
        Unknown goals, numbers or units, or a front together with an objective.
    """
    axes = None if wishes["pareto"] is None else _goals_of("--pareto", wishes["pareto"])
    if axes is not None and len(axes) != 2:
        raise InputError("--pareto", "two goals, like period,energy", repr(wishes["pareto"]))
    if axes is not None and wishes["objective"] != "period":
        raise InputError("--pareto", "it or --objective", "both", "leave one out")
    return Aims(_goals_of("--objective", wishes["objective"]), axes and (axes[0], axes[1]), _limits(wishes))


def _goals_of(option: str, text: str) -> tuple[str, ...]:
    from mapper.model.goal import objective_of

    try:
        return objective_of(text)
    except ValueError as error:
        raise InputError(option, f"different ones of {_GOALS}", repr(text)) from error


def _limits(wishes: dict[str, Any]) -> Ceilings:
    from mapper.model.goal import Ceilings

    throughput, energy, tiles, latency = (wishes[name] for name in _NAMES[2:])
    return Ceilings(
        period=None if throughput is None else 10**12 / rate_hz("--min-throughput", throughput),
        energy=None if energy is None else energy_fj("--max-energy", energy),
        tiles=None if tiles is None else Fraction(tiles),
        latency=None if latency is None else time_ps("--max-latency", latency),
    )
