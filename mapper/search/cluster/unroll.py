"""Neurons with more inputs than a crossbar has rows become trees of partial-sum units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mapper.compiled import kernel
from mapper.errors import InputError
from mapper.model.network import Population, SpikingNetwork
from mapper.search.cluster.distinct_rows import DistinctRows
from mapper.search.cluster.unroll_plans import SCHEMES, aligned_plan, plan_for

__all__ = ["Unrolled", "unroll_fan_in"]


@dataclass(frozen=True, eq=False)
class Unrolled:
    """A network in which every neuron has at most N_in distinct sources.

    Attributes
    ----------
    network
        The unrolled network. The partial units of population P stand before it in populations ``P.partial1``,
        ``P.partial2`` ... (level by level).
    origin : int64, shape (network.size,)
        The given network's neuron each unit stems from.
    partial : bool, shape (network.size,)
        Units that were added.
    """

    network: SpikingNetwork
    origin: NDArray[np.int64]
    partial: NDArray[np.bool_]


def unroll_fan_in(
    network: SpikingNetwork,
    inputs: int,
    *,
    unroll: bool = True,
    partial_spikes: Literal["any", "sum"] = "any",
    scheme: str = "balanced",
) -> Unrolled:
    """Split fan-ins above ``inputs`` over trees of partial units (models/README.md, section 3).

    In the ``balanced`` scheme the sorted distinct sources of a wide neuron are cut into ``ceil(fan-in / inputs)`` runs
    of nearly equal length, so that neurons with equal inputs are cut alike; one partial unit takes each run, and their
    sum is cut again while there are more units than rows.

    Parameters
    ----------
    inputs
        N_in, at least 2 if anything has to be unrolled.
    unroll
        ``False``: refuse instead.
    partial_spikes
        Spikes of a partial unit over the recording. ``any``: the time steps in which at least one input fired, of
        which a recording of counts knows only the bound min(sum of the inputs' spikes, time steps). ``sum``: every
        event is forwarded on its own.
    scheme
        One of :data:`~mapper.search.cluster.unroll_plans.SCHEMES`, which says what they are.

    Raises
    ------
    InputError
        A neuron is too wide and unrolling is off or impossible; the message names it.

    Examples
    --------
    >>> net = SpikingNetwork.from_edges("wide", 5, [0, 1, 2, 3], [4, 4, 4, 4])
    >>> tree = unroll_fan_in(net, 2)
    >>> tree.network.size, tree.network.fan_in().tolist()
    (7, [2, 2, 0, 0, 0, 0, 2])
    """
    if scheme not in SCHEMES:
        raise InputError("unrolling scheme", f"one of {', '.join(SCHEMES)}", repr(scheme))
    fan_in = np.zeros(network.size, np.int64)
    work = 5 * (network.synapse_count + network.size)
    last, distinct = np.full(network.size, -1, np.int64), DistinctRows(network)
    for start, rows in distinct:
        _count_sources.for_work(work)(start, rows.indptr, rows.targets, distinct.members, last, fan_in)
    wide = np.flatnonzero(fan_in > inputs)
    if wide.size == 0:
        return Unrolled(network, np.arange(network.size), np.zeros(network.size, np.bool_))
    if not unroll or inputs < 2:
        raise InputError(
            f"neuron {wide[0]} of network {network.name!r}",
            f"at most {inputs} inputs (crossbar rows)",
            f"a fan-in of {fan_in[wide[0]]}",
            "allow unrolling, or choose a platform with larger crossbars",
        )
    trees = _grow(network, inputs, fan_in, wide, scheme)
    post = network.written_out("targets")
    assert post is not None
    post = post if post.flags.writeable else post.copy()
    sums = np.zeros(trees.owner.size, np.int64)
    spikes = np.zeros(network.size, np.int64) if network.spike_counts is None else network.spike_counts
    last[:] = -1
    _redirect.for_work(2 * work)(network.indptr, spikes, trees.leaf_ptr, trees.leaf, trees.base, last, post, sums)
    return _assemble(network, trees, post, None if network.spike_counts is None else sums, partial_spikes)


@dataclass(frozen=True, eq=False)
class _Trees:
    """Units in temporary numbers 0 .. u - 1, the trees of the wide neurons one after another.

    ``base`` and ``leaf_ptr`` (per neuron): its first unit, -1 for narrow neurons, and where its plan's ``leaf`` begins.
    Per unit: its neuron, its parent unit (-1: the neuron), level and run.
    """

    base: NDArray[np.int64]
    leaf_ptr: NDArray[np.int64]
    leaf: NDArray[np.int32]
    owner: NDArray[np.int64]
    parent: NDArray[np.int64]
    level: NDArray[np.int32]
    run: NDArray[np.int32]


@kernel
def _count_sources(start, indptr, targets, members, last, fan_in):  # type: ignore[no-untyped-def]
    """Distinct sources of each neuron, among ``members`` for each row from ``start`` on; ``last`` holds -1 at first."""
    for row in range(len(indptr) - 1):
        s = start + row
        for e in range(indptr[row], indptr[row + 1]):
            t = targets[e]
            if last[t] != s:
                last[t] = s
                fan_in[t] += members[s]


@kernel
def _redirect(indptr, spikes, leaf_ptr, leaf, base, last, post, sums):  # type: ignore[no-untyped-def]
    """Turn synapses into wide neurons to their units (written as -1 - unit) and add up what these hear.

    ``post`` holds the synapses' targets at first.
    ``leaf_ptr`` is moved to one behind the sources met so far; ``last`` holds -1 everywhere.
    """
    for s in range(len(indptr) - 1):
        for e in range(indptr[s], indptr[s + 1]):
            t = post[e]
            if base[t] >= 0:
                fresh = last[t] != s
                if fresh:
                    last[t] = s
                    leaf_ptr[t] += 1
                unit = leaf[leaf_ptr[t] - 1]
                if unit >= 0:
                    post[e] = -1 - (base[t] + unit)
                    if fresh:
                        sums[base[t] + unit] += spikes[s]


def _grow(
    network: SpikingNetwork, inputs: int, fan_in: NDArray[np.int64], wide: NDArray[np.int64], scheme: str
) -> _Trees:
    """One tree for each wide neuron; neurons with the same plan are handled together."""
    if scheme == "channels":
        keys, which = _channel_sizes(network, wide)
        plans = [aligned_plan(key, inputs) for key in keys]
    else:
        widths, which = np.unique(fan_in[wide], return_inverse=True)
        plans = [plan_for(scheme, int(width), inputs) for width in widths]
    units = np.array([plan.parent.size for plan in plans], np.int64)
    starts = np.cumsum(np.concatenate([[0], units[which]]))
    base, leaf_ptr = np.full(network.size, -1, np.int64), np.zeros(network.size, np.int64)
    base[wide] = starts[:-1]
    leaves = np.cumsum(np.concatenate([[0], [plan.leaf.size for plan in plans]]))
    leaf_ptr[wide] = leaves[which]
    parent, level, run = np.empty(starts[-1], np.int64), np.empty(starts[-1], np.int32), np.empty(starts[-1], np.int32)
    for number, plan in enumerate(plans):
        first = starts[:-1][which == number]
        place = first[:, None] + np.arange(plan.parent.size)
        parent[place] = np.where(plan.parent < 0, -1, first[:, None] + plan.parent)
        level[place], run[place] = plan.level, plan.run
    leaf = np.concatenate([plan.leaf for plan in plans])
    return _Trees(base, leaf_ptr, leaf, np.repeat(wide, units[which]), parent, level, run)


def _channel_sizes(network: SpikingNetwork, wide: NDArray[np.int64]) -> tuple[list[tuple[int, ...]], NDArray[np.intp]]:
    """The distinct tuples "sources in each channel in turn" of the wide neurons, and which of them is whose.

    A channel is one index of the first axis of a population with several axes, or else the whole population.
    """
    per_neuron = [p.size // p.shape[0] if len(p.shape) > 1 and p.size else max(p.size, 1) for p in network.populations]
    within = [np.arange(p.size) // size for p, size in zip(network.populations, per_neuron, strict=True)]
    highest = np.cumsum([0, *(int(w[-1]) + 1 if w.size else 0 for w in within)])
    channel = np.concatenate([first + w for first, w in zip(highest[:-1], within, strict=True)])
    indptr, sources = network.incoming()
    keys: dict[tuple[int, ...], int] = {}
    which = np.empty(wide.size, np.intp)
    for i, v in enumerate(wide.tolist()):
        _, sizes = np.unique(channel[np.unique(sources[indptr[v] : indptr[v + 1]])], return_counts=True)
        which[i] = keys.setdefault(tuple(sizes.tolist()), len(keys))
    return list(keys), which


def _assemble(
    network: SpikingNetwork, trees: _Trees, post: NDArray[np.int32], sums: NDArray[np.int64] | None, partial_spikes: str
) -> Unrolled:
    """Number units and neurons anew and write the CSR form: neurons keep their order, a unit has one target."""
    unit, place, populations = _arrange(network, trees)
    size = network.size + trees.owner.size
    partial = np.zeros(size, np.bool_)
    partial[unit] = True
    origin = np.empty(size, np.int64)
    origin[unit], origin[place] = trees.owner, np.arange(network.size)
    degree = np.ones(size, np.int64)
    degree[place] = np.diff(network.indptr)
    indptr = np.concatenate([[0], np.cumsum(degree)])
    inner = np.zeros(int(indptr[-1]), np.bool_)
    inner[indptr[:-1][partial]] = True
    targets = np.empty(inner.size, np.int32)
    final = np.concatenate([unit[::-1], place]).astype(np.int32)  # -1 - u is found u + 1 from the end of the units
    targets[~inner] = final[post + np.int32(trees.owner.size)]
    up = np.where(trees.parent < 0, place[trees.owner], unit[trees.parent])
    targets[inner] = up[np.argsort(unit)]

    def spread(values: NDArray[np.generic] | None, added: int) -> NDArray[np.generic] | None:
        if values is None:
            return None
        longer = np.full(inner.size, added, values.dtype)
        longer[~inner] = values
        return longer

    counts = None
    if sums is not None and network.spike_counts is not None:
        counts = np.empty(size, np.int64)
        counts[place] = network.spike_counts
        counts[unit] = _unit_spikes(trees, sums, network.steps * network.windows if partial_spikes == "any" else None)
    is_input = np.zeros(size, np.bool_)
    is_input[place] = network.is_input
    unrolled = SpikingNetwork(
        name=network.name,
        populations=populations,
        indptr=indptr,
        targets=targets,
        is_input=is_input,
        weights=spread(network.written_out("weights"), 1),  # type: ignore[arg-type]
        delays=spread(network.written_out("delays"), 0),  # type: ignore[arg-type]
        spike_counts=counts,
        steps=network.steps,
        windows=network.windows,
    )
    return Unrolled(unrolled, origin, partial)


def _arrange(
    network: SpikingNetwork, trees: _Trees
) -> tuple[NDArray[np.int64], NDArray[np.int64], tuple[Population, ...]]:
    """Final numbers of units and neurons: partial populations before their own, equal cuts side by side."""
    population = network.population_of()[trees.owner]
    order = np.lexsort((trees.owner, trees.run, trees.level, population))
    unit = np.empty(order.size, np.int64)
    place = np.empty(network.size, np.int64)
    populations: list[Population] = []
    end = taken = 0
    for number, own in enumerate(network.populations):
        members = order[taken : taken + int(np.count_nonzero(population == number))]
        taken += members.size
        unit[members] = end + np.arange(members.size)
        for level, count in zip(*np.unique(trees.level[members], return_counts=True), strict=True):
            populations.append(Population(f"{own.name}.partial{level}", end, end + int(count)))
            end += int(count)
        place[own.start : own.stop] = np.arange(end, end + own.size)
        populations.append(Population(own.name, end, end + own.size, own.shape, own.neuron))
        end += own.size
    return unit, place, tuple(populations)


def _unit_spikes(trees: _Trees, sums: NDArray[np.int64], most: int | None) -> NDArray[np.int64]:
    """Spikes of each unit from what its sources send, level by level; ``sums`` is used up."""
    for level in range(1, int(trees.level.max()) + 1):
        units = np.flatnonzero(trees.level == level)
        if most is not None:
            sums[units] = np.minimum(sums[units], most)
        inner = units[trees.parent[units] >= 0]
        np.add.at(sums, trees.parent[inner], sums[inner])
    return sums
