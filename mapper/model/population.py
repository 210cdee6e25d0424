"""A named run of neurons of one kind."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from mapper.model.arrays import require
from mapper.model.neurons import NeuronModel

__all__ = ["Population"]


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
