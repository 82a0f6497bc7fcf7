"""``playertrack queue`` and the sinks as the command line opens them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from fault_server import Received, Server, ok
from sending import FAST, ME, event, events, indices, sink_for, until

from playertrack.cli import main
from playertrack.destinations.http import HttpDestination
from playertrack.destinations.kaltura.environment import identity_from, ks_from
from playertrack.destinations.kaltura.kava import KavaSink
from playertrack.destinations.kaltura.ks import KSProvider, StaticKS
from playertrack.destinations.kaltura.ks_services import AppToken, SessionStart
from playertrack.destinations.kaltura.stats import StatsSink
from playertrack.destinations.sink import DeliverySink
from playertrack.events import Event
from playertrack.sinks import SinkError, open_sink


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in tuple(os.environ):
        if name.startswith("KALTURA_"):
            monkeypatch.delenv(name)


def left_behind(directory: Path) -> None:
    """A queue with an event that waits, and one that was refused."""
    with Server(lambda r: ok("", "400 Bad\x1b") if r.number == 0 else ok("", "404 No")) as server:
        sink = sink_for(server, directory)
        for each in events(2):
            sink.emit(each)
        until(lambda: sink.sender.standing(sink.name).paused)
        assert not sink.close(5.0)


def test_status_and_dead_say_what_there_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    left_behind(tmp_path)
    assert main(["queue", "status", str(tmp_path)]) == 1
    head, counts, times = capsys.readouterr().out.splitlines()
    assert re.fullmatch(
        r"stats, http://127\.0\.0\.1:\d+/api_v3: paused \(the address is wrong: HTTP 404\)", head
    )
    assert re.fullmatch(
        r"  1 pending \(the oldest for \d+ s\), 0 delivered, 1 rejected, 0 dropped of 2", counts
    )
    assert re.fullmatch(r"  last success never, last failure \d+ s ago \(.+ UTC\)", times)
    assert main(["queue", "status", str(tmp_path), "--json"]) == 1
    record = json.loads(capsys.readouterr().out)
    assert (record["pending"], record["rejected"], record["state"]) == (1, 1, "paused")

    assert main(["queue", "dead", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "s  #1 PLAY: " in said
    assert "\x1b" not in said
    assert main(["queue", "dead", str(tmp_path), "--json"]) == 1
    record = json.loads(capsys.readouterr().out)
    assert (record["session"], record["index"], record["event"]) == ("s", 1, "PLAY")
    assert "sessionId" in record["body"]


def test_retry_sends_dead_letters_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the server takes them: after those that wait, and nothing is counted away."""
    left_behind(tmp_path)
    assert main(["queue", "resume", str(tmp_path)]) == 0
    assert main(["queue", "retry", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    assert "2 pending" in out
    assert f"1 event queued again; to send them: playertrack queue flush {tmp_path}" in err
    assert main(["queue", "retry", str(tmp_path)]) == 0
    assert "no dead letters" in capsys.readouterr().err
    with Server() as server:
        monkeypatch.setenv("KALTURA_PARTNER_ID", "102")
        monkeypatch.setenv("KALTURA_SERVICE_URL", server.base)
        assert main(["queue", "flush", str(tmp_path), "--deliver-timeout", "20"]) == 0
    assert indices(server.received) == [2, 1]
    assert "0 pending, 2 delivered, 1 rejected, 0 dropped of 3" in capsys.readouterr().out
    assert main(["queue", "dead", str(tmp_path)]) == 0


def test_a_running_program_sends_what_retry_queues(tmp_path: Path) -> None:
    refuses = [True]
    with Server(lambda r: ok("", "400 Bad") if refuses else ok()) as server:
        sink = sink_for(server, tmp_path)
        sink.emit(event(1))
        until(lambda: sink.counts(30.0).rejected == 1)
        refuses.clear()
        assert main(["queue", "retry", str(tmp_path)]) == 0
        until(lambda: sink.counts(30.0).delivered == 1)
        assert sink.close(30.0)


def test_what_could_not_be_encoded_stays_a_dead_letter(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Broken(HttpDestination):
        def encode(self, event: Event) -> bytes:
            raise ValueError("no words for it")

    name = "http:http://127.0.0.1:9"
    sink = DeliverySink(name, Broken("http://127.0.0.1:9"), queue=tmp_path)
    sink.emit(event(1))
    assert sink.close(30.0)
    assert main(["queue", "retry", str(tmp_path)]) == 0
    assert "1 dead letter could not be encoded" in capsys.readouterr().err
    assert main(["queue", "dead", str(tmp_path)]) == 1


def test_resume_and_flush_send_what_waits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    left_behind(tmp_path)
    assert main(["queue", "resume", str(tmp_path)]) == 0
    assert "paused" not in capsys.readouterr().out
    with Server() as server:
        monkeypatch.setenv("KALTURA_PARTNER_ID", "102")
        monkeypatch.setenv("KALTURA_SERVICE_URL", server.base)
        assert main(["queue", "flush", str(tmp_path), "--deliver-timeout", "20"]) == 0
    assert indices(server.received) == [2]
    assert "0 pending, 1 delivered" in capsys.readouterr().out


def test_flush_leaves_the_events_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    left_behind(tmp_path)
    with Server() as server:
        monkeypatch.setenv("KALTURA_PARTNER_ID", "103")
        monkeypatch.setenv("KALTURA_SERVICE_URL", server.base)
        assert main(["queue", "flush", str(tmp_path), "--deliver-timeout", "20"]) == 3
    assert not server.received
    said = f"stats:{ME.key}: 1 events are of another identity than that of the KALTURA_* variables"
    assert said in capsys.readouterr().err


def test_flush_leaves_it_to_the_process_that_sends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Server(lambda request: ok("", "404 No")) as server:
        sink = sink_for(server, tmp_path)
        sink.emit(event(1))
        until(lambda: sink.sender.standing(sink.name).paused)
        assert main(["queue", "flush", str(tmp_path)]) == 3
        assert "a running program sends it already" in capsys.readouterr().err
        server.answer = lambda request: ok()
        assert main(["queue", "resume", str(tmp_path)]) == 0
        server.wait(2)
        assert sink.close(20.0)


def test_a_queue_that_is_not_there_is_wrong_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["queue", "status", str(tmp_path)]) == 2
    assert "no queue" in capsys.readouterr().err
    (tmp_path / "queue.db").write_bytes(b"x" * 5000)
    assert main(["queue", "status", str(tmp_path)]) == 2
    assert main(["queue", "resume", str(tmp_path)]) == 2
    assert not list(tmp_path.glob("*damaged*"))


# ------------------------------------------------------------------------ the environment


def test_sinks_are_opened_by_name_with_the_environment_of_the_guide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(request: Received) -> bytes:
        return ok() if "stats" in request.target else ok("1700000000")

    with Server(answer) as server:
        monkeypatch.setenv("KALTURA_PARTNER_ID", "102")
        monkeypatch.setenv("KALTURA_SERVICE_URL", server.base)
        monkeypatch.setenv("KALTURA_ANALYTICS_URL", server.base)
        monkeypatch.setenv("KALTURA_KS", "the-ks")
        monkeypatch.setenv("KALTURA_ENTRY_ID", "1_abc")
        stats, kava = (open_sink(name, queue=tmp_path) for name in ("stats", "kava"))
        assert isinstance(stats, StatsSink)
        assert isinstance(kava, KavaSink)
        for sink in (stats, kava):
            sink.emit(event(1))
        assert stats.close(20.0)
        assert kava.close(20.0)
    assert {request.form["ks"] for request in server.received} == {"the-ks"}
    assert len(server.received) == 2


def test_without_a_partner_the_cure_is_in_the_message() -> None:
    with pytest.raises(SinkError, match="KALTURA_PARTNER_ID is not set"):
        open_sink("stats")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KALTURA_PARTNER_ID", "abc"),
        ("KALTURA_PARTNER_ID", "-1"),
        ("KALTURA_SERVICE_URL", "http://example.org/api_v3"),
        ("KALTURA_SERVICE_URL", "nonsense"),
        ("KALTURA_KS", "  "),
    ],
)
def test_what_cannot_be_used_is_refused(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KALTURA_PARTNER_ID", "102")
    monkeypatch.setenv(name, value)
    with pytest.raises(SinkError):
        open_sink("stats")


@pytest.mark.parametrize(
    ("variables", "kind"),
    [
        ({}, type(None)),
        ({"KALTURA_ADMIN_SECRET": "x"}, SessionStart),
        ({"KALTURA_APP_TOKEN_ID": "i", "KALTURA_APP_TOKEN": "t"}, AppToken),
        ({"KALTURA_KS": "k", "KALTURA_ADMIN_SECRET": "x"}, StaticKS),
    ],
)
def test_the_ks_comes_from_the_least_powerful_that_is_given(
    variables: dict[str, str], kind: type[KSProvider]
) -> None:
    environment = {"KALTURA_PARTNER_ID": "102", **variables}
    assert type(ks_from(identity_from(environment), environment)) is kind


@pytest.mark.parametrize("there", ["KALTURA_APP_TOKEN_ID", "KALTURA_APP_TOKEN"])
def test_half_an_application_token_is_an_error_that_names_both(there: str) -> None:
    environment = {"KALTURA_PARTNER_ID": "102", there: "x", "KALTURA_ADMIN_SECRET": "x"}
    with pytest.raises(SinkError, match=r"KALTURA_APP_TOKEN.* is set, but KALTURA_APP_TOKEN"):
        ks_from(identity_from(environment), environment)


def test_the_identity_of_the_environment_is_whole() -> None:
    identity = identity_from(
        {
            "KALTURA_PARTNER_ID": "102",
            "KALTURA_ENTRY_ID": "1_a",
            "KALTURA_UICONF_ID": "7",
            "KALTURA_USER_ID": "u",
            "KALTURA_REFERRER": "kiosk://device-001",
            "KALTURA_APPLICATION_ID": "app",
            "KALTURA_APPLICATION": "portal",
            "KALTURA_CONTEXT_ID": "9",
            "KALTURA_VIRTUAL_EVENT_ID": "5",
            "KALTURA_IDENTITY_NAME": "portal-kiosk",
        }
    )
    assert identity.partner_id == 102
    assert (identity.uiconf_id, identity.context_id) == (7, 9)
    assert (identity.application, identity.kaltura_application) == ("app", "portal")
    assert identity.referrer == "kiosk://device-001"
    assert (identity.virtual_event_id, identity.name) == ("5", "portal-kiosk")


def test_settings_of_a_sink_that_cannot_be_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="durability"):
        StatsSink(ME, queue=tmp_path, durability="maybe", settings=FAST)
