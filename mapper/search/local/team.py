"""Several local searches with seeds of their own, side by side on the cores there are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

from mapper.search.incumbent import Incumbent
from mapper.search.local.search import LocalSearch

__all__ = ["LocalTeam"]


class LocalTeam:
    """Local searches on one incumbent, each in a thread: annealing does not hold the interpreter's lock.

    One member alone runs in the caller's thread and repeats by its seed; several learn of each other's best mappings
    as the clock has it.

    Parameters
    ----------
    members
        At least one.
    """

    def __init__(
        self, incumbent: Incumbent, seed: int, orders: Literal["plain", "pipelined"], members: int = 1
    ) -> None:
        self.searches = [LocalSearch(incumbent, seed + i, orders) for i in range(members)]

    @property
    def hopeless(self) -> bool:
        """None of them can be tried."""
        return all(search.not_attempted for search in self.searches)

    def advance(self, max_moves: int | None = None) -> None:
        """So many moves of each, or until the incumbent should stop; Ctrl-C ends all and goes on to the caller."""
        if len(self.searches) == 1:
            self.searches[0].advance(max_moves=max_moves)
            return
        with ThreadPoolExecutor(len(self.searches)) as pool:
            running = [pool.submit(search.advance, max_moves=max_moves) for search in self.searches]
            try:
                for one in running:
                    one.result()
            except BaseException:  # Ctrl-C, or an error in one of them
                for search in self.searches:
                    search.interrupted = True
                raise

    def statistics(self) -> list[dict[str, Any]]:
        return [search.statistics() for search in self.searches]
