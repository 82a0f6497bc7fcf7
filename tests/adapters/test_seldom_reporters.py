"""Kodi, MPRIS and Chromecast: feeds as their interfaces are described, no recordings of devices."""

from __future__ import annotations

from typing import Any

import pytest
from tapes import START, Tape, after_start, derive, names, only

from playertrack import Tracker
from playertrack.events import Seek
from playertrack.live.raw_feed import RawFeed
from playertrack.testing.witness import Witness
from playertrack_chromecast import Translator as ChromecastTranslator
from playertrack_chromecast import fields

QUARTILES = [f"PLAY_REACHED_{n}" for n in (25, 50, 75, 100)]

# ---------------------------------------------------------------------------------- Kodi

MOVIE: dict[str, dict[str, Any]] = {
    "item": {"type": "movie", "id": 7},
    "player": {"playerid": 1, "speed": 1},
}


def clock(position: float) -> dict[str, int]:
    whole, thousandths = divmod(round(position * 1000), 1000)
    hours, rest = divmod(whole, 3600)
    minutes, seconds = divmod(rest, 60)
    return {"hours": hours, "minutes": minutes, "seconds": seconds, "milliseconds": thousandths}


class Kodi(Tape):
    """A feed of JSON-RPC, polled once a second."""

    def __init__(self) -> None:
        super().__init__(
            lambda t, position: {
                "t": t,
                "kind": "Player.GetProperties",
                "time": clock(position),
                "totaltime": clock(100.0),
                "speed": 1,
                "live": False,
            }
        )

    def report(self, t: float, name: str, **player: Any) -> Kodi:
        data = {**MOVIE, "player": {**MOVIE["player"], **player}}
        self.add(t, f"Player.{name}", data=data)
        return self


def kodi() -> Kodi:
    tape = Kodi().report(0.0, "OnPlay").report(0.5, "OnAVStart")
    tape.at(0.6, 0.1)
    return tape


def test_kodi_to_the_end() -> None:
    tape = kodi()
    tape.play(0.6, 0.1, 100.1, step=1.0)
    tape.add(101.0, "Player.OnStop", data={"item": MOVIE["item"], "end": True})
    events = derive("kodi", tape)
    assert after_start(events) == QUARTILES
    assert {event.entry_id for event in events[1:]} == {"movie-7"}
    assert only("PLAY_REACHED_50", events).at == pytest.approx(50.5, abs=1.0)


def test_kodi_pauses_seeks_and_stops() -> None:
    tape = kodi()
    tape.play(0.6, 0.1, 5.1, step=1.0)
    tape.report(6.0, "OnPause", speed=0)
    tape.report(8.0, "OnResume")
    tape.play(8.0, 5.5, 8.5, step=1.0)
    tape.report(11.2, "OnSeek", time=clock(60.0), seekoffset=clock(51.0))
    tape.play(11.2, 60.0, 64.0, step=1.0)
    tape.add(15.5, "Player.OnStop", data={"item": MOVIE["item"], "end": False})
    events = derive("kodi", tape)
    assert after_start(events) == ["PAUSE", "RESUME", "SEEK"]
    assert only("SEEK", events).target == 60.0


def test_kodi_winds_back_and_forward() -> None:
    tape = kodi()
    tape.play(0.6, 0.1, 30.1, step=1.0)
    tape.report(30.7, "OnSpeedChanged", speed=-4)
    for n in range(4):
        tape.add(31.0 + n, "Player.GetProperties", time=clock(30.0 - 4 * n), speed=-4)
    tape.report(34.5, "OnSpeedChanged", speed=1)
    tape.play(34.5, 16.0, 18.0, step=1.0)
    tape.report(36.6, "OnSpeedChanged", speed=2)
    events = derive("kodi", tape)
    assert after_start(events) == ["PLAY_REACHED_25", "SEEK", "SPEED"]
    assert only("SEEK", events).target == 17.0
    assert only("SPEED", events).rate == 2.0


def test_kodi_that_stands_still_is_a_stall() -> None:
    tape = kodi()
    tape.play(0.6, 0.1, 5.1, step=1.0)
    for n in range(5):
        tape.at(6.6 + n, 5.1)
    tape.play(11.0, 5.1, 10.1, step=1.0)
    events = derive("kodi", tape)
    assert after_start(events) == ["BUFFER_START", "BUFFER_END"]
    assert only("BUFFER_START", events).at == pytest.approx(5.6, abs=1.1)
    assert only("BUFFER_END", events).seconds >= 4.0


def test_kodi_plays_the_same_again_and_other_media() -> None:
    tape = kodi()
    tape.play(0.6, 0.1, 100.1, step=1.0)
    tape.add(101.0, "Player.OnStop", data={"item": MOVIE["item"], "end": True})
    tape.report(105.0, "OnPlay").report(105.5, "OnAVStart")
    tape.at(105.6, 0.1)
    tape.add(110.0, "Player.OnPlay", data={"item": {"title": "Other"}, "player": {"playerid": 1}})
    tape.report(110.5, "OnAVStart")
    events = derive("kodi", tape)
    assert after_start(events) == [
        *QUARTILES,
        *("REPLAY", "PLAY_REQUEST", "PLAY"),
        *("MEDIA_LOADED", "PLAY_REQUEST", "PLAY"),
    ]
    assert events[-1].entry_id == "Other"


def test_kodi_shows_pictures_and_live_television() -> None:
    tape = Kodi()
    picture = {"item": {"type": "picture", "file": "a.jpg"}, "player": {"playerid": 2}}
    tape.add(0.0, "Player.OnPlay", data=picture)
    channel = {"item": {"type": "channel", "id": 3}, "player": {"playerid": 1, "speed": 1}}
    tape.add(1.0, "Player.OnPlay", data=channel)
    tape.add(1.5, "Player.OnAVStart", data=channel)
    for n in range(10):
        tape.add(
            2.0 + n,
            "Player.GetProperties",
            time=clock(1000.0 + n),
            totaltime=clock(3600.0),
            live=True,
        )
    events = derive("kodi", tape)
    assert names(events) == START
    assert events[-1].entry_id == "channel-3"


def test_callbacks_of_an_add_on() -> None:
    tape = Tape(lambda t, position: {"t": t, "kind": "poll", "time": position, "totaltime": 20})
    tape.add(0.0, "onPlayBackStarted", args=["smb://nas/videos/Big%20Bunny.mkv"])
    tape.add(0.4, "onAVStarted")
    tape.play(0.4, 0.0, 8.0, step=0.5)
    tape.add(8.5, "onPlayBackPaused").add(10.0, "onPlayBackResumed")
    tape.add(11.0, "onPlayBackSeek", args=[15000, 6900])
    tape.play(11.0, 15.0, 20.0, step=0.5)
    tape.add(16.1, "onPlayBackEnded")
    events = derive("kodi", tape)
    assert after_start(events) == ["PLAY_REACHED_25", "PAUSE", "RESUME", "SEEK", *QUARTILES[3:]]
    assert events[-1].entry_id == "Big Bunny"


def test_chapter_of_an_add_on_is_a_seek_to_wherever_it_leads() -> None:
    tape = Tape(lambda t, position: {"t": t, "kind": "poll", "time": position, "totaltime": 100})
    tape.add(0.0, "onPlayBackStarted", args=["clip.mkv"]).add(0.0, "onAVStarted")
    tape.play(0.0, 0.0, 4.0, step=0.5)
    tape.add(4.2, "onPlayBackSeekChapter", args=[3])
    tape.play(4.2, 40.0, 42.0, step=0.5)
    tape.add(6.4, "onPlayBackError")
    events = derive("kodi", tape)
    assert after_start(events) == ["SEEK", "ERROR"]
    assert only("SEEK", events).target == 40.5


# --------------------------------------------------------------------------------- MPRIS

TRACK = {"mpris:trackid": "/track/1", "xesam:url": "file:///music/A%20song.ogg"}


class Mpris(Tape):
    """A feed of the bus; positions are polled, in microseconds."""

    def __init__(self) -> None:
        super().__init__(lambda t, position: {"t": t, "kind": "poll", "Position": position * 1e6})

    def change(self, t: float, **changed: Any) -> Mpris:
        self.add(t, "PropertiesChanged", changed=changed)
        return self


def mpris() -> Mpris:
    """A track of 100 s whose length comes late."""
    tape = Mpris().change(0.0, Metadata=TRACK, PlaybackStatus="Playing")
    tape.change(0.3, Metadata={**TRACK, "mpris:length": 100_000_000})
    return tape


def test_mpris_to_the_end() -> None:
    tape = mpris()
    tape.play(0.0, 0.0, 99.0, step=1.0)
    tape.change(100.2, PlaybackStatus="Stopped")
    events = derive("mpris", tape)
    assert after_start(events) == QUARTILES
    assert {event.entry_id for event in events[1:]} == {"A song"}


def test_mpris_pauses_seeks_and_stops() -> None:
    tape = mpris()
    tape.play(0.0, 0.0, 10.0, step=1.0)
    tape.change(10.5, PlaybackStatus="Paused").at(11.0, 10.5)
    tape.change(13.0, PlaybackStatus="Playing").at(14.0, 11.5)
    tape.add(14.5, "Seeked", position=50_000_000)
    tape.play(14.5, 50.0, 53.0, step=1.0)
    tape.change(18.0, Rate=2.0).change(18.5, PlaybackStatus="Stopped")
    events = derive("mpris", tape)
    assert after_start(events) == ["PAUSE", "RESUME", "SEEK", "SPEED"]
    assert only("SEEK", events).target == 50.0


def test_mpris_next_track_ends_the_one_that_was_at_its_end() -> None:
    tape = mpris()
    tape.play(0.0, 0.0, 99.5, step=0.5)
    tape.change(100.0, Metadata={"mpris:trackid": "/track/2", "xesam:title": "Another"})
    tape.add(100.1, "Seeked", position=0)
    tape.play(100.0, 0.0, 3.0, step=1.0)
    events = derive("mpris", tape)
    assert after_start(events) == [*QUARTILES, "MEDIA_LOADED", "PLAY_REQUEST", "PLAY"]
    assert events[-1].entry_id == "Another"


def test_mpris_answer_that_is_quicker_than_seeked_is_no_playback() -> None:
    tape = mpris()
    tape.play(0.0, 0.0, 10.0, step=1.0)
    tape.at(10.5, 50.0).add(10.6, "Seeked", position=50_100_000)
    tape.play(10.6, 50.1, 53.1, step=1.0)
    tape.at(14.0, 20.0).add(14.1, "Seeked", position=20_100_000)
    seeks = [event for event in derive("mpris", tape) if isinstance(event, Seek)]
    assert [(seek.origin, seek.target) for seek in seeks] == [(10.0, 50.1), (53.1, 20.1)]


def test_mpris_answer_that_nothing_explains_holds_once() -> None:
    """A player that has no `Seeked` is at least measured from there on."""
    tape = mpris()
    tape.play(0.0, 0.0, 10.0, step=1.0)
    tape.play(11.0, 60.0, 80.0, step=1.0)
    assert after_start(derive("mpris", tape)) == ["PLAY_REACHED_75"]


def test_mpris_player_that_plays_already_is_measured_from_there() -> None:
    length = {**TRACK, "mpris:length": 100_000_000}
    tape = Mpris().change(0.0, Metadata=length, PlaybackStatus="Playing", Position=40_000_000)
    tape.play(0.0, 40.0, 60.0, step=1.0)
    events = derive("mpris", tape)
    assert after_start(events) == ["PLAY_REACHED_50"]
    assert only("PLAY", events).position == 40.0


def test_mpris_track_of_the_same_number_with_another_address_is_another_one() -> None:
    tape = mpris()
    tape.play(0.0, 0.0, 10.0, step=1.0)
    tape.change(10.5, Metadata={**TRACK, "xesam:url": "file:///music/B.ogg"})
    events = derive("mpris", tape)
    assert after_start(events) == ["MEDIA_LOADED", "PLAY_REQUEST", "PLAY"]
    assert events[-1].entry_id == "B"


def test_mpris_track_that_follows_none_is_no_replay() -> None:
    """A track that is none has a number, and nothing else."""
    tape = mpris()
    tape.play(0.0, 0.0, 10.0, step=1.0)
    tape.change(10.5, Metadata={"mpris:trackid": "/none"}, PlaybackStatus="Stopped")
    tape.change(12.0, PlaybackStatus="Playing").change(12.1, Metadata=TRACK)
    assert after_start(derive("mpris", tape)) == ["MEDIA_LOADED", "PLAY_REQUEST", "PLAY"]


def test_mpris_position_that_is_never_reported_is_no_stall() -> None:
    """Some players answer with the position of the last change."""
    tape = mpris()
    for n in range(30):
        tape.at(1.0 + n, 0.0)
    assert after_start(derive("mpris", tape)) == []


# ---------------------------------------------------------------------------- Chromecast


def cast(*statuses: tuple[float, dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"t": t, "kind": "media_status", **status} for t, status in statuses]


CAST = {"media_session_id": 1, "content_id": "https://cdn.example/clip.mp4?token=1"}
LOADED = (
    (0.0, {**CAST, "player_state": "IDLE", "stream_type": "BUFFERED"}),
    (0.5, {"player_state": "BUFFERING", "current_time": 0.0, "duration": 100.0}),
    (1.0, {"player_state": "PLAYING", "current_time": 0.0}),
)


def test_cast_that_reports_seldom_is_watched_to_the_end() -> None:
    """A receiver says nothing for minutes; that it came so far in that time is natural."""
    events = derive(
        "chromecast",
        cast(
            *LOADED,
            (41.0, {"current_time": 40.1}),
            (81.0, {"current_time": 80.0}),
            (101.0, {"player_state": "IDLE", "idle_reason": "FINISHED"}),
        ),
    )
    assert after_start(events) == QUARTILES
    assert {event.entry_id for event in events[1:]} == {"clip"}


def test_cast_pauses_seeks_and_is_stopped() -> None:
    events = derive(
        "chromecast",
        cast(
            *LOADED,
            (11.0, {"player_state": "PAUSED", "current_time": 10.0}),
            (15.0, {"player_state": "PLAYING", "current_time": 10.0}),
            (20.0, {"player_state": "BUFFERING", "current_time": 60.0}),
            (21.0, {"player_state": "PLAYING", "current_time": 60.0}),
            (23.0, {"player_state": "PLAYING", "current_time": 62.0}),
            (24.0, {"player_state": "IDLE", "idle_reason": "CANCELLED"}),
        ),
    )
    assert after_start(events) == ["PAUSE", "RESUME", "SEEK"]
    assert only("SEEK", events).target == 60.0
    assert only("PAUSE", events).position == 10.0


def test_cast_that_buffers() -> None:
    events = derive(
        "chromecast",
        cast(
            *LOADED,
            (11.0, {"player_state": "BUFFERING", "current_time": 10.0}),
            (14.0, {"player_state": "PLAYING", "current_time": 10.0}),
            (16.0, {"current_time": 12.0, "playback_rate": 2.0}),
        ),
    )
    assert after_start(events) == ["BUFFER_START", "BUFFER_END", "SPEED"]
    assert only("BUFFER_END", events).seconds == 3.0


def test_cast_of_something_else_and_of_what_cannot_be_played() -> None:
    events = derive(
        "chromecast",
        cast(
            *LOADED,
            (5.0, {"player_state": "IDLE", "idle_reason": "INTERRUPTED"}),
            (
                5.1,
                {"media_session_id": 2, "content_id": "x", "title": "Live", "stream_type": "LIVE"},
            ),
            (6.0, {"player_state": "PLAYING", "current_time": 900.0}),
            (9.0, {"current_time": 903.0}),
            (9.5, {"player_state": "IDLE", "idle_reason": "ERROR"}),
        ),
    )
    assert after_start(events) == ["MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "ERROR"]
    assert events[-1].entry_id == "Live"


def test_statuses_of_pychromecast_are_fed_to_a_tracker() -> None:
    class Status:
        """As pychromecast has it, with much besides."""

        volume_level = 1.0
        media_session_id = 1
        content_id = "clip.mp4"
        player_state = "PLAYING"
        current_time = 0.0
        duration = 100.0

    with Witness() as witness:
        feed = RawFeed(ChromecastTranslator(), witness.tracker)
        feed.note("media_status", **fields(Status()))
        assert witness.until("PLAY").duration == 100.0
        feed.close()
        witness.until_signal("close")
    assert isinstance(witness.tracker, Tracker)
