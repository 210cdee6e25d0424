"""The spiking neural network: neurons, synapses (CSR) and the spikes counted in a recording."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mapper.model.arrays import frozen_array, require
from mapper.model.neurons import NeuronModel

__all__ = ["Population", "SpikingNetwork"]


#: Spikes of a recording stay below this, so that no sum over them loses a digit.
MOST_SPIKES = 10**15


@dataclass(frozen=True, eq=False)
class Population:
    """A named run of neurons ``start .. stop - 1``.

    ``shape`` is the layer's shape where there is one, for instance (channels, height, width); its product is the
    size. ``neuron`` is what the neurons compute, ``None`` where that is unknown (the network can be mapped but not
    simulated) and for inputs.
    """

    name: str
    start: int
    stop: int
    shape: tuple[int, ...] = ()
    neuron: NeuronModel | None = None

    def __post_init__(self) -> None:
        where = f"population {self.name!r}"
        require(0 <= self.start <= self.stop, where, "0 <= start <= stop", f"{self.start}..{self.stop}")
        if not self.shape:
            object.__setattr__(self, "shape", (self.size,))
        require(prod(self.shape) == self.size, where, f"a shape of {self.size} neurons", self.shape)
        for key, values in self.neuron.parameters.items() if self.neuron else ():
            require(values.size in (1, self.size), f"{where}, {key}", f"1 or {self.size} values", values.size)

    @property
    def size(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True, eq=False)
class SpikingNetwork:
    """Neurons, their synapses pre -> post in CSR form, and spike counts.

    Parallel synapses and self-loops are legal and kept. With n neurons (inputs included) and m synapses:

    Attributes
    ----------
    name
        What reports call the network.
    populations
        Consecutive runs that cover 0 .. n-1, in the order in which a spike flows through them.
    indptr : int64, shape (n + 1,)
        The synapses of neuron i are ``indptr[i] .. indptr[i + 1] - 1``.
    targets : int32, shape (m,)
        Postsynaptic neuron of each synapse.
    is_input : bool, shape (n,)
        Neurons that are external sources: they send spikes, take no crossbar column and receive nothing.
    weights : float32, shape (m,), optional
    delays : int32, shape (m,), optional
        Synaptic delays in time steps, >= 0. Without them a synapse to a later population acts within the step and
        any other synapse one step later.
    spike_counts : int64, shape (n,), optional
        Spikes of each neuron over the whole recording, that is over ``windows`` windows. ``None``: not recorded.
    steps : int
        Time steps in one window.
    windows : int
        Windows (inferences, frames) in the recording; one window's traffic is the recording's divided by this.

    Raises
    ------
    ValueError
        Arrays that do not fit each other, indices out of range, negative counts, synapses into an input.

    Examples
    --------
    >>> net = SpikingNetwork.from_edges("pair", 2, [0], [1], is_input=[True, False])
    >>> net.neuron_count, net.synapse_count, net.fan_in().tolist()
    (1, 1, [0, 1])
    """

    name: str
    populations: tuple[Population, ...]
    indptr: NDArray[np.int64]
    targets: NDArray[np.int32]
    is_input: NDArray[np.bool_]
    weights: NDArray[np.float32] | None = None
    delays: NDArray[np.int32] | None = None
    spike_counts: NDArray[np.int64] | None = None
    steps: int = 1
    windows: int = 1

    def __post_init__(self) -> None:
        def put(key: str, value: object) -> None:
            object.__setattr__(self, key, value)

        put("indptr", frozen_array("indptr", self.indptr, np.int64, minimum=0))
        n = self.indptr.size - 1
        require(n >= 0, "indptr", "at least one entry", "none")
        put("targets", frozen_array("targets", self.targets, np.int32, minimum=0))
        m = self.targets.size
        ordered = self.indptr[0] == 0 and self.indptr[-1] == m and bool((np.diff(self.indptr) >= 0).all())
        require(ordered, "indptr", f"a non-decreasing run from 0 to {m}", "another")
        require(m == 0 or int(self.targets.max()) < n, "targets", f"neurons below {n}", self.targets.max(initial=-1))
        put("is_input", frozen_array("is_input", self.is_input, np.bool_, (n,)))
        if self.weights is not None:
            put("weights", frozen_array("weights", self.weights, np.float32, (m,)))
            require(bool(np.isfinite(self.weights).all()), "weights", "finite numbers", "others (NaN or infinite)")
        if self.delays is not None:
            put("delays", frozen_array("delays", self.delays, np.int32, (m,), 0))
        if self.spike_counts is not None:
            put("spike_counts", frozen_array("spike_counts", self.spike_counts, np.int64, (n,), 0))
            total = float(self.spike_counts.sum(dtype=np.float64))
            require(total < MOST_SPIKES, "spike_counts", f"fewer than {MOST_SPIKES} spikes in all", f"{total:.3g}")
        require(self.steps >= 1, "steps", "at least 1", self.steps)
        require(self.windows >= 1, "windows", "at least 1", self.windows)
        end = 0
        for population in self.populations:
            require(population.start == end, f"population {population.name!r}", f"start {end}", population.start)
            end = population.stop
        require(end == n, "populations", f"a cover of {n} neurons", end)
        names = [p.name for p in self.populations]
        require(len(set(names)) == len(names), "populations", "distinct names", names)
        fed = self.targets[self.is_input[self.targets]] if self.is_input.any() else self.targets[:0]
        require(fed.size == 0, "is_input", "inputs that receive no synapse", f"neuron {fed[:1].tolist()} with one")

    @classmethod
    def from_edges(
        cls,
        name: str,
        neurons: int,
        pre: ArrayLike,
        post: ArrayLike,
        *,
        is_input: ArrayLike | None = None,
        weights: ArrayLike | None = None,
        delays: ArrayLike | None = None,
        spike_counts: ArrayLike | None = None,
        steps: int = 1,
        windows: int = 1,
        populations: tuple[Population, ...] | None = None,
    ) -> SpikingNetwork:
        """Build a network from synapse lists in any order (kept stable within one presynaptic neuron).

        Parameters
        ----------
        pre, post : integers, shape (m,)
            The synapses.
        populations
            Default: one population named ``neurons``.
        """
        pre = np.asarray(pre if np.size(pre) else np.empty(0, np.int64))
        post = np.asarray(post if np.size(post) else np.empty(0, np.int32))
        require(pre.shape == post.shape and pre.ndim == 1, "synapses", "pre and post of one length", "different ones")
        for label, ends in (("pre", pre), ("post", post)):
            low, high = (int(ends.min()), int(ends.max())) if ends.size else (0, -1)
            require(low >= 0 and high < neurons, label, f"neurons 0..{neurons - 1}", f"{low}..{high}")
        indptr = np.zeros(neurons + 1, np.int64)
        np.cumsum(np.bincount(pre, minlength=neurons), out=indptr[1:])
        order = np.argsort(pre, kind="stable") if pre.size and (np.diff(pre) < 0).any() else slice(None)

        def arranged(values: ArrayLike | None) -> NDArray[np.generic] | None:
            return None if values is None else np.asarray(values)[order]

        return cls(
            name=name,
            populations=populations or (Population("neurons", 0, neurons),),
            indptr=indptr,
            targets=post.astype(np.int32, copy=False)[order],
            is_input=np.zeros(neurons, np.bool_) if is_input is None else is_input,  # type: ignore[arg-type]
            weights=arranged(weights),  # type: ignore[arg-type]
            delays=arranged(delays),  # type: ignore[arg-type]
            spike_counts=spike_counts,  # type: ignore[arg-type]
            steps=steps,
            windows=windows,
        )

    @property
    def size(self) -> int:
        """Neurons, inputs included."""
        return self.indptr.size - 1

    @property
    def input_count(self) -> int:
        return int(np.count_nonzero(self.is_input))

    @property
    def neuron_count(self) -> int:
        """Neurons that need a crossbar column: all but the inputs."""
        return self.size - self.input_count

    @property
    def synapse_count(self) -> int:
        return self.targets.size

    def sources(self) -> NDArray[np.int32]:
        """Presynaptic neuron of each synapse, int32, shape (m,); made on each call."""
        return np.repeat(np.arange(self.size, dtype=np.int32), np.diff(self.indptr))

    def fan_in(self) -> NDArray[np.int64]:
        """Synapses that end at each neuron, int64, shape (n,)."""
        return np.bincount(self.targets, minlength=self.size).astype(np.int64, copy=False)

    def incoming(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """The transposed synapses: (indptr, presynaptic neurons), sources in ascending order within a neuron."""
        indptr = np.zeros(self.size + 1, np.int64)
        np.cumsum(self.fan_in(), out=indptr[1:])
        order = np.argsort(self.targets, kind="stable")
        return indptr, self.sources()[order]

    def population_of(self) -> NDArray[np.int32]:
        """Index of each neuron's population, int32, shape (n,)."""
        return np.repeat(np.arange(len(self.populations), dtype=np.int32), [p.size for p in self.populations])
