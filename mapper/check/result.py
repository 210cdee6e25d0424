"""The whole result, rule by rule: what `mapper check` runs and every result passes before it is returned."""

from __future__ import annotations

import numpy as np

from mapper.check.bound import check_bound
from mapper.check.evaluation import check_figures, check_period
from mapper.check.goals import check_goals
from mapper.check.mapping import check_capacities, check_liveness, check_orders, check_retiming
from mapper.errors import CheckError
from mapper.model.result import Result

__all__ = ["check_result"]


def check_result(result: Result) -> tuple[str, ...]:
    """Verify everything a result claims that can be verified without its network and without a solver.

    Returns
    -------
    tuple of str
        What was verified, for people.

    Raises
    ------
    CheckError
        The first violated rule.
    """
    application, clustering = result.application, result.clustering
    sizes = clustering.sizes()
    if not np.array_equal(application.demand[~application.is_input, 1], sizes):
        raise CheckError("clustering", "the clusters' sizes are not those of the application's actors")
    neurons = result.network.inputs + result.network.neurons
    origin = result.origin
    if origin.size != clustering.assignment.size or not np.array_equal(np.unique(origin), np.arange(neurons)):
        raise CheckError("clustering", f"the units' origins are not the {neurons} neurons of the network")
    verified = ["clustering sizes"]
    if result.mapping is not None and result.evaluation is not None:
        parts = (application, result.mapping, result.platform)
        check_capacities(*parts)
        check_orders(*parts)
        check_retiming(result.mapping, result.orders)
        check_liveness(*parts)
        check_period(*parts, result.evaluation)
        check_figures(*parts, result.evaluation)
        verified += ["capacities", "orders", "liveness", "period certificates", "energy, packets and latency"]
    verified.append(check_bound(result))
    if result.goals:
        verified.append(check_goals(result))
    return tuple(verified)
