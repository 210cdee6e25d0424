"""What a population of neurons computes: the model's name and its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from mapper.model.arrays import require

__all__ = ["NEURON_PARAMETERS", "NeuronModel"]

#: Parameters of each neuron model in the words of NIR (Pedersen et al., Nature Communications 15, 2024, table 1),
#: time constants in seconds. ``bias`` (a constant input current, from an affine layer) is allowed on all of them.
#: ``relay`` passes its input on within the step and sends one packet whenever that input is not zero (pool neurons).
NEURON_PARAMETERS: dict[str, tuple[str, ...]] = {
    "IF": ("r", "v_threshold", "v_reset"),
    "LIF": ("tau", "r", "v_leak", "v_threshold", "v_reset"),
    "CubaLIF": ("tau_syn", "tau_mem", "r", "v_leak", "v_threshold", "v_reset", "w_in"),
    "LI": ("tau", "r", "v_leak"),
    "CubaLI": ("tau_syn", "tau_mem", "r", "v_leak", "w_in"),
    "I": ("r",),
    "threshold": ("threshold",),
    "relay": (),
}


@dataclass(frozen=True, eq=False)
class NeuronModel:
    """The dynamics of one population.

    Attributes
    ----------
    kind
        A key of :data:`NEURON_PARAMETERS`.
    parameters
        Every parameter of that kind (``bias`` is optional): float64 arrays of shape (population size,) or (1,),
        the latter shared by all neurons.

    Raises
    ------
    ValueError
        Unknown kind, missing or unknown parameter.

    Examples
    --------
    >>> import numpy as np
    >>> model = NeuronModel("IF", {"r": np.ones(1), "v_threshold": np.ones(1), "v_reset": np.zeros(1)})
    >>> model.kind
    'IF'
    """

    kind: str
    parameters: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require(self.kind in NEURON_PARAMETERS, "neuron model", f"one of {sorted(NEURON_PARAMETERS)}", repr(self.kind))
        needed = set(NEURON_PARAMETERS[self.kind])
        given = set(self.parameters)
        require(
            needed <= given <= needed | {"bias"},
            f"{self.kind} parameters",
            f"{sorted(needed)} and optionally 'bias'",
            sorted(given),
        )
        clean = {}
        for key, values in self.parameters.items():
            array = np.atleast_1d(np.asarray(values, dtype=np.float64)).ravel().view()
            array.flags.writeable = False
            clean[key] = array
        object.__setattr__(self, "parameters", MappingProxyType(clean))
