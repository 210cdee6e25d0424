"""The one verb: map a network onto a platform. Read it top to bottom to see what the engine does."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from mapper.check.front import check_front
from mapper.check.network import check_application, check_clustering
from mapper.errors import CheckError, InputError
from mapper.lower.semantics import Iteration
from mapper.mapping_run import begin, cluster_network, conclude, fingerprint, summarise
from mapper.model.front import Front
from mapper.model.goal import GOALS, NO_CEILINGS, Ceilings, objective_of
from mapper.model.mapping import BufferChoice, OrderSemantics
from mapper.model.network import SpikingNetwork
from mapper.model.platform import Platform
from mapper.model.result import Result
from mapper.progress import Progress, silent
from mapper.search.cluster.limits import Limits
from mapper.search.cluster.methods import DEFAULT_METHOD
from mapper.search.cluster.unroll import unroll_fan_in
from mapper.search.objectives.steps import pursue
from mapper.search.objectives.sweep import Found, sweep
from mapper.search.options import ONE_MINUTE, ONE_SECOND, MapOptions
from mapper.search.strategy import METHODS
from mapper.stop import Stop

__all__ = ["METHODS", "check_against", "cluster_network", "fingerprint", "map_front", "map_network", "summarise"]


def map_network(
    network: SpikingNetwork,
    platform: Platform,
    *,
    method: str = "auto",
    orders: Literal["plain", "pipelined"] | OrderSemantics = "pipelined",
    buffers: Literal["fixed", "sized"] | BufferChoice = "fixed",
    iteration: Literal["frame", "timestep"] | Iteration = "frame",
    objective: str | Sequence[str] = "period",
    limits: Ceilings = NO_CEILINGS,
    stop: Stop = ONE_MINUTE,
    seed: int = 1,
    workers: int = 0,
    unroll: bool = True,
    partial_spikes: Literal["any", "sum"] = "any",
    scheme: str = "auto",
    cluster_method: str = DEFAULT_METHOD,
    cluster_stop: Stop = ONE_SECOND,
    progress: Progress = silent,
) -> Result:
    """Cut a network into clusters, bind them to tiles, order them, and prove what the result can do.

    Parameters
    ----------
    network
        With spike counts; without, every neuron is taken to spike once per window.
    method
        One of :data:`METHODS`: ``greedy``, ``local``, ``cpsat``, or ``auto``, which takes turns with all of them.
    orders
        What a tile's static order may do. ``pipelined``: hold firings of different iterations in one round, which is
        never slower and often much faster; ``plain``: finish one iteration before the next (the source method's).
    buffers
        What each channel can hold. ``fixed``: what the platform says; ``sized``: part of the decision, where the tiles'
        ``buffer_packets`` are too few for all of that.
    iteration
        ``frame``: one iteration is a whole inference; ``timestep``: one time step (models/README.md, section 2).
    objective
        What is to be small, by falling importance: some of :data:`~mapper.model.goal.GOALS`, as a list or like
        ``"period,energy"``. A later goal chooses among the mappings that are no worse in the earlier ones.
    limits
        The most that period, energy, tiles and latency may be.
    stop
        When the search ends, for instance ``MaxRuntime(60) | Gap(0.01)``. Ctrl-C ends it too; either way the best
        mapping so far is returned.
    seed, workers
        For the exact search. One worker makes it reproducible; 0 is one per core, at least four.
    unroll
        Whether neurons with more inputs than crossbar rows may become trees of partial sums.
    partial_spikes
        How often a partial sum spikes: ``any``, once in a step at most, or ``sum`` (see ``unroll_fan_in``).
    scheme
        How those trees are built: ``auto`` tries several ways (see ``choose_unrolling``).
    cluster_method, cluster_stop
        How neurons are clustered (a key of ``CLUSTER_METHODS``), and when a method that could go on stops.
    progress
        Called with an :class:`~mapper.progress.Event` now and then.

    Returns
    -------
    Result
        Checked by :mod:`mapper.check`, whatever its status.

    Raises
    ------
    InputError
        Unknown method or goal, or a neuron that fits no crossbar.

    Examples
    --------
    >>> import mapper
    >>> net = mapper.read_network("mlp_digits")
    >>> result = map_network(net, mapper.read_platform("dynapse-3x3"), method="greedy")
    >>> result.status.value in ("FEASIBLE", "OPTIMAL"), result.evaluation.period >= result.bound.value
    (True, True)
    """
    options = MapOptions(
        method=method,
        orders=orders,  # type: ignore[arg-type] # becomes one there
        buffers=buffers,  # type: ignore[arg-type] # the same
        iteration=iteration,  # type: ignore[arg-type] # the same
        limits=limits,
        stop=stop,
        seed=seed,
        workers=workers,
        unroll=unroll,
        partial_spikes=partial_spikes,
        scheme=scheme,
        cluster_method=cluster_method,
        cluster_stop=cluster_stop,
        progress=progress,
    )
    run = begin(network, platform, _goals(objective), options)
    return conclude(run, Found(*pursue(run.task), limits))


def map_front(
    network: SpikingNetwork, platform: Platform, axes: str | Sequence[str], options: MapOptions | None = None
) -> Front:
    """The trade-off between two goals: mappings of which none is beaten in both.

    Parameters
    ----------
    axes
        Two of :data:`~mapper.model.goal.GOALS`, like ``"period,energy"``.
    options
        As for :func:`map_network`. The stopping rule is for the whole front; a search that it or Ctrl-C ends returns
        the points found until then.

    Returns
    -------
    Front
        Every point checked by :mod:`mapper.check`, each with what is proven of it.

    Raises
    ------
    InputError
        Not two goals, or as :func:`map_network`.

    Examples
    --------
    >>> import mapper
    >>> net, chip = mapper.read_network("mlp_digits"), mapper.read_platform("dynapse")
    >>> front = map_front(net, chip, "tiles,energy", MapOptions(workers=1))
    >>> front.complete, [front.values(point)[0] for point in front.points]
    (True, [Fraction(1, 1)])
    """
    goals = _goals(axes)
    if len(goals) != 2:
        raise InputError("axes", "two goals, like period,energy", repr(axes))
    run = begin(network, platform, goals, options or MapOptions())
    points, complete, reason = sweep(run.task, (goals[0], goals[1]))
    results = tuple(conclude(run, point) for point in points)
    seconds = round(time.perf_counter() - run.began, 6)
    front = Front((goals[0], goals[1]), results, complete, reason, seconds)
    check_front(front)
    return front


def _goals(objective: str | Sequence[str]) -> tuple[str, ...]:
    try:
        return objective_of(objective)
    except ValueError as error:
        raise InputError("objective", f"different ones of {', '.join(GOALS)}", repr(objective)) from error


def check_against(result: Result, network: SpikingNetwork) -> tuple[str, ...]:
    """Verify a result's clusters, traffic and execution times against the network it claims to come from.

    Returns
    -------
    tuple of str
        What was verified, for people.

    Raises
    ------
    CheckError
        Another network, or the first violated rule.
    """
    if replace(summarise(network), name=result.network.name) != result.network:
        raise CheckError("network", f"{network.name} is not the network that the result was made from")
    spikes = result.statistics.get("partial_spikes", "any")
    scheme = result.statistics.get("unrolling", "balanced")
    unrolled = unroll_fan_in(network, Limits.of(result.platform).fan_in, partial_spikes=spikes, scheme=scheme)
    if not np.array_equal(unrolled.origin, result.origin):
        raise CheckError("clustering", "the units' origins are not those of the unrolled network")
    check_clustering(unrolled.network, result.clustering, result.platform, Iteration(result.application.iteration))
    check_application(unrolled.network, result.clustering, result.application, result.platform)
    return "clusters against the network", "traffic and execution times against the network"
