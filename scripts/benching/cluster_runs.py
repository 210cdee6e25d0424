"""Running one clustering method on one row of the table: timed, checked, measured, held against targets."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from benching.cluster_rows import Target
from benching.networks import small_world
from mapper.check.clusters import check_cluster_limits
from mapper.lower.semantics import Iteration
from mapper.model.clustering import Clustering
from mapper.model.network import SpikingNetwork
from mapper.search.cluster.hypergraph import partition_hypergraph
from mapper.search.cluster.limits import Limits, limit_rows
from mapper.search.cluster.methods import method_named
from mapper.search.cluster.metrics import ClusterFigures, measure
from mapper.search.cluster.params import ClusterParams
from mapper.stop import MaxRuntime

__all__ = ["RUNS", "Measured", "held", "run_once", "transpose_seconds", "verdict", "warm"]

#: Name of a run: method, objective, seconds. ``kahypar``: Mt-KaHyPar and repair, without refinement.
RUNS: dict[str, tuple[str, str, float]] = {
    "grow": ("grow", "balanced", 1.0),
    "grow clusters": ("grow", "clusters", 1.0),
    "refine": ("refine", "balanced", 10.0),
    "refine clusters": ("refine", "clusters", 10.0),
    "refine packets": ("refine", "packets", 10.0),
    "hypergraph": ("hypergraph", "balanced", 10.0),
    "kahypar": ("kahypar", "balanced", 1.0),
    "maxshare": ("maxshare", "balanced", 1.0),
    "firstfit": ("firstfit", "balanced", 1.0),
    "nextfit": ("nextfit", "balanced", 1.0),
    "metis": ("metis", "balanced", 5.0),
    "kl": ("kl", "balanced", 5.0),
    "sequential": ("sequential", "balanced", 1.0),
    "random": ("random", "balanced", 1.0),
}


@dataclass(frozen=True)
class Measured:
    """One run's clustering and what it cost."""

    figures: ClusterFigures
    seconds: float


def run_once(network: SpikingNetwork, limits: Limits, name: str, iteration: Iteration, seed: int = 1) -> Measured:
    """Run, then check outside of the clock."""
    method, objective, seconds = RUNS[name]
    params = ClusterParams(iteration, seed, MaxRuntime(seconds), objective=objective)  # type: ignore[arg-type]
    function = partition_hypergraph if method == "kahypar" else method_named(method)
    begin = time.perf_counter()
    found: Clustering = function(network, limits, params)
    spent = time.perf_counter() - begin
    check_cluster_limits(network, found, limit_rows(limits), iteration)
    return Measured(measure(network, found), spent)


def warm() -> None:
    """Load compiled code: no clock below measures a compiler."""
    network, limits = small_world(3000), Limits(256, 256, 65536)
    for iteration in Iteration:
        for name in ("grow", "maxshare", "firstfit", "nextfit", "kl", "sequential"):
            run_once(network, limits, name, iteration)
        method_named("refine")(network, limits, ClusterParams(iteration, stop=MaxRuntime(0.5)))


def held(target: Target, runs: dict[str, Measured], bound: int, best: dict[str, Any]) -> float:
    """What a target speaks of, as measured."""
    own = runs[target.run]
    values = {
        "clusters": own.figures.clusters,
        "between": own.figures.packets_between_clusters,
        "packets": own.figures.packets,
        "seconds": own.seconds,
    }
    what, _, other = target.what.partition("/")
    value = float(values[what])
    if other == "bound":
        value /= bound
    elif other == "best":
        known = {"clusters": ("clusters", "clusters"), "between": ("packets", "packets_between_clusters")}
        goal, figure = known.get(what, ("packets", "packets"))
        value /= max(best[goal][figure], 1)
    elif other:
        peer = runs[other].figures
        value /= {"clusters": peer.clusters, "between": peer.packets_between_clusters, "packets": peer.packets}[what]
    return value


def verdict(row: str, what: str, value: float, most: float) -> bool:
    """Print whether a target holds."""
    good = value <= most
    print(f"{'holds' if good else 'MISSED':<7} {row}: {what} {value:.4g} <= {most}", flush=True)
    return good


def transpose_seconds(network: SpikingNetwork) -> float:
    """Best of three SciPy CSR transposes of the network."""
    from scipy.sparse import csr_array

    ones, n = np.ones(network.synapse_count, np.float32), network.size
    matrix = csr_array((ones, network.targets, network.indptr.astype(np.int32)), shape=(n, n))
    spent = []
    for _ in range(3):
        begin = time.perf_counter()
        matrix.T.tocsr()
        spent.append(time.perf_counter() - begin)
    return min(spent)
