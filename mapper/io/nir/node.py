"""One node of a NIR graph, with checked access to its fields, and the kinds of nodes there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.errors import InputError

__all__ = ["INT32_MAX", "KINDS", "LINEAR", "POOLING", "PORT", "SHAPE_ONLY", "STATEFUL", "Node", "Shape", "text"]

Shape = tuple[int, ...]

#: Indices, sizes and delays of a network are 32-bit.
INT32_MAX = 2**31 - 1

#: Nodes with neurons, and the neuron model each becomes.
STATEFUL = {k: k for k in ("IF", "LIF", "CubaLIF", "LI", "CubaLI", "I")} | {"Threshold": "threshold"}
POOLING = frozenset({"SumPool2d", "AvgPool2d"})
LINEAR = frozenset({"Linear", "Affine", "Conv1d", "Conv2d", "Flatten", "Scale", "Delay"}) | POOLING
#: The Input or Output node of a nested graph: passes everything through and has no neurons.
PORT = "Port"
#: Nodes that only rename, reshape or delay what passes.
SHAPE_ONLY = frozenset({PORT, "Flatten", "Delay"})
KINDS = frozenset(STATEFUL) | LINEAR | {"Input", "Output"}


def text(shape: Shape) -> str:
    """A shape as users type it.

    Examples
    --------
    >>> text((2, 34, 34))
    '2,34,34'
    """
    return ",".join(map(str, shape)) or "scalar"


@dataclass(frozen=True, eq=False)
class Node:
    """A node of the flat graph: ``name`` is ``outer.inner`` for one from a nested graph, ``fields`` are the file's."""

    file: str
    name: str
    kind: str
    fields: Mapping[str, Any]

    def error(self, expected: str, got: str, fix: str = "", key: str = "") -> InputError:
        where = f"{self.file}: node {self.name!r} ({self.kind})" + (f", key {key!r}" if key else "")
        return InputError(where, expected, got, fix)

    def array(self, key: str, default: float | None = None) -> NDArray[Any]:
        """The field as a numeric array without NaN; ``default`` where the file has none."""
        value = self.fields.get(key, default)
        if value is None:
            raise self.error(f"a field {key!r}", "none", "export the network again")
        array = np.asarray(value)
        if array.dtype.kind not in "fiub":
            raise self.error("numbers", f"values of type {array.dtype}", key=key)
        if array.dtype.kind == "f" and np.isnan(array).any():
            raise self.error("numbers", "NaN", "export the network again", key=key)
        return array

    def weights(self, key: str, least_dims: int) -> NDArray[np.floating[Any]]:
        """A field of finite floats with at least ``least_dims`` dimensions; float32 stays float32."""
        array = self.array(key)
        if array.ndim < least_dims or array.size == 0:
            raise self.error(f"at least {least_dims} dimensions, none empty", f"shape {array.shape}", key=key)
        if not np.isfinite(array).all():
            raise self.error("finite weights", "infinity", "export the network again", key=key)
        return array if array.dtype == np.float32 else array.astype(np.float64)

    def integers(self, key: str, count: int, minimum: int, default: int | None = None) -> Shape:
        """``count`` 32-bit integers; a single one counts for all."""
        array = self.array(key, default)
        whole = array.size in (1, count) and bool((array == np.rint(array)).all())
        if not whole or array.min() < minimum or array.max() > INT32_MAX:
            numbers = "one integer" if count == 1 else f"1 or {count} integers"
            raise self.error(f"{numbers} from {minimum} to {INT32_MAX}", str(array.tolist())[:80], key=key)
        return tuple(int(v) for v in np.broadcast_to(array.ravel(), count))

    def shape(self, key: str) -> Shape | None:
        """A field that states a shape; ``None`` where it is absent or not made of positive integers."""
        if self.fields.get(key) is None:
            return None
        array = self.array(key).ravel()
        if array.size == 0 or array.dtype.kind not in "iu" or (array < 1).any():
            return None
        return tuple(int(v) for v in array)

    def spread(self, key: str, shape: Shape, default: float | None = None) -> NDArray[Any]:
        """The field as one value, shape (1,), or as one per element of ``shape``, shape (prod(shape),).

        A vector as long as the first of several dimensions holds one value per channel; any other array follows
        NumPy's broadcasting, leading dimensions of length one aside.
        """
        array = self.array(key, default)
        if array.size == 1:
            return array.reshape(1)
        if array.size == prod(shape):
            return array.ravel()
        if array.ndim == 1 and len(shape) > 1 and array.size == shape[0]:
            array = array.reshape(-1, *[1] * (len(shape) - 1))
        while array.ndim > len(shape) and array.shape[0] == 1:
            array = array[0]
        try:
            return np.broadcast_to(array, shape).ravel()
        except ValueError:
            raise self.error(
                f"values that fit a layer of shape {text(shape)}",
                f"shape {text(np.shape(self.fields[key]))}",
                "check the layer before it, or pass --input-shape",
                key,
            ) from None
