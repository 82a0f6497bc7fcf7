"""A headless media player that reports what it does as signals."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, Self

from playertrack import signals
from playertrack.signals import MAX_DURATION, Signal

from .playback import Playback, State
from .source import Source
from .timing import Clock

_log = logging.getLogger(__name__)

#: Seconds, the order in which it was given, the command and its value.
_Cue = tuple[float, int, str, float | bool | None]


class AvPlayer:
    """Plays files and URLs with FFmpeg, without window or sound, and reports as it goes.

        with AvPlayer(tracker.feed) as player:
            player.load("talk.mp4")
            player.play()
            player.wait()

    Every command returns at once; ``on_signal`` gets what comes of it, in order, on the
    player's thread. It begins with the first command and the signal `ready`. Commands may be
    given from any thread, ``on_signal`` included. Of what that raises the first is logged
    with its traceback, and playback goes on.

    ``speed`` is that of the `Clock`: at 10 a minute of content takes six seconds, and still a
    minute in the times that are reported; `rate` is what the viewer chooses. ``timeout`` (s)
    is for opening, and for each read from a network.

    A wrong value is a ValueError where it is given; what is wrong with the media is a signal,
    `error`, with one of these codes: not_found, forbidden, timeout, network, io, unsupported,
    not_media, decode; all of them fatal. corrupt_packets and not_seekable are not.
    """

    def __init__(
        self,
        on_signal: Callable[[Signal], object],
        *,
        speed: float = 1.0,
        timeout: float = 30.0,
    ) -> None:
        self._on_signal = on_signal
        self._timeout = timeout
        self._clock = Clock(speed)
        self._playback: Playback | None = None
        self._played_at: float | None = None
        self._cues: list[_Cue] = []
        self._cue_count = 0
        self._commands: deque[Callable[[], None]] = deque()
        self._woken = threading.Event()
        self._lock = threading.Lock()  # between a command and the verdict that all is quiet
        self._quiet = threading.Event()
        self._quiet.set()
        self._closed = False
        self._on_signal_failed = False
        self._thread: threading.Thread | None = None

    def __repr__(self) -> str:
        playback = self._playback
        state = "closed" if self._closed else playback.state.value if playback else "empty"
        return f"<AvPlayer {state}>"

    @property
    def position(self) -> float:
        """Where playback is (s of content); 0.0 without media."""
        return 0.0 if self._playback is None else self._playback.position

    @property
    def duration(self) -> float | None:
        """Of the media (s); None if it is unknown, or there is none."""
        return None if self._playback is None else self._playback.duration

    @property
    def bad_packets(self) -> int:
        """How many packets of the media could not be decoded and were left out."""
        return 0 if self._playback is None else self._playback.bad_packets

    # ------------------------------------------------------------------------ commands

    def load(self, media: str, *, entry_id: str | None = None, loop: bool = False) -> None:
        """Open a file or URL, in place of what is there.

        ``entry_id`` is its name in the events, by default that of the file without its ending.
        """
        source = Source.of(media, entry_id)
        self._post(lambda: self._load(source, loop))

    def play(self) -> None:
        """Play, go on after a pause, or begin again after the end."""
        self._command("play")

    def pause(self) -> None:
        """Pause."""
        self._command("pause")

    def seek(self, position: float) -> None:
        """Go to ``position`` (s of content), exactly: the frames before it are not shown."""
        self._command("seek", position)

    def rate(self, rate: float) -> None:
        """Play ``rate`` times as fast."""
        self._command("rate", rate)

    def loop(self, on: bool) -> None:
        """Start again at the end, or stop there."""
        self._command("loop", on)

    def replay(self) -> None:
        """Start over, wherever playback is."""
        self._command("replay")

    def stop(self) -> None:
        """Give up playback; the player lives on."""
        self._command("stop")

    def stall(self, seconds: float) -> None:
        """Starve the player of data for ``seconds``, whatever it has in store."""
        self._command("stall", seconds)

    def at(self, seconds: float, action: str, value: float | bool | None = None) -> None:
        """Give a command ``seconds`` after the first `play`, by the player's clock.

        ``action`` is one of the commands above but `load`, ``value`` what it takes. Of those
        of the same time, the one given first is the first.
        """
        _check(action, value)
        if not 0.0 <= seconds <= MAX_DURATION:
            raise ValueError(f"at: {seconds!r} is not allowed; expected seconds, 0 or more")
        with self._lock:
            self._cue_count += 1
            heappush(self._cues, (seconds, self._cue_count, action, value))
        if self._thread is not None:
            self._post(lambda: None)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing happens by itself any more; False if ``timeout`` (s) is over.

        That is: the media has ended, was stopped, paused or has failed, and no command of
        `at` is left that could change this.
        """
        return self._quiet.wait(timeout)

    def close(self, timeout: float = 5.0) -> None:
        """End it all, with the signal `close`; wait up to ``timeout`` (s) for the threads.

        A thread in a read from a dead network ends later, by the player's own time-out.
        """
        with self._lock:
            if self._thread is None:
                self._closed = True
                return
        self._post(self._close)
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout)
            if self._playback is not None:
                self._playback.join(timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _command(self, action: str, value: float | bool | None = None) -> None:
        _check(action, value)
        self._post(lambda: self._perform(action, value))

    def _post(self, command: Callable[[], None]) -> None:
        with self._lock:
            if self._closed:
                return
            self._commands.append(command)
            self._quiet.clear()
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="playertrack-av", daemon=True
                )
                self._thread.start()
        self._woken.set()

    # ----------------------------------------------------------------- the player's thread

    def _run(self) -> None:
        try:
            self._emit(signals.Ready)
            while not self._closed:
                self._step()
        finally:
            # Also if there is a bug in it: who waits must not wait for ever.
            with self._lock:
                self._closed = True
                self._quiet.set()

    def _step(self) -> None:
        self._woken.clear()
        while self._commands:
            self._commands.popleft()()
        if self._closed:
            return
        while (cue := self._take_cue()) is not None:
            _, _, action, value = cue
            self._perform(action, value)
        until, paced = self._playback.step() if self._playback else (None, True)
        with self._lock:
            cue_due = self._cue_due()
            settled = self._playback is None or self._playback.settled
            if settled and cue_due is None and not self._commands:
                self._quiet.set()
        due = min((at for at in (until, cue_due) if at is not None), default=None)
        self._clock.wait(self._woken, due, paced=paced)

    def _take_cue(self) -> _Cue | None:
        """The next command of `at`, if its time has come."""
        with self._lock:
            due = self._cue_due()
            return None if due is None or due > self._clock.now() else heappop(self._cues)

    def _cue_due(self) -> float | None:
        """When the next command of `at` is due, if there is one and playback can obey."""
        hopeless = self._playback is None or self._playback.state is State.FAILED
        if not self._cues or self._played_at is None or hopeless:
            return None
        return self._played_at + self._cues[0][0]

    def _load(self, source: Source, loop: bool) -> None:
        if self._closed:
            return
        if self._playback is not None:
            self._playback.close()
        self._playback = Playback(
            source,
            loop=loop,
            clock=self._clock,
            emit=self._emit,
            woken=self._woken,
            timeout=self._timeout,
            follows=self._playback is not None,
        )

    def _perform(self, action: str, value: float | bool | None) -> None:
        if self._playback is not None:
            command = getattr(self._playback, action)
            command() if value is None else command(value)

    def _close(self) -> None:
        if not self._closed:
            if self._playback is not None:
                self._playback.close()
            self._emit(signals.Close)
            self._closed = True

    def _emit(self, kind: type[Signal], /, **fields: Any) -> None:
        """Emit a signal; microseconds are enough, and good to read."""
        now = self._clock.now()
        if kind is signals.Play and self._played_at is None:
            self._played_at = now
        for name, value in fields.items():
            if isinstance(value, float):
                fields[name] = round(value, 6)
        try:
            self._on_signal(kind(at=round(now, 6), **fields))
        except Exception as error:  # of the program's callback: playback goes on
            known, self._on_signal_failed = self._on_signal_failed, True
            _log.error("on_signal failed: %r", error, exc_info=not known)


def _check(action: str, value: float | bool | None) -> None:
    """Refuse a command that cannot be meant, where it is given; a ValueError says why."""
    if action not in _VALUES:
        raise ValueError(f"there is no command {action!r}; known are {', '.join(_VALUES)}")
    kind, (least, most), allowed = _VALUES[action]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        right = kind is float and least <= value <= most
    else:
        right = type(value) is kind
    if not right:
        raise ValueError(f"{action}: {value!r} is not allowed; expected {allowed}")


_Kind = tuple[type, tuple[float, float], str]
_NONE: _Kind = (type(None), (0, 0), "nothing")
_SECONDS: _Kind = (float, (0, MAX_DURATION), "seconds, 0 or more")

#: The commands, and what each takes: its type, the least and most of it, and that in words.
_VALUES: dict[str, _Kind] = {
    "play": _NONE,
    "pause": _NONE,
    "seek": _SECONDS,
    "rate": (float, (0.01, 100), "a speed from 0.01 to 100"),
    "loop": (bool, (0, 0), "True or False"),
    "replay": _NONE,
    "stop": _NONE,
    "stall": _SECONDS,
}
