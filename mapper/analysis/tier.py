"""When to use compiled loops: at once for large work, and for small work once much of it was done in plain Python."""

from __future__ import annotations

from mapper.compiled import kernel

__all__ = ["compiled_loaded", "compiled_pays", "use_compiled"]

#: Plain work, in thresholds of one job, that is worth Numba's import.
_PATIENCE = 20
_spent = 0.0


def compiled_pays(work: int) -> bool:
    """Whether a job of ``work`` elementary operations should run compiled. The results are the same either way."""
    global _spent
    if work >= kernel.THRESHOLD or compiled_loaded():
        use_compiled()
        return True
    _spent += work
    return False


def compiled_loaded() -> bool:
    """Whether small jobs run compiled by now."""
    return _spent >= _PATIENCE * kernel.THRESHOLD


def use_compiled() -> None:
    """From now on use compiled loops for small jobs too: a process that will do many of them calls this first."""
    global _spent
    _spent = float("inf")
