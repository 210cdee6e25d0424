"""The energy of an iteration as what it is: linear in the packets that leave their tile and the hops they take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.model.application import Application
from mapper.model.platform import Platform

__all__ = ["EnergyTerms", "energy_terms"]


@dataclass(frozen=True)
class EnergyTerms:
    """Femtojoules: what every mapping pays, what each packet pays to leave its tile, and for each hop."""

    constant: int
    per_remote_packet: int
    per_packet_hop: int

    def of(self, packets: NDArray[np.int64], hops: NDArray[np.int64]) -> int:
        """Energy of an iteration, given each channel's packets and hops."""
        away = int(packets[hops > 0].sum())
        return self.constant + self.per_remote_packet * away + self.per_packet_hop * int((packets * hops).sum())


def energy_terms(application: Application, platform: Platform) -> EnergyTerms:
    """Energy = sum of n * (local, or inject + h * hop + eject) over channels + events and spikes at their figures.

    The terms of models/README.md, section 5, sorted by what the binding decides.
    """
    energy, clusters = platform.energy, ~application.is_input
    events = int(application.synaptic_events.sum()) * energy.synaptic_event_fj
    spikes = int(application.output_spikes[clusters].sum()) * energy.output_spike_fj
    local = int(application.packets.sum()) * energy.local_fj
    return EnergyTerms(local + events + spikes, energy.inject_fj + energy.eject_fj - energy.local_fj, energy.hop_fj)
