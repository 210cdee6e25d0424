"""A tuple that is made when somebody looks: certificates are large, and often only the period is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar, overload

__all__ = ["LazyTuple"]

T = TypeVar("T")


class LazyTuple(Sequence[T], Generic[T]):
    """``size`` items, which ``make`` returns.

    Examples
    --------
    >>> squares = LazyTuple(3, lambda: tuple(k * k for k in range(3)))
    >>> len(squares), squares[-1], squares == (0, 1, 4), squares
    (3, 4, True, (0, 1, 4))
    """

    def __init__(self, size: int, make: Callable[[], tuple[T, ...]]) -> None:
        self._size = size
        self._make: Callable[[], tuple[T, ...]] | None = make
        self._items: tuple[T, ...] = ()

    def _get(self) -> tuple[T, ...]:
        if self._make is not None:
            self._items, self._make = self._make(), None
        return self._items

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[T]:
        return iter(self._get())

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...
    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        return self._get()[index]

    def __eq__(self, other: object) -> bool:
        return self._get() == (other._get() if isinstance(other, LazyTuple) else other)

    def __hash__(self) -> int:
        return hash(self._get())

    def __repr__(self) -> str:
        return repr(self._get())

    def __reduce__(self) -> tuple[Any, ...]:
        return tuple, (self._get(),)
