"""The platform file's schema: what may stand in ``models/platforms/*.yaml``, with units in the keys."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["PlatformFile", "Quantity", "Sourced", "number"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Count = Annotated[int, Field(strict=True, ge=1)]
TileNumber = Annotated[int, Field(strict=True, ge=0)]
#: No figure of a chip is larger than 10^15 (a quarter of an hour in picoseconds): sums then stay within 64 bits.
NonNegative = Annotated[int, Field(strict=True, ge=0, le=10**15)]


class Sourced(_Strict):
    """A number with the publication it comes from, or the word ``assumed`` and why."""

    value: NonNegative
    source: str = Field(min_length=1)


Quantity = NonNegative | Sourced


def number(quantity: int | Sourced | None) -> int | None:
    """The bare value of a quantity."""
    return quantity.value if isinstance(quantity, Sourced) else quantity


class MeshSpec(_Strict):
    """A grid, routed X first; tile t stands in column t mod columns and row t div columns."""

    kind: Literal["mesh", "torus"]
    columns: Count
    rows: Count


class CountedSpec(_Strict):
    """A ring, a shared bus, or a link between every two tiles."""

    kind: Literal["ring", "bus", "full"]
    tiles: Count


class LinksSpec(_Strict):
    """Explicit directed links; with ``both_ways`` each is laid in both directions."""

    kind: Literal["links"]
    tiles: Count
    links: tuple[tuple[TileNumber, TileNumber], ...]
    both_ways: bool = False


class TileClassSpec(_Strict):
    """One kind of tile; ``null`` means no limit."""

    name: str
    tiles: tuple[TileNumber, ...] | None = Field(default=None, description="tiles of this class; default: all others")
    crossbars: Quantity = 1
    inputs: Quantity = Field(description="rows of one crossbar, N_in")
    outputs: Quantity = Field(description="columns of one crossbar, N_out")
    synapses: Quantity | None = Field(default=None, description="usable cells of one crossbar; default: N_in * N_out")
    clusters_per_crossbar: Quantity | None = Field(default=1, description="clusters that may share a crossbar in time")
    buffer_packets: Quantity | None = Field(default=None, description="packets the tile can buffer")


class TimingSpec(_Strict):
    """Picoseconds; see the class ``mapper.model.platform.Timing`` for what each one means."""

    base_ps: Quantity = 0
    per_input_event_ps: Quantity = 0
    per_synaptic_event_ps: Quantity = 0
    per_output_spike_ps: Quantity = 0
    per_step_ps: Quantity = 0
    setup_ps: Quantity = 0
    hop_ps: Quantity = 0
    packet_ps: Quantity = 0
    local_ps: Quantity = 0
    inject_ps: Quantity = 0
    eject_ps: Quantity = 0
    reprogram_ps: Quantity = 0
    input_base_ps: Quantity = 0
    input_spike_ps: Quantity = 0


class EnergySpec(_Strict):
    """Femtojoules; see the class ``mapper.model.platform.Energy``."""

    inject_fj: Quantity = 0
    hop_fj: Quantity = 0
    eject_fj: Quantity = 0
    local_fj: Quantity = 0
    synaptic_event_fj: Quantity = 0
    output_spike_fj: Quantity = 0


class PlatformFile(_Strict):
    """A chip."""

    format: Literal["mapper-platform"] = "mapper-platform"
    version: Literal[1] = 1
    name: str = Field(min_length=1)
    description: str = ""
    topology: Annotated[MeshSpec | CountedSpec | LinksSpec, Field(discriminator="kind")]
    tile_classes: tuple[TileClassSpec, ...] = Field(min_length=1)
    timing: TimingSpec = TimingSpec()
    energy: EnergySpec = EnergySpec()
    io_tile: TileNumber = Field(default=0, description="tile whose router carries the I/O port")
    buffer_iterations: Count = Field(default=2, description="iterations of packets each channel can buffer")
    arbitration: Literal["tdm", "round_robin"] = "tdm"
    broken: tuple[TileNumber, ...] = Field(default=(), description="tiles that run nothing; they still route")
