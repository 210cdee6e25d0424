"""Kernels that are plain Python for small inputs and compiled by Numba, once and cached, for large ones.

A kernel is written as an index-only loop over flat arrays, so that the same source runs in both ways. Numba's import
and cached load cost a few tenths of a second; a job whose ``work`` is below the threshold never pays them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

__all__ = ["kernel"]


class kernel:  # noqa: N801 - used as a decorator, reads like one
    """Decorate an index-only loop; call it through :meth:`for_work`.

    Examples
    --------
    >>> @kernel
    ... def total(values):
    ...     s = 0
    ...     for i in range(len(values)):
    ...         s += values[i]
    ...     return s
    >>> total.for_work(3)([1, 2, 3])
    6
    """

    #: Elementary operations below which compiling does not pay.
    THRESHOLD = 200_000

    def __init__(self, function: Callable[..., Any]) -> None:
        self.python = function
        self.__doc__ = function.__doc__
        self.__name__ = function.__name__

    def for_work(self, work: int) -> Callable[..., Any]:
        """The plain function for ``work`` below the threshold, the compiled one from there on."""
        return self.python if work < self.THRESHOLD else self.jitted()

    def jitted(self) -> Callable[..., Any]:
        """The compiled function; helpers decorated with ``kernel`` cannot be called from it, plain ones can."""
        return _compile(self.python)


@cache
def _compile(function: Callable[..., Any]) -> Callable[..., Any]:
    from numba import njit

    compiled: Callable[..., Any] = njit(cache=True, nogil=True)(function)
    return compiled
