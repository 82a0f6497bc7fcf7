"""Translates the reports of a player by MPRIS to signals.

There are few. Changes of the position are not reported, so it is polled, or known from `Seeked`
alone; the end is `Stopped`, or another track, near the length; stalls and errors are not reported.
"""

from __future__ import annotations

from math import inf
from typing import Any, ClassVar

from playertrack import Policy, signals
from playertrack.live.adapter import entry_name
from playertrack.signals import Signal
from playertrack.trace.polled import PolledPosition
from playertrack.trace.recording import Command
from playertrack.trace.translator import PlayerTranslator

from .records import Changed, Poll, Seeked, read, track_of

#: So near its length (s) a track that stops has ended.
_END = 2.0

#: So often (s) it is asked where it is; a longer silence shows that the process stood still.
_ASKED = 0.5

#: An answer so soon (s) after a silence is the first.
_FIRST = 1.0

#: A `Seeked` to so near (s) where playback is already is no seek, but a start.
_NO_SEEK = 0.5


class Translator(PlayerTranslator):
    """Translates the records of one player.

    ``policy``: `Seeked` reports every position that playback does not explain.
    """

    policy: ClassVar[Policy] = Policy(infer_seeks=False)
    ticks = _ASKED

    def __init__(self) -> None:
        super().__init__()
        self._track: tuple[str, ...] | None = None
        self._length: float | None = None
        self._status = "Stopped"
        self._place = PolledPosition()
        self._held = False  # the last answer, since playback does not explain it
        self._last = inf  # when a record came
        self._silent = 0.0  # how long none had come …
        self._until = -inf  # … before this time

    def _translate(self, record: dict[str, Any]) -> list[Signal]:
        report = read(record)
        if report.t - self._last > 2.0 * _ASKED:
            self._silent, self._until = report.t - self._last, report.t
        self._last = report.t
        made: list[Signal] = []
        match report:
            case Changed():
                made += self._at_properties(report)
            case Seeked() if self._track is not None:
                made += self._at_seeked(report.t, max(0.0, report.position / 1e6))
            case Poll(position=float(position)) if self._track is not None:
                made += self._at_position(report.t, max(0.0, position / 1e6))
            case Command(kind="app.close"):
                made.append(signals.Close(at=report.t))
        return made

    def _at_properties(self, report: Changed) -> list[Signal]:
        made: list[Signal] = []
        if (metadata := report.get("Metadata", dict)) is not None:
            made += self._at_metadata(report.t, metadata)
        rate = report.get("Rate", float)
        if rate is not None and self._place.set_rate(report.t, rate):
            made.append(signals.RateChange(at=report.t, rate=rate))
        if (position := report.get("Position", float)) is not None and self._track is not None:
            made += self._at_seeked(report.t, max(0.0, position / 1e6))
        if (status := report.get("PlaybackStatus", str)) is not None and self._track is not None:
            made += self._at_status(report.t, status)
        elif status is not None:
            self._status = status
        return made

    def _at_metadata(self, at: float, metadata: dict[str, Any]) -> list[Signal]:
        """Another track, or more of the same: the length often comes late."""
        track = track_of(metadata)
        length = metadata.get("mpris:length")
        seconds = length / 1e6 if isinstance(length, int | float) and length > 0 else None
        if track is None:
            return self._at_no_track(at)
        if track == self._track:
            if seconds is None or seconds == self._length:
                return []
            self._length = seconds
            return [signals.DurationChange(at=at, duration=seconds)]
        made: list[Signal] = self._over(at) if self._place.running and self._is_at_end(at) else []
        self._track, self._length = track, seconds
        self._place.reset()
        url, title = metadata.get("xesam:url"), metadata.get("xesam:title")
        name = entry_name(url) if isinstance(url, str) and url else title or entry_name(track[0])
        made.append(signals.Loaded(at=at, entry_id=str(name), duration=seconds))
        if self._status == "Playing":
            made += self._start(at)
        return made

    def _at_no_track(self, at: float) -> list[Signal]:
        """Nothing is played: a track that follows is another one, be it the same once more."""
        plays = self._track is not None and self._status != "Stopped"
        made = self._over(at) if plays else []
        self._track = None
        return made

    def _at_status(self, at: float, status: str) -> list[Signal]:
        before, self._status = self._status, status
        if status == before:
            return []
        match status:
            case "Playing":
                return self._start(at)
            case "Paused":
                self._place.run(at, False)
                return [signals.Pause(at=at)]
            case "Stopped":
                return self._over(at)
        return []

    def _start(self, at: float) -> list[Signal]:
        if self._place.position is None:
            self._place.move(at, 0.0)
        self._place.run(at, True)
        return [signals.Play(at=at), signals.Playing(at=at)]

    def _over(self, at: float) -> list[Signal]:
        ended = self._is_at_end(at)
        self._place.reset()
        return [signals.Ended(at=at) if ended else signals.Stop(at=at)]

    def _is_at_end(self, at: float) -> bool:
        position = self._place.expected(at)
        known = position is not None and self._length is not None
        return known and (position or 0.0) >= (self._length or 0.0) - _END

    def _at_seeked(self, at: float, position: float) -> list[Signal]:
        self._held = False
        if abs(position - (self._place.expected(at) or 0.0)) <= _NO_SEEK:
            return self._at_position(at, position)
        self._place.move(at, position)
        return [signals.Seek(at=at, position=position)]

    def _at_position(self, at: float, position: float) -> list[Signal]:
        """Playback is there, or it will be said that it was sought.

        The answer to a poll may be quicker than the `Seeked`, or the next track, that explains it.
        """
        if self._status == "Stopped":
            return []
        before, expected = self._place.position, self._place.expected(at) or 0.0
        if at - self._until <= _FIRST:
            expected += self._silent  # a start or a seek may be reported so late
        explained = before is None or before <= position <= expected + _NO_SEEK
        self._held = not (explained or self._held)
        return [] if self._held else self._place.answer(at, position)
