"""The session state that trackEvent wants with each event: index, sums, flags (wire, 2)."""

from __future__ import annotations

from typing import Self

import attrs

from ...events import Error, Event, FlavorSwitch, MediaLoaded, SourceSelected, Speed, View

#: Seconds without a VIEW after which the server forgets the sums of a session.
FORGETS_AFTER = 30.0

#: Behind the live edge by this much (s), it is playback from the window of the past.
_DVR_DISTANCE = 120.0
#: Nearer than this (s) is the live edge itself.
_EDGE = 1.0

#: Where an error was: before the play request, before the first frame, after it.
PRE_PLAY, PRE_PLAYING, MID_STREAM = 3, 1, 2


@attrs.frozen(kw_only=True)
class Viewing:
    """A session as the server sees it: a value, made anew by each event.

    ``index``: of the last event that was sent. ``play_time_sum`` and ``buffer_time_sum`` (s)
    are of the VIEWs since the server last forgot, ``viewed`` the time of the last of them.
    ``bitrate`` (kbit/s) is the present one; ``weighted`` is its sum over the seconds ``timed``
    in which playback was on, as it is since ``since``.
    """

    index: int = 0
    live: bool = False
    rate: float = 1.0
    requested: bool = False
    played: bool = False
    viewed: float | None = None
    play_time_sum: float = 0.0
    buffer_time_sum: float = 0.0
    bitrate: float | None = None
    weighted: float = 0.0
    timed: float = 0.0
    since: float | None = None

    @classmethod
    def begin(cls, repeated: Viewing | None, before: Viewing | None) -> Self:
        """A new session of a player that had ``before``; ``repeated`` is the one it replays."""
        before = before or repeated
        return cls(
            live=repeated is not None and repeated.live,
            bitrate=None if repeated is None else repeated.bitrate,
            rate=1.0 if before is None else before.rate,
        )

    def after(self, event: Event, *, sent: bool) -> Self:
        """The session with ``event`` in it; ``sent`` is True if the server receives it."""
        now = self._remembered(event.at)._counted(event.at)
        now = now._noted(event)
        if not sent:
            return now
        if isinstance(event, View):
            now = attrs.evolve(
                now,
                viewed=event.at,
                play_time_sum=now.play_time_sum + event.play_time,
                buffer_time_sum=now.buffer_time_sum + event.buffer_time,
            )
        return attrs.evolve(now, index=now.index + 1)

    def _remembered(self, at: float) -> Self:
        """Begun again if the server has forgotten by then: index at 1, sums at 0."""
        if self.viewed is None or at - self.viewed <= FORGETS_AFTER:
            return self
        return attrs.evolve(
            self,
            index=0,
            viewed=None,
            play_time_sum=0.0,
            buffer_time_sum=0.0,
            weighted=0.0,
            timed=0.0,
            since=None if self.since is None else at,
        )

    def _counted(self, at: float) -> Self:
        """The bitrate counted up to ``at``."""
        if self.since is None or self.bitrate is None:
            return self
        seconds = max(0.0, at - self.since)
        return attrs.evolve(
            self,
            weighted=self.weighted + self.bitrate * seconds,
            timed=self.timed + seconds,
            since=at,
        )

    def _noted(self, event: Event) -> Self:
        """The session with what ``event`` says of the time after it."""
        match event:
            case MediaLoaded():
                return attrs.evolve(self, live=event.live)
            case Speed():
                return attrs.evolve(self, rate=event.rate)
            case FlavorSwitch() | SourceSelected() if event.bitrate is not None:
                since = None if self.since is None else event.at
                return attrs.evolve(self, bitrate=float(event.bitrate), since=since)
            case Error(fatal=True):
                return attrs.evolve(self, since=None)
        match event.event:
            case "PLAY_REQUEST":
                return attrs.evolve(self, requested=True)
            case "PLAY":
                return attrs.evolve(self, played=True, since=event.at)
            case "RESUME":
                return attrs.evolve(self, since=event.at)
            case "PAUSE":
                return attrs.evolve(self, since=None)
        return self

    @property
    def average_bitrate(self) -> float:
        """Over the time of playback (kbit/s); 0 if unknown, as the plugin has it."""
        if self.timed > 0.0:
            return self.weighted / self.timed
        return self.bitrate or 0.0

    @property
    def error_position(self) -> int:
        """Where an error of now is."""
        if self.played:
            return MID_STREAM
        return PRE_PLAYING if self.requested else PRE_PLAY

    def position(self, event: Event) -> float:
        """The playhead (s); on live media how far behind the edge it is, as a negative number."""
        position = event.position or 0.0
        if not self.live:
            return position
        behind = (event.duration or 0.0) - position
        return 0.0 if behind < _EDGE else -behind

    def playback_type(self, event: Event) -> str:
        """``vod``, ``live`` or ``dvr``."""
        if not self.live:
            return "vod"
        return "dvr" if self.position(event) <= -_DVR_DISTANCE else "live"
