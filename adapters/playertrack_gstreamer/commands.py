"""The commands of a playbin as signals, and the playback that they start and give up."""

from __future__ import annotations

from playertrack import signals
from playertrack.signals import Signal
from playertrack.trace.recording import Command
from playertrack.trace.translator import PlayerTranslator

from .position_filter import seconds
from .records import StateSet
from .run import Run


class CommandTranslator(PlayerTranslator):
    """The part of a `Translator` that its commands need."""

    def __init__(self) -> None:
        super().__init__()
        self._run = Run()
        self._rate = self._asked_rate = 1.0
        self._entry: str | None = None
        self._next: str | None = None  # media that is set while other media plays
        self._unnamed_next = False  # there is some, of which nothing is known until it begins

    def _command(self, report: Command) -> list[Signal]:
        match report.args:
            case [str(media), *_] if self._run.prerolled:
                self._next = media  # it is taken up when this ends, or is given up
                return []
            case [str(media), *_]:
                return self._open(report.t, media)
            case [float(number), *_]:
                if report.kind == "app.seek" and number >= 0.0:
                    self._run.target, self._run.landed = number, False
                elif report.kind == "app.rate" and number > 0.0:
                    self._asked_rate = number
                return []
        return self._bare_command(report.t, report.kind)

    def _open(self, at: float, media: str) -> list[Signal]:
        self._run, self._entry, self._next = Run(), media, None
        self._unnamed_next = False
        return [signals.Loaded(at=at, entry_id=media)]

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
                self._run = Run()
                return [signals.Stop(at=at), *self._take_next(at)]
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
        run.seeking, run.ended, run.read = True, False, False
        made: list[Signal] = [signals.Seeking(at=at, position=run.target)]
        return made + self._seeked(at, run.target) if landed else made

    def _seeked(self, at: float, target: float) -> list[Signal]:
        run = self._run
        run.target, run.anew, run.seeking = None, False, False
        run.track.place(at, target)
        return [signals.Seeked(at=at, position=target)]

    def _at_rate(self, at: float, at_ns: float | None) -> list[Signal]:
        """A change of rate is a seek to where playback is; it is not reported as one."""
        if self._asked_rate == self._rate:
            return []
        here = [] if at_ns is None else self._at_position(at, seconds(at_ns))
        if here and self._run.flush is not None:
            # It stood there since then, though the call took its time to return.
            self._run.flush.rated = True
            self._run.track.place(self._run.flush.since, self._run.track.position)
        self._rate = self._asked_rate
        return [*here, signals.RateChange(at=at, rate=self._rate)]

    def _at_set(self, report: StateSet) -> list[Signal]:
        if report.target == "null":
            return self._halt(report.t)
        if report.r == "no-preroll" and not self._run.live:
            self._run.live = True
            return [signals.DurationChange(at=report.t, duration=None, live=True)]
        return []

    def _halt(self, at: float) -> list[Signal]:
        """The pipeline gives up its data, if it has any."""
        run, self._run = self._run, Run()
        stopped = [signals.Stop(at=at)] if run.prerolled and not run.ended else []
        return [*stopped, *self._take_next(at)]

    def _take_next(self, at: float) -> list[Signal]:
        return [] if self._next is None else self._open(at, self._next)

    def _at_position(self, at: float, position: float) -> list[Signal]:
        track = self._run.track
        if not track.believes(at, position, self._rate):
            return []
        self._run.failed = self._run.failed and position <= track.position
        track.place(at, position)
        return [signals.TimeUpdate(at=at, position=position)]
