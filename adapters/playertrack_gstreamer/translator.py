"""The messages of a playbin pipeline as signals.

The bus does not say why a pipeline pauses, nor when a seek begins, and says nothing at all
of a stop; so commands are heard as well. Positions and the length are polled.
"""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from playertrack import Policy, signals
from playertrack.signals import Signal
from playertrack.trace.recording import Command, Record

from .position_filter import Track, seconds
from .records import PLAYBIN, Buffering, PipelineError, Poll, Sought, StateChanged, StateSet, read

#: A move of less (s of content) than this, beside what was played, is no seek.
_STEP = 0.5


def _down(told: StateChanged) -> tuple[str, str]:
    """Where the pipeline is, and where it goes, if that is to give up its data."""
    return told.new, "ready" if told.pending in ("ready", "null") else told.pending


@attrs.define
class _Run:
    """One playback, from a pipeline that has no data to one that has none again.

    ``playing``, ``failed``, ``waiting``: what was told last. ``short``: a queue is. ``held``:
    it is paused to let it fill. ``holding``: the program said so, and not yet that it goes on;
    it may play in between, as was asked for before. ``target``: of a seek that was commanded,
    ``anew``: for a replay; ``seeking``: it was accepted; ``adrift``: the pipeline flushed,
    perhaps for a seek that nobody told of; ``landed``: it has data again. ``live``: it plays
    as it is sent; ``endless``: it has no length.
    """

    requested: bool = False
    prerolled: bool = False
    playing: bool = False
    ended: bool = False
    failed: bool = False
    waiting: bool = False
    short: bool = False
    held: bool = False
    holding: bool = False
    target: float | None = None
    anew: bool = False
    seeking: bool = False
    adrift: bool = False
    landed: bool = False
    live: bool = False
    endless: bool = False
    track: Track = attrs.field(factory=Track)


class Translator:
    """Translates the records of one playbin or playbin3; one object a pipeline.

    ``policy`` is what suits it: all seeks are commanded, a program may ignore that a queue
    runs dry, and a clock that ran on meanwhile skips content.
    """

    policy: ClassVar[Policy] = Policy(infer_seeks=False, frozen_after=1.5, stall_credit=0.5)

    def __init__(self) -> None:
        self._ready = False
        self._run = _Run()
        self._rate = self._asked_rate = 1.0

    def translate(self, record: dict[str, Any]) -> list[Signal]:
        """The signals that a record stands for; raises `TranslationError` if it is malformed."""
        told = read(record, PLAYBIN)
        made: list[Signal] = []
        if not self._ready:
            self._ready = True
            made.append(signals.Ready(at=told.t))
        match told:
            case Command():
                made += self._command(told)
            case StateChanged(pipeline=True):
                made += self._at_request(told.t, told.pending)
                made += self._at_state(told)
            case Sought(kind="ret.seek_simple"):
                made += self._at_seek(told.t, told.r)
            case Sought(r=True):
                made += self._at_rate(told.t, told.at_ns)
            case StateSet():
                made += self._at_set(told)
            case _:
                made += self._message(told)
        return made

    def finish(self) -> list[Signal]:
        """What is held back, when no record will tell more: nothing."""
        return []

    # ------------------------------------------------------------------ commands

    def _command(self, told: Command) -> list[Signal]:
        match told.args:
            case [str(media), *_]:
                self._run = _Run()
                return [signals.Loaded(at=told.t, entry_id=media)]
            case [float(number), *_]:
                if told.kind == "app.seek" and number >= 0.0:
                    self._run.target, self._run.landed = number, False
                elif told.kind == "app.rate" and number > 0.0:
                    self._asked_rate = number
                return []
        return self._bare_command(told.t, told.kind)

    def _bare_command(self, at: float, kind: str) -> list[Signal]:
        run = self._run
        match kind:
            case "app.play" | "app.resume":
                run.requested, run.holding = True, False
                return [signals.Play(at=at)]
            case "app.pause":
                run.playing = False
                return [signals.Pause(at=at)]
            case "app.pause_for_buffering":
                run.holding = True
                return self._wait(at)
            case "app.resume_after_buffering":
                run.holding = False
                return self._go_on(at)
            case "app.replay" | "app.loop_seek0":
                run.playing, run.target, run.anew, run.landed = False, 0.0, True, False
                return [signals.Replay(at=at)]
            case "app.stop":
                self._run = _Run()
                return [signals.Stop(at=at)]
            case "app.close":
                return [signals.Close(at=at)]
        return []

    def _wait(self, at: float) -> list[Signal]:
        """The pipeline is held, to let a queue fill: that alone makes a stall of a dry queue."""
        run = self._run
        run.held = True
        if run.waiting or not run.playing:
            return []
        run.waiting = True
        return [signals.Stall(at=at)]

    def _go_on(self, at: float) -> list[Signal]:
        """The queue is full; ``held`` stays until the pipeline says that it plays again."""
        waiting, self._run.waiting = self._run.waiting, False
        return [signals.StallEnd(at=at)] if waiting else []

    def _at_seek(self, at: float, accepted: bool) -> list[Signal]:
        """A seek begins when it is accepted; before preroll it is refused, and lost."""
        run = self._run
        if not accepted or run.target is None:
            run.target, run.anew = None, False
            return []
        landed, run.landed = run.landed, False
        run.seeking, run.ended = True, False
        made: list[Signal] = [signals.Seeking(at=at, position=run.target)]
        return made + self._seeked(at, run.target) if landed else made

    def _seeked(self, at: float, target: float) -> list[Signal]:
        run = self._run
        run.target, run.anew, run.seeking = None, False, False
        run.track.place(at, target)
        return [signals.Seeked(at=at, position=target)]

    def _at_rate(self, at: float, at_ns: float | None) -> list[Signal]:
        """A change of rate is a seek to where playback is; it is not told as one."""
        if self._asked_rate == self._rate:
            return []
        here = [] if at_ns is None else self._at_position(at, seconds(at_ns))
        self._rate = self._asked_rate
        return [*here, signals.RateChange(at=at, rate=self._rate)]

    def _at_set(self, told: StateSet) -> list[Signal]:
        if told.target == "null":
            return self._halt(told.t)
        if told.r == "no-preroll" and not self._run.live:
            self._run.live = True
            return [signals.DurationChange(at=told.t, duration=None, live=True)]
        return []

    # ------------------------------------------------------------------ messages

    def _halt(self, at: float) -> list[Signal]:
        """The pipeline gives up its data, if it has any."""
        run, self._run = self._run, _Run()
        return [signals.Stop(at=at)] if run.prerolled and not run.ended else []

    def _at_request(self, at: float, pending: str) -> list[Signal]:
        """On its way to playing, before anything is to be seen: playback was requested."""
        run = self._run
        if pending != "playing" or run.requested or run.prerolled:
            return []
        run.requested = True
        return [signals.Play(at=at)]

    def _at_state(self, told: StateChanged) -> list[Signal]:
        run, at = self._run, told.t
        match told.old, told.new:
            case "ready", "paused":
                run.prerolled = True
            case ("paused", "ready") | ("playing", "paused") if "ready" in _down(told):
                return self._halt(at)
            case "paused", "paused":  # a flush
                run.adrift = run.prerolled
            case "paused", "playing" if run.prerolled:
                run.held = run.holding
                if not run.playing:
                    # The call of a replay's seek may return later still.
                    sought = self._at_seek(at, True) if run.anew and run.landed else []
                    run.playing, run.ended = True, False
                    return [*sought, signals.Playing(at=at)]
            case "playing", "paused" if run.playing:
                return self._at_pause(at, run)
        return []

    def _at_pause(self, at: float, run: _Run) -> list[Signal]:
        """Paused by nobody who was heard: to let a queue fill, or by someone else."""
        if run.seeking or (run.held and not run.holding):
            return []
        if run.short or run.holding:
            return self._wait(at)
        run.playing = False
        return [signals.Pause(at=at)]

    def _message(self, told: Record) -> list[Signal]:
        at, run = told.t, self._run
        match told:
            case Poll() if run.prerolled and not run.ended:
                return self._at_poll(told)
            case Buffering() if not run.live:
                run.short = told.percent < 100.0
                return [] if run.short else self._go_on(at)
            case PipelineError() if run.failed:
                return []  # one failure goes through all elements
            case PipelineError():
                run.failed = True
                code = f"{told.domain}/{told.code}"
                return [signals.Error(at=at, code=code, message=told.message)]
            case Record(kind="async-done") if run.seeking and run.target is not None:
                return self._seeked(at, run.target)
            case Record(kind="async-done") if run.prerolled:
                # Of a seek that was commanded it may come before the call returns.
                run.adrift, run.landed = False, True
            case Record(kind="eos") if run.prerolled:
                run.ended, run.playing = True, False
                return [signals.Ended(at=at)]
        return []

    def _at_poll(self, told: Poll) -> list[Signal]:
        made: list[Signal] = []
        if told.duration_ns is not None and not self._run.live:
            made += self._at_length(told.t, seconds(told.duration_ns))
        if told.position_ns is not None:
            position = seconds(told.position_ns)
            made += self._at_landing(told.t, position)
            made += self._at_position(told.t, position)
        return made

    def _at_length(self, at: float, length: float) -> list[Signal]:
        """-1 is not that it failed to tell: a transmission has none, though it can be held."""
        run = self._run
        if run.track.lasts(length):
            run.endless = False
            return [signals.DurationChange(at=at, duration=run.track.duration, live=False)]
        if length >= 0.0 or run.endless or run.track.duration is not None:
            return []
        run.endless = True
        return [signals.DurationChange(at=at, duration=None, live=True)]

    def _at_landing(self, at: float, position: float) -> list[Signal]:
        """A new preroll, and then another place: a seek that nobody told of."""
        run = self._run
        landed, run.landed = run.landed or run.adrift, False
        if not landed or run.seeking or position < 0.0 or run.track.at is None:
            return []
        ahead = position - run.track.position
        if -_STEP <= ahead <= _STEP + self._rate * (at - run.track.at):
            return []
        run.track.place(at, position)
        return [signals.Seek(at=at, position=position)]

    def _at_position(self, at: float, position: float) -> list[Signal]:
        track = self._run.track
        if not track.believes(at, position, self._rate):
            return []
        self._run.failed = self._run.failed and position <= track.position
        track.place(at, position)
        return [signals.TimeUpdate(at=at, position=position)]
