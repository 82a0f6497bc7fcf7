"""libVLC's callbacks as signals.

libVLC reports little: no start of playback but the first position, no start or end of a seek,
no stall while a read hangs, no change of rate. What it leaves out is taken from the commands,
from the fill of its cache, and otherwise left to the engine, which judges the positions.
"""

from __future__ import annotations

from typing import Any, ClassVar

from playertrack import Policy, signals
from playertrack.signals import Signal
from playertrack.trace.recording import Command, Record
from playertrack.trace.translator import TICK, PlayerTranslator

from .burst import Burst
from .records import Buffering, LengthChanged, Poll, Returned, TimeChanged, read
from .run import Run, Seek

#: Seeks commanded within this time (s) are one: libVLC does not say when each is complete.
_ONE_SEEK = 0.3

#: Without a record for so long (s) the process stood still.
_SILENCE = 0.5

#: So long (s) the cache must stay short of full for a stall: a burst is the *end* of one, and in
#: a row of seeks the player was asked by then.
_BURST = 0.6

#: An end so soon (s) after a burst is that of a seek beyond it.
_END = 0.5

#: After a stall of this length (s) the position may step back to the segment's start.
_LONG = 1.5

#: How far (s of content) behind it may be then, or after a seek: the length of a segment.
_SEGMENT = 6.0

#: Positions of a pause that differ by this (s of content) are a seek; the latter after a burst.
_STEP, _SMALL_STEP = 0.5, 0.05

#: How long before the end (s of content) the last position may be; of sound it is early.
_TAIL = 2.0

#: How far (s of content) past 0, beside what it played, a new round may be at first.
_ROUND = 0.5

#: Playback that starts beyond this (s of content) was asked for, and so may be its end …
_PART = 1.0

#: … if it is further (s of content) from that of the file than this.
_EARLY = 3.0


def _time(signal: Signal) -> float:
    return signal.at


class Translator(PlayerTranslator):
    """Translates the records of one libVLC media player; one object a player.

    ``policy`` is what suits libVLC: its positions come in steps of up to a second and end
    early, its read may hang without a word, and all its seeks are commanded.
    """

    policy: ClassVar[Policy] = Policy(
        jump_tolerance=2.0, end_tolerance=1.5, frozen_after=1.5, infer_seeks=False
    )
    ticks = TICK

    def __init__(self) -> None:
        super().__init__()
        self._requested = False
        self._run: Run | None = None
        self._seek: Seek | None = None
        self._echoes = False  # a command's own echo is yet to come
        self._loop = False
        self._endless = False
        self._goes: float | None = None  # it plays since then, and that is not reported yet
        self._rate = self._asked_rate = 1.0
        self._last = 0.0

    def _translate(self, record: dict[str, Any]) -> list[Signal]:
        report = read(record)
        held = [] if isinstance(report, Buffering) else self._going()
        made = self._pass(report.t)
        match report:
            case Command():
                made += self._command(report)
            case Returned(kind="ret.set_time"):
                self._echoes = False
            case Returned(r=0):
                made += self._at_rate(report.t, self._asked_rate)
            case Poll():
                made += [*self._at_rate(report.t, report.rate), *self._at_poll(report)]
            case _:
                made += self._event(report)
        return sorted([*held, *made], key=_time) if held else made

    def _finish(self) -> list[Signal]:
        done = self._complete(self._seek.since + _ONE_SEEK) if self._seek else []
        return sorted([*self._going(), *done], key=_time)

    def _going(self) -> list[Signal]:
        """That it plays, if that was held back, for a seek that began before."""
        at, self._goes = self._goes, None
        return [] if at is None else [signals.Playing(at=at)]

    # ------------------------------------------------------------------ commands

    def _command(self, report: Command) -> list[Signal]:
        at = report.t
        if report.args and isinstance(report.args[0], str):
            return [*self._leave(at), *self._open(at, report.args[0])]
        match report.kind:
            case "app.play" | "app.resume":
                self._requested = self._run is None
                return [signals.Play(at=at)]
            case "app.replay":
                leaving = self._leave(at)
                self._requested = True
                return [*leaving, signals.Stop(at=at), signals.Play(at=at)]
            case "app.seek" if self._run or self._requested:
                self._echoes = True
                return self._seek_to(at, report.args)
            case "app.rate" if report.args and isinstance(report.args[0], float):
                self._asked_rate = report.args[0]
            case "app.setloop":
                self._loop = report.args != [0.0]
            case "app.stop":
                return [*self._leave(at), signals.Stop(at=at)]
            case "app.close":
                return [*self._leave(at), signals.Close(at=at)]
        return []

    def _open(self, at: float, media: str) -> list[Signal]:
        self._endless = False
        return [signals.Loaded(at=at, entry_id=media)]

    def _leave(self, at: float) -> list[Signal]:
        """End the playback by a command; what libVLC still says of it is stale."""
        made = self._complete(at) if self._seek else []
        self._run = self._seek = None
        self._requested = False
        return made

    def _seek_to(self, at: float, args: list[float | str]) -> list[Signal]:
        match args:
            case [float(target), *_] if target >= 0.0:
                self._seek = Seek(target, since=at)
                return [signals.Seeking(at=at, position=target)]
        return []

    def _at_poll(self, report: Poll) -> list[Signal]:
        """An unreported seek shows in the time that the player gives, if in anything."""
        run, position = self._run, report.time_ms / 1000
        if run is None or position < 0.0 or self._endless:
            return []
        before, run.polled = run.polled, position
        if before is None or position == before:
            return []
        if run.paused:
            step = _SMALL_STEP if self._seek or run.burst else _STEP
            moved = abs(position - before) > step
            return self._found(report.t, report.t, position, filled=True) if moved else []
        if self._seek is not None and self._seek.seen:
            if self._seek.emptied <= run.spot[1] and run.goes_on(report.t, position, self._rate):
                return []
            return self._found(report.t, report.t, position, filled=run.full)
        burst = run.burst
        if self._seek or burst is None or position == run.known or self._may_loop(run):
            return []
        if not burst.leads_to(position):
            return []
        return self._found(report.t, burst.since, position, filled=run.full, origin=burst.origin)

    def _found(
        self, at: float, since: float, target: float, *, filled: bool, origin: float | None = None
    ) -> list[Signal]:
        """A seek that shows at ``at`` and began before; it may go on."""
        if self._seek is not None and self._seek.target == target:
            return []
        self._seek = Seek(target, since=at, filled=filled, seen=True)
        if self._run is not None:
            self._run.short_since = self._run.burst = None
            self._run.first = self._run.first or 0.0
            self._run.spot = (target, at)
        return [signals.Seeking(at=since, position=target, origin=origin)]

    def _at_rate(self, at: float, rate: float) -> list[Signal]:
        """A change of rate is not reported by libVLC: it is polled, or comes with the command."""
        if rate == self._rate or rate <= 0.0:
            return []
        self._rate = rate
        return [signals.RateChange(at=at, rate=rate)]

    # ------------------------------------------------------------ what time decides

    def _pass(self, at: float) -> list[Signal]:
        """True if a seek is complete by now, or the cache short for too long to be a burst."""
        made: list[Signal] = []
        before, self._last = self._last, at
        if self._seek and at - self._seek.since >= _ONE_SEEK:
            # After a silence that long it was complete when the process stood still.
            stood = at - before > _SILENCE
            made += self._complete(max(before, self._seek.since + _ONE_SEEK) if stood else at)
        run = self._run
        if run and run.short_since is not None and not (run.stalled or run.paused):
            if at - run.short_since >= _BURST:
                run.stalled = True
                made.append(signals.Stall(at=run.short_since))
        return made

    def _complete(self, at: float) -> list[Signal]:
        """The seek is complete, if the cache was full again after it."""
        seek = self._seek
        if seek is None or not seek.filled:
            return []
        self._seek = None
        if self._run:
            self._run.known, self._run.moved_at, self._run.landing = seek.target, at, True
            self._run.polled = seek.target if seek.seen else None
        return [signals.Seeked(at=at, position=seek.target)]

    # -------------------------------------------------------------------- events

    def _event(self, report: Record) -> list[Signal]:
        at = report.t
        match report.kind:
            case "MediaPlayerOpening":
                made = [] if self._requested else [signals.Play(at=at)]
                self._run, self._requested = Run(), False
                return list[Signal](made)
            case "MediaPlayerEncounteredError":
                self._run = self._seek = None
                return [signals.Error(at=at, code="playback", message="libVLC reports no cause")]
        return self._running(report, self._run) if self._run else []

    def _running(self, report: Record, run: Run) -> list[Signal]:
        at = report.t
        match report:
            case TimeChanged():
                return self._at_position(run, at, report.new_time_ms / 1000, report.main)
            case Buffering():
                return self._at_fill(run, at, report.new_cache >= 100.0)
            case LengthChanged():
                return self._at_length(at, report.new_length_ms / 1000)
        match report.kind:
            case "MediaPlayerPlaying" if run.paused:
                return self._at_resume(at, run)
            case "MediaPlayerPaused":
                run.paused, run.polled = True, None if run.landing else run.known
                return [signals.Pause(at=at)]
            case "MediaPlayerEndReached":
                return self._at_end(at, run)
            case "MediaPlayerStopped":
                return [*self._leave(at), signals.Stop(at=at)]
        return []

    def _at_resume(self, at: float, run: Run) -> list[Signal]:
        """It plays again; after a burst of the cache the next answer may show that it sought."""
        run.paused = False
        if run.moved_at is not None:
            run.moved_at = at
        if run.short_since is not None:
            run.short_since = at
        burst = run.burst
        if burst is None or (burst.full or at) - burst.since >= _BURST:
            run.burst = None
            return [signals.Playing(at=at)]
        burst.played_from = self._goes = at
        return []

    def _at_end(self, at: float, run: Run) -> list[Signal]:
        """The end: of the file, of a seek beyond it, or of the part that was to be played."""
        sought, burst = self._seek is not None, run.burst
        self._run = self._seek = None
        skips = burst and burst.full and burst.smooth and not sought and at - burst.full <= _END
        if burst and skips and not burst.is_over(at, run.length, self._rate):
            target = run.length or None
            skip = signals.Seeking(at=burst.since, position=target, origin=burst.origin)
            return [skip, signals.Ended(at=at)]
        partial = (run.first or 0.0) > _PART and run.known < run.length - _EARLY
        if partial and not sought and self.part is None:
            return [signals.Stop(at=at)]
        return [signals.Ended(at=at)]

    def _at_length(self, at: float, length: float) -> list[Signal]:
        """A live stream has length 0 first, and then that of its window, which is no duration."""
        if self._run:
            self._run.length = length
        if length <= 0.0:
            self._endless = True
            return [signals.DurationChange(at=at, duration=None, live=True)]
        return [] if self._endless else [signals.DurationChange(at=at, duration=length)]

    def _at_fill(self, run: Run, at: float, full: bool) -> list[Signal]:
        """The cache fills before the start, in a seek, in a new round of a loop, in a stall."""
        changed, run.full = full != run.full, full
        if self._seek:
            self._seek.filled = full
            if not full and self._seek.seen:  # another one, which the next answer shows
                self._seek.emptied = self._seek.since = at
        elif changed and run.moved_at is not None:
            if full:
                return self._refilled(run, at, run.moved_at)
            run.short_since = at
            if run.burst is None:
                known, moved_at, paused = run.known, run.moved_at, run.paused
                run.burst = Burst.at(at, known, moved_at, self._rate, paused=paused)
        elif changed and full:
            run.full_at = at
        return []

    def _refilled(self, run: Run, at: float, moved_at: float) -> list[Signal]:
        stalled, run.stalled, run.short_since = run.stalled, False, None
        if run.burst:
            run.burst.full = at
        run.frozen = not stalled and at - moved_at > _LONG
        run.landing = run.landing or stalled or run.frozen
        return [signals.StallEnd(at=at)] if stalled else []

    def _at_position(self, run: Run, at: float, position: float, main: bool) -> list[Signal]:
        if position < 0.0:
            return []
        if main:  # the echo of a seek; of one by a command it is nothing new
            report, self._echoes = self._echoes, False
            return [] if report else self._seek_to(at, [position])
        if self._endless and position == 0.0 and run.known > 0.0:
            return []  # a transmission that goes on after a pause is nowhere at first
        run.polled, run.spot = position, (position, at)
        made: list[Signal] = []
        if (
            self._seek
            and self._seek.filled
            and (run.moved_at, self._seek.target) == (None, position)
        ):
            made += self._complete(at)  # it starts there, or did so before it was listened to
        if self._seek:
            return [signals.TimeUpdate(at=at, position=position)]
        if run.first is None:
            run.first = position - self._rate * (at - (run.full_at or at))
        return made + self._judged(run, at, position)

    def _judged(self, run: Run, at: float, position: float) -> list[Signal]:
        came = run.came(at, position, self._rate)
        update: list[Signal] = [signals.TimeUpdate(at=came, position=position)]
        behind = run.known - position
        if behind > 0.0 and self._is_new_round(run, at, position):
            update.insert(0, signals.Looped(at=at))
        elif (skip := self._skipped(run, at, position)) is not None:
            run.known, run.moved_at, run.burst, run.landing = position, at, None, True
            return [skip, *update]
        elif 0.0 < behind < _SEGMENT and run.landing:
            # The start of the segment is named until the position has passed it. The first
            # such position shows that a silent stall is over.
            frozen, run.frozen = run.frozen, False
            return [signals.StallEnd(at=at)] if frozen else []
        if behind != 0.0 or run.moved_at is None:
            run.known, run.moved_at = position, at
            run.landing = run.frozen = run.stalled = False
            run.short_since = run.burst = None
        return update

    def _skipped(self, run: Run, at: float, position: float) -> Signal | None:
        """A seek that shows in a burst and in the first position after it."""
        burst = run.burst
        if burst is None or run.stalled or self._endless:
            return None
        landed = burst.landed(at, position, run.known, self._rate)
        if landed is None:
            return None
        run.first = run.first or 0.0
        return signals.Seek(at=burst.since, position=landed, origin=burst.origin)

    def _may_loop(self, run: Run) -> bool:
        at_end = run.length > 0.0 and run.known >= run.length - _TAIL
        return self._loop or at_end

    def _is_new_round(self, run: Run, at: float, position: float) -> bool:
        """A loop shows in the cache filling, and in a position that was played since."""
        if run.burst is None or self._endless or not self._may_loop(run):
            return False
        return position <= (at - run.burst.since) * self._rate + _ROUND
