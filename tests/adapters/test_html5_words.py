"""The words of a page besides its element: ads, captions, that it is live."""

from __future__ import annotations

from typing import Any

import pytest
from html5_tapes import chosen, event, loading, noted, says, started, timeupdate
from tapes import Record, Tape, after_start, derive, names

from playertrack.trace.recording import TranslationError


def test_ad_in_the_element_leaves_the_session_of_the_content_alone() -> None:
    tape = started(paused=False).play(0.5, 0.0, 4.0)
    says(tape, 4.5, "adStart", slot="midroll", duration=8.0)
    loading(tape, 4.6, src="/ad.mp4", duration=8.0)
    ad: dict[str, Any] = {"src": "/ad.mp4", "duration": 8.0, "paused": False}
    noted(tape, 4.8, "play", "playing", **ad)
    tape += [event(4.8 + n / 4, "timeupdate", n / 4, **ad) for n in range(1, 33)]
    noted(tape, 12.9, "pause", "ended", position=8.0, **{**ad, "ended": True})
    says(tape, 13.0, "adEnd")
    loading(tape, 13.1, paused=False)
    noted(tape, 13.3, "seeking", "seeked", "playing", position=4.0, paused=False)
    tape.play(13.3, 4.0, 6.5)
    assert after_start(derive("html5", tape)) == [
        *("PLAY_REACHED_25", "MIDROLL_STARTED", "MIDROLL_25", "MIDROLL_50", "MIDROLL_75"),
        "PLAY_REACHED_50",
    ]


def test_ad_before_the_content_in_the_same_element() -> None:
    tape = says(chosen(Tape(timeupdate), 0.0, "0_a"), 0.1, "adStart", slot="preroll")
    ad: dict[str, Any] = {"src": "/ad.mp4", "duration": 4.0, "paused": False}
    loading(tape, 0.2, src="/ad.mp4", duration=4.0)
    noted(tape, 0.5, "play", "playing", **ad)
    tape += [event(0.5 + n / 4, "timeupdate", n / 4, **ad) for n in range(1, 17)]
    noted(tape, 4.6, "ended", position=4.0, **{**ad, "ended": True})
    loading(says(tape, 4.7, "adEnd"), 4.8, paused=False)
    noted(tape, 5.0, "play", "playing", paused=False).play(5.0, 0.0, 3.5)
    assert names(derive("html5", tape)) == [
        *("WIDGET_LOADED", "MEDIA_LOADED", "PREROLL_STARTED", "PLAY_REQUEST"),
        *("PREROLL_25", "PREROLL_50", "PREROLL_75", "PLAY", "FIRST_PLAY", "PLAY_REACHED_25"),
    ]


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("captions", {"language": "en"}, "CAPTIONS"),
        ("captions", {"language": None}, "CAPTIONS"),
        ("audioTrack", {"language": "de"}, "AUDIO_SELECTED"),
        ("quality", {"bitrate": 800}, "FLAVOR_SWITCH"),
        ("quality", {"bitrate": 800, "auto": False}, "SOURCE_SELECTED"),
        ("fullscreen", {"on": True}, "OPEN_FULL_SCREEN"),
        ("error", {"code": "manifestParsingError", "fatal": False}, "ERROR"),
        ("engage", {"action": "share"}, "SHARE_CLICKED"),
    ],
)
def test_word_of_the_page_is_its_event(kind: str, fields: Record, expected: str) -> None:
    tape = says(started().play(0.5, 0.0, 1.0), 1.6, kind, **fields)
    assert after_start(derive("html5", tape)) == [expected]


def test_page_that_says_live_is_believed() -> None:
    tape = says(started(duration=8.0), 0.6, "live", dvr=True).play(0.6, 0.0, 7.0)
    assert after_start(derive("html5", tape)) == []


def test_word_without_its_field_is_refused_by_name() -> None:
    with pytest.raises(TranslationError) as refused:
        derive("html5", says(started(), 0.6, "fullscreen"))
    assert refused.value.field == "on"
