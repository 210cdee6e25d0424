"""Where the installed command begins: imports first, with nothing in their way."""

from __future__ import annotations

import gc

__all__ = ["main"]


def main() -> None:
    """Run the command line.

    Importing makes no garbage, yet the collector would search it again and again, and take a tenth of a short command's
    time. Work long enough to show progress turns it on (``Output.progress``).
    """
    gc.disable()
    from mapper.cli.main import main as commands

    commands(prog_name="mapper")
