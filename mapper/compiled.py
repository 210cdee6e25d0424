"""Kernels that are plain Python for small inputs and compiled by Numba, once and cached, for large ones.

A kernel is written as an index-only loop over flat arrays, so that the same source runs in both ways. Numba's import
and cached load cost a few tenths of a second; a job whose ``work`` is below the threshold never pays them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any

__all__ = ["kernel"]


class kernel:  # noqa: N801 - used as a decorator, reads like one
    """Decorate an index-only loop; call it through :meth:`for_work`.

    It makes and returns no arrays or lists (:meth:`allocating` may): Numba then need not count who holds which, in
    atomic steps that took two thirds of the time of kernels that hand many arrays to small ones.

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
    >>> @kernel
    ... def twice(values):
    ...     return 2 * total(values)
    >>> twice.for_work(3)([1, 2, 3])
    12
    """

    #: Elementary operations below which compiling does not pay.
    THRESHOLD = 200_000

    def __init__(self, function: Callable[..., Any], *, allocates: bool = False) -> None:
        self.python, self._allocates = function, allocates
        self.__doc__ = function.__doc__
        self.__name__ = function.__name__
        self._jitted: Callable[..., Any] | None = None

    @classmethod
    def allocating(cls, function: Callable[..., Any]) -> kernel:
        """Decorate a loop that makes or returns arrays or lists."""
        return cls(function, allocates=True)

    @property
    def allocates(self) -> bool:
        """Whether it makes arrays or lists, or calls a kernel that does."""
        return self._allocates or any(helper.allocates for helper in _helpers(self.python).values())

    def __call__(self, *arguments: Any) -> Any:
        """Run the plain function: how one kernel calls another where nothing is compiled."""
        return self.python(*arguments)

    def for_work(self, work: int) -> Callable[..., Any]:
        """The plain function for ``work`` below the threshold, the compiled one from there on."""
        return self.python if work < self.THRESHOLD else self.jitted()

    def jitted(self) -> Callable[..., Any]:
        """The compiled function; other kernels that it calls by their names are compiled with it."""
        if self._jitted is None:
            self._jitted = _compile(self, inner=False)
        return self._jitted

    @property
    def loaded(self) -> bool:
        """Whether compiled code is in memory."""
        return self._jitted is not None and bool(getattr(self._jitted, "signatures", ()))

    @property
    def ready(self) -> bool:
        """Whether compiled code need not wait for the compiler."""
        return self.loaded or self.cached

    @property
    def cached(self) -> bool:
        """Whether compiled code of this source lies on the disk, as far as file names and times tell."""
        source = Path(self.python.__code__.co_filename)
        folder = Path(self.jitted().stats.cache_path)  # type: ignore[attr-defined]  # a Numba dispatcher
        name = f"{source.stem}.{self.python.__qualname__}-{self.python.__code__.co_firstlineno}.*nbi"
        written = max(Path(file).stat().st_mtime for file in _sources(self.python))
        return any(index.stat().st_mtime >= written for index in folder.glob(name))


@cache
def _compile(loop: kernel, inner: bool) -> Callable[..., Any]:
    """With the kernels it calls; ``inner``: only kernels call it, so no way in from Python has to be compiled."""
    from numba import njit
    from numba.core.cpu import CPUTargetOptions

    function = loop.python
    helpers = {name: _compile(helper, inner=True) for name, helper in _helpers(function).items()}
    options: dict[str, Any] = {"cache": True, "nogil": True}
    if hasattr(CPUTargetOptions, "_nrt"):  # Numba's own name for counting; without it kernels are slower, no more
        options["_nrt"] = loop.allocates
    if helpers or inner:  # the same code, which finds compiled helpers under their names
        copy = FunctionType(function.__code__, {**function.__globals__, **helpers}, function.__name__)
        copy.__defaults__, copy.__qualname__ = function.__defaults__, function.__qualname__
        function = copy
    if inner:
        function.__qualname__ += ".inner"  # a cache of its own
        options.update(no_cpython_wrapper=True, no_cfunc_wrapper=True)
    compiled: Callable[..., Any] = njit(**options)(function)
    _watch(compiled, _sources(loop.python))
    return compiled


def _helpers(function: Callable[..., Any]) -> dict[str, kernel]:
    """The kernels that a function calls, by the names it calls them."""
    called = {name: function.__globals__.get(name) for name in function.__code__.co_names}
    return {name: helper for name, helper in called.items() if isinstance(helper, kernel)}


@cache
def _sources(function: Callable[..., Any]) -> frozenset[str]:
    """Files that a kernel's code comes from: its own, those of the kernels it calls, and this one with its options."""
    own = frozenset([function.__code__.co_filename, __file__])
    return own.union(*(_sources(helper.python) for helper in _helpers(function).values()))


def _watch(compiled: Any, files: frozenset[str]) -> None:
    """Let the cache on the disk go stale when any of the files changes; by itself Numba looks at one."""
    index = getattr(getattr(compiled, "_cache", None), "_cache_file", None)
    if index is not None and hasattr(index, "_source_stamp"):
        stats = [(file, Path(file).stat()) for file in sorted(files)]
        index._source_stamp = tuple((file, stat.st_mtime, stat.st_size) for file, stat in stats)
