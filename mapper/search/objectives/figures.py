"""Energy, tiles and latency as linear expressions of a CP-SAT model, to be minimised or held below a ceiling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, gcd
from typing import Any

from mapper.lower.energy import energy_terms
from mapper.model.goal import Ceilings
from mapper.search.cpsat.variables import Variables

__all__ = ["Expression", "express", "keep_below", "needs_distances"]


@dataclass(frozen=True)
class Expression:
    """A figure is ``constant + unit * whole``, where ``whole`` takes whole values in the model."""

    whole: Any
    constant: Fraction
    unit: Fraction

    def value(self, whole: float) -> Fraction:
        """The least figure whose whole part is not below a solver's bound, which is a rounded number."""
        return self.constant + self.unit * ceil(whole - 1e-6)

    def most(self, ceiling: Fraction) -> int:
        """The largest whole part within a ceiling."""
        return floor((ceiling - self.constant) / self.unit)


def express(v: Variables, goal: str) -> Expression:
    """The figure of ``energy``, ``tiles`` or ``latency`` in a model; minimised it is exact, else an upper limit."""
    builders: dict[str, Callable[[Variables], Expression]] = {"energy": _energy, "tiles": _tiles, "latency": _latency}
    return builders[goal](v)


def keep_below(v: Variables, ceilings: Ceilings, goals: tuple[str, ...]) -> None:
    """The figure of each of the ``goals`` is at most its ceiling, where it has one."""
    for goal in goals:
        ceiling = ceilings.of(goal)
        if ceiling is not None:
            expression = express(v, goal)
            v.model.add(expression.whole <= expression.most(ceiling))


def needs_distances(v: Variables) -> bool:
    """Whether the energy depends on the hops."""
    return v.platform.energy.hop_fj > 0


def _energy(v: Variables) -> Expression:
    """Constant + sum over channels of n * (per_remote_packet * remote[a, b] + per_packet_hop * hops[a, b])."""
    terms = energy_terms(v.application, v.platform)
    weighed: list[tuple[int, Any]] = []
    for a, b, packets, _ in v.channels:
        if packets and terms.per_remote_packet:
            weighed.append((packets * terms.per_remote_packet, v.is_remote(a, b)))
        if packets and terms.per_packet_hop:
            weighed.append((packets * terms.per_packet_hop, v.hops[a, b]))
    unit = gcd(*(weight for weight, _ in weighed)) or 1
    whole = sum((weight // unit * part for weight, part in weighed), v.model.new_constant(0))
    return Expression(whole, Fraction(terms.constant), Fraction(unit))


def _tiles(v: Variables) -> Expression:
    """Sum of used[t], where sum over a of on[a, t] <= slots[t] * used[t] and on[a, t] implies used[t].

    Where λ is given, the load also says: sum over a of d_a * on[a, t] <= λ * used[t].
    """
    times, used = v.application.graph.execution_times.tolist(), []
    for tile, slots in enumerate(v.platform.slots.tolist()):
        here = [a for a in v.application.clusters if tile in v.on[a]]
        if not here:
            continue
        is_used = v.model.new_bool_var(f"used_{tile}")
        for a in here:
            v.model.add_implication(v.on[a][tile], is_used)
        v.model.add(sum(v.on[a][tile] for a in here) <= min(slots, len(here)) * is_used)
        if v.target is not None:
            v.model.add(sum(v.ps(times[a]) * v.on[a][tile] for a in here) <= v.target * is_used)
        used.append(is_used)
    return Expression(sum(used, v.model.new_constant(0)), Fraction(0), Fraction(1))


def _latency(v: Variables) -> Expression:
    """Latency >= start[a] + d_a - first for every actor a; first <= the inputs' starts, without inputs everyone's."""
    actors = range(v.application.graph.actor_count)
    origins = [a for a in actors if v.application.is_input[a]] or list(actors)
    low, high = -(1 << 52), 1 << 52
    first = v.model.new_int_var(low, high, "first")
    latency = v.model.new_int_var(0, high, "latency")
    for a in origins:
        v.model.add(first <= v.start[a])
    for a in actors:
        v.model.add(latency >= v.start[a] + v.duration(a) - first)
    return Expression(latency, Fraction(0), Fraction(v.unit, v.scale))
