"""Plays one media file: commands and frames in, signals out."""

from __future__ import annotations

from enum import Enum
from math import inf
from threading import Event as Flag
from typing import Any, Protocol

from playertrack import signals
from playertrack.signals import Signal

from .buffering import End, Frame, FrameBuffer, Item, Opened
from .decoding import Decoder
from .source import MediaError, Source
from .timing import Clock, Playhead

#: How much content (s) is decoded ahead …
BUFFER = 2.0
#: … and how much of it has to be there before playback starts, or goes on after a stall.
REFILL = 0.5
#: A buffer that is empty no longer than this (s) is a late frame, not a stall.
PATIENCE = 0.1
#: Time between two `timeupdate`s (s).
UPDATES = 0.25

#: Of Unix time a float holds less than a microsecond; positions this near (s) are the same.
_SAME = 1e-4


class State(Enum):
    """The state of the media clock, and the reason for it."""

    OPENING = "opening"  #: it stands, since it is not known yet what there is to play
    PAUSED = "paused"  #: it stands, since nobody wants it to run
    WAITING = "waiting"  #: it stands, since frames are missing
    RUNNING = "running"
    OVER = "over"  #: it stands, at the end or stopped; the next `play` begins anew
    FAILED = "failed"  #: it stands for good


class Emit(Protocol):
    """Makes a signal of this instant and hands it on."""

    def __call__(self, kind: type[Signal], /, **fields: Any) -> None: ...


class Playback:
    """Plays ``source`` against ``clock`` and reports by ``emit`` what happens.

    ``follows``: there were other media before. A `play` that comes while these are opened
    would then be one of those, so it is reported once they are loaded.

    The commands are those of `AvPlayer`. Besides them there is `step`, to be called after
    each command, when ``woken`` is set, and when the time has come that it asked for. All of
    it belongs to one thread.
    """

    def __init__(
        self,
        source: Source,
        *,
        loop: bool,
        clock: Clock,
        emit: Emit,
        woken: Flag,
        timeout: float,
        follows: bool = False,
    ) -> None:
        self.state = State.OPENING
        self.duration: float | None = None
        self._entry_id = source.entry_id
        self._live = False
        self._loop = loop
        self._follows = follows
        self._clock = clock
        self._emit = emit
        self._head = Playhead()
        self._horizon = 0.0  # where the last frame ends that was shown
        self._wanted = False  # play() came while opening …
        self._start: float | None = None  # … and so did seek()
        self._landed = False  # whether the first frame of the present pass is there
        self._target: float | None = None  # of a seek until it landed
        self._rewind = False  # whether the next play() is to begin at 0
        self._announce: type[Signal] | None = None  # what the next start of the clock means
        self._waiting_since = 0.0
        self._starved_until: float | None = None
        self._next_update = inf
        self._bad_packets = 0
        self._frames = FrameBuffer(woken, BUFFER)
        self._decoder = Decoder(source, self._frames, timeout)

    @property
    def position(self) -> float:
        """Where playback is (s of content), cut to the duration."""
        position = max(0.0, self._head.position(self._clock.now()))
        return position if self.duration is None else min(position, self.duration)

    @property
    def bad_packets(self) -> int:
        """How many packets could not be decoded."""
        return self._decoder.bad_packets

    @property
    def settled(self) -> bool:
        """True if nothing will happen by itself any more."""
        standing = self.state in (State.PAUSED, State.OVER, State.FAILED)
        return standing and self._target is None

    # ------------------------------------------------------------------------ commands

    def play(self) -> None:
        """Start the clock, after an end from the start of the media."""
        if self.state is State.OPENING and not self._wanted:
            self._wanted = True
            if not self._follows:
                self._emit(signals.Play)
        elif self.state in (State.PAUSED, State.OVER):
            self._emit(signals.Play)
            if self.state is State.OVER and self._rewind:
                self._go(0.0)
            self._wait(signals.Playing)

    def pause(self) -> None:
        """Have the clock stand."""
        if self.state is State.OPENING and self._wanted:
            self._wanted = False
            if not self._follows:
                self._emit(signals.Pause)
        elif self.state in (State.RUNNING, State.WAITING):
            self._stand(State.PAUSED)
            self._emit(signals.Pause, **self._where())

    def seek(self, position: float) -> None:
        """Go to ``position`` (s of content), or the end if there is less."""
        if self.state is State.OPENING:
            self._start = position
        elif self._live:
            self._refuse("seek")
        elif self.state is not State.FAILED:
            target = position if self.duration is None else min(position, self.duration)
            origin = self.position if self._target is None else None
            self._emit(signals.Seeking, position=target, origin=origin)
            self._go(target)
            self._target = target
            self._rewind = self.duration is not None and target >= self.duration - _SAME
            if self.state in (State.RUNNING, State.WAITING):
                stalled = self._announce is signals.StallEnd
                self._wait(None if stalled else self._announce)

    def rate(self, rate: float) -> None:
        """Play ``rate`` times as fast."""
        if rate != self._head.rate:
            self._head.change_rate(rate, self._clock.now())
            self._emit(signals.RateChange, rate=rate, **self._where())

    def loop(self, on: bool) -> None:
        """Start again at the end, or stop there."""
        if on != self._loop:
            self._loop = on
            if self.state is not State.OPENING:
                self._emit(signals.DurationChange, duration=self.duration, loop=on)

    def replay(self) -> None:
        """Start over, wherever playback is."""
        if self._live:
            self._refuse("replay")
        elif self.state not in (State.OPENING, State.FAILED):
            self._emit(signals.Replay)
            self._go(0.0)
            self._wait(signals.Playing)

    def stop(self) -> None:
        """Give up playback; `play` begins anew."""
        if self.state is State.OPENING:
            self.pause()
        elif self.state in (State.PAUSED, State.RUNNING, State.WAITING):
            self._stand(State.OVER)
            self._rewind = True
            self._emit(signals.Stop, **self._where())

    def stall(self, seconds: float) -> None:
        """Withhold all frames for ``seconds``, as a network does that has stopped."""
        self._starved_until = self._clock.now() + seconds

    def close(self) -> None:
        """Give everything back; `join` waits for it."""
        if self.state is State.RUNNING:
            self._emit(signals.TimeUpdate, position=self.position)
            self._stand(State.OVER)
        self._frames.close()

    def join(self, timeout: float) -> None:
        """Wait (s) for the decoder's thread after `close`."""
        self._decoder.join(timeout)

    def _refuse(self, what: str) -> None:
        message = f"cannot {what} in a live stream"
        self._emit(signals.Error, code="not_seekable", message=message, fatal=False)

    def _where(self) -> dict[str, float]:
        """The position for a signal, unless there is none: in a seek, or before the media."""
        known = self._target is None and self.state is not State.OPENING
        return {"position": self.position} if known else {}

    # ---------------------------------------------------------------- how the clock goes

    def _go(self, position: float) -> None:
        """Have the frames from ``position`` on come, and stand there until they do."""
        self._frames.restart(position)
        self._head.hold(position)
        self._horizon = position
        self._landed = False
        self._target = None
        self._rewind = False

    def _wait(self, announce: type[Signal] | None) -> None:
        """Run as soon as there are frames; ``announce`` is the signal for it, if it needs one."""
        self.state = State.WAITING
        self._announce = announce
        self._waiting_since = self._clock.now()
        self._next_update = inf

    def _stand(self, state: State) -> None:
        self._head.hold(self._head.position(self._clock.now()))
        self.state = state

    # --------------------------------------------------------------------------- stepping

    def step(self) -> tuple[float | None, bool]:
        """Do what is due.

        Returns when to be called next at the latest (None: no matter when), and whether
        nothing but that time is awaited.
        """
        if self.state is State.FAILED:
            return None, True
        if self._starved_until is not None and self._clock.now() >= self._starved_until:
            self._starved_until = None
        if not self._landed:
            self._arrive()
        if self.state is State.WAITING and self._landed:
            self._try_to_run()
        if self.state is State.RUNNING:
            self._advance()
        return self._next_step()

    def _first(self) -> Item | None:
        """The next item, unless it is withheld."""
        return self._frames.first() if self._starved_until is None else None

    def _arrive(self) -> None:
        """Look at what a pass begins with."""
        item = self._first()
        if isinstance(item, Opened):
            self._frames.take()
            self._loaded(item)
            item = self._first()
        if isinstance(item, MediaError):
            self._fail(item)
        elif item is not None:
            self._landed = True
            self._waiting_since = self._clock.now()
            if self._target is not None:
                self._target = None
                self._emit(signals.Seeked, position=self.position)

    def _loaded(self, media: Opened) -> None:
        self.duration, self._live = media.duration, media.live
        self.state = State.PAUSED
        self._introduce(media.duration, live=media.live)
        if self._start is not None:
            self.seek(self._start)
        if self._wanted:
            self._wait(signals.Playing)

    def _introduce(self, duration: float | None, *, live: bool) -> None:
        """Say which media this is."""
        self._emit(
            signals.Loaded,
            entry_id=self._entry_id,
            duration=duration,
            live=live,
            loop=self._loop,
        )
        if self._wanted and self._follows:
            self._emit(signals.Play)

    def _try_to_run(self) -> None:
        """Let the clock run if there is enough to show, else say so if that takes long."""
        now = self._clock.now()
        item = self._first()
        if isinstance(item, End) and item.position <= 0.0 and self._horizon <= 0.0:
            self._fail(MediaError("not_media", "nothing in it can be decoded"))
        elif item is not None and (self._announce is None or self._frames.holds(REFILL)):
            if self._announce is not None:
                self._emit(self._announce, position=self.position)
                self._announce = None
            if self._next_update == inf:
                self._next_update = now + UPDATES
            self._head.run(now)
            self.state = State.RUNNING
        elif self._announce is None and now >= self._waiting_since + PATIENCE:
            self._emit(signals.Stall, position=self.position)
            self._wait(signals.StallEnd)

    def _advance(self) -> None:
        """Show the frames whose time has come."""
        now = self._clock.now()
        position = self._head.position(now) + _SAME
        while isinstance(item := self._first(), Frame) and item.start <= position:
            self._horizon = max(self._horizon, item.end)
            self._frames.take()
        if position < self._horizon or isinstance(item, Frame):
            if now >= self._next_update:
                self._next_update = max(self._next_update + UPDATES, now)
                self._emit(signals.TimeUpdate, position=self.position)
                self._report_bad_packets()
            return
        self._head.hold(self._horizon)
        if isinstance(item, End):
            self._finish(item)
        elif isinstance(item, MediaError):
            self._fail(item)
        else:
            # A late frame, perhaps: nothing is said of it, and the updates go on as they were.
            self._waiting_since = now
            self.state = State.WAITING

    def _finish(self, end: End) -> None:
        """The last frame was shown."""
        self._report_bad_packets(all_of_them=True)
        if self.duration is None and not self._live and end.position > 0.0:
            self.duration = end.position
            self._emit(signals.DurationChange, duration=end.position)
        if self._loop:
            self._emit(signals.Looped)
            self._go(0.0)
            self._wait(None)
        else:
            self._stand(State.OVER)
            self._rewind = True
            self._emit(signals.Ended, position=self.position)

    def _fail(self, failure: MediaError) -> None:
        where = self._where()
        if self.state is State.OPENING and self._follows:
            self._introduce(None, live=False)  # or it would be an error of the media before
        self._target = None
        self._stand(State.FAILED)
        self._emit(signals.Error, code=failure.code, message=failure.message, fatal=True, **where)

    def _report_bad_packets(self, *, all_of_them: bool = False) -> None:
        """Report bad packets, which do not end playback: when they have doubled, and at the end."""
        count, reported = self._decoder.bad_packets, self._bad_packets
        if count > reported and (all_of_them or count >= 2 * reported):
            self._bad_packets = count
            message = f"{count} packets could not be decoded so far"
            self._emit(signals.Error, code="corrupt_packets", message=message, fatal=False)

    def _next_step(self) -> tuple[float | None, bool]:
        now = self._clock.now()
        awaiting = self.state in (State.OPENING, State.WAITING) or self._target is not None
        due = []
        if self._starved_until is not None:
            due.append(self._starved_until)
            awaiting = False
        if self.state is State.RUNNING:
            item = self._first()
            sight = item.start if isinstance(item, Frame) else self._horizon
            due += [self._next_update, self._head.due(sight, now)]
        elif self.state is State.WAITING and self._landed and self._announce is None:
            due.append(self._waiting_since + PATIENCE)
        return min(due, default=None), not awaiting
