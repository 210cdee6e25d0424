"""`mapper`: finds the command and imports no other."""

from __future__ import annotations

from importlib import import_module

import click

from mapper import __version__

__all__ = ["main"]

#: Command, its module in this package, and what the overview says of it.
_COMMANDS = {
    "map": ("map", "Map a network onto a platform, with a guaranteed throughput."),
    "compare": ("compare", "Map with several methods and compare."),
    "cluster": ("cluster", "Cut a network into clusters that fit a crossbar, and compare the ways to do it."),
    "evaluate": ("evaluate", "Evaluate a stored mapping again, exactly."),
    "check": ("check", "Verify a stored result without the solver."),
    "explain": ("explain", "Say what limits a stored result, and what each relief would bring."),
    "info": ("info", "Show a network's sizes, fan-ins and spikes."),
    "profile": ("profile", "Count a network's spikes by simulation."),
    "throughput": ("throughput", "Exact throughput of dataflow graphs."),
    "latency": ("latency", "Latency between two actors of a dataflow graph."),
    "buffers": ("buffers", "Channel capacities: the smallest, or the whole trade-off with throughput."),
    "convert": ("convert", "Convert a dataflow graph between formats."),
    "platforms": ("platforms", "List the shipped platforms, or show one."),
    "instances": ("instances", "List the shipped networks."),
    "schema": ("schema", "Print the JSON Schema of a file format."),
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"mapper.cli.{_COMMANDS[name][0]}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, what) for name, (_, what) in _COMMANDS.items()])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mapper")
def main() -> None:
    """Map spiking neural networks onto crossbar hardware and guarantee the throughput of the result.

    Exit codes: 0 done, 1 infeasible or check failed, 2 bad input, 3 stopped without a solution.

    \b
    Example:
      mapper map mlp_mnist --platform dynapse-3x3 --time-limit 60 -o result.json
    """
