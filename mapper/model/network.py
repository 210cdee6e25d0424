"""The spiking neural network: neurons, synapses (CSR) and the spikes counted in a recording."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mapper.model.arrays import frozen_array, require
from mapper.model.blocks import Blocks
from mapper.model.population import Population
from mapper.model.synapses import LISTS, Synapses

__all__ = ["Population", "SpikingNetwork"]


#: Spikes of a recording stay below this, so that no sum over them loses a digit.
MOST_SPIKES = 10**15


@dataclass(frozen=True, eq=False)
class SpikingNetwork(Synapses):
    """Neurons, their synapses pre -> post in CSR form, and spike counts.

    Parallel synapses and self-loops are legal and kept. The synapses of an *implicit* network (:meth:`from_blocks`) are
    held as convolution kernels; ``targets``, ``weights`` and ``delays`` are written out when they are first asked for,
    and then kept. :meth:`rows` gives some neurons' synapses without that. With n neurons (inputs included) and m
    synapses:

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
    targets: NDArray[np.int32] = field(repr=False)
    is_input: NDArray[np.bool_]
    weights: NDArray[np.float32] | None = field(default_factory=lambda: None, repr=False)
    delays: NDArray[np.int32] | None = field(default_factory=lambda: None, repr=False)
    spike_counts: NDArray[np.int64] | None = None
    steps: int = 1
    windows: int = 1
    _blocks: InitVar[Blocks | None] = None

    def __post_init__(self, _blocks: Blocks | None) -> None:
        def put(key: str, value: object) -> None:
            object.__setattr__(self, key, value)

        put("blocks", _blocks)
        put("indptr", frozen_array("indptr", self.indptr, np.int64, minimum=0))
        n = self.indptr.size - 1
        require(n >= 0, "indptr", "at least one entry", "none")
        put("is_input", frozen_array("is_input", self.is_input, np.bool_, (n,)))
        if _blocks is None:
            self._check_lists(n)
        else:
            for key in LISTS:  # from here on Synapses answers for them
                object.__delattr__(self, key)
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
        fed: NDArray[np.integer]
        if _blocks is not None:
            fed = np.flatnonzero(self.is_input & (self.fan_in() > 0))
        else:
            fed = self.targets[self.is_input[self.targets]] if self.is_input.any() else self.targets[:0]
        require(fed.size == 0, "is_input", "inputs that receive no synapse", f"neuron {fed[:1].tolist()} with one")

    def _check_lists(self, n: int) -> None:
        """The arrays over the synapses fit each other."""

        def put(key: str, value: object) -> None:
            object.__setattr__(self, key, value)

        put("targets", frozen_array("targets", self.targets, np.int32, minimum=0))
        m = self.targets.size
        ordered = self.indptr[0] == 0 and self.indptr[-1] == m and bool((np.diff(self.indptr) >= 0).all())
        require(ordered, "indptr", f"a non-decreasing run from 0 to {m}", "another")
        require(m == 0 or int(self.targets.max()) < n, "targets", f"neurons below {n}", self.targets.max(initial=-1))
        if self.weights is not None:
            put("weights", frozen_array("weights", self.weights, np.float32, (m,)))
            require(bool(np.isfinite(self.weights).all()), "weights", "finite numbers", "others (NaN or infinite)")
        if self.delays is not None:
            put("delays", frozen_array("delays", self.delays, np.int32, (m,), 0))

    @classmethod
    def from_blocks(
        cls,
        name: str,
        populations: tuple[Population, ...],
        blocks: Blocks,
        is_input: ArrayLike,
        *,
        spike_counts: ArrayLike | None = None,
        steps: int = 1,
        windows: int = 1,
    ) -> SpikingNetwork:
        """An implicit network: its synapses are written out only when somebody asks for them all.

        Examples
        --------
        >>> from mapper.model.stencil import Stencil, Taps
        >>> from mapper.model.blocks import Block
        >>> one = Taps(1, 1, [0], [0], [0])
        >>> dense = Stencil(np.ones((2, 3, 1, 1)), one, one)
        >>> layers = (Population("in", 0, 3), Population("out", 3, 5))
        >>> net = SpikingNetwork.from_blocks("dense", layers, Blocks(5, (Block(0, 3, dense),)), [1, 1, 1, 0, 0])
        >>> net.synapse_count, net.rows(1, 2).targets.tolist(), "targets" in vars(net), net.targets.tolist()
        (6, [3, 4], False, [3, 4, 3, 4, 3, 4])
        """
        return cls(
            name=name,
            populations=populations,
            indptr=blocks.indptr,
            targets=np.empty(0, np.int32),
            is_input=np.asarray(is_input, np.bool_),
            spike_counts=spike_counts,  # type: ignore[arg-type]
            steps=steps,
            windows=windows,
            _blocks=blocks,
        )

    def with_spikes(
        self, spike_counts: ArrayLike, steps: int | None = None, windows: int | None = None
    ) -> SpikingNetwork:
        """The same network with a recording; an implicit one stays implicit."""
        recording = {
            "spike_counts": spike_counts,
            "steps": self.steps if steps is None else steps,
            "windows": self.windows if windows is None else windows,
        }
        if self.blocks is None:
            return replace(self, **recording)  # type: ignore[arg-type]
        made = {key: value for key, value in vars(self).items() if key in LISTS}
        fresh = self.from_blocks(self.name, self.populations, self.blocks, self.is_input, **recording)  # type: ignore[arg-type]
        vars(fresh).update(made)
        return fresh

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
    def input_count(self) -> int:
        return int(np.count_nonzero(self.is_input))

    @property
    def neuron_count(self) -> int:
        """Neurons that need a crossbar column: all but the inputs."""
        return self.size - self.input_count

    @property
    def layered(self) -> bool:
        """Whether it is known without looking at synapses that each one leads to a later population."""
        if self.blocks is None:
            return False
        population = self.population_of()
        return all(
            population[block.stop - 1] < population[block.target]
            for block in self.blocks.blocks
            if block.synapses.synapse_count
        )

    def population_of(self) -> NDArray[np.int32]:
        """Index of each neuron's population, int32, shape (n,)."""
        return np.repeat(np.arange(len(self.populations), dtype=np.int32), [p.size for p in self.populations])
