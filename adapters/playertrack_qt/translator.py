"""The signals of Qt's `QMediaPlayer` as ours.

Qt reports positions every 50 ms and little else that can be relied on. A seek is only a position
that time does not explain. A position of 0 is a seek, a stop, or the next round of a loop, and
the length of the media may be a seek, the end, or the end of a file that was cut: what comes in
the same turn of the event loop decides, so such a position is held until then. A stall is not
reported; it shows in polls that find the position where it was.
"""

from __future__ import annotations

from math import inf
from typing import Any, ClassVar

import attrs

from playertrack import Policy, signals
from playertrack.live.adapter import entry_name
from playertrack.signals import Signal
from playertrack.trace.recording import Command, Record
from playertrack.trace.translator import PlayerTranslator

from .motion import AHEAD, BURST, DATED_BACK, STILL, CatchUp, Held, Motion
from .records import (
    BETWEEN_POSITIONS,
    Emitted,
    Poll,
    enumerator_of,
    explains,
    read,
    without_urls,
)

#: A position that does not move for so long (s) is a stall; updates come every 0.05 s.
_FROZEN = 0.5
#: Signals of one call of the player come within this (s), others later.
_ONE_CALL = 0.003

_LOADED = ("Loaded", "Buffering", "Buffered", "EndOf")


@attrs.define
class _Media:
    """The source that is set, as far as it is known."""

    duration: float | None = None
    seekable: bool | None = None
    live: bool = False
    endless: bool = False  # Qt says that it has no length
    failed: bool = False


class Translator(PlayerTranslator):
    """Translates the records of one player; one object a player.

    ``policy`` is what suits Qt: positions come so often that every seek shows in them, and
    nothing plays unseen in a stall.
    """

    policy: ClassVar[Policy] = Policy(infer_seeks=False, stall_credit=0.25)

    def __init__(self) -> None:
        super().__init__()
        self._media: _Media | None = None
        self._named = False  # the program named the media that it is about to set
        self._state = "Stopped"
        self._ended = False
        self._running = False  # `playing` was said of this stretch
        self._loops: int | None = 1
        self._motion = Motion()
        self._target: float | None = None
        self._held: Held | None = None
        self._late: list[Signal] = []  # of positions that may have been held up: in order
        self._catch_up: CatchUp | None = None  # since a stall
        self._stopped: float | None = None
        self._call = _ONE_CALL
        self._stalled = False

    def _translate(self, record: dict[str, Any]) -> list[Signal]:
        report = read(record)
        made = self._signals_of(report)
        if made or report.kind not in BETWEEN_POSITIONS or report.t - self._motion.at > BURST:
            made, self._late = self._late + made, []
        return made

    def _signals_of(self, report: Record) -> list[Signal]:
        made = self._explain(report)
        match report:
            case Command():
                made += self._command(report)
            case Poll():
                made += self._at_poll(report)
            case Emitted():
                made += self._at_signal(report)
            case Record(kind="turn"):
                self._call = inf  # from now on it is these that separate one call from the next
        return made

    def _finish(self) -> list[Signal]:
        """The signals that wait for an explanation, when no record will bring one."""
        made = self._late + self._give_up()
        if self._held is not None:
            made += self._sought(self._held)
        if self._stopped is not None:
            made.append(signals.Stop(at=self._stopped))
        self._held, self._stopped, self._late = None, None, []
        return made

    # ------------------------------------------------------------------- the program

    def _command(self, report: Command) -> list[Signal]:
        """Most commands are reported by what they change."""
        at = report.t
        match report.kind, report.args:
            case _, [str(entry_id), *_]:
                self._open(at)
                self._named = True
                return [signals.Loaded(at=at, entry_id=entry_id)]
            case "app.seek", [float(position), *_]:
                self._target = position
            case "app.play", _:
                return [signals.Play(at=at)]
            case "app.replay", _:
                self._motion.move(at, 0.0)
                self._running = False
                return [signals.Replay(at=at)]
            case "app.close", _:
                return [signals.Close(at=at)]
        return []

    def _open(self, at: float) -> None:
        self._media = _Media()
        self._ended = self._running = self._stalled = False
        self._target = None
        self._motion.move(at, 0.0)

    # -------------------------------------------------- what explains what came before

    def _explain(self, report: Record) -> list[Signal]:
        """Decide on what was held back, as soon as a record says what it was."""
        at, held, stopped = report.t, self._held, self._stopped
        if self._is_left(report):
            return [*self._give_up(), *self._explain(report)]
        stops = report.kind == "playbackStateChanged" and enumerator_of(report) == "Stopped"
        if held is not None:
            if report.kind == "app.close":
                self._held = None
            elif stops and (held.position == 0.0 or at - held.at <= self._call):
                # Qt rewinds when it stops, and leaps where a file is cut.
                self._held = None
                self._motion.position = min(self._motion.position, held.position)
            elif at - held.at > self._call or explains(report.kind):
                self._held = None
                return self._sought(held)
        elif stopped is not None and (at - stopped > self._call or explains(report.kind)):
            self._stopped = None
            if enumerator_of(report) == "EndOfMedia":
                return self._end(stopped)
            return [signals.Stop(at=stopped)]
        return []

    def _give_up(self) -> list[Signal]:
        """It does not catch up: the first position after the stall is a seek, if it is far off."""
        catch_up, self._catch_up = self._catch_up, None
        return self._seek(*catch_up.left) if catch_up and catch_up.left else []

    def _is_left(self, report: Record) -> bool:
        """True if nothing but a seek explains where the player is since a stall."""
        left = self._catch_up and self._catch_up.left
        if not self._catch_up or not left:
            return False
        between = report.kind in BETWEEN_POSITIONS
        return not (between and self._catch_up.may_arrive(report.t, left[1]))

    def _sought(self, held: Held) -> list[Signal]:
        """A position that was held is a seek, or the start of the next round."""
        at, position = held
        length = None if self._media is None else self._media.duration
        rounds = self._loops != 1 and self._state == "Playing" and self._target is None
        if position == 0.0 and rounds and length and self._motion.position >= length - STILL:
            # A blocked event loop learns of it late: since then the next round was played.
            self._motion.position = position
            return [signals.Looped(at=self._motion.at)]
        return self._seek(at, position)

    def _end(self, at: float) -> list[Signal]:
        if self._ended:
            return []
        self._ended, self._running, self._stalled = True, False, False
        return [signals.Ended(at=at)]

    # ---------------------------------------------------------------- the player's signals

    def _at_signal(self, report: Emitted) -> list[Signal]:
        at = report.t
        match report.kind:
            case "mediaStatusChanged":
                return self._at_status(at, report.name())
            case "sourceChanged":
                return self._at_source(at, report.text(0))
            case "playbackRateChanged":
                return self._at_rate(report)
            case "loopsChanged":
                self._loops = int(report.number()) if report.args else None
            case _ if self._media is None or self._is_old(report):
                return []
        return self._of_media(report, self._media) if self._media else []

    def _is_old(self, report: Emitted) -> bool:
        """True for a report of the source before, which this one, or the same again, replaced."""
        if not self._named:
            return False
        match report.kind:
            case "playbackStateChanged":
                self._named = report.name() != "Playing"
                if self._named:
                    self._state = "Stopped"
            case "positionChanged":
                return report.seconds() == 0.0
        return self._named

    def _of_media(self, report: Emitted, media: _Media) -> list[Signal]:
        at = report.t
        match report.kind:
            case "positionChanged":
                self._motion.stir(at)
                return self._at_position(at, report.seconds(), media)
            case "playbackStateChanged":
                return self._at_state(at, report.name())
            case "durationChanged":
                return self._at_length(at, report.seconds(), media)
            case "seekableChanged":
                media.seekable = report.args[:1] == [True]
            case "errorOccurred":
                return self._at_error(report, media)
        return []

    def _at_status(self, at: float, status: str) -> list[Signal]:
        match status:
            case "LoadingMedia":
                if not self._named:
                    self._media = None  # until its name is known
                self._named = False
                self._motion.move(at, 0.0)
            case "EndOfMedia" if self._media and self._state == "Stopped":
                return self._end(at)
            case "InvalidMedia" if self._media and not self._media.failed:
                self._media.failed = True
                return [signals.Error(at=at, code=status, message="the media cannot be played")]
        return []

    def _at_source(self, at: float, source: str) -> list[Signal]:
        """Another source; one that the program has named already is no news."""
        self._named = False
        if self._media is not None or not source:
            return []
        self._open(at)
        return [signals.Loaded(at=at, entry_id=entry_name(source))]

    def _at_rate(self, report: Emitted) -> list[Signal]:
        rate = report.number()
        if rate <= 0.0 or rate == self._motion.rate:
            return []
        self._motion.set_rate(rate)
        return [signals.RateChange(at=report.t, rate=rate)]

    def _at_state(self, at: float, state: str) -> list[Signal]:
        before, self._state = self._state, state
        if state == before:
            return []
        self._running = self._stalled = False
        self._motion.stir(at)
        match state:
            case "Playing":
                if self._ended:
                    self._motion.move(at, 0.0)
                self._ended = False
                self._motion.start(at)
                return [signals.Play(at=at)]
            case "Paused":
                return [signals.Pause(at=at)]
        self._stopped = None if self._ended else at
        return []

    def _at_length(self, at: float, length: float, media: _Media) -> list[Signal]:
        media.endless = length <= 0.0
        if media.endless or length == media.duration:
            return []
        media.duration, media.live = length, False
        return [signals.DurationChange(at=at, duration=length)]

    def _at_error(self, report: Emitted, media: _Media) -> list[Signal]:
        """One failure is reported hundreds of times; what is there is played on."""
        code = report.name() if report.args else "error"
        if media.failed or code == "NoError":
            return []
        media.failed = True
        plays = self._state == "Playing" and not self._stalled and self._motion.idle < AHEAD
        return [
            signals.Error(
                at=report.t, code=code, message=without_urls(report.text(1)), fatal=not plays
            )
        ]

    # ----------------------------------------------------------------------- positions

    def _at_position(self, at: float, position: float, media: _Media) -> list[Signal]:
        if self._state == "Stopped":
            return self._choose(at, position)
        target, self._target = self._target, None
        if target is not None and media.duration is not None:
            target = min(target, media.duration)
        if target is not None and abs(position - target) < 0.002:
            return self._seek(at, position)
        playing = self._state == "Playing"
        made: list[Signal] = []
        if self._catch_up is not None and playing:
            if self._catch_up.arrives(at, position):
                self._catch_up = None
                return self._go_on(at, position, media)
            if not self._catch_up.may_arrive(at, position):
                made += self._give_up()
        jump = self._motion.jump(at, position, playing=playing, stalled=self._stalled)
        if jump > 0 and self._catch_up is not None:
            self._catch_up.left = self._catch_up.left or (at, position)
            return made
        if (jump < 0 and position == 0.0) or (jump > 0 and position == media.duration):
            self._held = Held(at, position)
            return made
        return made + (self._seek(at, position) if jump else self._go_on(at, position, media))

    def _choose(self, at: float, position: float) -> list[Signal]:
        """Where to start is chosen; when Qt begins again it rewinds first."""
        if position == self._motion.position or (self._ended and position == 0.0):
            return []
        self._motion.move(at, position)
        self._ended = False
        return [signals.Seek(at=at, position=position)]

    def _seek(self, at: float, position: float) -> list[Signal]:
        self._target, self._catch_up, self._stalled = None, None, False
        self._motion.move(at, position)
        self._motion.sought = at
        return [signals.Seek(at=at, position=position)]

    def _go_on(self, at: float, position: float, media: _Media) -> list[Signal]:
        """Playback has come this far by itself.

        A position that is late waits for the next one: if that is too far ahead, the event loop
        was blocked, and the first is old. Playback had started before, then.
        """
        made: list[Signal] = []
        plays = self._state == "Playing"
        runs, motion = plays and not self._stalled, self._motion
        held_up = runs and position != media.duration and motion.spare(at, position) > BURST
        if plays:
            if position == media.duration:
                at = motion.reached(at, position)
            if by := motion.overtaken(at, position):
                started: list[Any] = [s for s in self._late if s.name != "timeupdate"]
                self._late = [attrs.evolve(signal, at=signal.at - by) for signal in started]
            if media.endless and not media.live and not media.seekable:
                media.live = True
                made.append(signals.DurationChange(at=at, duration=None, live=True))
            if self._stalled:
                made.append(signals.StallEnd(at=at))
            if not self._running:
                made.append(signals.Playing(at=motion.started(at, position)))
            self._running, self._stalled, self._ended = True, False, False
        (motion.go_on if runs else motion.move)(at, position)
        made.append(signals.TimeUpdate(at=at, position=position))
        if not held_up:
            return made
        self._late += made
        return []

    # ---------------------------------------------------------------------------- polls

    def _at_poll(self, report: Poll) -> list[Signal]:
        at, media = report.t, self._media
        if media is None or self._named:
            return []
        made: list[Signal] = []
        known = report.duration_ms is not None and report.status.rpartition(".")[2].startswith(
            _LOADED
        )
        if media.duration is None and known and report.duration_ms is not None:
            made += self._at_length(at, report.duration_ms / 1000, media)
        if self._state != "Playing" or not self._running:
            return made
        motion = self._motion
        if motion.look(at) < _FROZEN or self._stalled or media.failed:
            return made
        if media.duration is not None and motion.position >= media.duration:
            return made + self._end(at)  # without any output Qt plays to the end and never says so
        self._stalled, self._catch_up = True, CatchUp(motion)
        made.append(signals.Stall(at=max(motion.at, at - DATED_BACK)))
        return made
