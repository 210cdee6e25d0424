"""What the commands share: options, exit codes, errors, output and progress."""

from __future__ import annotations

import functools
import gc
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mapper.errors import InputError, MapperError

if TYPE_CHECKING:
    from mapper.model.network import SpikingNetwork
    from mapper.progress import Event, Progress

__all__ = [
    "BAD_INPUT",
    "DONE",
    "FAILED",
    "STOPPED",
    "Output",
    "choice_option",
    "command_options",
    "network_options",
    "open_network",
]

DONE, FAILED, BAD_INPUT, STOPPED = 0, 1, 2, 3

Command = TypeVar("Command", bound=Callable[..., Any])


def choice_option(*names: str, choices: Sequence[str], **rest: Any) -> Callable[[Any], Any]:
    """An option with one of a few values; the first is the default."""
    return click.option(*names, type=click.Choice(choices), default=choices[0], show_default=True, **rest)


class Output:
    """Where a command speaks: JSON on standard output with ``--json``, else text; nothing but errors if quiet."""

    def __init__(self, as_json: bool, quiet: bool) -> None:
        self.as_json, self.quiet = as_json, quiet

    def show(self, summary: Any, text: Any) -> None:
        """Print the machine's object or the human's text (a string or anything rich can draw)."""
        if self.as_json:
            click.echo(json.dumps(summary, indent=1, ensure_ascii=False))
        elif not self.quiet:
            if isinstance(text, str):
                click.echo(text)
            else:
                from rich.console import Console

                console = Console()
                if not console.is_terminal:
                    console = Console(width=140)
                console.print(text)

    def note(self, text: str) -> None:
        """A remark for people only."""
        if not (self.as_json or self.quiet):
            click.echo(text)

    def fail(self, error: MapperError) -> None:
        """Say what is wrong: text on standard error, and the parts as JSON if asked for."""
        click.echo(f"error: {error}", err=True)
        if self.as_json:
            parts = {k: str(v) for k, v in vars(error).items() if k in ("where", "expected", "got", "fix", "rule")}
            click.echo(json.dumps({"error": type(error).__name__, "message": str(error), **parts}, ensure_ascii=False))

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """A progress bar on the terminal (standard error), or silence."""
        from mapper.progress import silent

        gc.enable()
        if self.quiet or not sys.stderr.isatty():
            yield silent
            return
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
        with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=None)

            def watch(event: Event) -> None:
                bar.update(task, description=_line(event), total=1.0 if event.done is not None else None)
                if event.done is not None:
                    bar.update(task, completed=event.done)

            yield watch


def _line(event: Event) -> str:
    from mapper.report import units

    parts = [event.stage, event.message]
    if event.period is not None:
        parts.append(f"period {units.time(event.period)}")
    if event.bound is not None:
        parts.append(f"bound {units.time(event.bound)}")
    return "  ".join(part for part in parts if part)


def command_options(command: Command) -> Command:
    """Add ``--json`` and ``--quiet``, pass an :class:`Output`, and turn errors into messages and exit codes."""

    @functools.wraps(command)
    def run(*args: Any, as_json: bool, quiet: bool, **kwargs: Any) -> None:
        output = Output(as_json, quiet)
        try:
            code = command(*args, output=output, **kwargs)
        except MapperError as error:
            output.fail(error)
            code = BAD_INPUT if isinstance(error, InputError) else FAILED
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            code = STOPPED
        sys.exit(code or DONE)

    run = click.option("--quiet", is_flag=True, help="Say nothing but errors.")(run)
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object for machines.")(run)  # type: ignore[return-value]


class _RowsOrInputs(click.ParamType):  # type: ignore[type-arg]
    name = "none|sources|N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        if value in ("none", "sources"):
            return str(value)
        if not str(value).isdecimal() or int(value) < 1:
            self.fail(f"{value!r} is neither a number of rows nor 'none' or 'sources'", param, ctx)
        return int(value)


def network_options(command: Command, rows: bool = False) -> Command:
    """Add the options that say how a network file is read; they arrive as one dictionary ``reading``.

    With ``rows`` a number given as ``--inputs`` is the rows of a crossbar and arrives as ``rows``.
    """

    @functools.wraps(command)
    def run(*args: Any, spikes: str | None, input_shape: str | None, pooling: str, inputs: Any, **kwargs: Any) -> Any:
        if rows:
            kwargs["rows"] = next((value for value in reversed(inputs) if isinstance(value, int)), None)
            inputs = next((value for value in reversed(inputs) if isinstance(value, str)), "none")
        reading = {"spikes": spikes, "input_shape": input_shape, "pooling": pooling, "inputs": inputs}
        return command(*args, reading=reading, **kwargs)

    run = click.option("--spikes", metavar="FILE", help="Spike counts (.npz, .npy, .csv).")(run)
    run = click.option("--input-shape", metavar="C,H,W", help="Shape of a NIR input that the file leaves out.")(run)
    run = choice_option(
        "--pooling",
        choices=("compose", "neurons"),
        help="NIR pooling: folded into the synapses, or neurons of its own.",
    )(run)
    sources = "edge lists: whether neurons without fan-in are external inputs"
    if rows:
        help_text = f"A number: without a platform, inputs (rows) of a cluster. A word: {sources}."
        return click.option("--inputs", type=_RowsOrInputs(), multiple=True, help=help_text)(run)  # type: ignore[return-value]
    help_text = f"{sources[0].upper()}{sources[1:]}."
    return choice_option("--inputs", choices=("none", "sources"), help=help_text)(run)  # type: ignore[no-any-return]


def _shape(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    try:
        shape = tuple(int(part) for part in text.split(","))
    except ValueError:
        shape = ()
    if not shape or min(shape) < 1:
        raise InputError("--input-shape", "positive integers like 2,34,34", repr(text))
    return shape


def open_network(source: str, reading: dict[str, Any]) -> SpikingNetwork:
    """The network a command was given."""
    from mapper.io.network import read_network

    return read_network(source, **{**reading, "input_shape": _shape(reading["input_shape"])})
