"""A device whose clock is wrong until it is set, and events that are recorded on it."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path

from fault_server import Received, Server
from sending import FAST, ME

from playertrack.delivery import DeliverySettings, Sender
from playertrack.destinations.kaltura.kava import KavaSink
from playertrack.destinations.kaltura.stats import StatsSink
from playertrack.events import Event
from playertrack.outbox import BootClock

#: Real time at which the tests' devices learn what time it is.
NOW = 1_790_000_000.0


class Device:
    """A machine without a battery: its clock starts in 1970, with every boot."""

    def __init__(self) -> None:
        self.now = NOW
        self.off = 0.0
        self.boots = 0
        self.boot()

    def boot(self) -> None:
        self.booted, self.boots = self.now, self.boots + 1
        self.off = -self.now + 5.0

    def set(self) -> None:
        self.off = 0.0

    def wall(self) -> float:
        return self.now + self.off

    def date(self) -> str:
        """The time as somebody else knows it."""
        return formatdate(self.now, usegmt=True)

    def clock(self) -> BootClock:
        """That of a program which is started now."""
        return BootClock(self.wall, lambda: self.now - self.booted, f"boot {self.boots}")

    def sender(self, queue: Path | None, settings: DeliverySettings = FAST) -> Sender:
        durability = "memory" if queue is None else "group"
        return Sender(queue, durability=durability, settings=settings, clock=self.clock())


def emit(
    sink: StatsSink | KavaSink, device: Device, index: int, session: str = "s", name: str = "PLAY"
) -> float:
    """Have an event recorded now, as this clock has it; gives the real time."""
    sink.emit(Event(name, at=device.wall(), session=session, index=index, entry_id="1_a"))
    assert sink.sender.outbox.flush(20.0)
    return device.now


def stats(server: Server, sender: Sender) -> StatsSink:
    return StatsSink(ME, queue=sender, url=server.base)


def times(received: list[Received], session: str = "s") -> list[float]:
    return [
        float(each.form["event[eventTimestamp]"]) for each in received if each.session == session
    ]


def delivered(sink: StatsSink | KavaSink) -> Callable[[], bool]:
    return lambda: not sink.counts().pending
