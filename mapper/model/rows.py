"""Some neurons' synapses in CSR form: what an implicit network writes out at a time."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

__all__ = ["Rows"]


@dataclass(frozen=True, eq=False)
class Rows:
    """The synapses of k consecutive sources, read-only.

    Attributes
    ----------
    indptr : int64, shape (k + 1,)
        From 0.
    targets : int32, shape (m,)
    weights : float32, shape (m,), or ``None`` if not asked for or unknown

    Examples
    --------
    >>> Rows(np.array([0, 2]), np.array([5, 7], np.int32)).sources(3).tolist()
    [3, 3]
    """

    indptr: NDArray[np.int64]
    targets: NDArray[np.int32]
    weights: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        # Read-only in every case: a kernel is compiled anew for every mixture of arrays that are and are not.
        for field in fields(self):
            array = getattr(self, field.name)
            if array is not None and array.flags.writeable:
                view = array.view()
                view.flags.writeable = False
                object.__setattr__(self, field.name, view)

    def sources(self, start: int) -> NDArray[np.int32]:
        """Presynaptic neuron of each synapse, int32, if the first source is neuron ``start``."""
        k = self.indptr.size - 1
        return np.repeat(np.arange(start, start + k, dtype=np.int32), np.diff(self.indptr))
