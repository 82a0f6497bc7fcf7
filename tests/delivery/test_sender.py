"""The sender's reaction to each answer and each fault, over real sockets (wire, 4)."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest
from fault_server import (
    CUT,
    END,
    ENDLESS,
    HANG,
    RESET,
    Answer,
    Received,
    Server,
    exception,
    ok,
    script,
)
from sending import FAST, HASTY, ME, event, events, firsts, indices, sink_for, until

from playertrack.delivery import DeliverySettings
from playertrack.outbox import look

HTML = ok("<html>Please log in</html>", "200 OK", "Content-Type: text/html")


@pytest.mark.parametrize("body", ["", "null", "true", " true\n"])
def test_what_stats_accepts_is_delivered(body: str, tmp_path: Path) -> None:
    with Server(lambda request: ok(body)) as server:
        sink = sink_for(server, tmp_path)
        sink.emit(event(1))
        assert sink.close(20.0)
    assert indices(server.received) == [1]


@pytest.mark.parametrize(
    ("answer", "ambiguous"),
    [
        (ok("", "500 No"), 0),
        (ok("", "503 Busy"), 0),
        (ok("", "408 Slow"), 0),
        (ok("", "425 Early"), 0),
        (ok("", "429 Many", "Retry-After: 0"), 0),
        (ok("", "429 Many", "Retry-After: garbage"), 0),
        (ok("", "429 Many", "Retry-After: -1"), 0),
        (HTML, 0),
        (ok("", "204 Nothing"), None),
        (ok("not json"), 0),
        (ok("false"), 0),
        (ok("", "301 Moved", "Location: http://127.0.0.1:1/"), 0),
        (ok("", "307 Moved", "Location: http://127.0.0.1:1/"), 0),
        (exception("INTERNAL_SERVERL_ERROR"), 0),
        (RESET, 1),
        (END, 1),
        (CUT, 1),
        (ENDLESS, 0),
        (b"\x00\x01 garbage\r\n\r\n", 1),
        (ok("x" * 200_000), 0),
    ],
)  # fmt: skip
def test_what_may_pass_is_tried_again_and_later_events_wait(
    answer: Answer, ambiguous: int | None, tmp_path: Path
) -> None:
    with Server(script(answer)) as server:
        sink = sink_for(server, tmp_path)
        for each in events(3):
            sink.emit(each)
        assert sink.close(20.0)
        counts = look(tmp_path).standings[0].counts
    if ambiguous is None:  # it was taken
        assert indices(server.received) == [1, 2, 3]
        return
    assert indices(server.received) == [1, 1, 2, 3]
    assert server.received[0].body == server.received[1].body
    assert counts.ambiguous == ambiguous


def test_the_wait_for_an_answer_that_never_comes_ends_at_the_timeout(tmp_path: Path) -> None:
    with Server(script(HANG)) as server:
        sink = sink_for(server, tmp_path, settings=HASTY)
        for each in events(3):
            sink.emit(each)
        assert sink.close(20.0)
    assert firsts(indices(server.received)) == [1, 2, 3]
    assert indices(server.received)[:2] == [1, 1]
    assert look(tmp_path).standings[0].counts.ambiguous >= 1


@pytest.mark.parametrize(
    "answer",
    [
        ok("", "400 Bad"),
        ok("", "403 No"),
        ok("", "413 Long"),
        ok("", "422 No"),
        ok("", "418 Teapot"),
        exception("PROPERTY_VALIDATION_MIN_VALUE"),
        exception("SERVICE_FORBIDDEN"),
        exception("WHO_KNOWS"),
    ],
)
def test_what_is_rejected_is_a_dead_letter_and_the_queue_goes_on(
    answer: Answer, tmp_path: Path
) -> None:
    with Server(script(ok(), answer)) as server:
        sink = sink_for(server, tmp_path)
        for each in events(3):
            sink.emit(each)
        assert sink.close(20.0)
    assert indices(server.received) == [1, 2, 3]
    (letter,) = look(tmp_path).dead
    assert letter.item.number == 2
    assert letter.reason
    counts = look(tmp_path).standings[0].counts
    assert (counts.delivered, counts.rejected, counts.pending) == (2, 1, 0)


def test_after_four_failures_it_is_down_then_a_probe_and_the_rest_in_order(
    tmp_path: Path,
) -> None:
    with Server(script(*[ok("", "500 No")] * 6)) as server:
        sink = sink_for(server, tmp_path)
        for each in events(5):
            sink.emit(each)
        server.wait(4)
        until(lambda: sink.sender.states()[sink.name] != "up" or len(server.received) > 5)
        assert sink.close(20.0)
    assert indices(server.received) == [1] * 7 + [2, 3, 4, 5]


def test_while_it_is_down_one_request_at_a_time_probes_it(tmp_path: Path) -> None:
    down = True
    with Server(lambda request: ok("", "503 Down") if down else ok()) as server:
        sink = sink_for(server, tmp_path)
        for each in events(3, *"abcdefgh"):
            sink.emit(each)
        until(lambda: sink.sender.states().get(sink.name) == "down")
        # What was on its way when it went down still arrives.
        until(lambda: len({request.body for request in server.received[-3:]}) == 1)
        server.most_busy = 0
        before = len(server.received)
        server.wait(before + 3)
        assert server.most_busy == 1
        probes = {(request.session, request.body) for request in server.received[before:]}
        assert len(probes) == 1
        down = False
        assert sink.close(20.0)
    for session in "abcdefgh":
        assert firsts(indices(server.received, session)) == [1, 2, 3]


def test_the_backlog_is_paced_and_in_order_across_sessions(tmp_path: Path) -> None:
    settings = DeliverySettings(base=0.001, probe_first=0.01, drain_rate=50.0)
    times: list[float] = []
    emitted = threading.Event()

    def answer(request: Received) -> Answer:
        if not emitted.is_set():
            return ok("", "500 No")
        times.append(asyncio.get_running_loop().time())
        return ok()

    with Server(answer) as server:
        sink = sink_for(server, tmp_path, settings=settings)
        for each in events(4, "a", "b", "c"):
            sink.emit(each)
            if each.index == 1 and each.session == "a":
                server.wait(4)
        assert sink.sender.outbox.flush(20.0)
        emitted.set()
        assert sink.close(20.0)
    drained = [(r.session, *indices([r], r.session)) for r in server.received[-12:]]
    assert drained == [(s, n) for n in range(1, 5) for s in "abc"]
    assert times[-1] - times[0] >= 10 / 50.0


def test_connection_refused_and_back_again(tmp_path: Path) -> None:
    with Server() as server:
        server.shut()
        sink = sink_for(server, tmp_path)
        for each in events(20):
            sink.emit(each)
        until(lambda: sink.sender.states().get(sink.name) == "down")
        server.listen()
        assert sink.close(20.0)
    assert indices(server.received) == list(range(1, 21))
    assert look(tmp_path).standings[0].counts.ambiguous == 0


def test_a_name_that_does_not_resolve_is_tried_again(tmp_path: Path) -> None:
    sink = sink_for("https://does-not-exist.invalid/api_v3", tmp_path)
    sink.emit(event(1))
    until(lambda: sink.sender.states().get(sink.name) == "down")
    assert not sink.close(0.5)
    assert look(tmp_path).standings[0].counts.pending == 1


def test_a_wrong_address_pauses_and_loses_nothing(tmp_path: Path) -> None:
    wrong = True
    with Server(lambda request: ok("", "404 No") if wrong else ok()) as server:
        sink = sink_for(server, tmp_path)
        for each in events(3):
            sink.emit(each)
        until(lambda: sink.sender.standing(sink.name).paused)
        assert len(server.received) == 1
        wrong = False
        sink.resume()
        assert sink.close(20.0)
    assert indices(server.received) == [1, 1, 2, 3]
    assert look(tmp_path).standings[0].paused is None


def test_a_restart_ends_a_pause_and_takes_another_address(tmp_path: Path) -> None:
    with Server(lambda request: ok("", "404 No")) as wrong:
        sink = sink_for(wrong, tmp_path)
        sink.emit(event(1))
        until(lambda: sink.sender.states().get(sink.name) == "paused")
        assert not sink.close(5.0)
    with Server() as right:
        sink = sink_for(right, tmp_path)
        assert sink.flush(20.0)
        sink.close(5.0)
    assert indices(right.received) == [1]


def test_an_event_that_never_succeeds_can_be_given_up(tmp_path: Path) -> None:
    settings = DeliverySettings(base=0.001, probe_first=0.01, drain_rate=1e4, give_up_after=3)

    def answer(request: Received) -> Answer:
        return ok("", "500 No") if indices([request]) == [1] else ok()

    with Server(answer) as server:
        sink = sink_for(server, tmp_path, settings=settings)
        for each in events(3):
            sink.emit(each)
        assert sink.close(20.0)
    assert indices(server.received) == [1] * 6 + [2, 3]
    assert [letter.item.number for letter in look(tmp_path).dead] == [1]


def test_a_stale_connection_costs_one_more_try(tmp_path: Path) -> None:
    with Server() as server:
        sink = sink_for(server, tmp_path)
        sink.emit(event(1))
        assert sink.flush(20.0)
        server.shut()
        server.listen()
        sink.emit(event(2))
        assert sink.close(20.0)
    assert firsts(indices(server.received)) == [1, 2]


def test_a_flapping_network_loses_nothing_and_keeps_the_order(tmp_path: Path) -> None:
    with Server() as server:
        sink = sink_for(server, tmp_path)
        queued = iter(events(50, "a", "b"))
        for _ in range(4):
            before = len(server.received)
            for each in islice(queued, 25):
                sink.emit(each)
            server.wait(before + 5)
            server.drop(0.01)
        assert sink.close(30.0)
    for session in "ab":
        assert firsts(indices(server.received, session)) == list(range(1, 51))


def test_sessions_are_sent_at_once_but_no_more_than_allowed(tmp_path: Path) -> None:
    with Server(delay=0.02, together=8) as server:
        sink = sink_for(server, tmp_path)
        for each in events(5, *"abcdefghijkl"):
            sink.emit(each)
        assert sink.close(20.0)
    assert server.most_busy == 8
    for session in "abcdefghijkl":
        assert indices(server.received, session) == [1, 2, 3, 4, 5]


def test_an_outage_is_one_line_of_the_log(
    tmp_path: Path, logged: Callable[[], list[logging.LogRecord]]
) -> None:
    with Server(lambda request: ok("", "500 No")) as server:
        sink = sink_for(server, tmp_path)
        for each in events(5, "a", "b"):
            sink.emit(each)
        server.wait(12)
        sink.close(0.1)
    errors = [record.message for record in logged() if record.levelno >= logging.ERROR]
    assert len(errors) == 1
    assert "is down: HTTP 500" in errors[0]


def test_a_session_and_loop_of_the_caller_are_used_and_left_open(tmp_path: Path) -> None:
    import aiohttp

    from playertrack.destinations.kaltura.stats import StatsSink

    async def main(server: Server) -> None:
        async with aiohttp.ClientSession() as session:
            sink = StatsSink(ME, queue=tmp_path, url=server.base, settings=FAST, session=session)
            for each in events(5):
                sink.emit(each)
            assert await asyncio.to_thread(sink.close, 20.0)
            assert not session.closed

    with Server() as server:
        asyncio.run(main(server))
    assert indices(server.received) == [1, 2, 3, 4, 5]


def test_a_directory_with_two_names_has_one_sender(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As with a bind mount, where neither name leads to the other.
    monkeypatch.setattr(Path, "resolve", Path.absolute)
    (tmp_path / "queue").mkdir()
    (tmp_path / "name").symlink_to(tmp_path / "queue")
    with Server() as server:
        first = sink_for(server, tmp_path / "queue")
        second = sink_for(server, tmp_path / "name")
        assert first.sender is second.sender
        second.emit(event(1))
        first.close(20.0)
        assert second.close(20.0)
        assert indices(server.received) == [1]
        third = sink_for(server, tmp_path / "name")
        assert third.sender is not second.sender
        third.close(1.0)
