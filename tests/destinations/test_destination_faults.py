"""Each destination with a server that fails: nothing is lost, out of order, or given away."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from destination_servers import (
    SECRET,
    SERVICES,
    Service,
    content,
    ids_of,
    pauses,
    unauthorized,
)
from fault_server import CUT, END, RESET, Answer, Received, Server, ok, script

from playertrack.cli import main
from playertrack.outbox import look

each = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in tuple(os.environ):
        if name.startswith("PLAYERTRACK_"):
            monkeypatch.delenv(name)


@each
@pytest.mark.parametrize(
    "answers",
    [
        [ok("", "503 Service Unavailable")],
        [ok("", "503 Busy", "Retry-After: 0"), ok("", "429 Slow Down"), ok("", "500 Oops")],
        [CUT],
        [END],
        [RESET],
        [ok("", "302 Found", "Location: http://127.0.0.1:1/")],
        [ok("", "503 Busy")] * 7,  # it goes down, and comes back
    ],
)
def test_a_server_that_fails_for_a_while_gets_all_in_the_end(
    service: Service, answers: list[Answer], tmp_path: Path
) -> None:
    events = pauses(7, "a", "b")
    with Server(script(*answers)) as server:
        sink = service.sink(server.base, tmp_path)
        for event in events:
            sink.emit(event)
        assert sink.close(20.0)
        assert {request.body for request in server.received} == {server.received[0].body}
        assert service.ids(server.received[-1]) == ids_of(service, events)
    assert sink.counts().delivered == 14


@each
def test_a_token_is_renewed_after_a_refusal(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = "viewer:old-old-old", "viewer:new-new-new"
    for name, value in service.environment(old).items():
        monkeypatch.setenv(name, value)

    def answer(request: Received) -> bytes:
        if request.headers.get("authorization") == service.authorization(new):
            return ok("")
        for name, value in service.environment(new).items():
            os.environ[name] = value
        return unauthorized()

    with Server(answer) as server:
        sink = service.sink(server.base)
        for event in pauses(3):
            sink.emit(event)
        assert sink.close(20.0)
        said = [request.headers["authorization"] for request in server.received]
        assert said == [service.authorization(old), service.authorization(new)]


@each
def test_one_refused_event_of_a_batch_is_found(service: Service, tmp_path: Path) -> None:
    events = pauses(20)
    [guilty] = ids_of(service, events[12:13])

    def answer(request: Received) -> bytes:
        bad = guilty in service.ids(request)
        return ok("it has no taste", "400 Bad Request") if bad else ok("")

    with Server(answer) as server:
        sink = service.sink(server.base, tmp_path)
        for event in events:
            sink.emit(event)
        assert sink.close(20.0)
        good = [r for r in server.received if guilty not in service.ids(r)]
        came = [each for request in good for each in service.ids(request)]
        assert came == [each for each in ids_of(service, events) if each != guilty]
    [letter] = look(tmp_path).dead
    assert (letter.item.number, letter.reason) == (13, "HTTP 400: it has no taste")


@each
def test_a_batch_that_is_too_large_is_sent_in_parts(service: Service) -> None:
    def answer(request: Received) -> bytes:
        return ok("", "413 Too Large" if len(service.ids(request)) > 3 else "200 OK")

    with Server(answer) as server:
        sink = service.sink(server.base)
        for event in pauses(20):
            sink.emit(event)
        assert sink.close(20.0)
    assert (sink.counts().delivered, sink.counts().rejected) == (20, 0)


@each
def test_a_server_that_is_away_comes_back(service: Service, tmp_path: Path) -> None:
    with Server() as server:
        server.shut()
        sink = service.sink(server.base, tmp_path)
        for event in pauses(10):
            sink.emit(event)
        assert not sink.flush(0.2)
        server.listen()
        assert sink.close(20.0)
        assert [service.ids(r) for r in server.received] == [ids_of(service, pauses(10))]


KILLED = """
import os, signal, sys
sys.path[:0] = sys.argv[3:]
from destination_servers import pauses
from playertrack.sinks import open_sink
sink = open_sink(sys.argv[1], queue=sys.argv[2])
receipts = [sink.emit(event) for event in pauses(30)]
assert all(receipt.wait(20.0) for receipt in receipts)
os.kill(os.getpid(), signal.SIGKILL)
"""


@each
def test_what_was_queued_when_the_process_was_killed_is_flushed_with_the_secret_alone(
    service: Service,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Server(lambda request: unauthorized()) as server:
        server.shut()
        paths = [str(ROOT), str(ROOT / "tests"), str(Path(__file__).parent)]
        killed = subprocess.run(
            [sys.executable, "-c", KILLED, f"{service.name}:{server.base}", tmp_path, *paths],
            check=False,
            env={**os.environ, **service.environment(SECRET)},
        )
        assert killed.returncode == -signal.SIGKILL
        assert look(tmp_path).standings[0].counts.pending == 30
        for name, value in service.environment(SECRET).items():
            monkeypatch.setenv(name, value)
        server.answer = lambda request: ok("")
        server.listen()
        assert main(["queue", "flush", str(tmp_path)]) == 0
        assert "30 delivered" in capsys.readouterr().out
        assert [service.ids(r) for r in server.received] == [ids_of(service, pauses(30))]
        said = {request.headers["authorization"] for request in server.received}
        assert said == {service.authorization(SECRET)}
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert SECRET.partition(":")[2].encode() not in kept


@each
def test_a_paused_destination_is_resumed_from_the_command_line(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(lambda request: unauthorized()) as server:
        sink = service.sink(server.base, tmp_path)
        for event in pauses(5):
            sink.emit(event)
        assert not sink.close(1.0)
        assert "a token is needed" in str(look(tmp_path).standings[0].paused)
        assert main(["queue", "resume", str(tmp_path)]) == 0
        assert look(tmp_path).standings[0].paused is None
        server.answer = lambda request: ok("")
        assert main(["queue", "flush", str(tmp_path)]) == 0


@each
def test_a_refusal_shows_no_secret(
    service: Service,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name, value in service.environment(SECRET).items():
        monkeypatch.setenv(name, value)

    def answer(request: Received) -> bytes:
        said = request.headers["authorization"]
        return ok(f"{said} is no good, {SECRET} neither", "403 Forbidden")

    with Server(answer) as server:
        sink = service.sink(server.base, tmp_path)
        for event in pauses(2):
            sink.emit(event)
        assert sink.close(20.0)
    [one, other] = look(tmp_path).dead
    for text in (one.reason, other.reason, caplog.text):
        assert "hush" not in text
        assert service.authorization(SECRET).partition(" ")[2] not in text


def test_a_batch_of_a_hundred_events_is_compressed_to_a_part_where_it_may_be() -> None:
    [service] = [each for each in SERVICES if each.name == "http"]
    with Server(lambda request: ok("", "200 OK", "Accept-Encoding: gzip")) as server:
        sink = service.sink(server.base)
        for event in pauses(300):
            sink.emit(event)
        assert sink.close(20.0)
        packed = [r for r in server.received if "content-encoding" in r.headers]
        assert packed
        assert all(len(r.body) < 0.6 * len(content(r)) for r in packed)
        assert len([each for r in server.received for each in json.loads(content(r))]) == 300
