"""Several searches of one kind with seeds of their own, side by side on the cores there are."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from mapper.search.incumbent import Incumbent

__all__ = ["Member", "Team"]


class Member(Protocol):
    """A search on an incumbent that goes on from call to call.

    Attributes
    ----------
    not_attempted
        Why it is not tried at all, or an empty string.
    interrupted
        Set by another thread: it is to return soon.
    """

    not_attempted: str
    interrupted: bool

    def advance(self, *, max_moves: int | None = None) -> None: ...

    def statistics(self) -> dict[str, Any]: ...


class Team:
    """Searches on one incumbent, each in a thread: their compiled code does not hold the interpreter's lock.

    One member alone runs in the caller's thread and repeats by its seed; several learn of each other's best mappings
    as the clock has it.

    Parameters
    ----------
    kind
        Makes a search of an incumbent, a seed and the orders: a class of them.
    members
        At least one.
    """

    def __init__(
        self, kind: Callable[[Incumbent, int, Any], Member], incumbent: Incumbent, seed: int, members: int = 1
    ) -> None:
        self.searches = [kind(incumbent, seed + i, incumbent.semantics.value) for i in range(members)]

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
