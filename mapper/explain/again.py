"""A short search, the same every time: what little effort finds on a platform."""

from __future__ import annotations

from mapper.model.application import Application
from mapper.model.mapping import BufferChoice, Mapping, OrderSemantics
from mapper.model.platform import Platform
from mapper.model.result import Bound
from mapper.search.greedy import search_greedily
from mapper.search.incumbent import Incumbent
from mapper.search.local.search import search_locally
from mapper.stop import MaxRuntime

__all__ = ["default_moves", "search_again"]

#: Seconds that end any of these searches, whatever its moves.
LONGEST = 30.0

#: Edges of the bound graph times moves of a search that nobody notices, without compiled code.
LITTLE = 50_000


def default_moves(application: Application) -> int:
    """Moves that take a fraction of a second."""
    edges = 2 * application.graph.channel_count + 3 * application.graph.actor_count
    return LITTLE // max(1, edges)


def search_again(
    application: Application,
    platform: Platform,
    bound: Bound,
    orders: OrderSemantics,
    start: Mapping | None = None,
    moves: int = 0,
) -> Incumbent:
    """A given mapping, the greedy one, and some moves of local search from the better of them; buffers as its are."""
    buffers = BufferChoice.FIXED if start is None or start.buffers is None else BufferChoice.SIZED
    incumbent = Incumbent(application, platform, bound, MaxRuntime(LONGEST), semantics=orders, buffers=buffers)
    if start is not None:
        incumbent.offer(start, "as it was")
    if not incumbent.should_stop():
        search_greedily(incumbent)
    if moves and not incumbent.should_stop():
        search_locally(incumbent, orders=orders.value, max_moves=moves)
    return incumbent
