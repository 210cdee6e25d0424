"""`mapper check`."""

from __future__ import annotations

from typing import Any

import click

from mapper.cli.common import Output, command_options, network_options, open_network
from mapper.errors import CheckError

__all__ = ["command"]


@click.command("check")
@click.argument("path", metavar="RESULT.json")
@click.option("--network", metavar="NET", help="Also check clusters, traffic and times against this network.")
@network_options
@command_options
def command(path: str, network: str | None, reading: dict[str, Any], output: Output) -> int:
    """Verify everything RESULT.json claims, without the solver; exit code 1 names the first violated rule.

    \b
    Example:
      mapper check result.json --network mlp_mnist
    """
    from mapper.check.result import check_result
    from mapper.io.result import read_result

    result = read_result(path)
    verified = list(check_result(result))
    if network is not None:
        from mapper.check.network import check_application, check_clustering
        from mapper.lower.semantics import Iteration
        from mapper.search.cluster.limits import Limits
        from mapper.search.cluster.unroll import unroll_fan_in
        from mapper.solve import fingerprint

        given = open_network(network, reading)
        if fingerprint(given) != result.network.fingerprint:
            raise CheckError("network", f"{network} is not the network that {path} was made from")
        unrolled = unroll_fan_in(given, Limits.of(result.platform).inputs).network
        check_clustering(unrolled, result.clustering, result.platform, Iteration(result.application.iteration))
        check_application(unrolled, result.clustering, result.application, result.platform)
        verified += ["clusters against the network", "traffic and execution times against the network"]
    summary = {"file": path, "passed": True, "status": result.status.value, "verified": verified}
    output.show(summary, "\n".join([*(f"ok  {what}" for what in verified), f"{path}: every check passed"]))
    return 0
