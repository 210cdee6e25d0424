"""How much memory a call takes at its peak, beyond what the process holds already (Linux)."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

__all__ = ["peak_beyond"]

Answer = TypeVar("Answer")


def peak_beyond(run: Callable[[], Answer]) -> tuple[Answer, float]:
    """(answer, gigabytes): the peak of the resident set during ``run``, less its size before."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the peak so far
    before = _resident("VmRSS")
    answer = run()
    return answer, (_resident("VmHWM") - before) / 1e9


def _resident(key: str) -> int:
    """Bytes, from the line of that key."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(key + ":"):
            return 1024 * int(line.split()[1])
    raise OSError(f"no {key} in /proc/self/status")
