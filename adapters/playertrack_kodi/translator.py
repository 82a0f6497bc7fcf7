"""Translates the reports of Kodi to signals.

Its notifications report everything but positions and stalls, for which Kodi is polled. A negative
speed rewinds: the place where that ends is the target of a seek.
"""

from __future__ import annotations

from typing import Any, ClassVar

from playertrack import Policy, signals
from playertrack.live.adapter import entry_name
from playertrack.signals import Signal
from playertrack.trace.polled import PolledPosition
from playertrack.trace.recording import Command, Record
from playertrack.trace.translator import PlayerTranslator

from .records import Called, Notification, Poll, Properties, read, seconds

#: Players 0 and 1 are sound and video, 2 shows pictures.
_PICTURES = 2


class Translator(PlayerTranslator):
    """Translates the records of one Kodi.

    ``policy``: each seek has its notification, so an unreported jump is none.
    """

    policy: ClassVar[Policy] = Policy(infer_seeks=False)

    def __init__(self) -> None:
        super().__init__()
        self._entry: str | None = None
        self._started = self._over = self._winding = self._chapter = False
        self._paused = False
        self._length: float | None = None
        self._live = False
        self._place = PolledPosition()

    def _translate(self, record: dict[str, Any]) -> list[Signal]:
        report = read(record)
        if isinstance(report, Notification) and report.player.get("playerid") == _PICTURES:
            return []
        return self._signals_of(report)

    def _signals_of(self, report: Record) -> list[Signal]:
        at = report.t
        match report:
            case Notification(kind="Player.OnPlay"):
                return self._play(at, report.entry)
            case Called(kind="onPlayBackStarted"):
                media = report.args[0] if report.args else None
                return self._play(at, entry_name(media) if isinstance(media, str) else None)
            case Command(args=[str(entry_id), *_]):
                return self._open(at, entry_id)
            case Command(kind="app.close"):
                return [signals.Close(at=at)]
        return self._of_media(report) if self._entry is not None else []

    def _of_media(self, report: Record) -> list[Signal]:
        at = report.t
        match report:
            case Notification(kind="Player.OnSeek"):
                return self._at_seek(at, report.time("time"))
            case Called(kind="onPlayBackSeek"):
                return self._at_seek(at, report.number(0) / 1000)
            case Notification(kind="Player.OnSpeedChanged"):
                return self._at_speed(at, report.speed)
            case Called(kind="onPlayBackSpeedChanged"):
                return self._at_speed(at, report.number(0))
            case Notification(kind="Player.OnStop"):
                return self._stop(at, ended=report.ended)
            case Properties():
                return self._at_properties(report)
            case Poll():
                return self._at_poll(at, report.time, report.totaltime)
        return self._at_plain(at, report.kind)

    def _at_plain(self, at: float, kind: str) -> list[Signal]:
        match kind:
            case "Player.OnAVStart" | "onAVStarted":
                return self._run(at, [])
            case "Player.OnPause" | "onPlayBackPaused":
                return self._pause(at)
            case "Player.OnResume" | "onPlayBackResumed":
                return self._run(at, [signals.Play(at=at)])
            case "onPlayBackSeekChapter":
                self._chapter = True  # where it leads only the next position says
            case "onPlayBackEnded":
                return self._stop(at, ended=True)
            case "onPlayBackStopped":
                return self._stop(at, ended=False)
            case "onPlayBackError":
                self._over = True
                return [signals.Error(at=at, code="playback", message="Kodi cannot play it")]
        return []

    # ------------------------------------------------------------------ the course of it

    def _play(self, at: float, entry: str | None) -> list[Signal]:
        """Other media, the same again, or the end of a pause, as older versions report it."""
        same = self._entry is not None and entry in (None, self._entry)
        if same and self._paused and not self._over:
            return self._run(at, [signals.Play(at=at)])
        made = [] if same and self._over else self._open(at, entry or "media")
        self._over = self._started = False
        return [*made, signals.Play(at=at)]

    def _open(self, at: float, entry: str) -> list[Signal]:
        self._entry, self._length, self._live = entry, None, False
        self._started = self._over = self._winding = self._chapter = self._paused = False
        self._place.reset()
        return [signals.Loaded(at=at, entry_id=entry)]

    def _run(self, at: float, made: list[Signal]) -> list[Signal]:
        self._started, self._paused, self._over = True, False, False
        self._place.run(at, True)
        return [*made, signals.Playing(at=at)]

    def _pause(self, at: float) -> list[Signal]:
        self._paused = True
        self._place.run(at, False)
        return [signals.Pause(at=at)]

    def _stop(self, at: float, *, ended: bool) -> list[Signal]:
        if self._over:
            return []
        self._over, self._paused = True, False
        self._place.reset()
        return [signals.Ended(at=at) if ended else signals.Stop(at=at)]

    def _at_seek(self, at: float, position: float | None) -> list[Signal]:
        if position is None:
            self._chapter = True
            return []
        self._place.move(at, max(0.0, position))
        return [signals.Seek(at=at, position=max(0.0, position))]

    def _at_speed(self, at: float, speed: float | None) -> list[Signal]:
        if speed is None or self._over:
            return []
        if speed == 0.0:
            return [] if self._paused else self._pause(at)
        self._winding, winded = speed < 0.0, self._winding
        self._chapter = self._chapter or (winded and not self._winding)
        made = [signals.RateChange(at=at, rate=speed)] if self._place.set_rate(at, speed) else []
        if self._paused:
            return [*made, *self._run(at, [signals.Play(at=at)])]
        return list(made)

    # ------------------------------------------------------------------------- positions

    def _at_properties(self, report: Properties) -> list[Signal]:
        at = report.t
        made: list[Signal] = []
        if report.live and not self._live:
            self._live = True
            made.append(signals.DurationChange(at=at, duration=None, live=True))
        if self._started and report.speed is not None:
            made += self._at_speed(at, report.speed)
        return made + self._at_poll(
            at, seconds(report.time, "time"), seconds(report.totaltime, "totaltime")
        )

    def _at_poll(self, at: float, position: float | None, length: float | None) -> list[Signal]:
        made: list[Signal] = []
        if not self._live and length is not None and length > 0.0 and length != self._length:
            self._length = length
            made.append(signals.DurationChange(at=at, duration=length))
        if position is None or position < 0.0 or self._winding or self._over:
            return made
        if self._chapter:
            self._chapter = False
            return made + self._at_seek(at, position)
        return made + self._place.answer(at, position)
