"""A session as trackEvent gets it: index, sums, flags, and the server's answers (wire, 2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kava_requests import ME, column, event, fields, run
from made_requests import request_of

from playertrack import events
from playertrack.destinations.kaltura import (
    KavaDestination,
)


def view(at: float, play_time: float = 10.0, buffer_time: float = 0.0) -> events.Event:
    return event("VIEW", at, play_time=play_time, buffer_time=buffer_time)


def test_the_index_counts_what_is_sent() -> None:
    found = run(
        event("WIDGET_LOADED"),
        event("MEDIA_LOADED"),
        event("PLAY_REQUEST"),
        event("PLAY"),
        event("FIRST_PLAY"),
        event("PREROLL_STARTED"),
        event("PAUSE"),
        event("MEDIA_LOADED", session="s-2"),
    )
    assert column(found, "eventIndex") == ["1", "2", "3", "4", "1"]


def test_the_sums_of_views() -> None:
    found = run(view(0, 0.0), view(10), view(20.5, buffer_time=0.5), view(30.75, 10.0, 0.25))
    assert column(found, "playTimeSum") == ["0", "10", "20", "30"]
    assert column(found, "bufferTime") == ["0", "0", "0.5", "0.25"]
    assert column(found, "bufferTimeSum") == ["0", "0", "0.5", "0.75"]


def test_the_server_forgets_a_session_without_views_for_30_seconds() -> None:
    found = run(
        event("PLAY"),
        view(0, 0.0),
        view(10, buffer_time=1.0),
        event("PAUSE", 12),
        event("SHARE_CLICKED", 40),  # 30 s: not yet
        event("RESUME", 40.5),
        event("CAPTIONS", 75, language="en"),  # what was forgotten stays so
        view(76, buffer_time=0.25),
        view(86),
    )
    assert column(found, "eventIndex") == ["1", "2", "3", "4", "5", "1", "2", "3", "4"]
    assert column(found, "playTimeSum")[-2:] == ["10", "20"]
    assert column(found, "bufferTimeSum")[-2:] == ["0.25", "0.25"]


def test_before_the_first_view_there_is_nothing_to_forget() -> None:
    found = run(event("MEDIA_LOADED"), event("PLAY_REQUEST", 3600), event("PLAY", 3601))
    assert column(found, "eventIndex") == ["1", "2", "3"]


def test_the_average_bitrate_is_over_the_time_of_playback() -> None:
    found = run(
        event("FLAVOR_SWITCH", 0, bitrate=1000),
        event("PLAY", 5),
        event("FLAVOR_SWITCH", 11, bitrate=3000),
        view(15),
        event("PAUSE", 15),
        event("RESUME", 25),
        view(35),
    )
    assert found[3]["averageBitrate"] == "1800"
    assert found[-1]["averageBitrate"] == "2400"
    assert run(event("PLAY"), view(10))[1]["averageBitrate"] == "0"


def test_a_replay_goes_on_with_the_bitrate_and_the_kind_of_media() -> None:
    found = run(
        event("MEDIA_LOADED", live=True),
        event("FLAVOR_SWITCH", bitrate=800),
        event("PLAY"),
        event("REPLAY", 5, session="s-2", previous_session="s-1"),
        event("PLAY", 5, session="s-2"),
        event("MEDIA_LOADED", 6, session="s-3"),
        event("PLAY", 6, session="s-3"),
    )
    assert column(found, "actualBitrate") == [None, "800", "800", None, "800", None, "-1"]
    assert column(found, "playbackType") == ["live"] * 5 + ["vod"] * 2


def test_the_sound_is_as_it_was_noted_beside_the_event() -> None:
    mapper = KavaDestination(ME)
    assert run(view(0), mapper=mapper)[0]["soundMode"] == "2"
    mapper.beside = "muted"
    assert run(view(1), mapper=mapper)[0]["soundMode"] == "1"


# ---------------------------------------------------------------------------- what is answered


@pytest.mark.parametrize(
    ("first", "sent"),
    [
        (b'{"time": 1700000123.5, "viewEventsEnabled": true}', "1700000123.5"),
        (b"1700000123", "1700000123"),
        (b'"1700000123"', "1700000123"),
        (b"<html>", None),
        (b"null", None),
        (b"true", None),
        (b'{"objectType": "KalturaAPIException", "code": "X", "time": 5}', None),
    ],
)
def test_the_time_of_the_first_answer_is_sent_from_then_on(first: bytes, sent: str | None) -> None:
    mapper = KavaDestination(ME)
    assert "sessionStartTime" not in run(event("PLAY"), mapper=mapper)[0]
    mapper.answered("s-1", first)
    mapper.answered("another", b"5")
    found = run(event("PAUSE"), event("RESUME"), mapper=mapper)
    assert column(found, "sessionStartTime") == [sent, sent]
    if sent is not None:
        mapper.answered("s-1", b"99")
        assert run(event("PAUSE"), mapper=mapper)[0]["sessionStartTime"] == sent


def test_views_stop_for_the_session_when_they_are_not_wanted() -> None:
    mapper = KavaDestination(ME)
    mapper.answered("s-1", b'{"time": 5, "viewEventsEnabled": false}')
    found = run(event("PLAY"), view(0), view(10), event("PAUSE", 11), mapper=mapper)
    assert column(found, "eventType") == ["3", "33"]
    assert column(found, "eventIndex") == ["1", "2"]
    other = event("VIEW", session="s-2", play_time=10.0)
    assert run(other, mapper=mapper)[0]["eventType"] == "99"


# ------------------------------------------------------------------------------- any story


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(events.EVENTS)),
            st.floats(0, 50),
            st.sampled_from(["s-1", "s-2"]),
        ),
        max_size=40,
    )
)
def test_in_any_story_the_index_goes_up_by_one_or_begins_anew(
    story: list[tuple[str, float, str]],
) -> None:
    mapper = KavaDestination(ME)
    last = {"s-1": 0, "s-2": 0}
    at = 0.0
    for name, later, session in story:
        at += later
        made = request_of(mapper, event(name, at, session=session, position=1.0))
        if made is None:
            continue
        index = int(fields(made)["eventIndex"])
        assert index in (last[session] + 1, 1)
        last[session] = index


def test_sessions_of_long_ago_are_forgotten() -> None:
    mapper = KavaDestination(ME)
    run(event("MEDIA_LOADED"), mapper=mapper)
    for n in range(10_000):
        request_of(mapper, event("MEDIA_LOADED", session=f"other-{n}", player=f"{n}"))
    assert run(event("PLAY_REQUEST"), mapper=mapper)[0]["eventIndex"] == "1"
    assert run(event("PLAY_REQUEST", session="other-9999"), mapper=mapper)[0]["eventIndex"] == "2"
