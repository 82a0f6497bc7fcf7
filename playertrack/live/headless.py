"""A real player without window and sound, as ``playertrack play`` commands it."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from heapq import heappop, heappush
from math import inf
from pathlib import Path
from time import monotonic
from typing import ClassVar

from ..errors import PlayertrackError
from ..policy import Policy
from ..signals import MAX_DURATION, Close, Error, Pause, Signal
from .adapter import Binding, Listener
from .clock import LiveClock

#: The commands of a script, and what each takes.
_VALUES: dict[str, type[float] | type[bool] | None] = {
    "play": None,
    "pause": None,
    "stop": None,
    "replay": None,
    "seek": float,
    "rate": float,
    "loop": bool,
}

#: What a player does nothing more after by itself, and what shows that it does.
_AT_REST = {"ended", "stop", "pause", "close"}
_AT_WORK = {"play", "playing", "replay", "looped"}


class _Relay:
    """Hands on the signals of a binding."""

    def __init__(self, on_signal: Callable[[Signal], object]) -> None:
        self._clock = LiveClock()
        self._on_signal = on_signal
        self._over = False

    def now(self) -> float:
        return self._clock.time()

    def suit(self, policy: Policy) -> None:
        """Who makes the player knows its policy."""

    def take_player(self, binding: object) -> None:
        """Its player is the only one."""

    def leave_player(self, binding: object, at: float) -> None:
        if not self._over:
            self._over = True
            self._on_signal(Close(at=at))

    def feed(self, signal: Signal, *, live: bool = False) -> None:
        self._on_signal(signal)


class Headless(ABC):
    """Plays in real time what is commanded now, or was with `at`.

    A subclass makes a player and its binding (`_connect`) and gives both up (`_release`).
    """

    #: What suits the player.
    policy: ClassVar[Policy]

    def __init__(
        self,
        on_signal: Callable[[Signal], object],
        *,
        speed: float = 1.0,
        record_raw: str | Path | None = None,
    ) -> None:
        if speed != 1.0:
            raise ValueError(f"speed: {speed!r} is not allowed; this player plays in real time")
        self._on_signal = on_signal
        self._changed = threading.Condition()
        self._cues: list[tuple[float, int, str, float | bool | None]] = []
        self._cue_count = 0
        self._played_at: float | None = None
        self._resting = self._loops = self._failed = self._closed = False
        self._asked = -inf  # when it was to play last
        self._relay = _Relay(self._receive)
        self._binding = self._connect(self._relay, record_raw)
        self._thread = threading.Thread(target=self._perform, name="cues", daemon=True)
        self._thread.start()

    @abstractmethod
    def _connect(self, listener: Listener, record_raw: str | Path | None) -> Binding:
        """A new player, and its binding to ``listener``."""

    @abstractmethod
    def _release(self) -> None:
        """Give up the player, which is not listened to any more."""

    def load(self, media: str, *, entry_id: str | None = None) -> None:
        """Open a file or URL."""
        if media == "-":
            raise PlayertrackError("this player cannot play standard input")
        self._binding.load(media, entry_id)

    def play(self) -> None:
        """Play it; the time of the script begins."""
        self._binding.play()
        with self._changed:
            self._played_at = monotonic()
            self._changed.notify_all()

    def at(self, seconds: float, action: str, value: float | bool | None = None) -> None:
        """Do it ``seconds`` after `play`; ValueError for what this player cannot do."""
        if action not in _VALUES:
            raise ValueError(f"there is no command {action!r}; known are {', '.join(_VALUES)}")
        wanted = _VALUES[action]
        if type(value) is not (wanted or type(None)):
            raise ValueError(f"{action}: {value!r} is not allowed")
        if not 0.0 <= seconds <= MAX_DURATION:
            raise ValueError(f"at: {seconds!r} is not allowed; expected seconds, 0 or more")
        with self._changed:
            self._cue_count += 1
            heappush(self._cues, (seconds, self._cue_count, action, value))
            self._changed.notify_all()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing will happen by itself any more; False if ``timeout`` (s) is over."""
        with self._changed:
            return self._changed.wait_for(self._quiet, timeout)

    def close(self, timeout: float = 5.0) -> None:
        """End it all, with the signal `close`."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._changed.notify_all()
        self._thread.join(timeout)
        self._binding.detach()
        self._release()

    # ----------------------------------------------------------------------- the threads

    def _quiet(self) -> bool:
        return self._failed or (self._resting and not self._cues)

    def _receive(self, signal: Signal) -> None:
        with self._changed:
            if isinstance(signal, Error):
                self._failed = signal.fatal
            elif isinstance(signal, Pause) and signal.at < self._asked:
                pass  # it is over, though that was not reported yet
            elif signal.name in _AT_REST:
                self._resting = not (signal.name == "ended" and self._loops)
            elif signal.name in _AT_WORK:
                self._resting = False
            self._changed.notify_all()
        self._on_signal(signal)

    def _perform(self) -> None:
        """Give the commands of the script as they are due."""
        while (cue := self._next_cue()) is not None:
            action, value = cue
            command = getattr(self._binding, action)
            try:
                command() if value is None else command(value)
            except Exception as error:
                # What the player says to it is a failure of playback, whatever its type.
                self._receive(Error(at=LiveClock().time(), code=action, message=str(error)))

    def _next_cue(self) -> tuple[str, float | bool | None] | None:
        with self._changed:
            while not self._closed:
                due = None
                if self._cues and self._played_at is not None:
                    due = self._played_at + self._cues[0][0] - monotonic()
                    if due <= 0.0:
                        _, _, action, value = heappop(self._cues)
                        if action == "loop":
                            self._loops = bool(value)
                        if action in _AT_WORK:
                            self._resting, self._asked = False, self._relay.now()
                        return action, value
                self._changed.wait(due)
        return None
