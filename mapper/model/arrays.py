"""Validated, read-only arrays: the building material of the model's frozen classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

__all__ = ["frozen_array", "require"]


def require(condition: bool, where: str, expected: str, got: object) -> None:
    """Raise ``ValueError`` in the package's wording unless ``condition`` holds.

    The model imports nothing of the package, so it raises plain ``ValueError``; readers translate it into an
    ``InputError`` that names the file.
    """
    if not condition:
        raise ValueError(f"{where}: expected {expected}, got {got}")


def frozen_array(
    where: str, values: ArrayLike, dtype: DTypeLike, shape: tuple[int | None, ...] = (None,), minimum: int | None = None
) -> NDArray[Any]:
    """Return ``values`` as a read-only contiguous array of ``dtype``, or raise ``ValueError``.

    No copy is made of an array that already fits (it is marked read-only through a new view). A dimension of
    ``shape`` that is ``None`` may have any length. Integer targets refuse fractional and out-of-range values.
    """
    given = np.asarray(values)
    target = np.dtype(dtype)
    if given.size == 0 and given.dtype != target:
        given = given.astype(target)
    if target.kind in "iu":
        require(given.dtype.kind in "iub", where, f"integers ({target})", f"dtype {given.dtype}")
        if given.size and not np.can_cast(given.dtype, target):
            limits = np.iinfo(target)
            low, high = int(given.min()), int(given.max())
            require(limits.min <= low and high <= limits.max, where, f"values that fit {target}", f"{low}..{high}")
    fits = len(shape) == given.ndim and all(s is None or s == n for s, n in zip(shape, given.shape, strict=True))
    require(fits, where, f"shape {shape}", f"shape {given.shape}")
    if minimum is not None and given.size:
        require(bool(given.min() >= minimum), where, f"values >= {minimum}", f"{given.min()}")
    array = np.ascontiguousarray(given, dtype=target).view()
    array.flags.writeable = False
    return array
