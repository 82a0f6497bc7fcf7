"""The binding of mpv, with a core that says when what comes."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

from playertrack.testing.witness import Witness
from playertrack_mpv.binding import MpvBinding

_Event = tuple[str, dict[str, Any]]

_RESTART = "playback-restart"


class ScriptedCore:
    """Reports batches of events, each when the one before is dealt with; with each it is there."""

    def __init__(self, *batches: tuple[float, list[str | _Event]]) -> None:
        self._batches = deque(batches)
        self._events: deque[str | _Event] = deque()
        self._position: float | None = None
        self._woken = threading.Event()

    def observe(self, name: str) -> None:
        pass

    def next(self, timeout: float) -> _Event | None:
        if not self._events and timeout != 0.0:
            if not self._batches:
                self._woken.wait(None if timeout < 0.0 else timeout)
                return None
            self._position, events = self._batches.popleft()
            self._events.extend(events)
        if not self._events:
            return None
        event = self._events.popleft()
        return (event, {}) if isinstance(event, str) else event

    def wake(self) -> None:
        self._woken.set()

    def command(self, *words: str) -> None:
        pass

    def set(self, name: str, value: str) -> None:
        pass

    def get(self, name: str) -> str | None:
        known = {"playlist-count": "1", "playlist/0/id": "1", "playlist/0/filename": "clip.mp4"}
        return known.get(name)

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
