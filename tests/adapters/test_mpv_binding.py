"""The binding of mpv, with a core that says when what comes."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

import pytest

from playertrack.testing.witness import Witness
from playertrack_mpv.binding import MpvBinding

_Event = tuple[str, dict[str, Any]]

_RESTART = "playback-restart"


class ScriptedCore:
    """Reports batches of events, each when the one before is dealt with; with each it is there."""

    def __init__(self, *batches: tuple[float, list[str | _Event]]) -> None:
        self._batches: SimpleQueue[tuple[float, list[str | _Event]] | None] = SimpleQueue()
        self._events: deque[str | _Event] = deque()
        self._position: float | None = None
        self.commands: list[tuple[str, ...]] = []
        self.properties = {"playlist-count": "1", "playlist/0/id": "1"}
        self.properties["playlist/0/filename"] = "clip.mp4"
        self.report(*batches)

    def report(self, *batches: tuple[float, list[str | _Event]]) -> None:
        for batch in batches:
            self._batches.put(batch)

    def begin(self, position: float) -> None:
        """It plays already."""
        self._position = position
        self.properties["time-pos"] = str(position)

    def waits(self, *events: str | _Event) -> None:
        """These were reported before anything is asked."""
        self._events.extend(events)

    def observe(self, name: str) -> None:
        pass

    def next(self, timeout: float) -> _Event | None:
        if not self._events and timeout != 0.0:
            with suppress(Empty):
                batch = self._batches.get(timeout=None if timeout < 0.0 else timeout)
                if batch is not None:
                    self._position, events = batch
                    self._events.extend(events)
        if not self._events:
            return None
        event = self._events.popleft()
        return (event, {}) if isinstance(event, str) else event

    def wake(self) -> None:
        self._batches.put(None)

    def command(self, *words: str) -> None:
        self.commands.append(words)

    def set(self, name: str, value: str) -> None:
        pass

    def get(self, name: str) -> str | None:
        return self.properties.get(name)

    def seconds(self, name: str) -> float | None:
        return self._position if name == "time-pos" else None

    def destroy(self) -> None:
        pass


def paused_at(position: float) -> list[tuple[float, list[str | _Event]]]:
    return [
        (0.0, [("start-file", {"playlist_entry_id": 1}), "file-loaded"]),
        (0.0, [("prop.duration", {"value": 6.0}), _RESTART]),
        (position, [("prop.pause", {"value": True})]),
    ]


def test_seek_that_was_given_before_the_last_one_was_done_has_its_target() -> None:
    """At its end mpv is at the next one's target already, and says nothing more of that."""
    core = ScriptedCore(
        *paused_at(0.4), (3.7, ["seek"]), (4.0, [_RESTART, "seek"]), (4.0, [_RESTART])
    )
    with Witness() as witness, MpvBinding(lambda: core, witness.tracker):
        assert witness.until("SEEK").target == 4.0


def test_seek_to_where_it_is_has_its_target() -> None:
    core = ScriptedCore(*paused_at(0.4), (0.4, ["seek"]), (0.4, [_RESTART]))
    with Witness() as witness, MpvBinding(lambda: core, witness.tracker):
        assert witness.until_signal("seeked").position == 0.4


def test_what_mpv_says_of_the_file_before_is_not_of_the_one_that_is_loaded() -> None:
    """With keep-open it is at the end of that, and could be sought there, for a moment more."""
    core = ScriptedCore(*paused_at(6.0), (6.0, [("prop.eof-reached", {"value": True})]))
    with Witness() as witness, MpvBinding(lambda: core, witness.tracker) as binding:
        witness.until_signal("pause")
        core.properties["eof-reached"] = "yes"
        binding.load("next.mp4")
        binding.seek(3.0)
        binding.play()
        assert core.commands == [("stop",), ("loadfile", "next.mp4")]
        core.properties["playlist/0/filename"] = "next.mp4"
        del core.properties["eof-reached"]
        core.report((6.0, ["seek"]), *paused_at(0.0), (3.0, ["seek"]), (3.0, [_RESTART]))
        assert witness.until("MEDIA_LOADED", 2).entry_id == "next"
        assert witness.until_signal("seeked").position == 3.0
        assert core.commands[2:] == [("seek", "3.0", "absolute")]


def test_end_says_where_it_is() -> None:
    """On a busy machine the position was last asked for well before, for so short a video."""
    core = ScriptedCore(
        (0.0, [("start-file", {"playlist_entry_id": 1}), "file-loaded"]),
        (0.0, [("prop.duration", {"value": 1.0}), _RESTART]),
        (0.8, [("prop.speed", {"value": 1.0})]),
        (1.0, [("prop.eof-reached", {"value": True})]),
    )
    with Witness() as witness, MpvBinding(lambda: core, witness.tracker):
        witness.until_signal("ended")
    assert [signal.position for signal in witness.signals if signal.name == "timeupdate"][-1] == 1.0


def test_last_picture_is_not_played_after_a_seek_to_the_end() -> None:
    core = ScriptedCore(
        (0.0, [("start-file", {"playlist_entry_id": 1}), "file-loaded"]),
        (0.0, [("prop.duration", {"value": 6.0}), _RESTART]),
        (36.0, ["seek"]),
        (6.0, [_RESTART]),
        (5.96, [("prop.eof-reached", {"value": True})]),
    )
    with Witness() as witness, MpvBinding(lambda: core, witness.tracker):
        witness.until_signal("ended")
    assert [signal.position for signal in witness.signals if signal.name == "timeupdate"][-1] == 6.0
    assert "PLAY_REACHED_100" not in witness.names


def test_file_that_starts_while_it_is_caught_up_with_starts_once() -> None:
    start: list[str | _Event] = [
        ("start-file", {"playlist_entry_id": 1}),
        "file-loaded",
        _RESTART,
    ]
    core = ScriptedCore(
        (0.1, start),
        (6.0, [("end-file", {"reason": "eof"})]),
        (0.0, start),
        (0.1, [("prop.pause", {"value": True})]),
    )
    core.properties |= {"playlist-pos": "0", "pause": "no", "duration": "6.0"}
    core.begin(0.0)
    with Witness() as witness, MpvBinding(lambda: core, witness.tracker):
        witness.until_signal("pause")
    assert [signal.name for signal in witness.signals].count("loaded") == 2


STARTED_AT: list[str | _Event] = [
    ("start-file", {"playlist_entry_id": 1}),
    "file-loaded",
    "seek",
]


@pytest.mark.parametrize("done", [False, True], ids=["underway", "done"])
def test_seek_to_the_start_of_a_part_while_it_is_caught_up_with_is_none(done: bool) -> None:
    """mpv reports it after what it says of itself, or did before."""
    rest: list[str | _Event] = [] if done else [_RESTART]
    core = ScriptedCore(
        (2.04, rest or [("prop.speed", {"value": 1.0})]),
        (2.5, [("prop.pause", {"value": True})]),
    )
    core.waits(*STARTED_AT, *([_RESTART] if done else []))
    core.properties |= {"playlist-pos": "0", "pause": "no", "duration": "6.0", "start": "2"}
    core.properties |= {"end": "4", "seeking": "no" if done else "yes"}
    core.begin(2.0)
    with Witness() as witness, MpvBinding(lambda: core, witness.tracker):
        witness.until("PAUSE")
    assert [signal.name for signal in witness.signals].count("playing") == 1
    assert "SEEK" not in witness.names
    assert witness.until("PLAY").duration == 2.0
