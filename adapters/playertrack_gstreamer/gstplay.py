"""The messages of GstPlay as signals."""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from playertrack import Policy, signals
from playertrack.signals import Signal
from playertrack.trace.recording import Command, Record
from playertrack.trace.translator import TICK, PlayerTranslator

from .position_filter import Track, seconds
from .records import GSTPLAY, Duration, PlayError, PlayPoll, PlayState, Position, read

#: A seek that lands within this (s of content) of a target is the one to that target.
_NEAR = 0.5

#: An update this old (s) at most shows how far playback came since.
_RECENT = 0.5

#: A move of less (s of content) than this, beside what was played, is no seek …
_STEP = 0.15

#: … and than this, if the rate changed: that begins with a whole picture, maybe.
_PICTURES = 1.0


@attrs.define
class _Run:
    """One playback, from the state `buffering` to `stopped`.

    ``playing``: the last report. ``pending``: how many seeks, those by a change of rate
    among them, are not done. ``held_since``: it is held, for data or for a seek. ``rated``: the
    rate before the one of which a seek is not done, below 0 backwards.
    """

    begun: bool = False
    playing: bool = False
    waiting: bool = False
    held_since: float | None = None
    target: float | None = None
    pending: int = 0
    rated: float | None = None
    track: Track = attrs.field(factory=Track)


class GstPlayTranslator(PlayerTranslator):
    """Translates the records of one GstPlay; one object a player.

    ``policy`` is what suits it: all seeks are commanded, and it pauses to let a queue fill,
    so that little plays unseen in a stall. Its updates come late on a busy machine.
    """

    policy: ClassVar[Policy] = Policy(jump_tolerance=1.5, infer_seeks=False, stall_credit=0.5)
    ticks = TICK

    def __init__(self) -> None:
        super().__init__()
        self._requested = False
        self._rate = 1.0
        self._backwards = False
        self._run = _Run()

    def _translate(self, record: dict[str, Any]) -> list[Signal]:
        report = read(record, GSTPLAY)
        made: list[Signal] = []
        match report:
            case Command():
                made += self._command(report)
            case PlayState():
                made += self._at_state(report.t, report.play_state)
            case PlayError():
                # What comes after the first line is for GStreamer's makers, URLs among it.
                code, _, message = report.error.partition("\n")[0].partition(": ")
                made.append(signals.Error(at=report.t, code=code, message=message))
                self._run = _Run()
            case PlayPoll(rate=float(rate)) if self._run.begun and rate != 0.0:
                made += self._at_rate(report.t, rate)
            case _ if self._run.begun:
                made += self._in_run(report, self._run)
        return made

    # ------------------------------------------------------------------ commands

    def _command(self, report: Command) -> list[Signal]:
        at = report.t
        match report.args:
            case [str(media), *_]:
                self._run, self._requested = _Run(), False
                return [signals.Loaded(at=at, entry_id=media)]
            case [float(number), *_]:
                return self._to_number(at, report.kind, number)
        match report.kind:
            case "app.play" | "app.resume":
                self._requested = True
                return [signals.Play(at=at)]
            case "app.replay":
                self._requested = True
                return [signals.Replay(at=at)]
            case "app.close":
                return [signals.Close(at=at)]
        return []

    def _to_number(self, at: float, kind: str, number: float) -> list[Signal]:
        """A seek or a change of rate; both end with `seek-done`. Without playback both are lost."""
        run = self._run
        if kind == "app.seek" and number >= 0.0 and (run.begun or self._requested):
            run.target = number
            run.pending += 1
            return [signals.Seeking(at=at, position=number)]
        if kind == "app.rate" and number > 0.0 and number != self._rate:
            self._rate = number
            run.pending += run.begun
            return [signals.RateChange(at=at, rate=number)]
        return []

    # ------------------------------------------------------------------ messages

    def _at_rate(self, at: float, rate: float) -> list[Signal]:
        before, self._backwards = self._pace, rate < 0.0
        if rate != before:
            self._run.rated = before
        if self._backwards or rate == self._rate:
            return []
        self._rate = rate
        return [signals.RateChange(at=at, rate=rate)]

    @property
    def _pace(self) -> float:
        """How fast positions move."""
        return -self._rate if self._backwards else self._rate

    def _at_state(self, at: float, state: str) -> list[Signal]:
        run = self._run
        match state:
            case "buffering" | "playing" | "paused":
                run.begun, self._requested = True, False
        run.held_since = at if state == "buffering" and run.playing else None
        if state == "playing" and run.track.at is not None:  # it stood until now
            run.track.place(at, run.track.position)
        match state:
            case "playing" if not run.playing:
                run.playing, run.waiting = True, False
                return [signals.Playing(at=at)]
            case "playing" if run.waiting:
                run.waiting = False
                return [signals.StallEnd(at=at)]
            case "paused" if run.playing:
                run.playing = run.waiting = False
                return [signals.Pause(at=at)]
            case "stopped" if run.begun:
                self._run = _Run()
                return [signals.Stop(at=at)]
        return []

    def _in_run(self, report: Record, run: _Run) -> list[Signal]:
        at = report.t
        match report:
            case Position(kind="position-updated"):
                position = seconds(report.position)
                if run.track.believes(at, position, self._rate):
                    run.track.place(at, position)
                    return [signals.TimeUpdate(at=at, position=position)]
            case Position():
                return self._at_done(at, run, seconds(report.position))
            case Duration() if run.track.lasts(seconds(report.duration)):
                return [signals.DurationChange(at=at, duration=run.track.duration)]
            case Record(kind="buffering") if run.held_since is not None and not run.waiting:
                # Only for data it says at once how full the queue is.
                run.waiting = True
                return [signals.Stall(at=run.held_since)]
            case Record(kind="end-of-stream"):
                self._run = _Run()
                return [signals.Stop(at=at) if self._backwards else signals.Ended(at=at)]
        return []

    def _at_done(self, at: float, run: _Run, position: float) -> list[Signal]:
        """One seek is done: the last one, an earlier one, or a change of rate."""
        commanded, run.pending = run.pending > 0, max(0, run.pending - 1)
        if not commanded:
            return self._at_landing(at, run, position)
        if run.target is None or (run.pending and abs(position - run.target) > _NEAR):
            return []
        run.target, run.pending = None, 0
        run.track.place(at, position)
        return [signals.Seeked(at=at, position=position)]

    def _at_landing(self, at: float, run: _Run, position: float) -> list[Signal]:
        """An unreported seek, or a change of rate, which stays where playback is."""
        rated, run.rated = run.rated, None
        pace, step = (self._pace, _STEP) if rated is None else (rated, _PICTURES)
        began = at if run.held_since is None else run.held_since
        expected = run.track.expected(began, pace) if run.playing else run.track.position
        if abs(position - expected) <= step:
            return []
        recent = run.playing and run.track.at is not None and began - run.track.at <= _RECENT
        run.track.place(at, position)
        return [signals.Seek(at=at, position=position, origin=expected if recent else None)]
