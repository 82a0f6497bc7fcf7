"""Lets a program that gets a SIGTERM first deliver what its trackers hold back.

Python runs the exit functions of a program that ends by itself, which close every tracker. A
SIGTERM ends it without them, and with it what waits: a pause or a seek in its grace, the end of
the session, what the sinks have not taken yet.
"""

from __future__ import annotations

import os
import signal
from types import FrameType


def close_at_sigterm(*, timeout: float = 3.0) -> None:
    """On SIGTERM close every open tracker, each within ``timeout`` (s), and then end as before.

    A handler that the program has is called afterwards; without one the process ends by the
    signal. Call it once, on the main thread, after other handlers are set.
    """
    from .tracker import close_all

    before = signal.getsignal(signal.SIGTERM)

    def handle(number: int, frame: FrameType | None) -> None:
        close_all(timeout)
        if callable(before):
            before(number, frame)
        elif before != signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    signal.signal(signal.SIGTERM, handle)
