"""What a program has to do when a pipeline's queue runs dry: hold it until the queue is full.

GStreamer leaves this to the program. One that does nothing has its clock run on, and content
is skipped; one that reacts to each message pauses and plays several times in a millisecond.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

from .library import Gst

_FULL = 100

#: What a pipeline says that can be held; one that is live must not be, one that failed cannot.
_ABLE = (Gst.StateChangeReturn.SUCCESS, Gst.StateChangeReturn.ASYNC)

#: How long (s) the thread is waited for in the end.
_PATIENCE = 5.0


class BufferingHold:
    """Holds a pipeline in PAUSED while a queue of it is short, and lets it play on.

        hold = BufferingHold(playbin)
        hold.play()

    `play` and `pause` are what the viewer wants, and take the place of ``set_state``. The
    rest is told by `heard`, with each BUFFERING message, on whatever thread; a thread of the
    helper acts on it, once the queue was short or full for ``settle`` (s). Live pipelines
    are left alone, as they must be. ``on_hold`` and ``on_release`` are called before each.
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
        # Held while the state is set, which may wait for a streaming thread; so `heard`,
        # which runs there, must not take it.
        self._lock = threading.Lock()
        self._wanted = pipeline.target_state == Gst.State.PLAYING
        self._held = False
        self._percents: SimpleQueue[int | None] = SimpleQueue()
        self._percent = _FULL
        self._thread = threading.Thread(target=self._work, name="gstreamer-holding", daemon=True)
        self._thread.start()

    @property
    def held(self) -> bool:
        """Whether the pipeline is paused to let a queue fill."""
        return self._held

    def heard(self, percent: int) -> None:
        """How full the queue is (%); never waits for the pipeline."""
        self._percent = percent
        self._percents.put(percent)

    def play(self) -> Any:
        """Play, or do so as soon as the queue is full; gives what ``set_state`` does."""
        with self._lock:
            self._wanted = True
            if self._held:
                return Gst.StateChangeReturn.ASYNC
            done = self._pipeline.set_state(Gst.State.PLAYING)
        self._percents.put(self._percent)  # it may be short since long
        return done

    def pause(self) -> Any:
        """Pause, and stay so when the queue is full; gives what ``set_state`` does."""
        with self._lock:
            self._wanted = False
            return self._pipeline.set_state(Gst.State.PAUSED)

    def reset(self) -> None:
        """There is other media, or none: what was heard holds no more."""
        with self._lock:
            self._wanted = self._held = False
            self.heard(_FULL)

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
                told = self._percents.get(timeout=due and max(0.0, due - monotonic()))
            except Empty:
                due = None if self._act(short) else monotonic() + self._settle
                continue
            if told is None:
                return
            short = told < _FULL
            if short == self._held:
                due = None
            elif due is None:
                due = monotonic() + self._settle

    def _act(self, short: bool) -> bool:
        """Hold it, or let it go, now that the queue has been so for a while.

        Whether that is settled: to let go has to wait for data. Before there is any, a playbin
        may begin anew, and wait for ever for the streaming threads that it has already.
        """
        with self._lock:
            done, state, _ = self._pipeline.get_state(0)
            if short and self._wanted and not self._held and done in _ABLE:
                self._held = True
                self._on_hold()
                self._pipeline.set_state(Gst.State.PAUSED)
            elif not short and self._held:
                if self._wanted and state < Gst.State.PAUSED:
                    return False
                self._held = False
                if self._wanted:
                    self._on_release()
                    self._pipeline.set_state(Gst.State.PLAYING)
        return True
