"""The flat arrays that clustering methods share: who feeds whom, each pair once, and which way is forward."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mapper.compiled import kernel
from mapper.lower.semantics import Iteration
from mapper.lower.traffic import recorded_spikes
from mapper.model.network import SpikingNetwork
from mapper.search.cluster.components import strong_components
from mapper.search.cluster.distinct_rows import DistinctRows

__all__ = ["Incidence", "transpose"]

#: The low half of a packed word.
_LOW = 0xFFFFFFFF


@kernel
def _read(start, indptr, targets, members, code, seen, more, twice):  # type: ignore[no-untyped-def]
    """Distinct sources of each neuron and a fingerprint of their set; returns the number of distinct pairs.

    The rows are those of the neurons from ``start`` on; a row stands for so many ``members`` with these targets, and
    ``code`` holds the exclusive or of their codes. Row t of ``seen`` holds (last source seen + 1) * 2^32 + distinct
    sources, and the exclusive or of their codes: one cache line for each synapse. ``more`` counts each neuron's
    synapses beyond the distinct ones, ``twice`` tells the sources with such.
    """
    pairs = 0
    for row in range(len(indptr) - 1):
        s = start + row
        fresh = 0
        for e in range(indptr[row], indptr[row + 1]):
            t = targets[e]
            word = seen[t, 0]
            if word >> 32 != s + 1:
                seen[t, 0] = ((s + 1) << 32) + (word & _LOW) + members[s]
                seen[t, 1] ^= code[s]
                fresh += 1
            else:
                more[t] += members[s]
                twice[s] = True
        pairs += fresh * members[s]
    return pairs


@kernel
def _compress(indptr, targets, twice, last, ptr, kept):  # type: ignore[no-untyped-def]
    """Keep the first of parallel synapses."""
    pairs = 0
    for s in range(len(indptr) - 1):
        for e in range(indptr[s], indptr[s + 1]):
            t = targets[e]
            if twice[s]:
                if last[t] == s:
                    continue
                last[t] = s
            kept[pairs] = t
            pairs += 1
        ptr[s + 1] = pairs


@kernel
def _scatter(indptr, targets, place, sources):  # type: ignore[no-untyped-def]
    """Write each pair's source into its target's run; ``place`` holds the runs' starts and is moved to their ends."""
    for s in range(len(indptr) - 1):
        for e in range(indptr[s], indptr[s + 1]):
            t = targets[e]
            sources[place[t]] = s
            place[t] += 1


def transpose(
    indptr: NDArray[np.int64], targets: NDArray[np.int32], degrees: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """(indptr, sources) of the reversed lists; ``degrees`` counts how often each target occurs.

    Examples
    --------
    >>> transpose(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32), np.array([1, 2]))
    (array([0, 1, 3]), array([0, 0, 1], dtype=int32))
    """
    ptr = np.zeros(degrees.size + 1, np.int64)
    np.cumsum(degrees, out=ptr[1:])
    sources = np.empty(targets.size, np.int32)
    _scatter.for_work(4 * targets.size)(indptr, targets, ptr[:-1].copy(), sources)
    return ptr, sources


@dataclass(frozen=True, eq=False)
class Incidence:
    """A network as clustering sees it, with n neurons and p distinct pairs (source, target).

    Attributes
    ----------
    network
    pairs
        p.
    fan_in, synapses : int64, shape (n,)
        Distinct sources of each neuron, and its synapses.
    twice : bool, shape (n,)
        Sources with parallel synapses.
    spikes : int64, shape (n,)
        As recorded, or one per window.
    fingerprint : int64, shape (n,)
        Equal for neurons with equal sets of sources, and otherwise equal with a chance of 2^-63 for a pair.
    is_input : bool, shape (n,)
    component, population : int32, shape (n,)
        Of equal length 0 where every clustering is convex. Otherwise the pair (s, t) is feedback if both have one
        component and t's population is not the later one (``mapper.lower.semantics``).

    Examples
    --------
    >>> net = SpikingNetwork.from_edges("v", 4, [0, 0, 1, 1], [2, 2, 2, 3], is_input=[1, 1, 0, 0])
    >>> lists = Incidence.of(net, Iteration.FRAME)
    >>> lists.fan_in.tolist(), lists.synapses.tolist(), lists.out_target.tolist()
    ([0, 0, 2, 1], [0, 0, 3, 1], [2, 2, 3])
    >>> lists.incoming[1].tolist()
    [0, 1, 1]
    """

    network: SpikingNetwork
    pairs: int
    fan_in: NDArray[np.int64]
    synapses: NDArray[np.int64]
    twice: NDArray[np.bool_]
    spikes: NDArray[np.int64]
    fingerprint: NDArray[np.int64]
    is_input: NDArray[np.bool_]
    component: NDArray[np.int32]
    population: NDArray[np.int32]

    @classmethod
    def of(cls, network: SpikingNetwork, iteration: Iteration) -> Incidence:
        """Read a network in a pass or two, with memory per neuron, and of an implicit one only what differs."""
        n = network.size
        distinct = DistinctRows(network)
        code = distinct.mixed(np.random.default_rng(0).integers(1, np.iinfo(np.int64).max, n))
        seen, more, twice = np.zeros((n, 2), np.int64), np.zeros(n, np.int64), np.zeros(n, np.bool_)
        pairs = 0
        read = _read.for_work(8 * (distinct.size + n))
        for start, rows in distinct:
            pairs += int(read(start, rows.indptr, rows.targets, distinct.members, code, seen, more, twice))
        fan_in = seen[:, 0] & _LOW
        component = population = np.zeros(0, np.int32)
        if iteration is Iteration.FRAME:
            if network.layered:
                component, count = np.arange(n - 1, -1, -1, dtype=np.int32), n
            else:
                component, count = strong_components(network.indptr, network.targets)
            if count > 1 or len(network.populations) > 1:
                population = network.population_of()
            else:
                component = component[:0]
        return cls(
            network,
            pairs,
            fan_in,
            fan_in + more,
            twice[distinct.leader],
            recorded_spikes(network),
            np.ascontiguousarray(seen[:, 1]),
            network.is_input,
            component,
            population,
        )

    @property
    def size(self) -> int:
        """Neurons, inputs included."""
        return self.fan_in.size

    @property
    def any_order(self) -> bool:
        """Whether every clustering is convex."""
        return self.component.size == 0

    @property
    def out_ptr(self) -> NDArray[np.int64]:
        """Where the distinct targets of each neuron begin, int64, shape (n + 1,)."""
        return self._outgoing[0]

    @property
    def out_target(self) -> NDArray[np.int32]:
        """The distinct targets of each neuron, int32, shape (p,).

        Without parallel synapses the network's own; those of an implicit network are written out.
        """
        return self._outgoing[1]

    @cached_property
    def _outgoing(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        network = self.network
        if self.pairs == network.synapse_count:
            return network.indptr, network.targets
        ptr, targets = np.zeros(self.size + 1, np.int64), np.empty(self.pairs, np.int32)
        last = np.full(self.size, -1, np.int32)
        _compress.for_work(8 * network.synapse_count)(network.indptr, network.targets, self.twice, last, ptr, targets)
        return ptr, targets

    @cached_property
    def incoming(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """(indptr int64, sources int32): the distinct sources of each neuron, ascending; made at first use."""
        return transpose(self.out_ptr, self.out_target, self.fan_in)

    def sources(self) -> NDArray[np.int32]:
        """Source of each pair, int32, shape (p,); made on each call."""
        return np.repeat(np.arange(self.size, dtype=np.int32), np.diff(self.out_ptr))

    def forward(self) -> NDArray[np.bool_]:
        """Which pairs must not lead to an earlier cluster: forward, and not from an input; made on each call."""
        if self.any_order:
            return np.zeros(self.pairs, np.bool_)
        return self.is_forward(self.sources(), self.out_target)

    def is_forward(self, pre: NDArray[np.int32], post: NDArray[np.int32]) -> NDArray[np.bool_]:
        """The same of given pairs, where not every clustering is convex."""
        back = (self.component[pre] == self.component[post]) & (self.population[post] <= self.population[pre])
        result: NDArray[np.bool_] = ~back & ~self.is_input[pre]
        return result
