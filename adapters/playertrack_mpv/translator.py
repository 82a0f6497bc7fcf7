"""The events and properties of mpv as signals.

mpv reports nearly everything. Some reports are ambiguous: a `playback-restart` is the start of
playback or the end of a seek, a pause at the end is mpv's own when it keeps the file open,
and the length of a stream may be only that of what was read so far.
"""

from __future__ import annotations

from typing import Any, ClassVar

from playertrack import Policy, signals
from playertrack.signals import Signal
from playertrack.trace.recording import Command, Record
from playertrack.trace.translator import TICK, Part, PlayerTranslator

from .asked import LATE, Asked
from .file import File
from .records import (
    Chapters,
    EndFile,
    Loop,
    Point,
    Poll,
    Seconds,
    Size,
    Speed,
    Switch,
    Text,
    Track,
    read,
)

#: A length that grows by more than this (s) is no duration; estimates are corrected by less.
_GROWTH = 0.5

#: `loop-file` counts down about when (s) the next round begins, before or after.
_COUNTS_DOWN = 0.1

#: A seek from so near (s of content) to the end that goes so near to the start is a new round,
#: of a program that was faster than mpv's word that the end was reached.
_LAST, _FIRST = 0.15, 0.1

#: So near (s of content) to the end of an A-B loop a seek is that of its next round.
_ROUND = 0.35

#: Playback that starts beyond this (s of content) was asked for, and so may be its end.
_PART = 0.5

#: An end further (s of content) from that of the file than this is not the file's.
_EARLY = 2.0

#: The language of a track that does not name one (ISO 639-2: undetermined).
_UNNAMED = "und"

_NOT_LOOPING = (None, False, "no")


class Translator(PlayerTranslator):
    """Translates the records of one mpv; one object a player.

    ``policy`` is what suits mpv: it reports every seek, and where each frame is, so that
    nothing plays unseen in a stall. Its answers come late on a busy machine.
    """

    policy: ClassVar[Policy] = Policy(jump_tolerance=1.5, infer_seeks=False, stall_credit=0.25)
    ticks = TICK

    def __init__(self) -> None:
        super().__init__()
        self._requested = False
        self._paused = False
        self._loop = False
        self._asked = Asked()
        self._loop_until: float | None = None  # it is switched off, which is not reported yet
        self._rate = 1.0
        self._fullscreen = False
        self._tracks: dict[str, object] = {}
        self._points: dict[str, float] = {}  # of an A-B loop
        self._file: File | None = None

    def _translate(self, record: dict[str, Any]) -> list[Signal]:
        report = read(record)
        made: list[Signal] = []
        made += self._end_loop(report.t)
        match report:
            case Command():
                made += self._command(report)
            case Record(kind="start-file"):
                made += self._start(report.t)
            case Record(kind="shutdown"):
                made.append(signals.Close(at=report.t))
            case _:
                made += self._lasting(report)
        return made

    def _lasting(self, report: Record) -> list[Signal]:
        """Properties that outlive a file, and else those of what is in it."""
        match report:
            case Speed():
                return self._at_rate(report.t, report.value)
            case Loop():
                return self._at_loop(report.t, report.value not in _NOT_LOOPING)
            case Switch(kind="prop.pause"):
                return self._at_pause(report.t, report.value is True)
            case Switch(kind="prop.fullscreen"):
                return self._at_fullscreen(report.t, report.value is True)
            case Point():
                self._set_point(report)
            case Track():
                return self._at_track(report)
            case _ if self._file:
                return self._in_file(report, self._file)
        return []

    def _command(self, report: Command) -> list[Signal]:
        """Most commands are reported by what they change."""
        at = report.t
        self._asked = Asked()
        if report.args and isinstance(report.args[0], str):
            self._file = None  # what comes until `start-file` is of the one before
            return [signals.Loaded(at=at, entry_id=report.args[0], loop=self._loop)]
        match report.kind:
            case "app.seek" if report.args and isinstance(report.args[0], float):
                self._asked = Asked(at, report.args[0])
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
        self._file = File()
        return [] if requested or self._paused else [signals.Play(at=at)]

    # ----------------------------------------------- properties that outlive a file

    def _at_rate(self, at: float, rate: float) -> list[Signal]:
        if rate == self._rate:
            return []
        self._rate = rate
        return [signals.RateChange(at=at, rate=rate)]

    def _at_loop(self, at: float, loop: bool) -> list[Signal]:
        self._loop_until = None
        if loop == self._loop:
            return []
        if not loop and self._file is not None and self._file.playing:
            self._loop_until = at + _COUNTS_DOWN
            return []
        self._loop = loop
        length = None if self._file is None or self._file.live else self._file.believed
        return [signals.DurationChange(at=at, duration=length, loop=loop)]

    def _end_loop(self, at: float) -> list[Signal]:
        """A round that has begun is still one of the loop."""
        until, file = self._loop_until, self._file
        if until is None or at < until or (file is not None and file.seeking):
            return []
        self._loop_until, self._loop = None, False
        length = None if file is None or file.live else file.believed
        return [signals.DurationChange(at=at, duration=length, loop=False)]

    def _set_point(self, report: Point) -> None:
        """A and B of the loop that mpv makes by itself, while both are set."""
        self._points.pop(report.kind, None)
        if isinstance(report.value, int | float) and not isinstance(report.value, bool):
            self._points[report.kind] = float(report.value)

    def _rounds(self, file: File) -> bool:
        """True if a seek that starts now is the next round of an A-B loop."""
        if len(self._points) < 2:
            return False
        return abs(file.position - max(self._points.values())) <= _ROUND * max(1.0, self._rate)

    def _at_fullscreen(self, at: float, on: bool) -> list[Signal]:
        if on == self._fullscreen:
            return []
        self._fullscreen = on
        return [signals.Fullscreen(at=at, on=on)]

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

    def _in_file(self, report: Record, file: File) -> list[Signal]:
        at = report.t
        match report:
            case Seconds(kind="prop.time-pos", value=float(position)):
                return self._at_position(at, file, max(0.0, position))
            case EndFile():
                self._file = None
                return self._end(report, file)
            case Record(kind="seek"):
                turns = self._is_at_end(at, file)
                file.seeking, file.at_end, file.target = True, False, None
                if file.begun and file.first is None:
                    file.first = 0.0
                if turns:
                    file.turned = at
                    return []
                by = "player" if self._rounds(file) else None
                return [signals.Seeking(at=self._asked.began(at, file.moved_at), by=by)]
            case Record(kind="playback-restart"):
                return self._restart(at, file)
        return self._at_property(report, file)

    def _at_property(self, report: Record, file: File) -> list[Signal]:
        at = report.t
        match report:
            case Seconds(kind="prop.duration", value=float(length)) | Poll(duration=float(length)):
                return self._at_length(at, file, length)
            case Text(kind="prop.start" | "prop.end" | "prop.length"):
                file.bounds.options[report.kind.removeprefix("prop.")] = report.value
                return self._move_end(at, file) if file.begun else []
            case Chapters(starts=starts):
                file.bounds.chapters = starts
            case Size(value=size):
                file.sized = size is not None
            case Text(kind="prop.file-format"):
                file.hls = report.value == "hls"
                return self._at_length(at, file, file.length)
            case Switch(kind="prop.seekable"):
                file.fixed = report.value is False
                return self._at_length(at, file, file.length)
            case Switch(kind="prop.partially-seekable"):
                file.partial = report.value is True
                return self._at_length(at, file, file.length)
            case Switch(kind="prop.paused-for-cache"):
                return self._at_cache(at, file, report.value is True)
            case Switch(kind="prop.eof-reached", value=True) if not file.at_end:
                file.at_end, file.playing = True, False
                return [*self._believe(at, file, over=True), signals.Ended(at=at)]
        return []

    def _at_track(self, report: Track) -> list[Signal]:
        """A choice of sound or subtitles; mpv's own, at the start or of "auto", is none."""
        before, self._tracks[report.kind] = self._tracks.get(report.kind), report.value
        begun = self._file is not None and self._file.begun
        if not begun or report.value == before or before is None or isinstance(before, str):
            return []
        chosen = isinstance(report.value, int) and report.value is not False
        if report.kind == "prop.sid":
            return [
                signals.Captions(at=report.t, language=report.lang or _UNNAMED if chosen else None)
            ]
        return [signals.AudioTrack(at=report.t, language=report.lang or _UNNAMED)] if chosen else []

    def _at_position(self, at: float, file: File, position: float) -> list[Signal]:
        """In a seek the first position is its target."""
        if file.first is None:
            file.first = position
        if file.seeking:
            file.target = position
        elif file.at_end or not file.begun:
            return []
        late = file.seeking and self._asked.is_late(at)
        file.position, file.moved_at = position, at
        if file.turned is not None or late:
            return []
        return [signals.TimeUpdate(at=at, position=position), *self._believe(at, file)]

    def _run(self, at: float, file: File) -> list[Signal]:
        """`playing` once whenever nothing is in the way of the clock any more."""
        if self._paused or file.playing or not file.begun or file.seeking or file.waiting:
            return []
        file.playing = True
        return [signals.Playing(at=at)]

    def _restart(self, at: float, file: File) -> list[Signal]:
        sought, file.seeking = file.seeking, False
        made = [] if file.begun else self._set_part(at, file)
        if not file.begun:
            file.moved_at = at
        file.begun, self._requested = True, False
        if file.turned is not None:
            made += self._turn(at, file, file.turned)
        elif sought:
            made += self._asked.done(at, self._landing(file), self._rate)
        self._asked = Asked()
        return [*made, *self._run(at, file)]

    def _landing(self, file: File) -> float | None:
        """Where a seek landed; on the last pictures it is one to the end."""
        at_end = file.target is not None and file.believed and file.target >= file.believed - _LAST
        return file.believed if at_end and not file.live else file.target

    def _set_part(self, at: float, file: File) -> list[Signal]:
        """The part of the file that is to be played; where it starts there is a seek, too."""
        part = file.bounds.part(file.length)
        if part is None:
            return []
        self._play_part(part)
        return [] if file.live else [signals.DurationChange(at=at, duration=file.believed)]

    def _move_end(self, at: float, file: File) -> list[Signal]:
        """The end of the part is elsewhere from now on; positions count from where they did."""
        before, wanted = self.part, file.bounds.part(file.length)
        start, end = before.start if before else 0.0, wanted.end if wanted else None
        part = Part(start, end) if start or end else None
        if part == before:
            return []
        self._play_part(part)
        return [] if file.live else [signals.DurationChange(at=at, duration=file.believed)]

    def _is_at_end(self, at: float, file: File) -> bool:
        """True if the file was over by now, though that was not reported."""
        if not file.playing or file.seeking or file.believed is None or file.live:
            return False
        file.ended = file.moved_at + max(0.0, file.believed - file.position) / self._rate
        if self._loop:  # which is in time, as a rule, and that is clear
            return self._asked == Asked() and at - file.ended > LATE
        return at >= file.ended - _LAST / self._rate

    def _turn(self, at: float, file: File, began: float) -> list[Signal]:
        """A seek from the end: to the start it is a new round, elsewhere a seek."""
        file.turned = None
        late = began - file.ended
        if file.target is not None and file.target <= _FIRST + max(0.0, late) * self._rate:
            if late <= LATE:
                return [signals.Looped(at=began)]
            looped = signals.Looped(at=max(file.ended, at - file.target / self._rate))
            return [looped, signals.TimeUpdate(at=at, position=file.target)]
        return [signals.Seeking(at=began), signals.Seeked(at=at, position=file.target)]

    def _at_cache(self, at: float, file: File, waiting: bool) -> list[Signal]:
        if waiting == file.waiting:
            return []
        file.waiting = waiting
        if waiting:
            return [signals.Stall(at=at)]
        return [signals.StallEnd(at=at), *self._run(at, file)]

    def _at_length(self, at: float, file: File, length: float | None) -> list[Signal]:
        """A live stream shows in a length that grows, or in one that cannot be sought in.

        That is so, too, if it can be in the cache alone.
        """
        file.measure(length)
        was_live, previous = file.live, file.believed
        growth = 0.0 if previous is None or length is None else length - previous
        grew = growth > (0.0 if file.grows else _GROWTH)
        file.live = was_live or grew or (file.hls and (file.fixed or file.partial))
        if file.live:
            return [] if was_live else [signals.DurationChange(at=at, duration=None, live=True)]
        return self._believe(at, file)

    def _believe(self, at: float, file: File, *, over: bool = False) -> list[Signal]:
        """The length, as soon as it can be that of all there is; ``over``: there is no more."""
        length = file.length
        if length is None or length <= 0.0 or length == file.believed or file.live:
            return []
        if file.in_doubt(length, over=over):
            return []
        file.believed = length
        return [signals.DurationChange(at=at, duration=length)]

    def _end(self, report: EndFile, file: File) -> list[Signal]:
        at = report.t
        match report.reason:
            case "eof" if not file.at_end and self._was_part(file):
                return [signals.Stop(at=at)]  # all that was asked for was played
            case "eof" if not file.at_end:
                return [*self._believe(at, file, over=True), signals.Ended(at=at)]
            case "stop":
                return [signals.Stop(at=at)]
            case "error":
                why = report.file_error or "error"
                return [signals.Error(at=at, code=why, message=why)]
        return []

    def _was_part(self, file: File) -> bool:
        """True if only a part was to be played, which nobody said, or not clearly."""
        if file.believed is None or file.live or self.part is not None:
            return False
        if file.bounds.unclear(file.length):
            return file.position < file.believed - _PART
        # As far as is known neither end is the file's.
        elsewhere = file.first is not None and file.first > _PART and not file.bounds.given
        return elsewhere and file.position < file.believed - _EARLY
