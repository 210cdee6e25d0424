"""What the ways are without one cluster after the other."""

from __future__ import annotations

from mapper.compiled import kernel
from mapper.search.ejection.partial import AFTER, BEFORE, lay_out, lift, order_time
from mapper.search.ejection.ways import add_edge, first_without, pass_through, pass_through_all
from mapper.search.local.tables import IS_INPUT

__all__ = ["lift_and_join", "prepare_without"]


@kernel
def prepare_without(t, s, count, seated):  # type: ignore[no-untyped-def]
    """Begin to leave out each of the first ``count`` of ``seated`` nodes; the others' ways are there all the time."""
    lay_out(t, s, s.ways[1])
    for v in range(len(t.actor)):
        if t.actor[v, IS_INPUT]:
            pass_through(s.ways[1], v, v, s.rows)
    pass_through_all(s.ways[1], s.nodes, count, seated, s.rows)
    return first_without(s.stack, count) if count > 0 else 0


@kernel
def lift_and_join(t, s, u, place, ways):  # type: ignore[no-untyped-def]
    """Take a cluster's seat on trial; those around it are joined in the ways that are without it."""
    lift(t, s, u, place)
    before = s.node[u, BEFORE]
    after = s.node[u, AFTER]
    if before != u and before != after:
        add_edge(ways, before, after, order_time(t, s, before), s.rows)
