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
    """Verify a result or a front, without the solver; exit code 1 names the first violated rule.

    A bound that only a solver can prove is checked for consistency and named as stated.

    \b
    Example:
      mapper check result.json --network mlp_mnist
    """
    from mapper.check.front import check_front
    from mapper.check.result import check_result
    from mapper.io.front import read_result_or_front
    from mapper.model.front import Front

    found = read_result_or_front(path)
    if isinstance(found, Front):
        verified, status = list(check_front(found)), "complete" if found.complete else "partial"
        results = found.points
    else:
        verified, status, results = list(check_result(found)), found.status.value, (found,)
    if network is not None and results:
        from mapper.solve import check_against

        verified += check_against(results[0], open_network(network, reading))
    summary = {"file": path, "passed": True, "status": status, "verified": verified}
    output.show(summary, "\n".join([*(f"ok  {what}" for what in verified), f"{path}: every check passed"]))
    return 0
