"""The geometry of convolution and pooling: which input position meets which kernel element at which output."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.io.nir.node import POOLING, Node, Shape

__all__ = ["Axis", "axes_of", "window_output"]


@dataclass(frozen=True)
class Axis:
    """One spatial dimension; ``before`` and ``after`` are the zeros padded on its two sides."""

    size: int
    kernel: int
    stride: int = 1
    before: int = 0
    after: int = 0
    dilation: int = 1

    @property
    def out(self) -> int:
        """Output positions, as in PyTorch (rounded down); 0 or less if the kernel does not fit."""
        return (self.size + self.before + self.after - self.dilation * (self.kernel - 1) - 1) // self.stride + 1

    def taps(self) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
        """All (output position, kernel element, input position) that meet; padded positions are left out.

        Examples
        --------
        >>> [t.tolist() for t in Axis(size=3, kernel=2, before=1).taps()]
        [[0, 1, 1, 2, 2], [1, 0, 1, 0, 1], [0, 0, 1, 1, 2]]
        """
        out, tap = (a.ravel() for a in np.indices((self.out, self.kernel), dtype=np.int64))
        at = out * self.stride + tap * self.dilation - self.before
        inside = (at >= 0) & (at < self.size)
        return out[inside].astype(np.int32), tap[inside].astype(np.int32), at[inside].astype(np.int32)


def axes_of(node: Node, spatial: Shape) -> tuple[Axis, ...]:
    """The axes of a Conv1d, Conv2d, SumPool2d or AvgPool2d over an input of ``spatial`` size.

    'same' padding gives ceil(size / stride) outputs and puts an odd zero behind, which for stride 1 is PyTorch's and
    for other strides (where PyTorch defines none) TensorFlow's and JAX's rule.
    """
    n = len(spatial)
    strides = node.integers("stride", n, 1)
    if node.kind in POOLING:
        kernels, dilations = node.integers("kernel_size", n, 1), (1,) * n
    else:
        kernels, dilations = node.array("weight").shape[2:], node.integers("dilation", n, 1)
    padding = node.fields.get("padding")
    if isinstance(padding, bytes | str):
        word = padding.decode("ascii", "replace") if isinstance(padding, bytes) else padding
        if word not in ("same", "valid"):
            raise node.error("'same', 'valid' or integers", repr(word), key="padding")
        spans = [d * (k - 1) for d, k in zip(dilations, kernels, strict=True)]
        totals = [
            max((-(-size // stride) - 1) * stride + span + 1 - size, 0) if word == "same" else 0
            for size, stride, span in zip(spatial, strides, spans, strict=True)
        ]
        pads = [(total // 2, total - total // 2) for total in totals]
    else:
        pads = [(p, p) for p in node.integers("padding", n, 0, 0 if node.kind in POOLING else None)]
    return tuple(
        Axis(size, k, s, before, after, d)
        for size, k, s, (before, after), d in zip(spatial, kernels, strides, pads, dilations, strict=True)
    )


def window_output(node: Node, spatial: Shape) -> Shape:
    """Output size in each spatial dimension; an InputError if the kernel does not fit into the padded input."""
    found = tuple(axis.out for axis in axes_of(node, spatial))
    if min(found) < 1:
        raise node.error("an input at least as large as the kernel", f"{spatial}", "check the shape of the Input node")
    return found
