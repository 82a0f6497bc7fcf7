"""The messages of a playbin pipeline as signals.

The bus does not say why a pipeline pauses, nor when a seek begins, and says nothing at all
of a stop; so commands are recorded as well. Positions and the length are polled.
"""

from __future__ import annotations

from math import inf
from typing import Any, ClassVar

from playertrack import Policy, signals
from playertrack.signals import Signal
from playertrack.trace.recording import Command, Record
from playertrack.trace.translator import TICK

from .commands import CommandTranslator
from .flush import Flush
from .position_filter import seconds
from .records import (
    PLAYBIN,
    Buffering,
    Message,
    PipelineError,
    Poll,
    Sought,
    StateChanged,
    StateSet,
    read,
)
from .run import Run

#: A seek in a longer pause (s) than this is reported by a flush.
_MOMENT = 0.3

#: An answer so soon (s) after the process stood still may be of before.
_WAKING = 0.2

#: Media that nobody named.
_NAMELESS = "media"


def _down(report: StateChanged) -> tuple[str, str]:
    """Where the pipeline is, and where it goes, if that is to give up its data."""
    return report.new, "ready" if report.pending in ("ready", "null") else report.pending


class Translator(CommandTranslator):
    """Translates the records of one playbin or playbin3; one object a pipeline.

    ``policy`` is what suits it: all seeks are commanded, a program may ignore that a queue
    runs dry, and a clock that ran on meanwhile skips content.
    """

    policy: ClassVar[Policy] = Policy(infer_seeks=False, frozen_after=1.5, stall_credit=0.5)
    ticks = TICK

    def __init__(self) -> None:
        super().__init__()
        self._last, self._woke = inf, -inf  # when a record came, and one after a silence

    def _translate(self, record: dict[str, Any]) -> list[Signal]:
        report = read(record, PLAYBIN)
        if report.t - self._last > 2 * TICK:
            self._woke = report.t
        self._last = report.t
        made = self._at_early_end(report)
        match report:
            case Command():
                made += self._command(report)
            case StateChanged(pipeline=True):
                made += self._at_request(report.t, report.pending)
                made += self._at_state(report)
            case Sought(kind="ret.seek_simple"):
                made += self._at_seek(report.t, report.r)
            case Sought(r=True):
                made += self._at_rate(report.t, report.at_ns)
            case StateSet():
                made += self._at_set(report)
            case _:
                made += self._message(report)
        return made

    def _finish(self) -> list[Signal]:
        flush, track = self._run.flush, self._run.track
        if flush is None:
            return []
        return flush.going() if flush.eos is None else flush.end(flush.eos, track, self._rate)

    # ------------------------------------------------------------------ messages

    def _follow(self, at: float) -> list[Signal]:
        """Other media, or the same again, begins without a gap."""
        run, media = self._run, self._next
        ended = run.track.duration is None or run.track.near_end(at, self._rate)
        if ended and media == self._entry and run.playing:
            self._next, run.finishing, run.flush = None, False, None
            self._unnamed_next = False
            run.track.place(at, 0.0)
            return [signals.Looped(at=at)]
        made: list[Signal] = [signals.Ended(at=at)] if ended and not run.ended else []
        made += self._open(at, media or _NAMELESS)
        self._run.requested = self._run.prerolled = True
        self._run.live, self._run.playing = run.live, run.playing
        if run.playing:
            made += [signals.Play(at=at), signals.Playing(at=at)]
        self._run.track.place(at, 0.0)
        return made

    def _at_request(self, at: float, pending: str) -> list[Signal]:
        """On its way to playing, before anything is to be seen: playback was requested."""
        run = self._run
        if pending != "playing" or run.requested or run.prerolled or self._unnamed_next:
            return []
        run.requested = True
        return [signals.Play(at=at)]

    def _at_state(self, report: StateChanged) -> list[Signal]:
        run, at = self._run, report.t
        match report.old, report.new:
            case "null", "ready" if run.prerolled:
                return self._halt(at)  # it was given up without a word
            case "ready", "paused":
                run.prerolled = True
            case ("paused", "ready") | ("playing", "paused") if "ready" in _down(report):
                return self._halt(at)
            case "paused", "paused":
                return self._at_flush(run, at, report.pending)
            case "paused", "playing" if run.prerolled:
                run.held = run.holding
                if run.flush is not None:
                    run.flush.goes(at, played_before=run.playing)
                    run.playing = True
                elif run.ended and not run.anew:
                    # Without a seek it stays at its end, and says so once more.
                    run.flush = Flush(at, False, True, -inf, landed=at, playing=at)
                elif not run.playing:
                    # The call of a replay's seek may return later still.
                    sought = self._at_seek(at, True) if run.anew and run.landed else []
                    run.playing, run.ended = True, False
                    return [*sought, *self._at_resume(at, run)]
            case "playing", "paused" if run.playing:
                return self._at_pause(at, run)
        return []

    def _at_resume(self, at: float, run: Run) -> list[Signal]:
        """A playbin3 may flush in a moment of pause without a word: the next answer shows it."""
        paused_at, run.paused_at = run.paused_at, None
        if run.live or run.track.at is None or paused_at is None or at - paused_at > _MOMENT:
            return [signals.Playing(at=at)]
        since = max(paused_at, run.track.at)
        run.flush = Flush(since, running=True, after_end=False, found=-inf, landed=at, playing=at)
        return []

    def _at_flush(self, run: Run, at: float, pending: str) -> list[Signal]:
        """Of a seek that was commanded all is known; the second message is that it is over."""
        if not run.prerolled or run.seeking or run.target is not None:
            return []
        if run.flush is None:
            run.flush, run.read = Flush(at, run.playing, run.ended, run.found), False
            return run.flush.start(run.track, self._rate)
        if pending == "paused":
            run.flush.landed = None
        return []

    def _at_pause(self, at: float, run: Run) -> list[Signal]:
        """A pause without a command: to let a queue fill, or by someone else."""
        if run.seeking or (run.held and not run.holding):
            return []
        if run.short or run.holding:
            return self._wait(at)
        run.playing, run.paused_at = False, at
        going = run.flush.going() if run.flush else []
        return [*going, signals.Pause(at=at)]

    def _message(self, report: Record) -> list[Signal]:
        at, run = report.t, self._run
        match report:
            case Poll() if run.target is not None and not run.seeking:
                return []  # the call of a seek has not returned: it is there already, or not yet
            case Poll() if run.prerolled and run.ended and run.read:
                return self._at_new_round(report)
            case Poll() if run.prerolled and (run.flush or not run.ended):
                return self._at_poll(report)
            case Record(kind="notify::uri"):
                self._unnamed_next = True
            case Buffering() if not run.live:
                run.short = report.percent < 100.0
                return [] if run.short else self._go_on(at)
            case PipelineError() if run.failed:
                return []  # one failure goes through all elements
            case PipelineError():
                run.failed = True
                code = f"{report.domain}/{report.code}"
                return [signals.Error(at=at, code=code, message=report.message)]
        return self._bare_message(at, report, run) if run.prerolled else []

    def _bare_message(self, at: float, report: Record, run: Run) -> list[Signal]:
        match report:
            case Message(pipeline=True) if self._next or self._at_last(at):
                return self._follow(at)
            case Record(kind="signal.about-to-finish"):
                run.finishing = True
            case Record(kind="async-done") if run.seeking and run.target is not None:
                return self._seeked(at, run.target)
            case Record(kind="async-done"):
                # Of a seek that was commanded it may come before the call returns.
                run.landed = True
                if run.flush is not None:
                    run.flush.landed = at
            case Record(kind="segment-done"):
                run.read = True
            case Record(kind="eos"):
                return self._at_end(at, run)
        return []

    def _at_end(self, at: float, run: Run) -> list[Signal]:
        run.ended, run.playing = True, False
        if run.flush is not None:  # the next answer shows where it came
            run.flush.eos = at
            return []
        if run.reverse:  # it came to the start
            return [signals.Stop(at=at)]
        stop = None if self.part else run.track.stops(at, self._rate)
        if stop is not None:  # that is all of it that the program wanted
            return [signals.TimeUpdate(at=at, position=stop), signals.Stop(at=at)]
        return [signals.Ended(at=at)]

    def _at_early_end(self, report: Record) -> list[Signal]:
        """The end that came before any answer after a flush: of a short part, or of all."""
        run = self._run
        flush, eos = run.flush, None if run.flush is None else run.flush.eos
        if flush is None or eos is None or report.kind in ("tick", "async-done"):
            return []
        made: list[Signal] = []
        if isinstance(report, Poll) and report.position_ns is not None:
            made += self._at_lengths(eos, report)
            stop = run.track.stopped(seconds(report.position_ns))
            if stop is not None:
                made += self._after_flush(eos, stop, report.rate)
                run.ended = True
                return [*made, *self._at_end(eos, run)]
        run.flush = None
        return [*made, *flush.end(eos, run.track, self._rate)]

    def _at_new_round(self, report: Poll) -> list[Signal]:
        """A seek without a flush may follow the end of a segment: playback is before it again."""
        run, at = self._run, report.t
        position = -1.0 if report.position_ns is None else seconds(report.position_ns)
        if not 0.0 <= position < run.track.position - _MOMENT:
            return []
        run.ended, run.playing = False, True
        run.track.place(at, position)
        begun = position if position > _MOMENT else 0.0
        return [signals.Seek(at=at, position=begun), signals.Playing(at=at, position=position)]

    def _at_last(self, at: float) -> bool:
        """True if what starts now follows what was read to its end."""
        return self._run.finishing and self._run.track.near_end(at, self._rate)

    def _at_poll(self, report: Poll) -> list[Signal]:
        run, at = self._run, report.t
        flush = run.flush
        waking = run.playing and at - self._woke < _WAKING
        if flush is not None and (waking or not flush.over(at)):
            return []
        made: list[Signal] = []
        position = -1.0 if report.position_ns is None else seconds(report.position_ns)
        length = None if report.duration_ns is None else seconds(report.duration_ns)
        if run.flush is not None:
            position = run.track.landing(position)
        if self._fell(at, position):
            made += self._begin_unseen(at, length)
        elif position >= 0.0:
            made += self._after_flush(at, position, report.rate)
        made += self._at_lengths(at, report)
        over = self._run.read and self._run.playing and self._run.track.stands(position)
        made += self._at_position(at, position) if position >= 0.0 else []
        return [*made, *self._at_end(at, self._run)] if over else made

    def _at_lengths(self, at: float, report: Poll) -> list[Signal]:
        """How long the media is, and where it is to stop."""
        self._run.track.stop = None if report.stop_ns is None else seconds(report.stop_ns)
        if report.duration_ns is None or self._run.live:
            return []
        return self._at_length(at, seconds(report.duration_ns))

    def _after_flush(self, at: float, position: float, rate: float | None) -> list[Signal]:
        """The signals for the first answer after a flush: a seek, or another rate."""
        run, before = self._run, self._rate
        if rate is not None and rate > 0.0:
            self._rate = self._asked_rate = rate
        flush, run.flush = run.flush, None
        if rate is not None and flush is not None:
            flush.rated |= run.reverse != (rate < 0.0)
            run.reverse = rate < 0.0
        if flush is None:
            changed = self._rate != before
            return [signals.RateChange(at=at, rate=self._rate)] if changed else []
        made = flush.result(at, position, run.track, before, self._rate)
        run.ended = False
        if any(isinstance(signal, signals.Seeked) for signal in made):
            run.found = at
        run.track.place(at, position)
        return made

    def _fell(self, at: float, position: float) -> bool:
        """True if the media started anew, or other media did, without a word of the pipeline."""
        run = self._run
        if not run.playing or run.flush is not None or run.target is not None:
            return False
        return run.track.fell(at, position, self._rate)

    def _begin_unseen(self, at: float, length: float | None) -> list[Signal]:
        other = length is not None and length != self._run.track.duration
        self._next = self._next or (_NAMELESS if other else self._entry)
        return self._follow(at)

    def _at_length(self, at: float, length: float) -> list[Signal]:
        """-1 is no failure to answer: a transmission has no length, though it can be held."""
        run = self._run
        if self._is_of_next(at, length):
            return []
        if run.track.lasts(length):
            run.endless = False
            return [signals.DurationChange(at=at, duration=run.track.duration, live=False)]
        if length >= 0.0 or run.endless or run.track.duration is not None:
            return []
        run.endless = True
        return [signals.DurationChange(at=at, duration=None, live=True)]

    def _is_of_next(self, at: float, length: float) -> bool:
        """Close to the end another length may be that of what follows."""
        run = self._run
        if not run.playing or run.track.is_of_same(length):
            return False
        return run.finishing or self._next is not None or run.track.at_end(at, self._rate)
