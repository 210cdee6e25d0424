"""Neurons with more inputs than a crossbar has rows become balanced trees of partial-sum units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mapper.errors import InputError
from mapper.model.network import Population, SpikingNetwork

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
) -> Unrolled:
    """Split fan-ins above ``inputs`` over balanced trees (models/README.md, section 3).

    The sorted distinct sources of a wide neuron are cut into ``ceil(fan-in / inputs)`` runs of nearly equal length,
    so that neurons with equal inputs are cut alike; one partial unit takes each run, and their sum is cut again while
    there are more units than rows.

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
    indptr, sources = network.incoming()
    order = np.argsort(network.targets, kind="stable")  # synapse numbers in the order of `incoming`
    fresh = np.ones(sources.size, np.bool_)
    fresh[1:] = sources[1:] != sources[:-1]
    starts = indptr[:-1][np.diff(indptr) > 0]
    fresh[starts] = True
    rank = np.cumsum(fresh)
    before = np.concatenate([[0], rank])[indptr]
    fan_in = np.diff(before)
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
    return _build(network, inputs, wide, indptr, order, rank - 1, before, partial_spikes)


def _runs(count: int, inputs: int) -> NDArray[np.int64]:
    """Run number of each of ``count`` sorted sources, cut into ceil(count / inputs) nearly equal runs."""
    runs = -(-count // inputs)
    return np.repeat(np.arange(runs), np.diff(np.arange(runs + 1) * count // runs))


def _build(
    network: SpikingNetwork,
    inputs: int,
    wide: NDArray[np.int64],
    indptr: NDArray[np.int64],
    order: NDArray[np.int64],
    rank: NDArray[np.int64],
    before: NDArray[np.int64],
    partial_spikes: str,
) -> Unrolled:
    """Units get temporary numbers from ``network.size`` on and are renumbered at the end."""
    owners: list[tuple[int, int, int]] = []  # (level, run, wide neuron) of each partial unit
    new_post = network.targets.astype(np.int64)
    extra_pre: list[int] = []
    extra_post: list[int] = []
    for v in wide.tolist():
        span = slice(indptr[v], indptr[v + 1])
        runs = _runs(int(before[v + 1] - before[v]), inputs)
        units = _new_units(owners, network.size, 1, v, int(runs[-1]) + 1)
        new_post[order[span]] = units[runs[rank[span] - before[v]]]
        level = 1
        while units.size > inputs:
            level += 1
            runs = _runs(units.size, inputs)
            above = _new_units(owners, network.size, level, v, int(runs[-1]) + 1)
            extra_pre += units.tolist()
            extra_post += above[runs].tolist()
            units = above
        extra_pre += units.tolist()
        extra_post += [v] * units.size
    owner = np.array([v for _, _, v in owners], np.int64)
    place, populations = _arrange(network, owners)
    pre = np.concatenate([network.sources().astype(np.int64), np.array(extra_pre, np.int64)])
    post = np.concatenate([new_post, np.array(extra_post, np.int64)])
    origin = np.empty(place.size, np.int64)
    origin[place] = np.concatenate([np.arange(network.size), owner])
    partial = np.empty(place.size, np.bool_)
    partial[place] = np.arange(place.size) >= network.size
    counts = _counts(network, owners, pre, post, partial_spikes)
    is_input = np.zeros(place.size, np.bool_)
    is_input[place[: network.size]] = network.is_input
    added = len(extra_pre)
    unrolled = SpikingNetwork.from_edges(
        network.name,
        place.size,
        place[pre],
        place[post],
        is_input=is_input,
        weights=None if network.weights is None else np.concatenate([network.weights, np.ones(added, np.float32)]),
        delays=None if network.delays is None else np.concatenate([network.delays, np.zeros(added, np.int32)]),
        spike_counts=None if counts is None else counts[np.argsort(place)],
        steps=network.steps,
        windows=network.windows,
        populations=populations,
    )
    return Unrolled(unrolled, origin, partial)


def _new_units(owners: list[tuple[int, int, int]], base: int, level: int, neuron: int, count: int) -> NDArray[np.int64]:
    first = base + len(owners)
    owners.extend((level, run, neuron) for run in range(count))
    return np.arange(first, first + count)


def _arrange(
    network: SpikingNetwork, owners: list[tuple[int, int, int]]
) -> tuple[NDArray[np.int64], tuple[Population, ...]]:
    """Final number of every unit: partial populations before their own, run by run so that equal cuts lie together."""
    population_of = network.population_of()
    groups: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
    for unit, (level, run, neuron) in enumerate(owners):
        groups.setdefault((int(population_of[neuron]), level), []).append((run, neuron, network.size + unit))
    place = np.empty(network.size + len(owners), np.int64)
    populations: list[Population] = []
    end = 0
    for number, population in enumerate(network.populations):
        for level in sorted(level for p, level in groups if p == number):
            units = [unit for _, _, unit in sorted(groups[number, level])]
            place[units] = np.arange(end, end + len(units))
            populations.append(Population(f"{population.name}.partial{level}", end, end + len(units)))
            end += len(units)
        place[population.start : population.stop] = np.arange(end, end + population.size)
        populations.append(Population(population.name, end, end + population.size, population.shape, population.neuron))
        end += population.size
    return place, tuple(populations)


def _counts(
    network: SpikingNetwork,
    owners: list[tuple[int, int, int]],
    pre: NDArray[np.int64],
    post: NDArray[np.int64],
    partial_spikes: str,
) -> NDArray[np.int64] | None:
    """Spike totals in temporary numbers, level by level."""
    if network.spike_counts is None:
        return None
    size = network.size
    counts = np.concatenate([network.spike_counts, np.zeros(len(owners), np.int64)])
    into_units = post >= size
    pairs = np.unique(np.stack([pre[into_units], post[into_units]]), axis=1)
    levels = np.array([level for level, _, _ in owners], np.int64)
    for level in range(1, int(levels.max()) + 1):
        feeds = levels[pairs[1] - size] == level
        sums = np.zeros(len(owners), np.int64)
        np.add.at(sums, pairs[1][feeds] - size, counts[pairs[0][feeds]])
        if partial_spikes == "any":
            sums = np.minimum(sums, network.steps * network.windows)
        units = np.flatnonzero(levels == level)
        counts[size + units] = sums[units]
    return counts
