"""Move parts of groups between the chosen clusters, and exchange them, while that saves packets."""

from __future__ import annotations

from mapper.compiled import kernel
from mapper.search.cluster.refine.flat import is_forward
from mapper.search.dice import draw

__all__ = ["polish"]


@kernel
def _allowed(flat, local, trial, framed, g, b):  # type: ignore[no-untyped-def]
    """Whether the order of the clusters lets group g be in cluster b."""
    if not framed:
        return True
    place = trial.place[b]
    if local.low[g] > place or local.high[g] < place:
        return False
    for e in range(local.in_ptr[g], local.in_ptr[g + 1]):
        j = local.in_source[e]
        o = local.owner[j]
        if (
            o >= 0
            and o != g
            and trial.place[trial.home[j]] > place
            and is_forward(flat, local.neuron[o], local.neuron[g])
        ):
            return False
    j = local.itself[g]
    if j >= 0:
        for e in range(local.out_ptr[j], local.out_ptr[j + 1]):
            h = local.out_group[e]
            if h != g and is_forward(flat, local.neuron[g], local.neuron[h]):
                for c in range(len(trial.place)):
                    if trial.held[c, h] > 0 and trial.place[c] < place:
                        return False
    return True


@kernel
def _change(local, trial, g, a, b):  # type: ignore[no-untyped-def]
    """What moving group g's part in a to b changes: (packets, rows taken in b, packets for these rows)."""
    itself = local.itself[g]
    cost, taken, brought = 0, 0, 0
    joins = trial.held[b, g] > 0
    loop = 0
    for e in range(local.in_ptr[g], local.in_ptr[g + 1]):
        j = local.in_source[e]
        if trial.pins[a, j] == 1 and trial.home[j] != a:
            cost -= local.spikes[j]
        if not joins and trial.pins[b, j] == 0:
            taken += 1
            brought += local.spikes[j]
            if trial.home[j] != b and j != itself:
                cost += local.spikes[j]
        if j == itself:
            loop = 1
    if itself >= 0:
        if trial.pins[a, itself] > loop:
            cost += local.spikes[itself]
        if trial.pins[b, itself] > 0:
            cost -= local.spikes[itself]
    return cost, taken, brought


@kernel
def _move(local, trial, g, a, b):  # type: ignore[no-untyped-def]
    """Move group g's part in a to b."""
    held = trial.held[a, g]
    joins = trial.held[b, g] > 0
    trial.held[a, g] = 0
    trial.held[b, g] += held
    for e in range(local.in_ptr[g], local.in_ptr[g + 1]):
        j = local.in_source[e]
        trial.pins[a, j] -= 1
        if trial.pins[a, j] == 0:
            trial.load[a, 0] -= 1
            trial.load[a, 3] -= local.spikes[j]
        if not joins:
            if trial.pins[b, j] == 0:
                trial.load[b, 0] += 1
                trial.load[b, 3] += local.spikes[j]
            trial.pins[b, j] += 1
    trial.load[a, 1] -= held
    trial.load[b, 1] += held
    trial.load[a, 2] -= held * local.cells[g]
    trial.load[b, 2] += held * local.cells[g]
    trial.load[a, 4] -= held * local.events[g]
    trial.load[b, 4] += held * local.events[g]
    if local.itself[g] >= 0:
        trial.home[local.itself[g]] = b


@kernel
def _fits(trial, c):  # type: ignore[no-untyped-def]
    return (
        trial.load[c, 0] <= trial.limits[c, 0]
        and trial.load[c, 1] <= trial.limits[c, 1]
        and trial.load[c, 2] <= trial.limits[c, 2]
        and trial.load[c, 3] <= trial.limits[c, 3]
        and trial.load[c, 4] <= trial.limits[c, 4]
    )


@kernel
def polish(flat, local, trial, framed, exchanges, sweeps, dice):  # type: ignore[no-untyped-def]
    """Take improving moves and exchanges until a sweep over the groups finds none; returns how many were taken.

    The cost is packets. For a group that would gain by a move but does not fit,
    up to ``exchanges`` groups of the other cluster are tried in return.
    """
    k, groups = trial.held.shape
    taken_in_all = 0
    for _ in range(sweeps):
        before = taken_in_all
        start = draw(dice, groups)
        for i in range(groups):
            g = start + i
            if g >= groups:
                g -= groups
            for a in range(k):
                held = trial.held[a, g]
                if held == 0:
                    continue
                best = -1
                best_cost = 0
                full = -1
                full_cost = 0
                for b in range(k):
                    if b == a or trial.load[b, 1] == 0:
                        continue
                    cost, taken, brought = _change(local, trial, g, a, b)
                    if cost >= best_cost and cost >= full_cost:
                        continue
                    fits = (
                        trial.load[b, 0] + taken <= trial.limits[b, 0]
                        and trial.load[b, 1] + held <= trial.limits[b, 1]
                        and trial.load[b, 2] + held * local.cells[g] <= trial.limits[b, 2]
                        and trial.load[b, 3] + brought <= trial.limits[b, 3]
                        and trial.load[b, 4] + held * local.events[g] <= trial.limits[b, 4]
                    )
                    if not _allowed(flat, local, trial, framed, g, b):
                        continue
                    if fits:
                        if cost < best_cost:
                            best = b
                            best_cost = cost
                    elif cost < full_cost:
                        full = b
                        full_cost = cost
                if best >= 0:
                    _move(local, trial, g, a, best)
                    taken_in_all += 1
                elif full >= 0 and exchanges > 0 and trial.held[full, g] == 0:
                    _move(local, trial, g, a, full)
                    found = False
                    offset = draw(dice, groups)
                    tried = 0
                    for step in range(groups):
                        h = offset + step
                        if h >= groups:
                            h -= groups
                        if h == g or trial.held[full, h] == 0 or trial.held[a, h] > 0:
                            continue
                        tried += 1
                        if tried > exchanges:
                            break
                        cost, _, _ = _change(local, trial, h, full, a)
                        if cost + full_cost < 0 and _allowed(flat, local, trial, framed, h, a):
                            _move(local, trial, h, full, a)
                            if _fits(trial, a) and _fits(trial, full):
                                found = True
                                taken_in_all += 1
                                break
                            _move(local, trial, h, a, full)
                    if not found:
                        _move(local, trial, g, full, a)
        if taken_in_all == before:
            break
    return taken_in_all
