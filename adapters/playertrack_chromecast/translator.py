"""The media statuses of a Chromecast as signals.

A status arrives when something changes, or on request. A seek shows as a `current_time` that
playback does not explain, usually with BUFFERING until it is complete.
"""

from __future__ import annotations

from typing import Any, ClassVar

from playertrack import Policy, signals
from playertrack.live.adapter import entry_name
from playertrack.signals import Signal
from playertrack.trace.polled import PolledPosition
from playertrack.trace.recording import Command
from playertrack.trace.translator import PlayerTranslator

from .records import MediaStatus, read

#: A position further than this (s) from where playback should be is a seek.
_JUMP = 1.0


class Translator(PlayerTranslator):
    """Translates the statuses of one receiver.

    ``policy``: every seek shows in a status, since each is one.
    """

    policy: ClassVar[Policy] = Policy(infer_seeks=False)

    def __init__(self) -> None:
        super().__init__()
        self._session: int | None = None
        self._entry: str | None = None
        self._state = "IDLE"
        self._started = self._seeking = self._live = False
        self._duration: float | None = None
        self._place = PolledPosition()

    def _translate(self, record: dict[str, Any]) -> list[Signal]:
        report = read(record)
        made: list[Signal] = []
        match report:
            case MediaStatus():
                made += self._at_status(report)
            case Command(kind="app.close"):
                made.append(signals.Close(at=report.t))
        return made

    def _at_status(self, report: MediaStatus) -> list[Signal]:
        at = report.t
        made: list[Signal] = []
        number = report.media_session_id
        unnamed = self._entry is None and report.content_id is not None
        if unnamed or number not in (None, self._session):
            made += self._load(report)
        if self._entry is None:
            return made
        made += self._at_media(report)
        if report.playback_rate is not None and self._place.set_rate(at, report.playback_rate):
            made.append(signals.RateChange(at=at, rate=report.playback_rate))
        state = report.player_state or self._state
        if state == "IDLE":
            return made + self._at_idle(report)
        if report.current_time is not None:
            made += self._at_time(at, max(0.0, report.current_time), state)
        return made + self._at_state(at, state)

    def _load(self, report: MediaStatus) -> list[Signal]:
        """A media session is new with each load; one that starts idle has nothing to play yet."""
        if report.player_state == "IDLE" and report.idle_reason is not None:
            return []  # it is over already
        if report.media_session_id is not None:
            self._session = report.media_session_id
        self._entry = report.title or entry_name(report.content_id or "media")
        self._state, self._started, self._seeking = "IDLE", False, False
        self._live, self._duration = report.stream_type == "LIVE", None
        self._place.reset()
        at = report.t
        return [
            signals.Loaded(at=at, entry_id=self._entry, live=self._live),
            signals.Play(at=at),
        ]

    def _at_media(self, report: MediaStatus) -> list[Signal]:
        if report.stream_type == "LIVE" and not self._live:
            self._live = True
            return [signals.DurationChange(at=report.t, duration=None, live=True)]
        length = report.duration
        if self._live or length is None or length <= 0.0 or length == self._duration:
            return []
        self._duration = length
        return [signals.DurationChange(at=report.t, duration=length)]

    def _at_idle(self, report: MediaStatus) -> list[Signal]:
        before, self._state = self._state, "IDLE"
        if before == "IDLE" and report.idle_reason != "ERROR":
            return []
        at = report.t
        self._place.run(at, False)
        match report.idle_reason:
            case "FINISHED":
                return [signals.Ended(at=at)]
            case "ERROR":
                self._entry = None
                return [signals.Error(at=at, code="ERROR", message="the receiver cannot play it")]
            case "CANCELLED" | "INTERRUPTED":
                return [signals.Stop(at=at)]
        return []

    def _at_time(self, at: float, position: float, state: str) -> list[Signal]:
        expected = self._place.expected(at)
        if expected is None and not self._started:
            self._place.move(at, position)
            return [signals.TimeUpdate(at=at, position=position)]
        # Only positions reported while it plays run on; a rebuffer starts before its status.
        early = state == "BUFFERING" and self._place.position is not None
        least = self._place.position if early and self._place.position is not None else expected
        if expected is None or least is None or least - _JUMP <= position <= expected + _JUMP:
            return self._place.answer(at, position)
        self._place.move(at, position)
        if state == "BUFFERING":
            self._seeking = True
            return [signals.Seeking(at=at, position=position)]
        return [signals.Seek(at=at, position=position)]

    def _at_state(self, at: float, state: str) -> list[Signal]:
        before, self._state = self._state, state
        if state == before or state not in ("PLAYING", "PAUSED", "BUFFERING"):
            return []
        self._place.run(at, state == "PLAYING")
        made: list[Signal] = []
        if state != "BUFFERING" and self._seeking:
            self._seeking = False
            made.append(signals.Seeked(at=at, position=self._place.position))
        match state:
            case "PLAYING":
                if before == "PAUSED" or (before == "IDLE" and self._started):
                    made.append(signals.Play(at=at))
                self._started = True
                made.append(signals.Playing(at=at))
            case "PAUSED":
                made.append(signals.Pause(at=at))
            case "BUFFERING" if self._started and before == "PLAYING":
                made.append(signals.Stall(at=at))
        return made
