"""The events and properties of mpv as signals.

mpv tells nearly everything. What has to be told apart: a `playback-restart` is the start of
playback or the end of a seek, a pause at the end is mpv's own when it keeps the file open,
and the length of a live stream is only that of what was read so far.
"""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from playertrack import Policy, signals
from playertrack.signals import Signal
from playertrack.trace.recording import Command, Record

from .records import EndFile, Loop, Poll, Seconds, Speed, Switch, Text, read

#: A length that grows by more than this (s) is no duration; estimates are mended by less.
_GROWTH = 0.5

_NOT_LOOPING = (None, False, "no")


@attrs.define
class _File:
    """One file, from `start-file` to `end-file`."""

    begun: bool = False
    playing: bool = False
    seeking: bool = False
    target: float | None = None
    waiting: bool = False
    at_end: bool = False
    length: float | None = None
    live: bool = False
    fixed: bool = False
    partial: bool = False
    hls: bool = False


class Translator:
    """Translates the records of one mpv; one object a player.

    ``policy`` is what suits mpv: it reports every seek, and where each frame is, so that
    nothing plays unseen in a stall.
    """

    policy: ClassVar[Policy] = Policy(infer_seeks=False, stall_credit=0.25)

    def __init__(self) -> None:
        self._ready = False
        self._requested = False
        self._paused = False
        self._loop = False
        self._rate = 1.0
        self._file: _File | None = None

    def translate(self, record: dict[str, Any]) -> list[Signal]:
        """The signals that a record stands for; raises `TranslationError` if it is malformed."""
        told = read(record)
        made: list[Signal] = []
        if not self._ready:
            self._ready = True
            made.append(signals.Ready(at=told.t))
        match told:
            case Command():
                made += self._command(told)
            case Speed():
                made += self._at_rate(told.t, told.value)
            case Loop():
                made += self._at_loop(told.t, told.value not in _NOT_LOOPING)
            case Switch(kind="prop.pause"):
                made += self._at_pause(told.t, told.value is True)
            case Record(kind="start-file"):
                made += self._start(told.t)
            case Record(kind="shutdown"):
                made.append(signals.Close(at=told.t))
            case _ if self._file:
                made += self._in_file(told, self._file)
        return made

    def finish(self) -> list[Signal]:
        """What is held back, when no record will tell more: nothing."""
        return []

    def _command(self, told: Command) -> list[Signal]:
        """Most commands are told by what they change."""
        at = told.t
        if told.args and isinstance(told.args[0], str):
            self._file = None  # what comes until `start-file` is of the one before
            return [signals.Loaded(at=at, entry_id=told.args[0], loop=self._loop)]
        match told.kind:
            case "app.play":
                self._requested = True
                return [signals.Play(at=at)]
            case "app.replay":
                self._requested = True
                return [signals.Replay(at=at)]
            case "app.stop" if self._file:
                self._file = None  # what comes until `end-file` is of no interest
                return [signals.Stop(at=at)]
            case "app.close":
                return [signals.Close(at=at)]
        return []

    def _start(self, at: float) -> list[Signal]:
        requested, self._requested = self._requested, False
        self._file = _File()
        return [] if requested or self._paused else [signals.Play(at=at)]

    # ----------------------------------------------- properties that outlive a file

    def _at_rate(self, at: float, rate: float) -> list[Signal]:
        if rate == self._rate:
            return []
        self._rate = rate
        return [signals.RateChange(at=at, rate=rate)]

    def _at_loop(self, at: float, loop: bool) -> list[Signal]:
        if loop == self._loop:
            return []
        self._loop = loop
        length = None if self._file is None or self._file.live else self._file.length
        return [signals.DurationChange(at=at, duration=length, loop=loop)]

    def _at_pause(self, at: float, paused: bool) -> list[Signal]:
        changed, self._paused = paused != self._paused, paused
        file = self._file
        if not changed or file is None or file.at_end:
            return []
        if paused:
            file.playing = False
            return [signals.Pause(at=at)]
        return [signals.Play(at=at), *self._run(at, file)]

    # ----------------------------------------------------------------- in a file

    def _in_file(self, told: Record, file: _File) -> list[Signal]:
        at = told.t
        match told:
            case Seconds(kind="prop.time-pos", value=float(position)):
                return self._at_position(at, file, max(0.0, position))
            case EndFile():
                self._file = None
                return self._end(told, file)
            case Record(kind="seek"):
                file.seeking, file.at_end, file.target = True, False, None
                return [signals.Seeking(at=at)]
            case Record(kind="playback-restart"):
                return self._restart(at, file)
        return self._at_property(told, file)

    def _at_property(self, told: Record, file: _File) -> list[Signal]:
        at = told.t
        match told:
            case Seconds(kind="prop.duration", value=float(length)) | Poll(duration=float(length)):
                return self._at_length(at, file, length)
            case Text(kind="prop.file-format"):
                file.hls = told.value == "hls"
                return self._at_length(at, file, file.length)
            case Switch(kind="prop.seekable"):
                file.fixed = told.value is False
                return self._at_length(at, file, file.length)
            case Switch(kind="prop.partially-seekable"):
                file.partial = told.value is True
                return self._at_length(at, file, file.length)
            case Switch(kind="prop.paused-for-cache"):
                return self._at_cache(at, file, told.value is True)
            case Switch(kind="prop.eof-reached", value=True) if not file.at_end:
                file.at_end, file.playing = True, False
                return [signals.Ended(at=at)]
        return []

    def _at_position(self, at: float, file: _File, position: float) -> list[Signal]:
        """In a seek the first position is its target."""
        if file.seeking:
            file.target = position
        elif file.at_end or not file.begun:
            return []
        return [signals.TimeUpdate(at=at, position=position)]

    def _run(self, at: float, file: _File) -> list[Signal]:
        """`playing` once whenever nothing is in the way of the clock any more."""
        if self._paused or file.playing or not file.begun or file.seeking or file.waiting:
            return []
        file.playing = True
        return [signals.Playing(at=at)]

    def _restart(self, at: float, file: _File) -> list[Signal]:
        sought, file.seeking = file.seeking, False
        file.begun, self._requested = True, False
        landed = [signals.Seeked(at=at, position=file.target)] if sought else []
        return [*landed, *self._run(at, file)]

    def _at_cache(self, at: float, file: _File, waiting: bool) -> list[Signal]:
        if waiting == file.waiting:
            return []
        file.waiting = waiting
        if waiting:
            return [signals.Stall(at=at)]
        return [signals.StallEnd(at=at), *self._run(at, file)]

    def _at_length(self, at: float, file: _File, length: float | None) -> list[Signal]:
        """A live stream shows in a length that grows, or in one that cannot be sought in.

        That is so, too, if it can be in the cache alone.
        """
        known, was_live = file.length, file.live
        grew = known is not None and length is not None and length > known + _GROWTH
        file.length = length
        file.live = was_live or grew or (file.hls and (file.fixed or file.partial))
        if file.live:
            return [] if was_live else [signals.DurationChange(at=at, duration=None, live=True)]
        if length == known or length is None or length <= 0.0:
            return []
        return [signals.DurationChange(at=at, duration=length)]

    def _end(self, told: EndFile, file: _File) -> list[Signal]:
        at = told.t
        match told.reason:
            case "eof" if not file.at_end:
                return [signals.Ended(at=at)]
            case "stop":
                return [signals.Stop(at=at)]
            case "error":
                why = told.file_error or "error"
                return [signals.Error(at=at, code=why, message=why)]
        return []
