"""One tracker and one player at a time: who measures what, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from toy_binding import SignalLog, Toy

from playertrack import Event, Tracker
from playertrack.errors import PlayertrackError


@pytest.mark.parametrize("gone", [True, False])
def test_tracker_goes_on_to_the_next_player_object(gone: bool) -> None:
    events: list[Event] = []
    seen = SignalLog()
    with Tracker(on_event=events.append, on_signal=seen) as tracker:
        for n in range(2):
            toy = Toy(tracker)
            toy.load(f"{n}.mp4")
            toy.say("playing")
            if gone:
                toy.die()
                seen.until("stop")
            toy.detach()
    assert [event.event for event in events if event.event != "VIEW"] == [
        *("WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "FIRST_PLAY"),
        *("MEDIA_LOADED", "PLAY_REQUEST", "PLAY"),
    ]


def test_tracker_measures_one_player_at_a_time() -> None:
    seen = SignalLog()
    with Tracker(on_signal=seen) as tracker, Toy(tracker) as first:
        with pytest.raises(PlayertrackError, match="measures another player, by <Toy attached>"):
            Toy(tracker)
        first.load("clip.mp4")
        seen.until("loaded")
        first.detach()
        with Toy(tracker):
            pass


def test_closed_tracker_is_refused_with_what_to_do() -> None:
    tracker = Tracker()
    tracker.close()
    with pytest.raises(PlayertrackError, match="is closed: make a new Tracker"):
        Toy(tracker)


def test_player_that_is_measured_already_is_refused_and_leaves_the_tracker_free() -> None:
    with Tracker() as tracker, Tracker() as other, Toy(tracker, player="p"):
        with pytest.raises(PlayertrackError, match="measured already, by <Toy attached>"):
            Toy(other, player="p")
        with Toy(other, player="q"):
            pass
    with Tracker() as tracker, Toy(tracker, player="p"):
        pass


def test_constructor_that_fails_leaves_tracker_and_player_free(tmp_path: Path) -> None:
    with Tracker() as tracker:
        with pytest.raises(FileNotFoundError):
            Toy(tracker, player="p", record_raw=tmp_path / "missing" / "raw.jsonl")
        with Toy(tracker, player="p"):
            pass
