"""Events of a clock that cannot be right: held, dated, then sent (Q-clock)."""

from __future__ import annotations

import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from device import NOW, Device, delivered, emit, stats, times
from fault_server import Server, ok
from sending import ME, until

from playertrack.destinations.kaltura.kava import KavaSink
from playertrack.destinations.kaltura.stats import StatsSink
from playertrack.events import Event


@pytest.mark.parametrize("later", [120.0, 9 * 86_400.0], ids=["minutes", "days"])
@pytest.mark.parametrize("memory", [False, True], ids=["disk", "memory"])
def test_q_clock_events_wait_and_are_dated_by_the_time_since_boot(
    tmp_path: Path, later: float, memory: bool
) -> None:
    device = Device()
    with Server() as server:
        sender = device.sender(None if memory else tmp_path)
        sink = stats(server, sender)
        first = emit(sink, device, 1)
        device.now += 30.0
        second = emit(sink, device, 2)
        assert not sink.flush(0.2)
        assert server.received == []
        status = sink.status()
        assert (status.state, status.pending) == ("waiting", 2)
        assert status.reason is not None and "clock" in status.reason
        device.now += later
        wrong = device.wall()
        device.set()
        # The session goes on in the time in which it started.
        sink.emit(Event("SEEK", at=wrong, session="s", index=3, entry_id="1_a"))
        sink.emit(Event("PLAY", at=device.wall(), session="t", index=1, entry_id="1_a"))
        assert sink.flush(20.0)
        until(delivered(sink))
        assert times(server.received) == [int(first), int(second), int(device.now)]
        assert times(server.received, "t") == [int(device.now)]
        assert sink.counts().estimated == 0
        assert sender.close(30.0)


def test_two_destinations_get_the_same_dates_and_each_its_own_order(tmp_path: Path) -> None:
    device = Device()
    with Server() as server, Server(answer=lambda request: ok("1")) as other:
        sender = device.sender(tmp_path)
        sinks = [stats(server, sender), KavaSink(ME, queue=sender, url=other.base)]
        for index, name in enumerate(("PLAY_REQUEST", "PLAY", "PAUSE", "PLAY_REACHED_25"), 1):
            for sink in sinks:
                sink.emit(Event(name, at=device.wall(), session="s", index=index, entry_id="1_a"))
            device.now += 10.0
        sender.close(0.2)
        sender = device.sender(tmp_path)  # the program is restarted before the clock is set
        kava_sink = KavaSink(ME, queue=sender, url=other.base)
        sinks = [stats(server, sender), kava_sink]
        kava_sink.track_page("lobby", session="s")  # needs no date, and keeps its place
        assert not sender.flush(0.2)
        assert other.received == []
        device.set()
        for sink in sinks:
            sink.emit(Event("RESUME", at=device.wall(), session="s", index=5, entry_id="1_a"))
        assert sender.flush(20.0)
        assert times(server.received) == [NOW + 10, NOW + 30]
        kava = [each.form for each in other.received]
        assert [each["eventType"] for each in kava] == ["2", "3", "33", "11", "10003", "4"]
        indices = [each["eventIndex"] for each in kava if each["eventType"] != "10003"]
        assert indices == ["1", "2", "3", "4", "5"]
        for sink in sinks:
            counts = sink.counts()
            assert (counts.pending, counts.estimated) == (0, 0)
            assert counts.accepted + counts.unmapped == (6 if sink is kava_sink else 5)
        assert sender.close(30.0)


def test_the_sound_mode_waits_with_the_event(tmp_path: Path) -> None:
    device = Device()
    with Server(answer=lambda request: ok("1")) as server:
        sender = device.sender(tmp_path)
        sink = KavaSink(ME, queue=sender, url=server.base)
        for index, muted in enumerate((True, False, True), 1):
            sink.mute(muted)
            emit(sink, device, index, name="VIEW")
        sink.mute(False)
        device.set()
        assert sink.flush(20.0)
        modes = [each.form["soundMode"] for each in server.received]
        assert modes[0] == modes[2] != modes[1]
        assert sender.close(30.0)


#: For each boot of a device: the seconds after which it records events, and those after which
#: its clock is set, None for never.
LIVES = {
    "the second knew it": [([10, 40], None), ([5, 65], 50)],
    "two never knew it": [([10, 40], None), ([3, 4, 400], None), ([], 7)],
    "between two that knew it": [([20, 50], 10), ([1, 2, 90], None), ([30], 15)],
    "one was too short for an event": [([10], None), ([], None), ([8], None), ([2], 60)],
}


@pytest.mark.parametrize("boots", LIVES.values(), ids=LIVES)
def test_each_boot_that_knew_the_time_is_exact_and_the_others_keep_order_and_distances(
    tmp_path: Path, boots: list[tuple[list[int], int | None]]
) -> None:
    device = Device()
    true: list[float] = []
    guessed: list[bool] = []
    last = len(boots) - 1
    with Server() as server:
        for number, (moments, known) in enumerate(boots):
            # Offline until the last boot, so everything is still in the queue.
            sender = device.sender(tmp_path)
            sink = StatsSink(
                ME, queue=sender, url=server.base if number == last else "http://127.0.0.1:9"
            )
            spent = 0
            for moment in sorted([*moments, *([] if known is None else [known])]):
                device.now += moment - spent
                spent = moment
                if moment == known:
                    device.set()
                else:
                    true.append(emit(sink, device, len(true) + 1, f"boot {number}"))
                    guessed.append(known is None)
            assert sink.flush(20.0 if number == last else 0.05) is (number == last)
            counts = sink.counts()
            sender.close(0.1)
            device.now += 33.0
            device.boot()
        found = [at for n in range(len(boots)) for at in times(server.received, f"boot {n}")]
    assert found == sorted(found)
    pairs = list(zip(true, found, guessed, strict=True))
    assert all(date == int(real) for real, date, guess in pairs if not guess)
    assert all(date >= int(real) for real, date, guess in pairs if guess)
    for n, (moments, _) in enumerate(boots):
        of_boot = times(server.received, f"boot {n}")
        assert [b - a for a, b in pairwise(of_boot)] == [b - a for a, b in pairwise(moments)]
    assert counts.estimated == sum(guessed)


KILLED = """
import os, signal, sys
sys.path[:0] = sys.argv[3:]
from pathlib import Path
from device import Device, emit, stats
from playertrack.delivery import Sender
from playertrack.outbox.store import Store

class Address:
    base = sys.argv[2]

device = Device()
sink = stats(Address, device.sender(Path(sys.argv[1])))
for index in range(1, 4):
    emit(sink, device, index)
    device.now += 10.0
date, calls = Store.date, []

def dying(*arguments):
    calls.append(date(*arguments))
    if len(calls) == 2:
        os.kill(os.getpid(), signal.SIGKILL)

Store.date = dying
device.set()
sink.flush(20.0)
"""


def test_a_process_that_is_killed_while_it_dates_leaves_all_of_them_to_the_next(
    tmp_path: Path,
) -> None:
    with Server() as server:
        places = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
        program = [sys.executable, "-c", KILLED, str(tmp_path), server.base, *places]
        assert subprocess.run(program, timeout=60, check=False).returncode == -signal.SIGKILL
        assert server.received == []
        device = Device()  # as it is 100 s later, in the same boot
        device.now += 100.0
        device.set()
        sender = device.sender(tmp_path)
        sink = stats(server, sender)
        assert sink.flush(20.0)
        assert times(server.received) == [NOW, NOW + 10, NOW + 20]
        counts = sink.counts()
        assert (counts.accepted, counts.delivered, counts.estimated) == (3, 3, 0)
        assert sender.close(30.0)


def test_an_event_that_was_sent_keeps_its_date(tmp_path: Path) -> None:
    device = Device()
    with Server(answer=lambda request: ok(status="503 Not now")) as server:
        sender = device.sender(tmp_path)
        sink = stats(server, sender)
        emit(sink, device, 1)
        device.set()
        assert not sink.flush(0.5)
        server.wait(1)
        device.off = 3600.0  # the clock is set again
        assert not sink.flush(0.5)
        assert not sender.close(0.2)
        assert set(times(server.received)) == {NOW}
    with Server() as server:
        sender = device.sender(tmp_path)
        sink = StatsSink(ME, queue=sender, url=server.base)
        assert sink.flush(20.0)
        assert times(server.received) == [NOW]
        assert sender.close(30.0)


def test_old_events_are_sent_as_they_are_while_the_clock_is_right() -> None:
    device = Device()
    device.set()
    with Server() as server:
        sender = device.sender(None)
        sink = stats(server, sender)
        sink.emit(Event("PLAY", at=1000.0, session="s", index=1, entry_id="1_a"))
        assert sink.flush(20.0)
        assert times(server.received) == [1000.0]
        assert sender.close(30.0)


def test_a_boot_that_never_knew_the_time_is_estimated_before_the_next_one(tmp_path: Path) -> None:
    device = Device()
    with Server() as server:
        sender = device.sender(tmp_path)
        sink = stats(server, sender)
        device.now += 100.0
        emit(sink, device, 1)
        device.now += 30.0
        emit(sink, device, 2)
        sender.close(0.2)
        device.now += 20.0
        device.boot()
        second_boot = device.now
        sender = device.sender(tmp_path)
        sink = stats(server, sender)
        device.now += 60.0
        exact = emit(sink, device, 1, "t")
        device.now += 60.0
        device.set()
        assert sink.flush(20.0)
        assert times(server.received) == [int(second_boot - 30.0), int(second_boot)]
        assert times(server.received, "t") == [int(exact)]
        counts = sink.counts()
        assert (counts.accepted, counts.delivered, counts.estimated) == (3, 3, 2)
        assert "playertrack_events_estimated_total" in sink.metrics()
        assert sender.close(30.0)


def test_events_that_are_dated_at_once_are_sent_at_once(tmp_path: Path) -> None:
    device = Device()
    device.set()
    with Server() as server:
        sender = device.sender(tmp_path)
        sink = stats(server, sender)
        first = emit(sink, device, 1)
        server.wait(1)
        device.off = 5.0 - device.now  # it is set back, though the time is known
        second = emit(sink, device, 2)
        server.wait(2)  # though nothing else is emitted
        assert times(server.received) == [int(first), int(second)]
        assert sender.close(30.0)
