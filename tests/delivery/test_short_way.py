"""How far it is from a position of the player to the request: calls, modules, threads.

It is counted for a quartile that a tracker derives and stats.collect receives; nothing of
other libraries counts. What is counted may only go down. CONTRIBUTING names the modules.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from fault_server import Server
from sending import FAST, ME

from playertrack import Tracker
from playertrack.destinations.kaltura.stats import StatsSink
from playertrack.signals import TimeUpdate

#: The player's, the outbox's, and the sender's.
MOST_THREADS = 3
MOST_CALLS = 114
MOST_MODULES = 22

#: Tries, of which the shortest counts: now and then the outbox looks after its files.
TRIES = 5

START = 1_790_000_000.0


def named() -> set[str]:
    """The modules that CONTRIBUTING names for the way of an event."""
    text = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text("utf-8")
    section = text.partition("## The way of an event\n")[2].partition("\n## ")[0]
    names = set(re.findall(r"`([a-z_/]+)`", section))
    return {f"playertrack.{name.replace('/', '.')}" for name in names}


class Way:
    """The functions of ours that are called while it is on, up to the exchange."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.sent = threading.Event()
        self._on = False

    def profile(self, frame: FrameType, what: str, argument: Any) -> None:
        module = frame.f_globals.get("__name__", "")
        if self._on and what == "call" and module.startswith("playertrack."):
            self.calls.append((threading.current_thread().name, module))
            if module == "playertrack.delivery.transport" and frame.f_code.co_name == "exchange":
                self._on = False
                self.sent.set()

    def start(self) -> None:
        self.calls, self._on = [], True
        self.sent.clear()


@contextmanager
def profiled() -> Iterator[Way]:
    way = Way()
    threading.setprofile(way.profile)
    before = sys.getprofile()
    sys.setprofile(way.profile)
    try:
        yield way
    finally:
        sys.setprofile(before)
        threading.setprofile(None)


def test_the_way_of_a_quartile_to_the_server_is_short(tmp_path: Path) -> None:
    ways = []
    with Server() as server, profiled() as way:
        for n in range(TRIES):
            sink = StatsSink(ME, queue=tmp_path / str(n), url=server.base, settings=FAST)
            with Tracker([sink]) as tracker:
                tracker.loaded("1_abc", duration=100.0, at=START)
                tracker.playing(at=START)
                for second in range(25):
                    tracker.feed(TimeUpdate(at=START + second, position=float(second)))
                assert tracker.flush(20.0) and sink.flush(20.0)
                signal = TimeUpdate(at=START + 25.0, position=25.0)
                way.start()
                tracker.feed(signal)
                assert way.sent.wait(20.0)
                ways.append(list(way.calls))
    calls = min(ways, key=len)
    threads, modules = ({each[n] for each in calls} for n in range(2))
    assert len(threads) <= MOST_THREADS
    assert len(calls) <= MOST_CALLS
    assert modules <= named()
    assert len(named()) <= MOST_MODULES
