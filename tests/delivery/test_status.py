"""An operator's view: the status of a sink and of a queue, metrics, and the log (wire, 9)."""

from __future__ import annotations

import json
import logging
import os
import re
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest
from fault_server import Received, Server, ok
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from sending import FAST, ME, event, events, sink_for, until

from playertrack.cli import main
from playertrack.delivery import health, loop
from playertrack.delivery.health import NOTES, Health, read_health, write_health
from playertrack.delivery.metrics import openmetrics
from playertrack.delivery.status import Status, statuses
from playertrack.destinations.http import HttpDestination
from playertrack.destinations.sink import DeliverySink
from playertrack.sinks import open_sink

Capture = pytest.CaptureFixture[str]

#: The keys of a record, in the order in which the contract has them.
KEYS = [
    *("destination", "name", "address", "state", "reason", "accepted", "delivered", "rejected"),
    *("pending", "dropped", "unmapped", "ambiguous", "estimated", "oldest_pending"),
    *("last_success", "last_failure", "next_try"),
]


def records(queue: Path, capsys: Capture, *options: str) -> tuple[int, list[dict[str, object]]]:
    code = main(["queue", "status", str(queue), "--json", *options])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_destination_that_takes_everything_is_up(tmp_path: Path, capsys: Capture) -> None:
    before = time.time()
    with Server() as server:
        sink = sink_for(server, tmp_path)
        for each in events(3):
            sink.emit(each)
        assert sink.flush(20.0)
        status = sink.status()
        assert (status.name, status.address) == ("stats", server.base)
        assert (status.state, status.reason, status.next_try) == ("up", None, None)
        assert (status.accepted, status.delivered, status.pending) == (3, 3, 0)
        assert status.oldest_pending is None
        assert status.last_success is not None and before <= status.last_success <= time.time()
        assert sink.close(30.0)
        assert sink.status().delivered == 3
    code, [record] = records(tmp_path, capsys)
    assert code == 0
    assert list(record) == KEYS
    assert record == json.loads(json.dumps(status.to_record()))


def test_a_server_that_is_away_is_down_with_its_next_try(tmp_path: Path, capsys: Capture) -> None:
    settings = attrs.evolve(FAST, probe_first=60.0, probe_most=60.0)
    with Server(lambda request: ok("", "503 Busy")) as server:
        sink = sink_for(server, tmp_path, settings=settings)
        sink.emit(event(1))
        until(lambda: sink.status().state == "down")
        sink.emit(event(2))
        status = sink.status()
        assert status.reason == "HTTP 503"
        assert status.pending == 2
        assert status.next_try is not None and 0 < status.next_try - time.time() <= 60
        assert status.oldest_pending is not None and 0 <= status.oldest_pending < 60
        assert (status.last_success, status.last_failure is None) == (None, False)
        until(lambda: [each.state for each in statuses(tmp_path)] == ["down"])
        code, [record] = records(tmp_path, capsys)
        assert (code, record["state"], record["pending"]) == (0, "down", 2)
        assert record["next_try"] is not None
        assert record["address"] == server.base
        assert not sink.close(0.5)
    code, [record] = records(tmp_path, capsys)
    assert (code, record["state"], record["next_try"]) == (0, "down", None)
    assert records(tmp_path, capsys, "--max-age", "3600")[0] == 0
    until(lambda: (statuses(tmp_path)[0].oldest_pending or 0) > 0.01)
    assert records(tmp_path, capsys, "--max-age", "0.01")[0] == 1


def test_a_paused_destination_needs_somebody(tmp_path: Path, capsys: Capture) -> None:
    with Server(lambda request: ok("", "404 No")) as server:
        sink = sink_for(server, tmp_path)
        sink.emit(event(1))
        until(lambda: sink.status().state == "paused")
        assert "404" in str(sink.status().reason)
        assert records(tmp_path, capsys)[0] == 1
        sink.close(0.5)
    code, [record] = records(tmp_path, capsys)
    assert (code, record["state"]) == (1, "paused")
    assert main(["queue", "resume", str(tmp_path)]) == 0
    capsys.readouterr()
    code, [record] = records(tmp_path, capsys)
    assert (code, record["state"], record["reason"]) == (0, "waiting", "no program is sending it")


def test_without_the_notes_of_a_sender_the_queue_says_what_it_knows(
    tmp_path: Path, capsys: Capture
) -> None:
    sink = open_sink("http:http://127.0.0.1:9/in", queue=tmp_path)
    sink.emit(event(1))
    sink.close(0.2)
    for text in ("", "[]", '{"http:http://127.0.0.1:9/in": {"state": "odd"}}', "[" * 100_000):
        (tmp_path / NOTES).write_text(text)
        code, [record] = records(tmp_path, capsys)
        assert (code, record["name"], record["state"]) == (0, "http", "waiting")
        assert record["address"] == "http://127.0.0.1:9/in"
        assert record["last_failure"] is None
        assert isinstance(record["oldest_pending"], float)


def test_a_sender_keeps_the_times_of_the_sender_before(tmp_path: Path, capsys: Capture) -> None:
    with Server() as server:
        sink = sink_for(server, tmp_path)
        sink.emit(event(1))
        assert sink.close(20.0)
        before = records(tmp_path, capsys)[1][0]["last_success"]
        assert before is not None
    again = sink_for(server, tmp_path)
    again.emit(event(2))
    assert not again.close(0.5)
    assert records(tmp_path, capsys)[1][0]["last_success"] == before
    main(["queue", "status", str(tmp_path)])
    assert "last success never" not in capsys.readouterr().out


def test_a_note_that_takes_its_time_is_not_written_over_a_later_one(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a machine stands still just after a sender began."""
    began, later = threading.Event(), threading.Event()
    written: list[Mapping[str, Health]] = []

    def read(directory: Path) -> dict[str, Health]:
        found = read_health(directory)
        if not began.is_set():
            began.set()
            later.wait(0.5)
        return found

    def write(directory: Path, noted: Mapping[str, Health]) -> None:
        write_health(directory, noted)
        written.append(noted)
        later.set()

    monkeypatch.setattr(health, "read_health", read)
    monkeypatch.setattr(loop, "write_health", write)
    asked = threading.Event()

    def answer(_: Received) -> bytes:
        assert asked.wait(20.0)
        return ok()

    with Server(answer) as server:
        sink = sink_for(server, tmp_path)
        sink.emit(event(1))
        assert began.wait(20.0)
        asked.set()
        assert sink.close(20.0)
    until(lambda: len(written) == 2)
    assert records(tmp_path, capsys)[1][0]["last_success"] is not None


def test_a_destination_that_is_down_says_when_no_program_sends(
    tmp_path: Path, capsys: Capture
) -> None:
    nobody = "http://127.0.0.1:9"
    sink = DeliverySink(f"http:{nobody}", HttpDestination(nobody), queue=tmp_path, settings=FAST)
    sink.emit(event(1))
    until(lambda: sink.status().state == "down")
    assert "no program" not in str(records(tmp_path, capsys)[1][0]["reason"])
    sink.close(0.5)
    [record] = records(tmp_path, capsys)[1]
    assert record["state"] == "down"
    assert "cannot connect: Connection refused at 127.0.0.1:9" in str(record["reason"])
    assert str(record["reason"]).endswith("no program is sending it")


def test_the_age_is_that_of_the_event_in_the_queue_not_of_its_time(tmp_path: Path) -> None:
    """An old trace that is derived today has waited since today."""
    sink = open_sink("http:http://127.0.0.1:9/in", queue=tmp_path)
    sink.emit(event(1))
    sink.close(0.2)
    [status] = statuses(tmp_path)
    assert status.oldest_pending is not None and status.oldest_pending < 100


@pytest.mark.parametrize("queue", [True, False])
def test_no_secret_is_in_a_status(queue: bool, tmp_path: Path, capsys: Capture) -> None:
    with Server(lambda request: ok("bad djJ8-planted-ks", "503 djJ8-planted-ks")) as server:
        sink = sink_for(server, tmp_path if queue else None, ks="djJ8-planted-ks")
        sink.emit(event(1))
        until(lambda: sink.status().state == "down")
        shown = [repr(sink.status()), sink.metrics()]
        sink.close(0.2)
    if queue:
        main(["queue", "status", str(tmp_path)])
        shown += [capsys.readouterr().out]
        shown += [path.read_bytes().decode("latin-1") for path in tmp_path.iterdir()]
    assert not [text for text in shown if "planted" in text]


def test_notes_are_private(tmp_path: Path) -> None:
    with Server() as server:
        sink = sink_for(server, tmp_path)
        sink.emit(event(1))
        assert sink.close(20.0)
    if os.name == "posix":
        assert (tmp_path / NOTES).stat().st_mode & 0o077 == 0


# ------------------------------------------------------------------------------- metrics


def status(**changes: Any) -> Status:
    base = Status(
        destination="stats:1",
        name="stats",
        address="https://example.com",
        state="down",
        reason="HTTP 503",
        accepted=9,
        delivered=4,
        rejected=1,
        pending=1,
        dropped={"full": 2, 'a "reason"\\\n': 1},
        unmapped=3,
        ambiguous=0,
        estimated=2,
        oldest_pending=12.5,
        last_success=1_700_000_000.25,
        last_failure=None,
        next_try=None,
    )
    return attrs.evolve(base, **changes)


def samples(text: str) -> dict[tuple[str, ...], float]:
    """The samples by name and labels, as the official parser reads them."""
    return {
        (sample.name, *(f"{name}={value}" for name, value in sorted(sample.labels.items()))): float(
            sample.value
        )
        for family in text_string_to_metric_families(text)  # type: ignore[no-untyped-call] # theirs
        for sample in family.samples
    }


def test_metrics_are_what_the_official_parser_reads() -> None:
    found = samples(openmetrics([status()]))
    stats = "destination=stats"
    assert found == {
        ("playertrack_events_accepted_total", stats): 9,
        ("playertrack_events_delivered_total", stats): 4,
        ("playertrack_events_rejected_total", stats): 1,
        ("playertrack_events_estimated_total", stats): 2,
        ("playertrack_events_dropped_total", stats, "reason=full"): 2,
        ("playertrack_events_dropped_total", stats, 'reason=a "reason"\\\n'): 1,
        ("playertrack_events_pending", stats): 1,
        ("playertrack_oldest_pending_seconds", stats): 12.5,
        ("playertrack_destination_state", stats, "state=up"): 0,
        ("playertrack_destination_state", stats, "state=down"): 1,
        ("playertrack_destination_state", stats, "state=paused"): 0,
        ("playertrack_destination_state", stats, "state=waiting"): 0,
        ("playertrack_last_success_timestamp_seconds", stats): 1_700_000_000.25,
    }


def test_what_never_happened_has_no_sample() -> None:
    found = samples(openmetrics([status(last_success=None, dropped={}, oldest_pending=None)]))
    names = {name for name, *_ in found}
    assert "playertrack_last_success_timestamp_seconds" not in names
    assert "playertrack_events_dropped_total" not in names
    assert found["playertrack_oldest_pending_seconds", "destination=stats"] == 0


def test_destinations_of_one_name_are_kept_apart() -> None:
    found = samples(openmetrics([status(), status(destination="stats:2"), status(name="kava")]))
    labels = {label for name, label, *_ in found if name == "playertrack_events_pending"}
    assert labels == {"destination=stats:1", "destination=stats:2", "destination=kava"}


def test_a_command_writes_metrics_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    trace, metrics = tmp_path / "trace.jsonl", tmp_path / "playertrack.prom"
    trace.write_text('{"signal": "loaded", "at": 1, "entry_id": "1_a", "duration": 9}\n')
    with Server() as server:
        sink = f"http:{server.base}"
        arguments = ["derive", str(trace), "--sink", sink, "--metrics", str(metrics)]
        assert main(arguments) == 0
    found = samples(metrics.read_text())
    assert found["playertrack_events_delivered_total", "destination=http"] == 2
    assert f"http: 2 events delivered to {server.base}\n" in capsys.readouterr().err
    assert main([*arguments[:-1], str(tmp_path / "nowhere" / "x")]) == 2


# ---------------------------------------------------------------------------------- the log


def test_the_log_says_each_state_once_and_how_much_was_delivered(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "playertrack")
    settings = attrs.evolve(FAST, report_every=0.2)
    with Server(lambda r: ok("", "503 Busy") if r.number < 8 else ok()) as server:
        sink = sink_for(server, tmp_path, settings=settings)
        for each in events(3):
            sink.emit(each)
        assert sink.flush(20.0)
        delivered = re.compile(r"(\d+) events? delivered in 0\.2 s")
        until(lambda: sum(map(int, delivered.findall(caplog.text))) == 3)
        assert sink.close(30.0)
    said = [record.message for record in caplog.records if record.name == "playertrack"]
    name = f"stats:{ME.key}"
    assert said[0] == f"{name} starts: events go to {server.base}"
    assert [line.split(";")[0] for line in said if "is down" in line] == [
        f"{name} is down: HTTP 503"
    ]
    assert [line for line in said if "is up" in line] == [f"{name} is up again"]
    assert len([line for line in said if not delivered.search(line)]) == 3
    assert {record.levelno >= logging.INFO for record in caplog.records} == {True}


def test_a_token_that_is_renewed_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "playertrack")
    tokens = iter(["old", "new"])
    with Server(
        lambda r: ok() if "new" in r.headers.get("authorization", "") else ok("", "401 No")
    ) as server:
        address = server.base
        sink = DeliverySink(
            f"http:{address}",
            HttpDestination(address),
            token=lambda: next(tokens),
            queue=tmp_path,
            settings=FAST,
        )
        sink.emit(event(1))
        assert sink.close(20.0)
    said = [record.message for record in caplog.records if record.name == "playertrack"]
    assert f"http:{address} has a new token" in said
    assert not [line for line in said if "old" in line.split() or line.split()[-1] == "new"]
