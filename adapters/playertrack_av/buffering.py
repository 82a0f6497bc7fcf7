"""The buffer of decoded frames between the decoder and the player."""

from __future__ import annotations

import threading
from collections import deque

import attrs

from .source import MediaError


@attrs.frozen
class Opened:
    """The media is open. ``duration``: seconds, None if unknown; ``live``: it has none."""

    duration: float | None
    live: bool


@attrs.frozen
class Frame:
    """A picture, or some milliseconds of sound: from ``start`` to ``end`` (s of content).

    Nobody watches or listens, so of a frame only its time is kept.
    """

    start: float
    end: float


@attrs.frozen
class End:
    """No more frames; the last one that was decoded ends at ``position`` (s of content)."""

    position: float


Item = Opened | Frame | End | MediaError


@attrs.frozen
class Pass:
    """One way through the media from ``start`` (s of content); each seek begins another."""

    number: int
    start: float


class FrameBuffer:
    """A bounded queue of what the decoder made, in its order.

    It is full when it holds ``seconds`` of content, or `LIMIT` items. ``woken`` is set
    whenever there is something new. One thread puts, one takes; either may close.
    """

    #: Frames of a millisecond would never fill it by their time.
    LIMIT = 4096

    def __init__(self, woken: threading.Event, seconds: float) -> None:
        self._woken = woken
        self._seconds = seconds
        self._items: deque[Item] = deque()
        self._changed = threading.Condition()
        self._pass = Pass(1, 0.0)
        self._closed = False

    # --- the decoder's side

    def next_pass(self, done: int) -> Pass | None:
        """Wait for a pass after number ``done``; None when there will be none."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._pass.number > done)
            return None if self._closed else self._pass

    def put(self, item: Item, number: int) -> bool:
        """Add an item when there is room; False when pass ``number`` is wanted no more."""
        with self._changed:
            self._changed.wait_for(lambda: not self._wants(number) or not self._full())
            if not self._wants(number):
                return False
            self._items.append(item)
        self._woken.set()
        return True

    def _wants(self, number: int) -> bool:
        return not self._closed and self._pass.number == number

    def _full(self) -> bool:
        return len(self._items) >= self.LIMIT or self._held() >= self._seconds

    # --- the player's side

    def first(self) -> Item | None:
        """The next frame, if it is there yet."""
        with self._changed:
            return self._items[0] if self._items else None

    def take(self) -> None:
        """Drop the first item."""
        with self._changed:
            self._items.popleft()
            self._changed.notify_all()

    def holds(self, seconds: float) -> bool:
        """True if so much content is there, or all that will come."""
        with self._changed:
            last = self._items[-1] if self._items else None
            return isinstance(last, (End, MediaError)) or self._held() >= seconds

    def restart(self, start: float) -> None:
        """Forget everything and have the decoder go on from ``start`` (s of content)."""
        with self._changed:
            self._items.clear()
            self._pass = Pass(self._pass.number + 1, start)
            self._changed.notify_all()

    def close(self) -> None:
        """Let the decoder go."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _held(self) -> float:
        if not self._items:
            return 0.0
        first, last = self._items[0], self._items[-1]
        if isinstance(first, Frame) and isinstance(last, Frame):
            return last.end - first.start
        return 0.0
