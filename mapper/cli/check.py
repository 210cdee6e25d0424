"""`mapper check`."""

from __future__ import annotations

from typing import Any

import click

from mapper.cli.common import Output, command_options, network_options, open_network

__all__ = ["command"]


@click.command("check")
@click.argument("path", metavar="RESULT.json")
@click.option("--network", metavar="NET", help="Also check clusters, traffic and times against this network.")
@network_options
@command_options
def command(path: str, network: str | None, reading: dict[str, Any], output: Output) -> int:
    """Verify what RESULT.json claims, without the solver; exit code 1 names the first violated rule.

    A bound that only a solver can prove is checked for consistency and named as stated.

    \b
    Example:
      mapper check result.json --network mlp_mnist
    """
    from mapper.check.result import check_result
    from mapper.io.result import read_result

    result = read_result(path)
    verified = list(check_result(result))
    if network is not None:
        from mapper.solve import check_against

        verified += check_against(result, open_network(network, reading))
    summary = {"file": path, "passed": True, "status": result.status.value, "verified": verified}
    output.show(summary, "\n".join([*(f"ok  {what}" for what in verified), f"{path}: every check passed"]))
    return 0
