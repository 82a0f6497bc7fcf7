"""A thread for calls that may hang, such as those of a sink, so nothing else does (Q-isolated)."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

from ._fork import Forked, watched

#: Calls that may wait; beyond it the oldest goes.
MOST = 100_000

Call = Callable[[], object]


class Lane(Forked):
    """Makes calls one after the other on a daemon thread, started when there is one to make.

    A call must not raise. The thread ends after `finish`.
    """

    def __init__(self, name: str) -> None:
        #: That of its thread.
        self.name = name
        #: Calls that were too many.
        self.dropped = 0
        self._reset()
        watched.add(self)

    def after_fork_in_child(self) -> None:
        """Start anew: the thread is the parent's, and so is what waits."""
        self._reset()

    def _reset(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[Call] = deque()
        self._busy = False
        self._thread: threading.Thread | None = None
        self._finishing = False

    def put(self, call: Call) -> None:
        """Have ``call`` made after those before it."""
        with self._changed:
            if len(self._waiting) >= MOST:
                self._waiting.popleft()
                self.dropped += 1
            self._waiting.append(call)
            self._changed.notify()
            self._start()

    def _start(self) -> None:
        """Start the thread; while there can be none, calls wait for the next try, or `wait`."""
        if self._thread is None:
            thread = threading.Thread(target=self._work, name=self.name, daemon=True)
            with suppress(RuntimeError):  # none is left, or the interpreter is about to exit
                thread.start()
                self._thread = thread

    def wait(self, deadline: float) -> bool:
        """Wait until all calls are made; False if they are not by ``deadline`` (monotonic, s).

        After `finish` they are made here if no thread can be had.
        """
        with self._changed:
            if self._waiting:
                self._start()
            alone = self._finishing and self._thread is None
        if alone:
            self._work()
        with self._changed:
            return self._changed.wait_for(
                lambda: not (self._waiting or self._busy), max(0.0, deadline - monotonic())
            )

    def wait_for_last(self, deadline: float) -> None:
        """Wait until the last call is being made, or is made, or until ``deadline``."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting, max(0.0, deadline - monotonic()))

    def finish(self, call: Call) -> None:
        """Have ``call`` made as the last one; see `wait`."""
        self.put(call)
        with self._changed:
            self._finishing = True
            self._changed.notify()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                while not self._waiting:
                    if self._finishing:
                        self._thread, self._finishing = None, False
                        return
                    self._changed.wait()
                call = self._waiting.popleft()
                self._busy = True
            call()
