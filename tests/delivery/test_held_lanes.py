"""A clock that nothing sets: the time is that of a server (Q-clock)."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path

import attrs
import pytest
from device import NOW, Device, delivered, emit, stats, times
from fault_server import Server, ok
from sending import FAST, ME, until

from playertrack.delivery import DeliverySettings, Sender
from playertrack.destinations.kaltura.kava import KavaSink
from playertrack.destinations.kaltura.stats import StatsSink

#: Nobody asks a server twice.
ONCE = attrs.evolve(FAST, probe_first=3600.0, probe_most=3600.0)

#: How a server comes to be asked for the time, with the settings of the sender.
ASKING: dict[str, tuple[DeliverySettings, Callable[[Sender], object]]] = {
    "by itself": (FAST, lambda sender: None),
    "by a flush": (ONCE, lambda sender: sender.flush(20.0)),
    "by the close": (ONCE, lambda sender: sender.close(20.0)),
}


@pytest.mark.parametrize(("settings", "ask"), ASKING.values(), ids=ASKING)
@pytest.mark.parametrize("memory", [False, True], ids=["disk", "memory"])
def test_q_clock_a_clock_that_is_never_set_gets_the_time_of_a_server(
    tmp_path: Path, settings: DeliverySettings, ask: Callable[[Sender], object], memory: bool
) -> None:
    device = Device()
    with Server() as server, Server(answer=lambda request: ok("1")) as other:
        sender = device.sender(None if memory else tmp_path, settings)
        sinks: list[StatsSink | KavaSink] = [
            stats(server, sender),
            KavaSink(ME, queue=sender, url=other.base),
        ]
        moments = []
        for index in (1, 2):
            moments.append(device.now)
            for sink in sinks:
                emit(sink, device, index)
            device.now += 100.0
        server.date = device.date  # the other one gives no time
        ask(sender)
        for sink in sinks:
            until(delivered(sink))
            assert sink.counts().estimated == 0
        assert times(server.received) == moments
        assert len(other.received) == 2
        assert sender.close(5.0)


#: What keeps a server from saying the time.
TIMELESS = {
    "no date": (None, "does not know the time"),
    "no clock either": (formatdate(7.0, usegmt=True), "does not know the time"),
    "nonsense": ("tomorrow", "does not know the time"),
    "away": ("", "cannot connect"),
}


@pytest.mark.parametrize(("date", "reason"), TIMELESS.values(), ids=TIMELESS)
def test_q_clock_a_server_that_gives_no_time_is_a_reason_and_is_asked_again(
    tmp_path: Path, date: str | None, reason: str
) -> None:
    device = Device()
    with Server() as server:
        sender = device.sender(tmp_path)
        sink = stats(server, sender)
        server.date = lambda: date
        if date == "":
            server.shut()
        emit(sink, device, 1)
        until(lambda: reason in (sink.status().reason or ""))
        until(lambda: sink.status().next_try is not None)
        assert (sink.status().state, sink.status().pending) == ("waiting", 1)
        if date == "":
            server.listen()
        server.date = device.date
        until(delivered(sink))
        assert times(server.received) == [NOW]
        assert sender.close(5.0)


def test_q_clock_a_clock_that_is_set_counts_more_than_a_server() -> None:
    device = Device()
    clock = device.clock()
    clock.learn(NOW - 86_400.0)
    assert clock.started == NOW - 86_400.0
    device.set()
    assert clock.started == NOW
