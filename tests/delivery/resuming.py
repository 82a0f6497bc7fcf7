"""A player in a process that dies: ``python resuming.py PART BASE QUEUE SNAPSHOT``.

Part ``first`` plays, has all of it delivered, plays on, and is killed when that is durable;
``second`` goes on where it was. No time passes but that of the signals.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from playertrack import Tracker, signals
from playertrack.destinations.kaltura import Identity
from playertrack.destinations.kaltura.kava import KavaSink
from playertrack.destinations.kaltura.stats import StatsSink
from playertrack.live.clock import ManualClock

START = 1_700_000_000.0


def main(part: str, base: str, queue: Path, snapshot: Path) -> None:
    me = Identity(partner_id=102)
    kava = KavaSink(me, queue=queue, url=base)
    stats = StatsSink(me, queue=queue, url=f"{base}/api_v3")
    clock = ManualClock(START)
    if part == "second":
        with Tracker([kava, stats], snapshot=snapshot.read_bytes(), clock=clock) as tracker:
            play(tracker, 71, 92)
            tracker.feed(signals.Pause(at=START + 67.5))
            assert tracker.close(20.0, at=START + 68)
        return
    tracker = Tracker([kava, stats], clock=clock)
    tracker.feed(signals.Ready(at=START))
    tracker.feed(signals.Loaded(at=START, entry_id="1_abc", duration=200.0))
    tracker.feed(signals.Playing(at=START))
    play(tracker, 1, 15)
    tracker.feed(signals.Seek(at=START + 15, position=40.0))
    assert tracker.flush(20.0) and kava.flush(20.0) and stats.flush(20.0)
    play(tracker, 41, 70)
    assert tracker.flush(20.0) and kava.sender.outbox.flush(20.0)
    snapshot.write_bytes(tracker.snapshot())
    os.kill(os.getpid(), signal.SIGKILL)


def play(tracker: Tracker, first: int, last: int) -> None:
    """The playhead from one second to another; it was moved on by 25 s before."""
    for second in range(first, last + 1):
        at = START + second - (25 if second > 40 else 0)
        tracker.feed(signals.TimeUpdate(at=at, position=float(second)))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
