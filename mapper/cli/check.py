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
        import numpy as np

        from mapper.check.network import check_application, check_clustering
        from mapper.lower.semantics import Iteration
        from mapper.search.cluster.limits import Limits
        from mapper.search.cluster.unroll import unroll_fan_in
        from mapper.solve import fingerprint, summarise

        given = open_network(network, reading)
        if fingerprint(given) != result.network.fingerprint:
            raise CheckError("network", f"{network} is not the network that {path} was made from")
        if summarise(given) != result.network:
            raise CheckError("network", f"the stored sizes are not those of {network}")
        limits = Limits.of(result.platform)
        rows, spikes = min(limits.inputs, limits.synapses), result.statistics.get("partial_spikes", "any")
        tree = unroll_fan_in(given, rows, partial_spikes=spikes)
        unrolled = tree.network
        if not np.array_equal(tree.origin, result.origin):
            raise CheckError("clustering", "the units' origins are not those of the unrolled network")
        check_clustering(unrolled, result.clustering, result.platform, Iteration(result.application.iteration))
        check_application(unrolled, result.clustering, result.application, result.platform)
        verified += ["clusters against the network", "traffic and execution times against the network"]
    summary = {"file": path, "passed": True, "status": result.status.value, "verified": verified}
    output.show(summary, "\n".join([*(f"ok  {what}" for what in verified), f"{path}: every check passed"]))
    return 0
