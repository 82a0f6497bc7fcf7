"""The sinks that deliver: what they say, and what they do before the queue."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import attrs
import pytest
from async_tests import in_loop
from fault_server import Server, ok
from sending import FAST, ME, event, events, indices, sink_for, until

from playertrack import Tracker, signals
from playertrack.collector import Collector
from playertrack.delivery import Sender
from playertrack.destinations.kaltura import Identity, WireError
from playertrack.destinations.kaltura.kava import KavaSink
from playertrack.destinations.kaltura.ks_services import SessionStart
from playertrack.destinations.kaltura.stats import StatsSink
from playertrack.events import Event, MediaLoaded
from playertrack.sinks import FanoutSink, MemorySink, SinkError


def test_undelivered_events_are_reported_with_the_reason_and_the_cure(tmp_path: Path) -> None:
    with Server(lambda request: ok("", "503 Busy")) as server:
        sink = sink_for(server, tmp_path)
        sink.emit(event(1))
        until(lambda: sink.sender.trouble(sink.name))
        assert sink.left() == (
            "stats: 1 event is not delivered (HTTP 503): "
            f"to send what is in the queue: playertrack queue flush {tmp_path}"
        )
        assert not sink.close(0.0)
        assert sink.left() is not None
        assert sink.counts().pending == 1
        server.answer = lambda request: ok()
        again = sink_for(server, tmp_path)
        assert again.flush(20.0)
        assert again.left() is None
        assert again.sender.trouble(again.name) is None
        assert again.close(20.0)


def test_a_program_keeps_its_own_random_numbers(tmp_path: Path) -> None:
    """Whoever seeded the shared generator gets the same numbers while events are tried again."""
    random.seed(1)
    before = random.getstate()
    with Server(lambda request: ok("", "503 Busy") if request.number <= 3 else ok()) as server:
        sink = sink_for(server, tmp_path)
        for each in events(3, "a", "b"):
            sink.emit(each)
        assert sink.close(20.0)
        assert len(server.received) > 6, "nothing was tried again"
    assert random.getstate() == before


def test_a_player_that_is_there_before_its_media_waits_for_the_name() -> None:
    ready = Event("WIDGET_LOADED", at=1001.0, session="s", index=1)
    loaded = MediaLoaded("MEDIA_LOADED", at=1005.0, session="s", index=2, entry_id="1_later")
    other = Event("PLAY", at=1004.0, session="t", index=3, entry_id="1_other")
    with Server() as server:
        sink = sink_for(server, identity=Identity(partner_id=102))
        assert sink.emit(ready).state == "memory"
        sink.emit(other)
        sink.emit(loaded)
        sink.emit(attrs.evolve(ready, session="never"))
        assert sink.close(20.0)
    came = [(r.form["event[eventType]"], r.form["event[entryId]"]) for r in server.received]
    assert sorted(came) == [("1", "1_later"), ("2", "1_later"), ("3", "1_other")]
    assert indices(server.received) == [1, 5]
    assert sink.counts().rejected == 1


# ------------------------------------------------------------------------------- whose KS


def test_another_ks_for_an_open_identity_is_refused_before_it_can_be_mixed(tmp_path: Path) -> None:
    with Server() as server:
        portal = sink_for(server, tmp_path, ks="ks-of-portal")
        for ks in ("ks-of-training", None):
            with pytest.raises(SinkError, match=r"ks: .* an identity with a name") as caught:
                sink_for(server, tmp_path, ks=ks)
            assert "ks-of" not in str(caught.value)
        with pytest.raises(SinkError, match="url: "):
            sink_for("http://127.0.0.1:9/api_v3", tmp_path, ks="ks-of-portal")
        again = sink_for(server, tmp_path, ks="ks-of-portal")
        named = attrs.evolve(ME, name="training")
        training = sink_for(server, tmp_path, ks="ks-of-training", identity=named)
        for sink, session in ((portal, "p"), (training, "t"), (again, "p")):
            sink.emit(event(1, session))
        for sink in (portal, training, again):
            assert sink.close(20.0)
    assert sorted((request.session, request.form["ks"]) for request in server.received) == [
        ("p", "ks-of-portal"),
        ("p", "ks-of-portal"),
        ("t", "ks-of-training"),
    ]


def test_a_closed_sink_makes_way_for_one_with_another_ks(tmp_path: Path) -> None:
    sender = Sender(tmp_path, settings=FAST)
    with Server() as server:
        for ks in ("ks-of-monday", "ks-of-tuesday"):
            sink = StatsSink(ME, queue=sender, ks=ks, url=server.base)
            sink.emit(event(1, ks))
            assert sink.close(20.0)
        assert sender.close(20.0)
    assert [(r.session, r.form["ks"]) for r in server.received] == [
        ("ks-of-monday", "ks-of-monday"),
        ("ks-of-tuesday", "ks-of-tuesday"),
    ]


@in_loop
async def test_two_applications_of_one_account_never_mix(tmp_path: Path) -> None:
    """Guide, 12.4: two KSs of session.start that differ in their ``appId``."""
    async with Collector(secret="the-secret") as collector:
        names = ("corporate-portal", "customer-education")
        sinks = [
            KavaSink(
                Identity(partner_id=102, user_id="viewer@example.com", name=name),
                queue=tmp_path,
                ks=SessionStart(
                    *("the-secret", 102),
                    user_id="viewer@example.com",
                    privileges=f"appId:{name}",
                    service_url=collector.service_url,
                ),
                url=collector.analytics_url,
            )
            for name in names
        ]
        for n in range(1, 21):
            for sink, name in zip(sinks, names, strict=True):
                sink.emit(attrs.evolve(event(n, name, "PAUSE"), entry_id="1_abc"))
        for sink in sinks:
            assert await asyncio.to_thread(sink.close, 20.0)
        keys = {name: {r.ks for r in collector.received if r.session == name} for name in names}
    assert [len(of) for of in keys.values()] == [1, 1]
    assert not set.intersection(*keys.values())
    assert collector.services.booth.issued == 2


# -------------------------------------------------------------------------------- the funnel


@in_loop
async def test_a_funnel_from_page_to_playback_arrives_in_order(tmp_path: Path) -> None:
    """Guide, 12.2: page, button, playback, through the tracker of a player."""
    portal = Identity(partner_id=102, entry_id="1_abc", kaltura_application="events-portal")
    async with Collector() as collector:
        kava = KavaSink(portal, queue=tmp_path, url=collector.analytics_url)
        stats = StatsSink(portal, queue=tmp_path, url=collector.service_url)
        errors: list[Exception] = []
        memory = MemorySink()
        tracker = Tracker([kava, stats, memory], on_error=errors.append)
        tracker.track_page(type="lobby")
        tracker.track_button("view-session", "navigation", page_name="main-lobby")
        tracker.ready()
        tracker.loaded("1_abc", duration=60.0)
        tracker.playing()
        tracker.track_button("register-now", "cta")
        tracker.pause()
        tracker.track_button(5)  # type: ignore[arg-type]  # reported, not raised
        assert await asyncio.to_thread(tracker.close, 20.0)
        tracker.track_page("too late")
        came = [each for each in collector.received if each.endpoint == "kava"]
        assert collector.bad == []
    assert [each.event for each in came] == [
        *("track_page", "track_button", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "VIEW"),
        *("track_button", "PAUSE"),
    ]
    assert dict(came[0].fields) == {
        "eventType": "10003",
        "partnerId": "102",
        "entryId": "1_abc",
        "kalturaApplication": "events-portal",
        "pageType": "lobby",
    }
    assert came[1].fields["buttonName"] == "view-session"
    assert came[1].fields["pageName"] == "main-lobby"
    assert [type(error) for error in errors] == [WireError]
    assert "track_page" not in {each.event for each in memory.events}


# --------------------------------------------------------------------------------- the sound


#: By the second: the viewer mutes, then turns the volume down, then up.
SOUND = {15: (0.8, True), 25: (0.0, False), 35: (0.5, False)}


@in_loop
async def test_views_say_if_the_sound_is_off() -> None:
    async with Collector() as collector:
        kava = KavaSink(ME, url=collector.analytics_url)
        tracker = Tracker([FanoutSink([kava]), MemorySink()])
        tracker.feed(signals.Loaded(at=0.0, entry_id="1_abc", duration=100.0))
        tracker.feed(signals.Playing(at=0.0))
        for second in range(1, 41):
            volume, muted = SOUND.get(second, (None, False))
            if volume is not None:
                tracker.feed(signals.Volume(at=float(second), volume=volume, muted=muted))
            tracker.feed(signals.TimeUpdate(at=float(second), position=float(second)))
        assert await asyncio.to_thread(tracker.close, 20.0)
        views = [each.fields["soundMode"] for each in collector.good if each.event == "VIEW"]
    assert views == ["2", "2", "1", "1", "2"]
