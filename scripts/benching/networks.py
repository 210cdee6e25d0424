"""The networks the clustering is measured on, the same for the same arguments; spike counts by a fixed seed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mapper.model.network import Population, SpikingNetwork

__all__ = ["NETWORKS", "dvs_gesture", "edge_detection", "lenet", "mlp", "reservoir", "shuffled", "small_world", "vgg"]

#: Synapses made at a time.
_CHUNK = 1 << 22


def spikes(neurons: int, seed: int = 1) -> NDArray[np.int64]:
    """Counts as skewed as recorded ones: gamma-distributed rates (mean 10, variance 10 squared), Poisson counts."""
    rng = np.random.default_rng([seed, neurons])
    return rng.poisson(rng.gamma(1.0, 10.0, neurons)).astype(np.int64)


def small_world(neurons: int, degree: int = 100, rewired: float = 0.1, seed: int = 1) -> SpikingNetwork:
    """A ring whose neurons feed their ``degree`` nearest ones, a share of the targets drawn anew; ids shuffled."""
    rng = np.random.default_rng(seed)
    new_id = rng.permutation(neurons).astype(np.int32)
    place = np.empty(neurons, np.int64)
    place[new_id] = np.arange(neurons)
    offsets = np.concatenate([np.arange(-(degree // 2), 0), np.arange(1, degree - degree // 2 + 1)])
    targets = np.empty((neurons, degree), np.int32)
    step = max(1, _CHUNK // degree)
    for start in range(0, neurons, step):
        at = (place[start : start + step, None] + offsets) % neurons
        moved = np.flatnonzero(rng.random(at.size) < rewired)
        at.ravel()[moved] = rng.integers(0, neurons, moved.size)
        targets[start : start + step] = new_id[at]
    return SpikingNetwork(
        name=f"small world {neurons} x {degree}",
        populations=(Population("neurons", 0, neurons),),
        indptr=np.arange(neurons + 1, dtype=np.int64) * degree,
        targets=targets.ravel(),
        is_input=np.zeros(neurons, np.bool_),
        spike_counts=spikes(neurons, seed),
    )


def _convolution(shape: tuple[int, ...], maps: int, size: int, pad: int, stride: int = 1, *, pool: bool = False):  # type: ignore[no-untyped-def]
    """(shape, pre, post) of a layer over (channels, height, width); ``pool``: each channel by itself."""
    channels, height, width = shape
    rows, columns = (height + 2 * pad - size) // stride + 1, (width + 2 * pad - size) // stride + 1
    y, x, dy, dx = np.meshgrid(*(np.arange(k) for k in (rows, columns, size, size)), indexing="ij")
    sy, sx = y * stride + dy - pad, x * stride + dx - pad
    inside = (sy >= 0) & (sy < height) & (sx >= 0) & (sx < width)
    pre = (sy * width + sx)[inside].astype(np.int32)
    post = (y * columns + x)[inside].astype(np.int32)
    area, out_area = height * width, rows * columns
    if pool:
        pre = (pre[None, :] + area * np.arange(channels, dtype=np.int32)[:, None]).ravel()
        post = (post[None, :] + out_area * np.arange(channels, dtype=np.int32)[:, None]).ravel()
        return (channels, rows, columns), pre, post
    # Sources outermost, so that the synapses leave in the order of the CSR form.
    order = np.argsort(pre, kind="stable")
    first = np.searchsorted(pre[order], np.arange(area + 1))
    degrees = np.tile(np.diff(first) * maps, channels)
    targets = np.empty(int(degrees.sum()), np.int32)
    offsets = out_area * np.arange(maps, dtype=np.int32)
    one_channel = np.concatenate([(post[order[a:b]] + offsets[:, None]).ravel() for a, b in itertools.pairwise(first)])
    targets.reshape(channels, -1)[:] = one_channel
    return (maps, rows, columns), degrees, targets


def _dense(inputs: int, outputs: int):  # type: ignore[no-untyped-def]
    return (outputs,), np.full(inputs, outputs), np.tile(np.arange(outputs, dtype=np.int32), inputs)


def layered(name: str, shape: tuple[int, ...], layers: Sequence[tuple[str, tuple[int, ...]]]) -> SpikingNetwork:
    """A feed-forward net of ``conv`` (maps, size, pad, stride), ``pool`` (size,) and ``dense`` (outputs,) layers."""
    populations = [Population("input", 0, int(np.prod(shape)), shape)]
    degrees: list[NDArray[np.int64]] = []
    targets: list[NDArray[np.int32]] = []
    for kind, numbers in layers:
        before = populations[-1]
        if kind == "conv":
            shape, degree, post = _convolution(before.shape, *numbers)
        elif kind == "pool":
            shape, pre, post = _convolution(before.shape, 0, numbers[0], 0, numbers[0], pool=True)
            degree, post = np.bincount(pre, minlength=before.size), post[np.argsort(pre, kind="stable")]
        else:
            shape, degree, post = _dense(before.size, *numbers)
        populations.append(
            Population(f"{kind}{len(populations)}", before.stop, before.stop + int(np.prod(shape)), shape)
        )
        post += np.int32(before.stop)
        degrees.append(degree)
        targets.append(post)
    size = populations[-1].stop
    indptr = np.zeros(size + 1, np.int64)
    indptr[1 : populations[-1].start + 1] = np.cumsum(np.concatenate(degrees))
    indptr[populations[-1].start + 1 :] = indptr[populations[-1].start]
    return SpikingNetwork(
        name=name,
        populations=tuple(populations),
        indptr=indptr,
        targets=np.concatenate(targets),
        is_input=np.arange(size) < populations[0].stop,
        spike_counts=spikes(size),
    )


def lenet() -> SpikingNetwork:
    """LeNet-5 on 28 x 28: plain 5 x 5 convolutions (6 and 16 maps), 2 x 2 average pools as neurons, 120-84-10.

    First fit in id order, partial-sum units last, gives 120 clusters at 128 x 128 and 51 at 256 x 256.
    """
    layers = [("conv", (6, 5, 0, 1)), ("pool", (2,)), ("conv", (16, 5, 0, 1)), ("pool", (2,)), ("dense", (120,))]
    return layered("LeNet-5", (1, 28, 28), [*layers, ("dense", (84,)), ("dense", (10,))])


def vgg() -> SpikingNetwork:
    """A VGG-11 on 32 x 32 x 3 with every neuron written out: 115 million synapses."""
    layers: list[tuple[str, tuple[int, ...]]] = []
    for maps, times in ((64, 1), (128, 1), (256, 2), (512, 2), (512, 2)):
        layers += [("conv", (maps, 3, 1, 1))] * times + [("pool", (2,))]
    return layered("VGG-11", (3, 32, 32), [*layers, ("dense", (512,)), ("dense", (512,)), ("dense", (10,))])


def mlp() -> SpikingNetwork:
    """784-100-10, fully connected."""
    return layered("MLP 784-100-10", (784,), [("dense", (100,)), ("dense", (10,))])


def edge_detection() -> SpikingNetwork:
    """4096-1024-1024-1024, every neuron over a 5 x 5 field of the plane before; the first layer in steps of two.

    First fit gives 177 clusters at 128 x 128 and 56 at 256 x 256.
    """
    layers = [("conv", (1, 5, 2, stride)) for stride in (2, 1, 1)]
    return layered("edge detection", (1, 64, 64), layers)


def reservoir(side: int = 26, reach: float = 2.0, scale: float = 0.527, seed: int = 1) -> SpikingNetwork:
    """A liquid on a cubic grid: a synapse of probability scale * exp(-(distance / reach)^2) between any two neurons.

    First fit gives about 1040 clusters at 256 x 256 and 139 at 1024 x 1024.
    """
    rng = np.random.default_rng(seed)
    far = int(np.ceil(3 * reach))
    steps = np.stack(np.meshgrid(*[np.arange(-far, far + 1)] * 3, indexing="ij"), -1).reshape(-1, 3)
    distance = np.sqrt((steps**2).sum(1))
    steps, chance = steps[distance > 0], (scale * np.exp(-((distance / reach) ** 2)))[distance > 0]
    at = np.stack(np.unravel_index(np.arange(side**3), (side, side, side)), -1)
    pre, post = [], []
    for step, p in zip(steps, chance, strict=True):
        to = at + step
        ok = ((to >= 0) & (to < side)).all(1) & (rng.random(len(at)) < p)
        pre.append(np.flatnonzero(ok))
        post.append(to[ok] @ np.array([side * side, side, 1]))
    return SpikingNetwork.from_edges(
        "reservoir", side**3, np.concatenate(pre), np.concatenate(post), spike_counts=spikes(side**3, seed)
    )


def dvs_gesture(data: Path) -> tuple[SpikingNetwork, NDArray[np.int32]]:
    """The DVS-Gesture network of the shared data and its hand mapping (-1 for the inputs)."""
    held = np.load(data / "clustering" / "dvs_gesture_edges_spikes.npz")
    offsets = held["group_offsets"].tolist()
    populations = tuple(Population(f"layer{i}", a, b) for i, (a, b) in enumerate(itertools.pairwise(offsets)))
    size = offsets[-1]
    network = SpikingNetwork.from_edges(
        "DVS-Gesture",
        size,
        held["src"],
        held["dst"],
        spike_counts=held["spikes_100"].astype(np.int64),
        steps=100,
        populations=populations,
    )
    return network, held["cluster_stock"]


def shuffled(network: SpikingNetwork, seed: int = 1) -> SpikingNetwork:
    """The same network with its neurons renumbered at random (within each population)."""
    rng = np.random.default_rng(seed)
    new_id = np.concatenate([p.start + rng.permutation(p.size) for p in network.populations])
    old_id = np.argsort(new_id)
    counts = network.spike_counts
    return SpikingNetwork.from_edges(
        network.name + ", shuffled",
        network.size,
        new_id[network.sources()],
        new_id[network.targets].astype(np.int32),
        is_input=network.is_input[old_id],
        spike_counts=None if counts is None else counts[old_id],
        steps=network.steps,
        windows=network.windows,
        populations=network.populations,
    )


#: The rows of the table that need no data.
NETWORKS: dict[str, Callable[[], SpikingNetwork]] = {
    "small-world-1m": partial(small_world, 1_000_000),
    "vgg": vgg,
    "mlp": mlp,
    "lenet": lenet,
    "edge": edge_detection,
    "reservoir": reservoir,
}
