"""Runs senders that are killed: ``python crashing.py BASE QUEUE``, orders on standard input.

An order is a line of JSON: ``round`` is its number, ``first`` that of its first event, and
the sender is killed either when it has reported ``durable`` events and ``seconds`` are over, or
by itself at ``point``, the ``nth`` time. One that nothing kills ends after a while and says
why on standard error. The answer is a line of JSON: the signal that ended
the sender, and what it had reported durable. The address to send to ends with the number of the
round, so that the server knows which sender is calling. Each sender is a fork of this process, in
which everything is imported and no thread ever ran.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

LANES = "abcd"

#: How long (s) a sender waits for its end; a disk that others keep busy takes seconds.
PATIENCE = 60.0

#: The KS of all of them, which is to be found nowhere.
KS = "djJ8MTAyfPlantedKSPlantedKSPlantedKSPlantedKS"


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
    from playertrack.delivery.consignment import Consignment
    from playertrack.outbox.ack_log import AckLog
    from playertrack.outbox.failover import Failover
    from playertrack.outbox.files import Files
    from playertrack.outbox.outbox import Outbox
    from playertrack.outbox.store import Store

    return {
        "before a group is committed": (Failover, "commit", False),
        "after rows are written": (Store, "append", True),
        "after a group is committed": (Failover, "commit", True),
        "before it is sent": (Consignment, "_send", False),
        "after it is answered": (Outbox, "delivered", False),
        "after it is noted": (AckLog, "write", True),
        "while delivered rows are removed": (Store, "remove", True),
        "while the queue is opened": (Files, "_use", False),
        "after what was noted is removed": (Files, "_settle_noted", True),
    }


def send(base: str, queue: Path, order: dict[str, Any], reports: int) -> None:
    """Emit until killed; write what is durable to the pipe ``reports``."""
    from sending import FAST, ME, event

    from playertrack.destinations.kaltura.stats import StatsSink
    from playertrack.outbox import Receipt

    if "point" in order:
        owner, name, after = points()[order["point"]]
        kill_at(owner, name, order["nth"], after=after)
    sink = StatsSink(ME, queue=queue, url=f"{base}/{order['round']}", ks=KS, settings=FAST)
    waiting: deque[tuple[str, int, Receipt]] = deque()
    numbers = iter(range(order["first"], order["first"] + 1000))
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        for number in islice(numbers, 1):
            waiting += [(lane, number, sink.emit(event(number, lane))) for lane in LANES]
        time.sleep(0.001)  # as players do: now and then, so that groups are small
        while waiting and waiting[0][2].state != "waiting":
            lane, index, receipt = waiting.popleft()
            if receipt.durable:
                os.write(reports, f"{lane} {index}\n".encode())
    trouble = sink.sender.disk_trouble
    sys.stderr.write(f"nothing killed {order}: {len(waiting)} wait, the disk: {trouble}\n")


def killed(base: str, queue: Path, order: dict[str, Any]) -> tuple[int, list[str]]:
    """Have a sender killed: the signal that ended it, and what it reported."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(read)
            send(base, queue, order, write)
        finally:
            os._exit(1)
    os.close(write)
    with os.fdopen(read) as reports:
        lines = list(islice(reports, order.get("durable")))
        if "seconds" in order:
            time.sleep(order["seconds"])  # the point at which it dies is to be any
            os.kill(child, signal.SIGKILL)
        lines += reports  # what it had written before
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, lines


def main() -> None:
    base, queue = sys.argv[1], Path(sys.argv[2])
    import sending  # noqa: F401 - here, so that no fork has to

    from playertrack.delivery import loop  # noqa: F401 - the same

    for line in sys.stdin:
        sys.stdout.write(json.dumps(killed(base, queue, json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    here = Path(__file__).parent
    sys.path[:0] = [str(here.parents[1]), str(here.parent), str(here)]
    main()
