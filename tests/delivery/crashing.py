"""Runs senders that are killed: ``python crashing.py BASE QUEUE LOG``, orders on standard input.

An order is a line of JSON: ``first`` is the number of the first event, and either
``seconds`` says when the sender is killed, or ``point`` and ``nth`` where it kills itself. What
was reported durable is appended to LOG. Each sender is a fork of this process, in which
everything is imported and no thread ever ran.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

LANES = "abcd"


def kill_at(owner: type, name: str, nth: int, *, after: bool) -> None:
    """Have the process die at the ``nth`` call of a method, before or after it."""
    method: Callable[..., Any] = getattr(owner, name)
    calls = 0

    def dying(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == nth and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = method(*args, **options)
        if calls == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, dying)


def points() -> dict[str, tuple[type, str, bool]]:
    """The named points: class, method, and whether it dies after it."""
    from playertrack.delivery.channel import Channel
    from playertrack.outbox.box import Outbox
    from playertrack.outbox.journal import Journal
    from playertrack.outbox.shelf import Shelf
    from playertrack.outbox.store import Store

    return {
        "before a group is committed": (Shelf, "commit", False),
        "after rows are written": (Store, "append", True),
        "after a group is committed": (Shelf, "commit", True),
        "before it is sent": (Channel, "_send", False),
        "after it is answered": (Outbox, "delivered", False),
        "after it is noted": (Journal, "write", True),
        "while delivered rows are removed": (Store, "remove", True),
        "while the queue is opened": (Shelf, "_use", False),
        "after what was noted is removed": (Shelf, "_settle_noted", True),
    }


def send(base: str, queue: Path, log: Path, order: dict[str, Any]) -> None:
    """Emit until killed."""
    from sending import FAST, ME, event

    from playertrack.outbox import Receipt
    from playertrack.sinks.stats import StatsSink

    if "point" in order:
        owner, name, after = points()[order["point"]]
        kill_at(owner, name, order["nth"], after=after)
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    sink = StatsSink(ME, queue=queue, url=base, settings=FAST)
    waiting: list[tuple[str, int, Receipt]] = []
    for number in range(order["first"], order["first"] + 1000):
        waiting += [(lane, number, sink.emit(event(number, lane))) for lane in LANES]
        time.sleep(0.001)
        while waiting and waiting[0][2].durable:
            lane, index, _ = waiting.pop(0)
            os.write(written, f"{lane} {index}\n".encode())
    time.sleep(60)


def main() -> None:
    base, queue, log = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    import sending  # noqa: F401 - here, so that no fork has to

    from playertrack.delivery import sender  # noqa: F401

    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if not child:
            try:
                send(base, queue, log, order)
            finally:
                os._exit(1)
        if "seconds" in order:
            time.sleep(order["seconds"])
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]
    main()
