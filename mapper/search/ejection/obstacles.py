"""Who stands in a cluster's way: before trying whether it finds a seat without one or the other, leave out the rest."""

from __future__ import annotations

from mapper.compiled import kernel
from mapper.search.ejection.partial import LOAD, PERIOD, TILE
from mapper.search.ejection.seats import connect, find_partners, has_room
from mapper.search.local.tables import EXECUTION

__all__ = ["obstacles_first"]


@kernel
def obstacles_first(t, s, ways, v, seated):  # type: ignore[no-untyped-def]
    """Bring to the front of the ``seated`` in ``s.nodes`` those without whom v may find a seat; how many.

    ``ways`` are those of all that have a seat. On a full tile only one of it can make room. Where v and two partners
    are on a circle that takes too long, only one of these partners, or one on every longest way between them, can help.
    """
    found = 0
    partners = find_partners(t, s, v)
    for p in range(len(t.room)):
        if found == seated:
            break
        if not t.allowed[v, p]:
            continue
        connect(t, s, v, p, partners)
        spare = s.about[PERIOD] - s.tile[p, LOAD] - t.actor[v, EXECUTION]
        full = not has_room(t, s, v, p)
        for k in range(found, seated):
            u = s.nodes[k]
            if full and (s.node[u, TILE] != p or spare + t.actor[u, EXECUTION] < 0):
                continue
            if breaks_circles(s, ways, partners, u):
                s.nodes[k] = s.nodes[found]
                s.nodes[found] = u
                found += 1
    return found


@kernel
def breaks_circles(s, ways, partners, u):  # type: ignore[no-untyped-def]
    """Whether u is on each circle through two partners, from one to the other by a longest way, that takes too long."""
    for i in range(partners):
        a = s.near[i]
        for j in range(partners):
            b = s.near[j]
            late = s.out[a] + ways[a, b] + s.into[b] > 0
            if late and (a == b != u or ways[a, u] + ways[u, b] < ways[a, b]):
                return False
    return True
