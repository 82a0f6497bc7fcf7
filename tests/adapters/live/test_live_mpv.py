"""The binding of a real mpv, past its commands."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from test_conformance import mpv, needed

import playertrack_mpv
from playertrack import PlayertrackError
from playertrack.testing.media import MediaServer
from playertrack.testing.witness import Witness, assert_reported

START = ["WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "FIRST_PLAY"]


@pytest.fixture(params=[False, pytest.param(True, marks=pytest.mark.soak, id="keep_open")])
def player(request: pytest.FixtureRequest) -> Iterator[Any]:
    made = needed(mpv).MPV(vo="null", ao="null", keep_open=request.param)
    yield made
    made.terminate()


def test_player_is_measured_whoever_commands_it(player: Any, video: Path) -> None:
    with Witness() as witness, playertrack_mpv.track(player, witness.tracker, entry_id="1_a"):
        player.play(str(video))
        witness.until("PLAY")
        witness.until_at(0.5)
        player.seek(4, "absolute", "exact")
        seek = witness.until("SEEK")
        assert seek.target == pytest.approx(4.0, abs=0.05)
        assert (seek.entry_id, seek.duration) == ("1_a", 6.0)
        player.pause = True
        witness.until("PAUSE")
        player.seek(1, "absolute", "exact")
        witness.until("SEEK", 2)
        player.speed = 2.0
        witness.until("SPEED")
        player.pause = False
        witness.until("PLAY_REACHED_100")
    reported = [name for name in witness.names if not name.startswith("PLAY_REACHED")]
    assert reported == [*START, "SEEK", "PAUSE", "SEEK", "SPEED", "RESUME"]


def test_players_own_loop_is_a_replay(player: Any, video: Path) -> None:
    with Witness() as witness, playertrack_mpv.track(player, witness.tracker):
        player.loop_file = "inf"
        player.play(str(video))
        witness.until("PLAY")
        witness.until_at(0.3)
        player.seek(5, "absolute", "exact")
        witness.until("REPLAY")
        witness.until("PLAY", 2)
    assert witness.names[5:10] == ["SEEK", "PLAY_REACHED_100", "REPLAY", "PLAY_REQUEST", "PLAY"]


def test_seek_that_comes_too_early_is_given_again(player: Any, video: Path) -> None:
    with Witness() as witness, playertrack_mpv.track(player, witness.tracker) as binding:
        binding.load(str(video))
        binding.seek(4.0)
        binding.play()
        assert witness.until("PLAY").position == pytest.approx(4.0, abs=0.2)
        witness.until("PLAY_REACHED_75")
    assert "PLAY_REACHED_50" not in witness.names
    assert witness.names.count("PLAY_REQUEST") == 1


def test_pause_takes_back_that_it_is_to_play_from_there(player: Any, video: Path) -> None:
    with Witness() as witness, playertrack_mpv.track(player, witness.tracker) as binding:
        binding.load(str(video))
        binding.seek(4.0)
        binding.play()
        binding.pause()
        player.wait_for_property("time-pos", lambda at: at is not None and at > 3.5, timeout=20)
        assert player.pause
        assert "PLAY" not in witness.names
        binding.play()
        witness.until("PLAY_REACHED_75")


def test_playlist_goes_on_by_itself(player: Any, video: Path) -> None:
    with Witness() as witness, playertrack_mpv.track(player, witness.tracker):
        player.play(str(video))
        player.playlist_append(str(video))
        witness.until("PLAY")
        witness.until_at(0.3)
        player.playlist_next()
        witness.until("PLAY", 2)
    assert witness.until("PLAY").session != witness.until("PLAY", 2).session


def test_player_is_left_as_it_was(player: Any, video: Path) -> None:
    reported: list[float] = []
    received = threading.Event()

    def listen(_: str, value: float | None) -> None:
        if value is not None:
            reported.append(value)
            received.set()

    player.observe_property("time-pos", listen)
    with Witness() as witness, playertrack_mpv.track(player, witness.tracker):
        player.play(str(video))
        witness.until_at(0.5)
    received.clear()
    assert received.wait(20.0), "the program's own listener receives nothing any more"
    assert len(reported) == len(set(reported)), "the same was reported twice"
    assert not player.pause
    assert witness.signals[-1].name == "close"


@pytest.mark.parametrize("end", ["terminate", "quit"])
def test_player_that_goes_away_is_an_end(end: str, video: Path) -> None:
    player = needed(mpv).MPV(vo="null", ao="null")
    with Witness() as witness, playertrack_mpv.track(player, witness.tracker) as binding:
        binding.load(str(video))
        binding.play()
        witness.until("PLAY")
        getattr(player, end)()
        witness.until_signal("stop")
        with pytest.raises(PlayertrackError, match="seek: the player is gone"):
            binding.seek(1.0)
    if end == "quit":
        player.terminate()


def test_terminated_player_cannot_be_measured() -> None:
    player = needed(mpv).MPV(vo="null", ao="null")
    player.terminate()
    with Witness() as witness, pytest.raises(PlayertrackError, match="terminated"):
        playertrack_mpv.track(player, witness.tracker)


def test_playback_that_started_before_is_followed_from_there_on(player: Any, video: Path) -> None:
    with Witness() as first, playertrack_mpv.track(player, first.tracker) as binding:
        binding.load(str(video))
        binding.play()
        first.until("PLAY")
        first.until_at(1.0)
    with Witness() as second, playertrack_mpv.track(player, second.tracker):
        assert second.until("PLAY").position >= 1.0
        player.pause = True
        assert second.until("PAUSE").duration == 6.0


@pytest.mark.parametrize("other", [object(), None])
def test_what_is_no_player_is_refused_with_what_is_expected(other: Any) -> None:
    needed(mpv)
    with Witness() as witness, pytest.raises(TypeError, match=r"expected an mpv\.MPV"):
        playertrack_mpv.track(other, witness.tracker)


REACHED = [f"PLAY_REACHED_{n}" for n in (25, 50, 75, 100)]


@pytest.mark.parametrize("chapters", [True, False], ids=["by_chapters", "while_it_plays"])
def test_part_that_the_program_asks_for_is_the_content(
    chapters: bool, player: Any, chaptered: Path
) -> None:
    if chapters:
        player["start"], player["end"] = "#2", "#3"
    with Witness() as witness, playertrack_mpv.track(player, witness.tracker):
        player.play(str(chaptered))
        witness.until("PLAY")
        if not chapters:
            player["end"] = "#2"
        witness.until_over()
    assert_reported(witness, *START, *REACHED)
    assert witness.events[-1].duration == pytest.approx(2.0, abs=0.05)


def test_length_of_what_was_read_so_far_is_none(player: Any, site: MediaServer) -> None:
    """A stream of the program's own, which comes as fast as it plays."""
    data = (site.root / "clip.ts").read_bytes()
    stopped = threading.Event()

    def stream() -> Iterator[bytes]:
        size = len(data) // 120
        for at in range(0, len(data), size):
            if stopped.wait(0.1):
                return
            yield data[at : at + size]

    player.python_stream("camera")(stream)
    with Witness() as witness, playertrack_mpv.track(player, witness.tracker):
        player.play("python://camera")
        witness.until("PLAY")
        witness.until_at(3.0)
        stopped.set()
        player.stop()
    assert [name for name in witness.names if not name.startswith("BUFFER")] == START


@pytest.mark.parametrize("fails", [False, True])
def test_block_of_a_seek_in_which_nothing_happens_is_none(
    fails: bool, player: Any, video: Path
) -> None:
    with Witness() as witness, playertrack_mpv.track(player, witness.tracker) as binding:
        player.play(str(video))
        witness.until_at(0.3)
        with suppress(ZeroDivisionError), binding.seeking(1.0):
            _ = 1 / (0 if fails else 1)
        witness.until("PLAY_REACHED_50")
    assert_reported(witness, *START, *REACHED[:2])


@pytest.mark.parametrize("by", ["player", "viewer"])
def test_stop_and_start_of_the_same_media_in_a_block_are_one_seek(
    by: str, player: Any, video: Path
) -> None:
    with Witness() as witness, playertrack_mpv.track(player, witness.tracker) as binding:
        player.play(str(video))
        witness.until_at(0.3)
        with binding.seeking(3.9, by=by):
            player.stop()
            with player.prepare_and_wait_for_event("file-loaded", timeout=20):
                player.play(str(video))
            player.seek(3.9, "absolute", "exact")
        witness.until("PLAY_REACHED_75")
    sought = [] if by == "player" else ["SEEK"]
    assert_reported(witness, *START, *sought, "PLAY_REACHED_75")
    if sought:
        assert witness.until("SEEK").by == by
