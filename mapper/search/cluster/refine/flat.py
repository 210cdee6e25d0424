"""The network as flat arrays, for kernels that look at a few clusters at a time."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mapper.compiled import kernel
from mapper.lower.semantics import Iteration
from mapper.model.arrays import frozen_array
from mapper.model.network import SpikingNetwork
from mapper.search.cluster.incidence import Incidence

__all__ = ["Flat", "flatten", "is_forward"]

Ints = NDArray[np.int64]


class Flat(NamedTuple):
    """What never changes. With n neurons (inputs included) and p distinct pairs of source and target:

    Attributes
    ----------
    in_ptr, in_source
        Distinct sources of each neuron, ascending.
    out_ptr, out_target
        Distinct targets of each neuron.
    cells, events, spikes : shape (n,)
        Synapses into each neuron, the spikes that arrive there through them, and those it sends.
    twin : shape (n,)
        Class of the neurons with the same distinct sources, as many synapses and events, and the same place in a frame.
    component, population : shape (n,), or (0,) where clusters may stand in any order
        A pair in one component that does not lead to a later population is feedback; all others are forward.
    weight : float64, shape (n,)
        Sum over a neuron's sources of 1 / (their distinct targets): its fair share of rows.
    """

    in_ptr: Ints
    in_source: NDArray[np.int32]
    out_ptr: Ints
    out_target: NDArray[np.int32]
    cells: Ints
    events: Ints
    spikes: Ints
    twin: NDArray[np.int32]
    component: NDArray[np.int32]
    population: NDArray[np.int32]
    weight: NDArray[np.float64]


@kernel
def is_forward(flat, s, t):  # type: ignore[no-untyped-def]
    """Whether a synapse from s to t is forward."""
    return flat.component[s] != flat.component[t] or flat.population[t] > flat.population[s]


def flatten(network: SpikingNetwork, iteration: Iteration) -> Flat:
    """The arrays of a network.

    Examples
    --------
    >>> net = SpikingNetwork.from_edges("twins", 4, [0, 0, 1, 1], [2, 3, 2, 3])
    >>> flat = flatten(net, Iteration.TIMESTEP)
    >>> flat.twin.tolist(), flat.events.tolist()
    ([0, 0, 2, 2], [0, 0, 2, 2])
    """
    lists = Incidence.of(network, iteration)
    events = np.zeros(lists.size, np.int64)
    _count_events.for_work(3 * network.synapse_count)(network.indptr, network.targets, lists.spikes, events)
    in_ptr, in_source = lists.incoming
    weight = np.zeros(lists.size)
    _share_rows.for_work(4 * in_source.size)(in_ptr, in_source, lists.out_ptr, weight)
    flat = Flat(
        in_ptr=in_ptr,
        in_source=in_source,
        out_ptr=lists.out_ptr,
        out_target=lists.out_target,
        cells=lists.synapses,
        events=events,
        spikes=lists.spikes,
        twin=_twins(lists, events, in_ptr, in_source),
        component=lists.component,
        population=lists.population,
        weight=weight,
    )
    # All read-only, because a kernel is compiled anew for every mixture of those that are and those that are not.
    arrays: dict[str, NDArray[Any]] = flat._asdict()
    return Flat(**{name: frozen_array(name, array, array.dtype) for name, array in arrays.items()})


@kernel
def _count_events(indptr, targets, spikes, events):  # type: ignore[no-untyped-def]
    for s in range(len(indptr) - 1):
        for e in range(indptr[s], indptr[s + 1]):
            events[targets[e]] += spikes[s]


@kernel
def _share_rows(in_ptr, in_source, out_ptr, weight):  # type: ignore[no-untyped-def]
    for v in range(len(weight)):
        for e in range(in_ptr[v], in_ptr[v + 1]):
            s = in_source[e]
            weight[v] += 1.0 / (out_ptr[s + 1] - out_ptr[s])


def _twins(lists: Incidence, events: Ints, in_ptr: Ints, in_source: NDArray[np.int32]) -> NDArray[np.int32]:
    """Classes of neurons that are equal to every cluster: fingerprints bring them together, comparison decides."""
    keys = [lists.fingerprint, lists.fan_in, lists.synapses, events]
    if not lists.any_order:
        # A neuron that is a component of its own has the same forward pairs wherever its population stands.
        alone = np.bincount(lists.component, minlength=1)[lists.component] == 1
        keys += [np.where(alone, -1, lists.component), np.where(alone, -1, lists.population)]
    columns = np.stack([key.astype(np.int64, copy=False) for key in keys])
    twin = np.arange(lists.size, dtype=np.int32)
    order = np.lexsort(columns)
    _match_neighbours.for_work(4 * in_source.size)(order, in_ptr, in_source, columns, twin)
    return twin


@kernel
def _match_neighbours(order, in_ptr, in_source, keys, twin):  # type: ignore[no-untyped-def]
    """Give each neuron of ``order`` the class of the one before it if they are equal in everything."""
    for i in range(1, len(order)):
        a, b = order[i - 1], order[i]
        equal = True
        for key in keys:
            equal = equal and key[a] == key[b]
        if equal:
            shift = in_ptr[b] - in_ptr[a]
            for e in range(in_ptr[a], in_ptr[a + 1]):
                if in_source[e] != in_source[e + shift]:
                    equal = False
                    break
        if equal:
            twin[b] = twin[a]
