"""Threads, clocks and ends: the promises of the queue, from end to end (wire, 5)."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from pathlib import Path
from typing import ClassVar

import pytest
from fault_server import Answer, Received, Server, ok, script
from sending import FAST, ME, event, events, firsts, index_of, indices, sink_for, until

from playertrack import Tracker
from playertrack.delivery import Sender, sender
from playertrack.destinations.kaltura.kava import KavaSink
from playertrack.destinations.kaltura.stats import StatsSink
from playertrack.outbox import Receipt, look

#: Longer than a test may take (s): whoever waits so long for what cannot be fails.
FOREVER = 3600.0


def test_q_order_of_ten_thousand_emits_from_eight_threads_while_the_network_flaps(
    tmp_path: Path,
) -> None:
    over = threading.Event()

    def flap(server: Server) -> None:
        while not over.wait(0.05):
            server.drop(0.02)

    with Server() as server:
        sink = sink_for(server, tmp_path)
        flapping = threading.Thread(target=flap, args=(server,))
        flapping.start()

        def emit(session: str) -> None:
            for n in range(1, 1251):
                sink.emit(event(n, session))
                if n % 50 == 0:
                    time.sleep(0.01)

        threads = [threading.Thread(target=emit, args=(name,)) for name in "abcdefgh"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        server.wait(500)
        over.set()
        flapping.join()
        assert sink.flush(60.0)
        counts = sink.counts()
        assert sink.close(30.0)
    assert counts.accepted == counts.delivered == 10_000
    for session in "abcdefgh":
        assert firsts(indices(server.received, session)) == list(range(1, 1251))
    assert len(server.received) - 10_000 <= counts.ambiguous


def test_datings_that_step_by_years_change_neither_order_nor_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, real_ns = time.time, time.time_ns
    step = 0.0
    monkeypatch.setattr(time, "time", lambda: real() + step)
    monkeypatch.setattr(time, "time_ns", lambda: real_ns() + int(step * 1e9))
    with Server(lambda r: ok("", "500 No") if r.number % 5 == 0 else ok()) as server:
        sink = sink_for(server, tmp_path)
        for n, years in enumerate((0, 10, -20, 3, 50, 0), 1):
            step = years * 365.25 * 86400
            sink.emit(event(n))
            assert sink.flush(20.0)
        assert sink.close(30.0)
    assert firsts(indices(server.received)) == [1, 2, 3, 4, 5, 6]
    bodies: dict[int, set[bytes]] = {}
    for request in server.received:
        bodies.setdefault(indices([request])[0], set()).add(request.body)
    assert all(len(each) == 1 for each in bodies.values())


def test_q_frozen_days_later_in_another_process_only_the_ks_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(lambda request: ok("", "500 No")) as monday:
        sink = sink_for(monday, tmp_path, ks="the KS of Monday")
        for each in events(5, "a", "b"):
            sink.emit(each)
        monday.wait(8)
        assert not sink.close(0.1)
    first = {each.session: each.form for each in monday.received}
    monkeypatch.setattr(time, "time", lambda: 4e9)
    with Server() as friday:
        sink = sink_for(friday, tmp_path, ks="the KS of Friday")
        assert sink.close(20.0)
    for session, form in first.items():
        assert form.pop("ks") == "the KS of Monday"
        later = next(
            each.form for each in friday.received if each.session == session and index_of(each) == 1
        )
        assert later.pop("ks") == "the KS of Friday"
        assert later == form


def test_q_total_of_all_that_can_become_of_an_event(tmp_path: Path) -> None:
    def answer(request: Received) -> Answer:
        if index_of(request) == 2:
            return ok("", "400 Bad")
        return ok() if index_of(request) < 5 else ok("", "404 No")

    with Server(answer) as server:
        for lives in range(3):
            sink = sink_for(server, tmp_path)
            if not lives:
                for each in events(10):
                    sink.emit(each)
                sink.emit(event(11, name="VIEW"))  # means nothing to that service
            assert not sink.flush(20.0), "the fifth is refused with all after it"
            c = sink.counts()
            assert (c.accepted, c.delivered, c.rejected, c.pending) == (10, 3, 1, 6)
            assert (c.unmapped, dict(c.dropped)) == (1, {})
            sink.close(0.1)


def test_a_host_whose_event_loop_is_blocked_holds_nothing_up(tmp_path: Path) -> None:
    async def blocked(server: Server) -> None:
        sink = sink_for(server, tmp_path)
        for each in events(5):
            sink.emit(each)
        server.wait(5)  # in the loop, which nothing else can use meanwhile
        sink.close(20.0)

    with Server() as server:
        asyncio.run(blocked(server))
    assert indices(server.received) == [1, 2, 3, 4, 5]


def test_a_log_handler_that_emits_its_records_hangs_nobody(tmp_path: Path) -> None:
    class Feeding(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            self.receipts.append(sink.emit(event(len(self.receipts) + 1, "log")))

        receipts: ClassVar[list[Receipt]] = []

    feeding = Feeding()
    log = logging.getLogger("playertrack")
    answers = [ok("", "500 No")] * 5 + [ok("", "400 Bad")]
    with Server(script(*answers)) as server:
        sink = sink_for(server, tmp_path)
        log.addHandler(feeding)
        try:
            for each in events(5):
                sink.emit(each)
            assert sink.flush(20.0)
        finally:
            log.removeHandler(feeding)
        assert sink.close(20.0)
    assert len(feeding.receipts) >= 3, "down, up and a refusal were logged"
    assert all(receipt.durable for receipt in feeding.receipts)
    assert indices(server.received, "log") == list(range(1, len(feeding.receipts) + 1))


def test_q_close_twice_and_with_nothing_ever_emitted(tmp_path: Path) -> None:
    with Server() as server:
        sink = sink_for(server, tmp_path)
        assert sink.close(30.0)
        assert sink.close(30.0)
        assert sink.emit(event(1)).state == "closed"


def test_q_close_returns_at_once_when_nothing_can_be_sent_in_time(tmp_path: Path) -> None:
    with Server(lambda request: ok("", "404 No")) as server:
        sink = sink_for(server, tmp_path)
        sink.emit(event(1))
        until(lambda: sink.sender.states().get(sink.name) == "paused")
        assert not sink.close(FOREVER)


@pytest.mark.parametrize("lanes", ["a", "abcdefgh"])
def test_q_close_returns_at_once_when_it_is_paused_meanwhile(lanes: str, tmp_path: Path) -> None:
    with Server(lambda request: ok("", "404 No"), delay=0.02) as server:
        sink = sink_for(server, tmp_path)
        for each in events(20, *lanes):
            sink.emit(each)
        assert not sink.close(FOREVER)
        assert len(server.received) <= len(lanes)


def test_one_post_for_both_services_of_which_neither_disturbs_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "_ANSWER", 30.0)  # the disk has its time, and sending little

    def answer(request: Received) -> Answer:
        return ok() if "stats" in request.target else ok("", "500 No")

    with Server(answer) as server:
        stats = sink_for(server, tmp_path)
        kava = KavaSink(ME, queue=tmp_path, url=server.base, settings=FAST)
        assert stats.sender is kava.sender
        for each in events(20):
            stats.emit(each)
            kava.emit(each)
        assert stats.flush(20.0)
        assert kava.counts().pending == 20
        assert not kava.close(0.2)
        assert stats.close(0.5)


def test_a_queue_in_memory_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Server() as server:
        sink = sink_for(server)
        assert not sink.emit(event(1)).wait(20.0)
        assert sink.close(20.0)
    assert indices(server.received) == [1]
    assert not list(tmp_path.iterdir())


def test_an_event_without_its_entry_is_a_dead_letter(tmp_path: Path) -> None:
    from playertrack.destinations.kaltura import Identity

    with Server() as server:
        sink = StatsSink(Identity(partner_id=1), queue=tmp_path, url=server.base, settings=FAST)
        assert sink.emit(event(1)).wait(20.0) is False
        assert sink.emit(event(2, name="VIEW")).wait(20.0) is False
        counts = sink.counts()
        assert sink.close(20.0)
    assert not server.received
    assert (counts.rejected, counts.unmapped) == (1, 1)
    assert "entry_id" in look(tmp_path).dead[0].reason


def test_tracker_delivers_through_both_sinks(tmp_path: Path) -> None:
    with Server(lambda r: ok() if "stats" in r.target else ok("1700000000")) as server:
        sender = Sender(tmp_path, settings=FAST)
        sinks = [
            StatsSink(ME, queue=sender, url=server.base),
            KavaSink(ME, queue=sender, url=server.base),
        ]
        with Tracker(sinks) as tracker:
            tracker.loaded("1_abc", duration=10.0)
            tracker.play()
            tracker.playing(position=0.0)
            tracker.ended()
        assert sender.close(20.0)
    types = [r.form["event[eventType]"] for r in server.received if "stats" in r.target]
    assert types[:3] == ["1", "2", "3"]
    assert any("trackEvent" in request.target for request in server.received)
