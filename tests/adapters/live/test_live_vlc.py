"""The binding of a real libVLC."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import playertrack_vlc
from playertrack import Fleet, PlayertrackError
from playertrack.testing.witness import Witness
from playertrack_vlc import Translator

try:
    from playertrack_vlc.library import vlc
except ImportError as error:
    if os.environ.get("CI"):
        raise
    pytest.skip(str(error), allow_module_level=True)

START = ["WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "FIRST_PLAY"]


@pytest.fixture(scope="module")
def instance() -> Iterator[Any]:
    made = vlc.Instance("--vout=dummy", "--aout=dummy", "--no-video-title-show", "--quiet")
    yield made
    made.release()


@pytest.fixture
def player(instance: Any) -> Iterator[Any]:
    made = instance.media_player_new()
    yield made
    made.release()


def test_player_is_measured_whoever_commands_it(instance: Any, player: Any, video: Path) -> None:
    with Witness() as witness, playertrack_vlc.track(player, witness.tracker, entry_id="1_a"):
        media = instance.media_new(str(video))
        player.set_media(media)
        media.release()
        player.play()
        witness.until("PLAY")
        witness.until_at(0.5)
        player.set_time(4000)
        seek = witness.until("SEEK")
        assert (seek.target, seek.entry_id, seek.duration) == (4.0, "1_a", 6.0)
        witness.until_at(4.1)
        player.set_pause(1)
        witness.until("PAUSE")
        player.set_time(1000)
        assert witness.until("SEEK", 2).target == pytest.approx(1.0, abs=0.1)
        player.set_rate(2.0)
        player.play()
        assert witness.until("SPEED").rate == 2.0
        witness.until("PLAY_REACHED_100")
    reported = witness.names
    assert reported[:5] == START
    assert [name for name in reported[5:] if not name.startswith("PLAY_REACHED")] in (
        ["SEEK", "PAUSE", "SEEK", "RESUME", "SPEED"],
        ["SEEK", "PAUSE", "SEEK", "SPEED", "RESUME"],
    )


def test_commands_of_the_binding(player: Any, video: Path) -> None:
    with Witness() as witness, playertrack_vlc.track(player, witness.tracker) as binding:
        binding.load(str(video), entry_id="1_b")
        binding.play()
        witness.until("PLAY")
        binding.seek(3.0)
        assert witness.until("SEEK").target == 3.0
        binding.rate(2.0)
        assert witness.until("SPEED").rate == 2.0
        binding.pause()
        witness.until("PAUSE")
        binding.play()
        witness.until("RESUME")
        witness.until("PLAY_REACHED_100")
        binding.play()
        again = witness.until("REPLAY")
        assert (again.entry_id, again.index) == ("1_b", 1)
        witness.until("PLAY", 2)
        binding.stop()
        witness.until_signal("stop")
    assert not {"BUFFER_START", "ERROR"} & set(witness.names)


def test_player_is_left_as_it_was(instance: Any, player: Any, video: Path) -> None:
    received = threading.Event()
    own = player.event_manager()
    player.set_media(instance.media_new(str(video)))
    player.play()
    before = set(vars(player))
    with Witness() as witness, playertrack_vlc.track(player, witness.tracker):
        own.event_attach(vlc.EventType.MediaPlayerTimeChanged, lambda _: received.set())
        witness.until("PLAY")
    reported = len(witness.signals)
    received.clear()
    assert received.wait(20.0), "the program's own listener receives nothing any more"
    assert player.is_playing()
    assert set(vars(player)) == before
    own.event_detach(vlc.EventType.MediaPlayerTimeChanged)
    player.stop()
    assert len(witness.signals) == reported
    assert witness.signals[-1].name == "close"


def test_player_released_under_the_binding_is_an_end(instance: Any, video: Path) -> None:
    player = instance.media_player_new()
    with Witness() as witness, playertrack_vlc.track(player, witness.tracker) as binding:
        binding.load(str(video))
        binding.play()
        witness.until("PLAY")
        player.release()
        witness.until_signal("stop")
        with pytest.raises(PlayertrackError, match="seek: the player is gone"):
            binding.seek(1.0)
        assert "gone" in repr(binding)


def test_playback_that_started_before_is_followed_from_there_on(
    instance: Any, player: Any, video: Path
) -> None:
    player.set_media(instance.media_new(str(video)))
    with Witness() as first, playertrack_vlc.track(player, first.tracker) as binding:
        binding.play()
        first.until("PLAY")
        first.until_at(1.0)
    with Witness() as second, playertrack_vlc.track(player, second.tracker):
        assert second.until("PLAY").position >= 1.0
        player.set_pause(1)
        second.until("PAUSE")
    assert second.until("PAUSE").duration == 6.0


def test_players_side_by_side(instance: Any, video: Path) -> None:
    players = [instance.media_player_new() for _ in range(3)]
    witness = [Witness() for _ in players]
    bindings = [
        playertrack_vlc.track(player, watch.tracker, entry_id=f"1_{n}")
        for n, (player, watch) in enumerate(zip(players, witness, strict=True))
    ]
    for binding in bindings:
        binding.load(str(video))
        binding.play()
    for n, watch in enumerate(witness):
        assert watch.until("PLAY_REACHED_25").entry_id == f"1_{n}"
    for player, binding, watch in zip(players, bindings, witness, strict=True):
        binding.detach()
        player.release()
        with watch:
            pass


def test_raw_recording_gives_the_same_events(player: Any, video: Path, tmp_path: Path) -> None:
    raw = tmp_path / "raw.jsonl"
    with (
        Witness() as witness,
        playertrack_vlc.track(player, witness.tracker, record_raw=raw) as binding,
    ):
        binding.load(str(video))
        binding.play()
        witness.until_at(0.5)
        binding.seek(5.0)
        witness.until("PLAY_REACHED_100")
    fleet, translator = Fleet(policy=Translator.policy), Translator()
    lines = raw.read_text().splitlines()
    signals = [s for line in lines for s in translator.translate(json.loads(line))]
    again = [event.event for s in signals for event in fleet.feed(None, s)]
    assert [name for name in again if name != "VIEW"] == witness.names
    assert str(video.parent) not in raw.read_text()


def test_player_is_measured_once(instance: Any, player: Any) -> None:
    items = instance.media_list_player_new()
    items.set_media_player(player)
    with Witness() as first, playertrack_vlc.track(player, first.tracker):
        for again in (player, items):
            with Witness() as second:
                with pytest.raises(PlayertrackError, match=r"measured already, by <VlcBinding"):
                    playertrack_vlc.track(again, second.tracker)
                assert second.signals == []
    with Witness() as third, playertrack_vlc.track(player, third.tracker):
        pass
    items.release()


def test_list_player_is_measured_by_the_player_of_its_items(instance: Any, video: Path) -> None:
    items = instance.media_list_player_new()
    items.set_media_list(instance.media_list_new([str(video), str(video)]))
    with Witness() as witness, playertrack_vlc.track(items, witness.tracker):
        items.play()
        witness.until("PLAY")
        items.next()
        witness.until("PLAY", 2)
        items.stop()
    assert witness.names.count("MEDIA_LOADED") == 2
    items.release()


@pytest.mark.parametrize("other", [object(), None, "clip.mp4"])
def test_what_is_no_player_is_refused_with_what_is_expected(other: Any) -> None:
    with Witness() as witness, pytest.raises(TypeError, match=r"vlc\.MediaPlayer or"):
        playertrack_vlc.track(other, witness.tracker)
    assert witness.names == []


def test_players_own_repetition_is_a_replay(instance: Any, player: Any, video: Path) -> None:
    media = instance.media_new(str(video), ":input-repeat=3")
    with Witness() as witness, playertrack_vlc.track(player, witness.tracker):
        player.set_media(media)
        player.play()
        witness.until_at(0.3)
        player.set_time(4800)
        witness.until("SEEK")
        witness.until("REPLAY")
        witness.until("PLAY", 2)
    assert [name for name in witness.names[5:10] if name != "VIEW"] == [
        *("SEEK", "PLAY_REACHED_100", "REPLAY", "PLAY_REQUEST", "PLAY")
    ]
    media.release()


def test_media_is_called_as_what_it_was_however_soon_other_media_follows(
    instance: Any, player: Any
) -> None:
    """One that is broken fails at once, and a program goes on at once."""
    gate = threading.Event()

    def name(media: str) -> str:
        gate.wait(20.0)
        return Path(media).stem

    with (
        Witness() as witness,
        playertrack_vlc.track(player, witness.tracker, entry_id=name),
    ):
        for each in ("first", "broken", "last"):
            media = instance.media_new(f"{each}.mp4")
            player.set_media(media)
            media.release()
        gate.set()
        witness.until("MEDIA_LOADED", 3)
    loaded = [event.entry_id for event in witness.events if event.event == "MEDIA_LOADED"]
    assert loaded == ["first", "broken", "last"]
