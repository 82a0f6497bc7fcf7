"""The thread that calls the program's callbacks in order, and wakes the engine for timers."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from math import inf
from time import monotonic
from typing import Any, TypeVar

from .._log import log as _log
from ..errors import PlayertrackError, SignalError
from .clock import Clock

#: How much may wait to be handed over; beyond it the oldest goes. It takes a sink that hangs
#: for days to get there, and some 30 MB.
_MOST_WAITING = 100_000

_T = TypeVar("_T")


class Dispatcher:
    """Calls handlers with items, one after the other, on a daemon thread of its own.

    A handler's exception is logged and reported to ``on_error``, each kind of failure once, but
    every `SignalError`. The thread is started when there is something to do. Between items
    it waits for the timers of its owner: ``due`` says when, in the time of ``clock`` (inf:
    not at all), and then ``settle`` is called. ``finish`` is called last, with the
    seconds that are left for it, and says whether all is delivered.

    ``lock`` guards the owner's state too: ``due`` and ``settle`` are called with it held and
    have to be short, handlers and ``finish`` are called without it.
    """

    def __init__(
        self,
        clock: Clock,
        due: Callable[[], float],
        settle: Callable[[], None],
        finish: Callable[[float], bool],
        on_error: Callable[[Exception], object] | None,
    ) -> None:
        self._clock = clock
        self._due = due
        self._settle = settle
        self._finish = finish
        self._on_error = on_error
        self._reported: set[tuple[str, type[Exception], str | None]] = set()
        self.reset()

    def reset(self) -> None:
        """Forget the thread and all that waits: they are another process's after a fork."""
        # Reentrant: a handler of the operating system's signals, or a finalizer, may run
        # wherever its thread is, and be a signal of the player.
        self.lock = threading.RLock()
        self.closing = False
        self._changed = threading.Condition(self.lock)
        self._waiting: deque[tuple[str, Callable[[Any], object], Any]] = deque(maxlen=_MOST_WAITING)
        self._dropped = 0
        self._thread: threading.Thread | None = None
        #: When the thread looks again of its own accord, in the time of the clock.
        self.alarm = inf
        self._held = -inf  # until then nothing is due
        self._deadline = inf
        self._delivered = True
        self._closed = threading.Event()
        self._then: list[Callable[[bool], object]] = []

    def disown(self) -> None:
        """As `reset`, and nothing is to be done any more."""
        self.reset()
        self.closing = True
        self._closed.set()

    # ---------------------------------------------------------------- called by the owner

    def put(self, where: str, handler: Callable[[_T], object], item: _T) -> None:
        """Have ``handler`` called with ``item``; the lock is held.

        ``where`` names it in a report.
        """
        waiting = len(self._waiting)
        self._dropped += waiting == _MOST_WAITING
        self._waiting.append((where, handler, item))
        if not waiting or self._thread is None:  # else it was woken for those before
            self.wake()

    def report(self, where: str, error: Exception) -> None:
        """Log a failure, and report it."""
        with self.lock:
            self.put("on_error", self._report, (where, error))

    def wake(self) -> None:
        """Have the thread look for what there is to do; the lock is held.

        It looks of its own accord at ``alarm``, so this is for what is due sooner.
        """
        if self._thread is None:
            self._start()
        self._changed.notify()

    def flush(self, timeout: float) -> bool:
        """Wait until all that is due or waits now is handed over, or the end, if it was begun.

        False if it takes longer than ``timeout`` seconds, and in a handler.
        """
        if threading.current_thread() is self._thread:
            return False
        with self.lock:
            reached = self._closed
            if not self.closing:
                reached = threading.Event()
                self._settle_due()
                self.put("flush", lambda _: reached.set(), None)
        return reached.wait(timeout)

    def close(self, timeout: float) -> bool:
        """Hand over what waits, finish, and say whether all of it is delivered.

        False also after ``timeout`` seconds, and in a handler: there it cannot be waited for.
        """
        if not self.start_closing(timeout) and threading.current_thread() is self._thread:
            return False
        return self._closed.wait(timeout) and self._delivered

    def start_closing(self, timeout: float, then: Callable[[bool], object] | None = None) -> bool:
        """Have it closed without waiting; ``then`` is called with what `close` would return.

        That is on the dispatcher's thread, or at once if all is over. True if this call did all
        the work, since the interpreter is about to exit and starts no threads.
        """
        with self.lock:
            first = not self.closing
            if first:
                self.closing = True
                self._deadline = monotonic() + timeout
                if self._thread is None:
                    self._start()
                self._changed.notify()
            alone = first and self._thread is None
            if alone:
                self._thread = threading.current_thread()
            over = self._closed.is_set()
            if then is not None and not over:
                self._then.append(then)
        if alone:
            self._work()
        elif over and then is not None:
            then(self._delivered)
        return alone

    # --------------------------------------------------------------------- the thread

    def _start(self) -> None:
        thread = threading.Thread(target=self._work, name="playertrack", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            return  # an interpreter about to exit starts no threads; close() does the work
        self._thread = thread

    def _work(self) -> None:
        while batch := self._next_batch():
            for where, handler, item in batch:
                self._hand_over(where, handler, item)
        self._delivered = self._finish(max(0.0, self._deadline - monotonic())) and not self._dropped
        if self._dropped:
            _log.error("%d events and reports were dropped: sinks were too slow", self._dropped)
        while self._waiting:
            self._hand_over(*self._waiting.popleft())
        with self.lock:
            self._closed.set()
        for then in self._then:
            self._hand_over("on_closed", then, self._delivered)

    def _next_batch(self) -> list[tuple[str, Callable[[Any], object], Any]]:
        """Wait until there is something to hand over; nothing is the end."""
        with self._changed:
            while True:
                due = self._settle_due()
                if self._waiting or self.closing:
                    break
                self.alarm = due
                held = self._clock.wait(self._changed, None if due == inf else due)
                self._held = self._held if held is None else held
            batch = list(self._waiting)
            self._waiting.clear()
            return batch

    def _settle_due(self) -> float:
        """Have settled what is due, and say when something is next."""
        if self._clock.time() < self._held:
            return max(self._held, self._due())
        settled = inf
        while (due := self._due()) <= self._clock.time():
            if due == settled:
                return inf  # a timer that does not go away would keep the lock for ever
            settled = due
            self._settle()
        return due

    def _hand_over(self, where: str, handler: Callable[[Any], object], item: Any) -> None:
        try:
            handler(item)
        except Exception as error:  # of a sink or a callback: the others go on
            self.report(where, error)
        except BaseException as error:
            # sys.exit() in a callback ends nothing: this is no thread of the program's.
            self.report(where, PlayertrackError(f"it raised {error!r}"))

    def _report(self, failure: tuple[str, Exception]) -> None:
        where, error = failure
        kind = (where, type(error), getattr(error, "field", None))
        known = kind in self._reported
        self._reported.add(kind)
        refused = isinstance(error, SignalError)
        level = logging.DEBUG if known else logging.WARNING if refused else logging.ERROR
        _log.log(level, "%s: %s", where, error, exc_info=None if refused else error)
        if self._on_error is not None and (refused or not known):
            try:
                self._on_error(error)
            except BaseException:  # of the program's callback: this thread goes on
                _log.exception("on_error failed")
