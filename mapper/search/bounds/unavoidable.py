"""What every mapping pays: channels whose ends never share a tile, the least of each transfer, the least durations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.lower.bound_graph import capacities
from mapper.model.application import Application
from mapper.model.platform import UNLIMITED, Platform

__all__ = ["Least", "class_allowed", "least_times"]

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Least:
    """Lower limits, over all mappings, of what an application pays on a platform (models/README.md, section 4).

    Attributes
    ----------
    sources, targets, tokens, capacity : int64, shape (channels,)
        Each channel's ends, initial iterations and the most that it can hold.
    apart : bool, shape (channels,)
        The ends cannot share a tile: no crossbar kind holds both, or no tile has room for two clusters.
    near_ps, far_ps, credit_ps : int64, shape (channels,)
        A transfer on one tile; the least between two tiles; the least credit return between two tiles.
    sent_ps, received_ps : int64, shape (channels,)
        What injecting and ejecting adds to the ends' durations if the channel is remote.
    durations : int64, shape (actors,)
        Execution times with the injecting and ejecting of channels that are always remote.
    most_slots : int64, shape (actors,)
        Most clusters that a tile which may run the actor can hold.
    reprogram_ps
        Paid by each cluster of a tile as soon as it holds more than ``crossbars``, the most of any tile.
    """

    sources: Integers
    targets: Integers
    tokens: Integers
    capacity: Integers
    apart: NDArray[np.bool_]
    near_ps: Integers
    far_ps: Integers
    credit_ps: Integers
    sent_ps: Integers
    received_ps: Integers
    durations: Integers
    most_slots: Integers
    is_input: NDArray[np.bool_]
    reprogram_ps: int
    crossbars: int

    @property
    def data_ps(self) -> Integers:
        """Least transfer of each channel, near or far."""
        return np.where(self.apart, self.far_ps, np.minimum(self.near_ps, self.far_ps))

    @property
    def space_ps(self) -> Integers:
        """Least credit return of each channel."""
        return np.where(self.apart, self.credit_ps, 0)

    def held_ps(self, clusters: int) -> int:
        """Reprogramming, besides their durations, of so many clusters on one tile."""
        return self.reprogram_ps * clusters if clusters > self.crossbars else 0


def least_times(application: Application, platform: Platform) -> Least:
    """Work out the limits; a few passes over actors, channels and tile classes."""
    graph, timing = application.graph, platform.timing
    a, b = graph.sources.astype(np.int64), graph.targets.astype(np.int64)
    runs = class_allowed(application, platform)
    slots = np.array([UNLIMITED if c.slots is None else c.slots for c in platform.tile_classes], np.int64)

    with_room = runs & (slots >= 2)[None, :]
    apart = ~(with_room[a] & with_room[b]).any(axis=1)
    hops = np.ones(a.size, np.int64)
    at_port, nearest = _from_the_port(platform, runs)
    inputs = application.is_input
    for port, other in ((a, b), (b, a)):
        apart = np.where(inputs[port], ~at_port[other] & ~inputs[other], apart)
    hops = np.where(inputs[a], nearest[b], hops)
    apart &= a != b
    sent = np.where(inputs[a], 0, application.packets * timing.inject_ps)
    received = np.where(inputs[b], 0, application.packets * timing.eject_ps)
    durations = graph.execution_times.astype(np.int64)
    np.add.at(durations, a[apart], sent[apart])
    np.add.at(durations, b[apart], received[apart])
    return Least(
        sources=a,
        targets=b,
        tokens=application.delay_iterations,
        capacity=capacities(application, platform),
        apart=apart,
        near_ps=np.full(a.size, timing.local_ps, np.int64),
        far_ps=timing.setup_ps + hops * timing.hop_ps + application.packets * timing.packet_ps,
        credit_ps=hops * timing.hop_ps,
        sent_ps=sent,
        received_ps=received,
        durations=durations,
        most_slots=np.where(runs, slots[None, :], 1).max(axis=1, initial=1),
        is_input=application.is_input,
        reprogram_ps=timing.reprogram_ps,
        crossbars=int(platform.crossbars[platform.usable].max()),
    )


def class_allowed(application: Application, platform: Platform) -> NDArray[np.bool_]:
    """bool, shape (actors, tile classes): crossbars of the class hold the cluster and some tile of it is usable."""
    usable = np.bincount(platform.class_of[platform.usable], minlength=len(platform.tile_classes)) > 0
    limits = np.array([(c.inputs, c.outputs, c.cells) for c in platform.tile_classes], np.int64)
    fits: NDArray[np.bool_] = (application.demand[:, None, :] <= limits[None]).all(axis=2) & usable[None, :]
    return fits


def _from_the_port(platform: Platform, runs: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], Integers]:
    """Per actor: whether it can run on the I/O tile, and the least hops from there to another tile where it can."""
    port = platform.io_tile
    distance = np.asarray(platform.topology.hops(port, np.arange(platform.tiles)), np.int64)
    nearest = np.full(len(platform.tile_classes), UNLIMITED, np.int64)
    elsewhere = platform.usable & (np.arange(platform.tiles) != port)
    np.minimum.at(nearest, platform.class_of[elsewhere], distance[elsewhere])
    closest = np.where(runs, nearest[None, :], UNLIMITED).min(axis=1, initial=UNLIMITED)
    return runs[:, platform.class_of[port]] & bool(platform.usable[port]), np.where(closest == UNLIMITED, 1, closest)
