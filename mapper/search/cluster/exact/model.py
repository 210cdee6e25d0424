"""The exact model of clustering a small network: one function for each kind of constraint.

Clusters are places 0, 1, ... with limits of their own; places of equal limits are taken in the order of their lowest
neurons, so that renumbering alike clusters gives no new solution.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.search.cluster.incidence import Incidence

__all__ = ["ClusterModel", "build_model"]


@dataclass
class ClusterModel:
    """Variables of the model.

    Attributes
    ----------
    neurons
        The neurons that need a cluster, ascending; ``row`` gives their index.
    inside
        ``inside[i][c]``: neuron i is in cluster c.
    used
        ``used[c]``: cluster c has a neuron; the used ones come first.
    present
        ``present[s][c]``: source s has a row in cluster c, for each source with targets.
    sent
        ``sent[s][c]``: packets of s go to c, because it has a row there and is not there itself.
    """

    model: Any
    lists: Incidence
    limits: NDArray[np.int64]
    neurons: list[int]
    row: dict[int, int]
    sources: dict[int, list[int]]
    inside: list[list[Any]] = field(default_factory=list)
    used: list[Any] = field(default_factory=list)
    present: dict[int, list[Any]] = field(default_factory=dict)
    sent: dict[int, list[Any]] = field(default_factory=dict)

    @property
    def places(self) -> range:
        return range(len(self.limits))

    def clusters(self) -> Any:
        """Expression: the number of clusters."""
        return sum(self.used)

    def packets(self) -> Any:
        """Expression: packets over the recording."""
        return sum(int(self.lists.spikes[s]) * literal for s, row in self.sent.items() for literal in row)

    def hint(self, assignment: NDArray[np.int32]) -> dict[Any, int]:
        """Values of a known clustering. Its clusters are renamed as :func:`_alike` wants only if limits are equal."""
        order: dict[int, int] = {}
        for v in self.neurons:
            c = int(assignment[v])
            order.setdefault(c, len(order) if (self.limits == self.limits[0]).all() else c)
        return {
            self.inside[i][c]: int(order[int(assignment[v])] == c)
            for i, v in enumerate(self.neurons)
            for c in self.places
        }


def build_model(lists: Incidence, limits: NDArray[np.int64], framed: bool) -> ClusterModel:
    """All constraints, no objective.

    Parameters
    ----------
    limits : int64, shape (k, 4)
        Axons, neurons, synapses and packets (over the recording) of each of the k clusters that may be used.
    framed
        Whether clusters must be convex.
    """
    from ortools.sat.python import cp_model

    neurons = np.flatnonzero(~lists.is_input).tolist()
    targets = {
        s: lists.out_target[lists.out_ptr[s] : lists.out_ptr[s + 1]].tolist()
        for s in np.flatnonzero(np.diff(lists.out_ptr)).tolist()
    }
    row = {v: i for i, v in enumerate(neurons)}
    built = ClusterModel(cp_model.CpModel(), lists, limits, neurons, row, targets)
    _one_cluster_each(built)
    _used_first(built)
    _alike(built)
    _columns_and_cells(built)
    _rows(built)
    _buffer(built)
    _packets(built)
    if framed:
        _convex(built)
    return built


def _one_cluster_each(built: ClusterModel) -> None:
    """Sum over c of inside[i][c] = 1."""
    for i in range(len(built.neurons)):
        built.inside.append([built.model.new_bool_var(f"inside[{i},{c}]") for c in built.places])
        built.model.add_exactly_one(built.inside[i])


def _used_first(built: ClusterModel) -> None:
    """used[c] = max over i of inside[i][c]; used[c] >= used[c + 1]."""
    built.used = [built.model.new_bool_var(f"used[{c}]") for c in built.places]
    for c in built.places:
        built.model.add_max_equality(built.used[c], [line[c] for line in built.inside])
        if c:
            built.model.add_implication(built.used[c], built.used[c - 1])


def _alike(built: ClusterModel) -> None:
    """Of two neighbouring places with equal limits, a neuron may take the second only if a lower one took the first."""
    for c in built.places[1:]:
        if (built.limits[c] == built.limits[c - 1]).all():
            for i, line in enumerate(built.inside):
                built.model.add_bool_or(line[c].negated(), *(lower[c - 1] for lower in built.inside[:i]))


def _columns_and_cells(built: ClusterModel) -> None:
    """Sum of inside[i][c] <= N_out, sum of synapses_i * inside[i][c] <= cells, for each c."""
    synapses = built.lists.synapses[built.neurons].tolist()
    total = sum(synapses)
    for c in built.places:
        column = [line[c] for line in built.inside]
        built.model.add(sum(column) <= min(int(built.limits[c, 1]), len(column)))
        built.model.add(
            sum(n * x for n, x in zip(synapses, column, strict=True)) <= min(int(built.limits[c, 2]), total)
        )


def _rows(built: ClusterModel) -> None:
    """present[s][c] >= inside[t][c] for each target t of s; sum over s of present[s][c] <= N_in."""
    for s, targets in built.sources.items():
        built.present[s] = [built.model.new_bool_var(f"present[{s},{c}]") for c in built.places]
        for c in built.places:
            for t in targets:
                built.model.add_implication(built.inside[built.row[t]][c], built.present[s][c])
    for c in built.places:
        most = min(int(built.limits[c, 0]), len(built.present))
        built.model.add(sum(line[c] for line in built.present.values()) <= most)


def _buffer(built: ClusterModel) -> None:
    """Sum over s of spikes_s * present[s][c] <= the buffer of c, where it has a limit."""
    spikes = built.lists.spikes[list(built.present)].tolist()
    for c in built.places:
        room = int(built.limits[c, 3])
        if room < sum(spikes):
            built.model.add(sum(n * line[c] for n, line in zip(spikes, built.present.values(), strict=True)) <= room)


def _packets(built: ClusterModel) -> None:
    """sent[s][c] >= present[s][c] - inside[s][c]; an input is inside none."""
    for s, present in built.present.items():
        if s not in built.row:
            built.sent[s] = present
            continue
        built.sent[s] = [built.model.new_bool_var(f"sent[{s},{c}]") for c in built.places]
        for c in built.places:
            built.model.add_bool_or(present[c].negated(), built.inside[built.row[s]][c], built.sent[s][c])


def _convex(built: ClusterModel) -> None:
    """Clusters have moments; a forward pair of neurons shares a cluster or leads to a later moment."""
    lists, model = built.lists, built.model
    moment = [model.new_int_var(0, len(built.neurons), f"moment[{c}]") for c in built.places]
    forward = lists.forward()
    pairs = zip(lists.sources()[forward].tolist(), lists.out_target[forward].tolist(), strict=True)
    at = []
    for i, line in enumerate(built.inside):
        at.append(model.new_int_var(0, len(built.neurons), f"at[{i}]"))
        for c in built.places:
            model.add(at[i] == moment[c]).only_enforce_if(line[c])
    for s, t in pairs:
        i, j = built.row[s], built.row[t]
        if i == j:
            continue
        same = model.new_bool_var(f"same[{i},{j}]")
        for c in built.places:
            model.add_bool_or(same.negated(), built.inside[i][c].negated(), built.inside[j][c])
        model.add(at[i] < at[j]).only_enforce_if(same.negated())
