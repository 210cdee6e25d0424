"""One run of growing with given parameters, and what a run needs that does not change between runs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.compiled import kernel
from mapper.search.cluster.flow import count_waiting, packets_into
from mapper.search.cluster.grow_kernel import BLOCK, PLACED, grow_clusters
from mapper.search.cluster.metrics import ClusterFigures
from mapper.search.cluster.twins import Hypergraph

__all__ = ["Configuration", "Grower", "Grown"]


#: What reading a pin costs in plain Python, in pins read by compiled code.
_PLAIN_PIN = 80


@dataclass(frozen=True)
class Configuration:
    """How to grow.

    Attributes
    ----------
    traffic
        Share of the spikes kept local in a candidate's score; the rest is the share of its axons already there.
    frontier
        Take the next seed from the vertices that the last cluster touched and could not take, else from the order.
    inside
        Count spikes that stay inside the cluster as kept, even before their sender is an axon of it.
    lazy
        Scan the targets of a source only from its second use in a cluster on (those of ``eager`` sources of a seed at
        once), and end a cluster when ``patience`` candidates in a row do not fit.
    ahead
        Vertices of the order that are tried when no neighbour fits.
    overdue, settle
        A candidate with at least this score that the last ``settle`` additions did not touch will not become cheaper:
        it goes first, or it would be left behind as a hole and need a cluster far from its own kind.
    """

    traffic: float = 0.5
    frontier: bool = True
    inside: bool = True
    lazy: bool = False
    eager: int = 1 << 30
    patience: int = 1 << 30
    ahead: int = 64
    overdue: float = math.inf
    settle: int = 2


@dataclass(frozen=True, eq=False)
class Grown:
    """Clusters of a hypergraph's vertices (-1: not placed), their packets, and the work it took in pins read."""

    assignment: NDArray[np.int32]
    clusters: int
    packets: int
    packets_by_inputs: int
    effort: int

    def figures(self) -> ClusterFigures:
        """Clusters and packets, without the loads of each cluster."""
        none = np.zeros(0, np.int64)
        return ClusterFigures(
            self.clusters, self.packets, self.packets - self.packets_by_inputs, none, none, none, none, none
        )


class Grower:
    """Grows clusters of one hypergraph under one set of limits, as often as asked.

    Parameters
    ----------
    limits : int64, shape (rows, 4)
        Axons, neurons, synapses and packets of each cluster in turn; the last row holds for all further ones.
    often
        Whether many runs will be asked for, so that compiling pays on smaller networks.
    """

    def __init__(self, graph: Hypergraph, limits: NDArray[np.int64], often: bool = False) -> None:
        self.graph, self.limits = graph, limits
        self.work = (200 if often else 8) * (graph.in_net.size + graph.vertices)
        self._convex = graph.component.size > 0
        self._delivered = packets_into(graph, self.work)
        self.waiting = np.zeros(graph.vertices if self._convex else 0, np.int32)
        if self._convex:
            count_waiting.for_work(self.work)(
                graph.out_ptr, graph.out_vertex, graph.home, graph.placeable, graph.component, graph.population,
                self.waiting,
            )  # fmt: skip

    def run(self, order: NDArray[np.int64], how: Configuration, tally: bool = True) -> Grown:
        """Grow clusters; ``order`` lists the placeable vertices, senders before receivers where convexity asks for it.

        Without ``tally`` packets are not counted.

        Raises
        ------
        ValueError
            A vertex fits no cluster; the argument is the vertex.
        """
        graph = self.graph
        quiet = self._delivered == 0
        node = np.full((graph.vertices, 4), -1, np.int32)
        node[~graph.placeable, 0] = PLACED
        gain = node.view(np.float32)
        gain[:, 2] = np.where(quiet, 1.0, 1.0 - how.traffic) / np.maximum(graph.width, 1)
        gain[:, 3] = np.where(quiet, 0.0, how.traffic) / np.maximum(self._delivered, 1)
        own_ptr, own_net = graph.own
        most = int(np.diff(graph.in_ptr).max(initial=0)) + int(np.diff(own_ptr).max(initial=0))
        ids, overlap, touched = (np.zeros(graph.vertices, np.int32) for _ in range(3))
        score, row_gain, spike_gain = (np.zeros(graph.vertices, np.float32) for _ in range(3))
        block = np.zeros(graph.vertices // BLOCK + 1, np.float32)
        records = (
            node,
            gain,
            np.full(graph.nets, -1, np.int32),
            np.zeros(graph.nets, np.int32),
            (ids, score, overlap, row_gain, spike_gain, touched, block),
            tuple(np.zeros(most, np.int64) for _ in range(4)),
        )
        assignment = np.full(graph.vertices, -1, np.int32)
        weight = graph.weight if (graph.weight != 1).any() else graph.weight[:0]
        count, packets, by_inputs, effort = grow_clusters.for_work(self.work)(
            order,
            (graph.out_ptr, graph.out_vertex, graph.in_ptr, graph.in_net, own_ptr, own_net),
            (graph.columns, graph.synapses, graph.width, self._delivered, graph.placeable),
            (graph.home, weight, graph.spikes),
            (graph.component, graph.population, self.waiting.copy()),
            self.limits,
            (
                how.frontier, how.inside, how.lazy, how.eager, how.patience, how.ahead, how.overdue,
                max(how.settle, 1), tally,
            ),
            records,
            assignment,
        )  # fmt: skip
        if count < 0:
            raise ValueError(-1 - int(count))
        work = int(effort) * (_PLAIN_PIN if self.work < kernel.THRESHOLD else 1)
        return Grown(assignment, int(count), int(packets), int(by_inputs), work)
