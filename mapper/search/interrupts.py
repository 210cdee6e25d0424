"""Ctrl-C after a solver has run: CP-SAT catches it while it solves and then leaves none but the system's handler.

That one ends the process where it stands, and with it the best mapping found so far.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["interrupts_kept"]


@contextmanager
def interrupts_kept() -> Iterator[None]:
    """Around a solve: Python's own handler is back afterwards, and Ctrl-C raises ``KeyboardInterrupt`` again.

    Examples
    --------
    >>> with interrupts_kept():
    ...     before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    >>> signal.getsignal(signal.SIGINT) is before
    True
    """
    main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT) if main else None
    try:
        yield
    finally:
        if main and handler is not None:
            signal.signal(signal.SIGINT, handler)
