"""Pauses a pipeline whose queue runs dry until the queue is full again.

GStreamer leaves this to the program. If the program does nothing, the clock runs on and content
is skipped; if it reacts to every message, it pauses and plays several times in a millisecond.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from math import inf
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

from .library import Gst

_FULL = 100

#: How long (s) the thread is waited for in the end.
_PATIENCE = 5.0


class BufferingHold:
    """Holds a pipeline in PAUSED while a queue of it is short, and lets it play on.

        hold = BufferingHold(playbin)
        hold.play()

    `play` and `pause` are what the viewer wants, and take the place of ``set_state``. The
    rest comes by `on_buffering`, with each BUFFERING message, on whatever thread; a thread of the
    helper acts on it, once the queue was short or full for ``settle`` (s). Live pipelines
    are left alone, as they must be. ``on_hold`` and ``on_release`` are called before each.

    It only acts on a pipeline that is not on its way to another state: one that is held just
    when it has its first data, and would play on by itself, may hang for ever. So `play` asks
    for PAUSED first, and the pipeline is held until it has data.
    """

    def __init__(
        self,
        pipeline: Gst.Element,
        *,
        settle: float = 0.1,
        on_hold: Callable[[], object] = lambda: None,
        on_release: Callable[[], object] = lambda: None,
    ) -> None:
        self._pipeline = pipeline
        self._settle = settle
        self._on_hold = on_hold
        self._on_release = on_release
        # Held while the state is set, which may wait for a streaming thread; so `on_buffering`,
        # which runs there, must not take it.
        self._lock = threading.Lock()
        self._wanted = pipeline.target_state == Gst.State.PLAYING
        self._held = False
        self._live = False
        # How full the queue is, and for how long (s) it has to be so; None at the end.
        self._percents: SimpleQueue[tuple[int, float] | None] = SimpleQueue()
        self._percent = _FULL
        self._thread = threading.Thread(target=self._work, name="gstreamer-holding", daemon=True)
        self._thread.start()

    @property
    def held(self) -> bool:
        """True if the pipeline is paused until it has data, or to let a queue fill."""
        return self._held

    def on_buffering(self, percent: int) -> None:
        """How full the queue is (%); never waits for the pipeline."""
        self._percent = percent
        self._percents.put((percent, self._settle))

    def play(self) -> Any:
        """Play, or do so as soon as there is data and the queue is full.

        Gives what ``set_state`` does.
        """
        with self._lock:
            self._wanted = True
            if self._held:
                return Gst.StateChangeReturn.ASYNC
            _, state, pending = self._pipeline.get_state(0)
            if Gst.State.PLAYING in (state, pending):
                done = self._pipeline.set_state(Gst.State.PLAYING)
            else:
                done = self._begin()
        self._percents.put((self._percent, 0.0))  # it may be short since long
        return done

    def _begin(self) -> Any:
        """Get it data, and let it play at once if it has some or is live."""
        done = self._pipeline.set_state(Gst.State.PAUSED)
        if done == Gst.StateChangeReturn.ASYNC:
            self._hold()
        elif done == Gst.StateChangeReturn.NO_PREROLL:
            self._live = True
            self._pipeline.set_state(Gst.State.PLAYING)
        elif done == Gst.StateChangeReturn.SUCCESS:
            done = self._pipeline.set_state(Gst.State.PLAYING)
        return done

    def pause(self) -> Any:
        """Pause, and stay so when the queue is full; gives what ``set_state`` does."""
        with self._lock:
            self._wanted = False
            return self._pipeline.set_state(Gst.State.PAUSED)

    def reset(self) -> None:
        """There is other media, or none: earlier messages no longer hold."""
        with self._lock:
            self._wanted = self._held = self._live = False
            self.on_buffering(_FULL)

    def close(self) -> None:
        """Give up, and leave the pipeline as it is."""
        self._percents.put(None)
        if self._thread is not threading.current_thread():
            self._thread.join(_PATIENCE)

    # ----------------------------------------------------------------------- the thread

    def _work(self) -> None:
        short, due = False, None
        while True:
            try:
                message = self._percents.get(timeout=due and max(0.0, due - monotonic()))
            except Empty:
                due = self._act(short)
                continue
            if message is None:
                return
            percent, settle = message
            short = percent < _FULL
            due = None if short == self._held else min(due or inf, monotonic() + settle)

    def _act(self, short: bool) -> float | None:
        """Hold it, or let it go; gives when to try again, if it is on its way somewhere."""
        self._pipeline.get_state(round(self._settle * Gst.SECOND))  # no longer than it takes
        with self._lock:
            done, state, _ = self._pipeline.get_state(0)
            if short == self._held or self._live or not self._wanted:
                self._held = self._held and short
                return None
            if done == Gst.StateChangeReturn.ASYNC:
                return monotonic()
            if done == Gst.StateChangeReturn.NO_PREROLL:
                self._live, self._held = True, False
                self._pipeline.set_state(Gst.State.PLAYING)
            elif short and state == Gst.State.PLAYING:
                self._hold()
                self._pipeline.set_state(Gst.State.PAUSED)
            elif self._held and state == Gst.State.PAUSED:
                self._held = False
                self._on_release()
                self._pipeline.set_state(Gst.State.PLAYING)
        return None

    def _hold(self) -> None:
        self._held = True
        self._on_hold()
