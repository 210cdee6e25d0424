"""What `map` and `compare` share: the options of a mapping run and what they mean to the engine."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Any

import click

from mapper.cli.common import DONE, FAILED, STOPPED, choice_option
from mapper.errors import InputError

__all__ = ["exit_code", "mapping_options", "run_settings", "writable"]

_OPTIONS = (
    click.option("--platform", "-p", required=True, help="A shipped platform's name or a YAML file."),
    choice_option(
        "--iteration",
        choices=("frame", "timestep"),
        help="What one iteration is: a whole inference, or one time step.",
    ),
    choice_option(
        "--orders",
        choices=("pipelined", "plain"),
        help="Whether a tile's round may hold firings of different iterations, or only of one.",
    ),
    choice_option(
        "--buffers",
        choices=("fixed", "sized"),
        help="Whether each channel holds what the platform says, or what the search decides within the tiles' buffers.",
    ),
    click.option(
        "--time-limit",
        type=click.FloatRange(min=0),
        default=60.0,
        show_default=True,
        metavar="SECONDS",
        help="When the search stops, counted from the end of clustering.",
    ),
    click.option("--gap", type=click.FloatRange(min=0), help="Stop at this (period - bound) / bound."),
    click.option(
        "--seed",
        type=click.IntRange(0, 2**31 - 1),
        default=1,
        show_default=True,
        help="Seed of all random choices.",
    ),
    click.option(
        "--workers",
        type=click.IntRange(0, 256),
        default=0,
        show_default=True,
        help="Search workers; 0: one a core and at least 4, 1: reproducible.",
    ),
    click.option(
        "--cluster-method", metavar="METHOD", help="How neurons are clustered; see `mapper cluster -h`  [default: grow]"
    ),
    click.option(
        "--cluster-time-limit",
        type=click.FloatRange(min=0),
        default=1.0,
        show_default=True,
        metavar="SECONDS",
        help="When a clustering method that could go on stops.",
    ),
)
#: How neurons with more inputs than crossbar rows are handled.
_UNROLLING = (
    click.option("--no-unroll", is_flag=True, help="Refuse neurons with more inputs than crossbar rows."),
    choice_option(
        "--unrolling",
        "scheme",
        choices=("auto", "balanced", "channels", "full", "direct", "chain"),
        help="Trees of partial sums: cut evenly, between channels, with as few units as possible; auto: the best.",
    ),
    choice_option(
        "--partial-spikes",
        choices=("any", "sum"),
        help="A partial-sum unit spikes once a step at most, or once for each of its inputs' spikes.",
    ),
)
_NAMES = (
    *("platform", "iteration", "orders", "buffers", "time_limit", "gap", "seed", "workers"),
    *("cluster_method", "cluster_time_limit"),
)


def unrolling_options(command: Any) -> Any:
    """Add the options of unrolling; they arrive as one dictionary ``unrolling`` of keyword arguments."""

    @functools.wraps(command)
    def run(*args: Any, no_unroll: bool, scheme: str, partial_spikes: str, **options: Any) -> Any:
        unrolling = {"unroll": not no_unroll, "scheme": scheme, "partial_spikes": partial_spikes}
        return command(*args, unrolling=unrolling, **options)

    for option in reversed(_UNROLLING):
        run = option(run)
    return run


def mapping_options(command: Any) -> Any:
    """Add the options of a mapping run; they arrive as one dictionary ``choices``, and -o as ``path``."""

    @functools.wraps(command)
    def run(*args: Any, unrolling: dict[str, Any], **options: Any) -> Any:
        choices = {"unrolling": unrolling, **{name: options.pop(name) for name in _NAMES}}
        return command(*args, choices=choices, **options)

    run = unrolling_options(run)
    run = click.option("-o", "--output", "path", metavar="FILE", help="Write the whole result as JSON.")(run)
    for option in reversed(_OPTIONS):
        run = option(run)
    return run


def run_settings(choices: dict[str, Any]) -> dict[str, Any]:
    """The keyword arguments of ``map_network`` that the options stand for.

    Raises
    ------
    InputError
        A limit or a gap that is no number.
    """
    from mapper.lower.semantics import Iteration
    from mapper.model.mapping import BufferChoice, OrderSemantics
    from mapper.search.cluster.methods import DEFAULT_METHOD
    from mapper.stop import Gap, MaxRuntime, Stop

    try:
        stop: Stop = MaxRuntime(choices["time_limit"])
        if choices["gap"] is not None:
            stop = stop | Gap(choices["gap"])
        cluster_stop = MaxRuntime(choices["cluster_time_limit"])
    except ValueError as error:
        raise InputError("--time-limit, --gap", "numbers of at least 0", str(error)) from error
    return {
        "iteration": Iteration(choices["iteration"]),
        "orders": OrderSemantics(choices["orders"]),
        "buffers": BufferChoice(choices["buffers"]),
        "stop": stop,
        "seed": choices["seed"],
        "workers": choices["workers"],
        "cluster_method": choices["cluster_method"] or DEFAULT_METHOD,
        "cluster_stop": cluster_stop,
        **choices["unrolling"],
    }


def writable(path: str | None) -> None:
    """Refuse early, before long work, a file that could not be written at its end."""
    if path is None:
        return
    folder = Path(path).absolute().parent
    if not folder.is_dir():
        raise InputError(path, "a folder that exists", str(folder), "create it first")
    if not os.access(folder, os.W_OK):
        raise InputError(path, "a folder that can be written", str(folder), "choose another one")
    if Path(path).is_dir():
        raise InputError(path, "a file", "a folder", "give the file a name in it")


def exit_code(status: str) -> int:
    """Of a run whose result has this status."""
    return {"INFEASIBLE": FAILED, "UNKNOWN": STOPPED}.get(status, DONE)
