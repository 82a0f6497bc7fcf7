"""KSs: attached last, renewed once, never mixed, never shown (wire, 4 to 6)."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest
from fault_server import HANG, RESET, Answer, Received, Server, exception, ok
from sending import FAST, event, events, firsts, indices, sink_for, until

from playertrack.destinations.kaltura import Identity
from playertrack.destinations.kaltura.kava import KavaSink
from playertrack.destinations.kaltura.ks import KSError
from playertrack.destinations.kaltura.stats import StatsSink
from playertrack.outbox import look

SECRET = "djJ8MTAyfPlantedSecretPlantedSecretPlanted"


def issued() -> tuple[list[str], object]:
    """The KSs that were given, and what gives them: K1, K2, …"""
    given: list[str] = []

    def give() -> str:
        given.append(f"K{len(given) + 1}")
        return given[-1]

    return given, give


@pytest.mark.parametrize(
    "refusal", [ok("", "401 No"), exception("INVALID_KS"), exception("EXPIRED_KS")]
)
def test_a_ks_that_ends_in_mid_session_is_renewed_once_for_all_that_wait(
    refusal: Answer, tmp_path: Path
) -> None:
    given, give = issued()
    ended = {"K1"}

    def answer(request: Received) -> Answer:
        if request.number == 20:
            ended.add("K2")
        return refusal if request.form["ks"] in ended else ok()

    with Server(answer, delay=0.005) as server:
        sink = sink_for(server, tmp_path, ks=give)  # type: ignore[arg-type] # any kind
        for each in events(6, *"abcdefgh"):
            sink.emit(each)
        assert sink.close(20.0)
    assert given == ["K1", "K2", "K3"]
    for session in "abcdefgh":
        assert firsts(indices(server.received, session)) == [1, 2, 3, 4, 5, 6]
    assert look(tmp_path).standings[0].counts.delivered == 48


def test_without_a_provider_a_refusal_pauses_and_loses_nothing(tmp_path: Path) -> None:
    with Server(lambda request: ok("", "401 No")) as server:
        sink = sink_for(server, tmp_path)
        for each in events(5):
            sink.emit(each)
        assert not sink.close(20.0)
        assert len(server.received) == 1
    (standing,) = look(tmp_path).standings
    assert standing.counts.pending == 5
    assert "a token is needed" in str(standing.paused)


def test_the_same_ks_is_never_tried_twice(tmp_path: Path) -> None:
    with Server(lambda request: ok("", "401 No")) as server:
        sink = sink_for(server, tmp_path, ks="always the same")
        for each in events(5):
            sink.emit(each)
        assert not sink.close(20.0)
        assert len(server.received) == 1
    assert look(tmp_path).standings[0].paused


def test_a_new_ks_that_is_refused_as_well_pauses(tmp_path: Path) -> None:
    _, give = issued()
    with Server(lambda request: ok("", "401 No")) as server:
        sink = sink_for(server, tmp_path, ks=give)  # type: ignore[arg-type] # any kind
        for each in events(5):
            sink.emit(each)
        assert not sink.close(20.0)
        assert [request.form["ks"] for request in server.received] == ["K1", "K2"]
    assert "refused as well" in str(look(tmp_path).standings[0].paused)


def test_one_event_whose_ks_is_never_good_does_not_burn_through_them(tmp_path: Path) -> None:
    given, give = issued()

    def answer(request: Received) -> Answer:
        return ok("", "401 No") if request.session == "bad" else ok()

    with Server(answer) as server:
        sink = sink_for(server, tmp_path, ks=give)  # type: ignore[arg-type] # any kind
        for each in events(20, "good", "bad"):
            sink.emit(each)
        assert not sink.close(20.0)
    assert len(given) <= 3
    assert look(tmp_path).standings[0].paused


def test_a_provider_that_fails_for_a_while_is_asked_again(tmp_path: Path) -> None:
    tries = []

    def give() -> str:
        tries.append(1)
        if len(tries) < 4:
            raise ConnectionError("no network")
        return "K"

    with Server() as server:
        sink = sink_for(server, tmp_path, ks=give)
        for each in events(3):
            sink.emit(each)
        assert sink.close(20.0)
    assert indices(server.received) == [1, 2, 3]
    assert {request.form["ks"] for request in server.received} == {"K"}


def test_a_provider_that_cannot_ever_pauses_and_loses_nothing(tmp_path: Path) -> None:
    def give() -> str:
        raise KSError("the token is gone")

    with Server() as server:
        sink = sink_for(server, tmp_path, ks=give)
        sink.emit(event(1))
        until(lambda: sink.sender.states().get(sink.name) == "paused")
        assert not sink.close(5.0)
    assert not server.received
    assert "the token is gone" in str(look(tmp_path).standings[0].paused)


def test_two_identities_at_once_never_mix(tmp_path: Path) -> None:
    with Server() as server:
        sinks = [
            sink_for(
                server,
                tmp_path,
                ks=f"ks-of-{name}",
                identity=Identity(partner_id=102, entry_id="1_a", application=name),
            )
            for name in ("portal", "kiosk")
        ]
        for n in range(1, 31):
            for sink in sinks:
                sink.emit(event(n, f"of-{sink.identity.application}"))
        for sink in sinks:
            assert sink.close(20.0)
    assert len(server.received) == 60
    for request in server.received:
        assert request.form["ks"] == f"ks-{request.session}"


def test_the_events_of_one_viewer_wait_for_that_viewer(tmp_path: Path) -> None:
    alice, bob = (Identity(partner_id=102, entry_id="1_a", user_id=who) for who in ("a", "b"))
    with Server() as server:
        server.shut()
        sink = sink_for(server, tmp_path, ks="ks-a", identity=alice)
        sink.emit(event(1, "of-a"))
        assert not sink.close(0.05)
        server.listen()
        sink = sink_for(server, tmp_path, ks="ks-b", identity=bob)
        sink.emit(event(1, "of-b"))
        assert sink.close(20.0)
        assert [request.session for request in server.received] == ["of-b"]
        sink = sink_for(server, tmp_path, ks="ks-a", identity=alice)
        assert sink.close(20.0)
        assert server.received[-1].form["ks"] == "ks-a"


@pytest.mark.parametrize(
    "answer",
    [
        exception("INVALID_KS", f"Invalid KS {SECRET} expired"),
        exception("WHO_KNOWS", f"what is {SECRET}?"),
        ok(f"<html>{SECRET}</html>", "400 Bad"),
        ok(f"<html>{SECRET}</html>", "500 No"),
        ok(f"<html>{SECRET}</html>", "404 No"),
        ok(f"<html>{SECRET}</html>"),
        RESET,
        HANG,
        ok("", "302 Found", f"Location: https://elsewhere/?ks={SECRET}"),
    ],
)
@pytest.mark.parametrize("form", ["form", "query"])
def test_q_secret_no_ks_is_left_anywhere(
    answer: Answer, form: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from playertrack.destinations.kaltura import WireProfile

    caplog.set_level(logging.DEBUG)
    profile = WireProfile.legacy() if form == "query" else None
    with Server(lambda request: answer) as server:
        sink = StatsSink(
            Identity(partner_id=102, entry_id="1_a"),
            queue=tmp_path,
            ks=SECRET,
            url=server.base,
            settings=FAST,
            profile=profile,
        )
        sink.emit(event(1))
        server.wait(1)
        sink.flush(0.2)
        sink.close(0.1)
        assert SECRET in server.received[0].body.decode() + server.received[0].target
    shown = caplog.text + repr(sink) + repr(vars(sink)) + repr(sink.sender)
    for record in caplog.records:
        shown += repr(record.__dict__)
    for standing in look(tmp_path).standings:
        shown += repr(standing)
    for letter in look(tmp_path).dead:
        shown += repr(letter)
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert SECRET not in shown
    assert SECRET.encode() not in kept


def test_pages_buttons_and_playback_arrive_in_order(tmp_path: Path) -> None:
    with Server(lambda request: ok("1700000000"), delay=0.005) as server:
        sink = KavaSink(
            Identity(partner_id=102, entry_id="1_a", kaltura_application="portal"),
            queue=tmp_path,
            url=server.base,
            settings=FAST,
        )
        sink.track_page("lobby", "home")
        sink.emit(event(1, "a", "MEDIA_LOADED"))
        sink.track_button("play", "cta")
        for each in (event(2, "a", "PLAY_REQUEST"), event(1, "b", "MEDIA_LOADED")):
            sink.emit(each)
        sink.track_button("next")
        sink.emit(event(3, "a", "PAUSE"))
        assert sink.close(20.0)
    assert [request.form["eventType"] for request in server.received[:3]] == ["10003", "1", "10002"]
    assert {request.form["eventType"] for request in server.received[3:5]} == {"2", "1"}
    assert [request.form["eventType"] for request in server.received[5:]] == ["10002", "33"]


def test_what_trackevent_answers_is_on_later_events(tmp_path: Path) -> None:
    body = '{"time": 1700000000, "viewEventsEnabled": false}'
    reported = threading.Event()

    def answer(request: Received) -> Answer:
        reported.set()
        return ok(body)

    with Server(answer) as server:
        sink = KavaSink(
            Identity(partner_id=102, entry_id="1_a"),
            queue=tmp_path,
            url=server.base,
            settings=FAST,
        )
        sink.emit(event(1, name="MEDIA_LOADED"))
        assert reported.wait(20.0)
        assert sink.flush(20.0)
        sink.emit(event(2, name="PLAY_REQUEST"))
        assert sink.close(20.0)
    assert [request.form.get("sessionStartTime") for request in server.received] == [
        None,
        "1700000000",
    ]
