"""The outbox: takes events from any thread at once, and makes them durable on its own."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from os import PathLike
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, TypeVar

from .._fork import Forked, watched
from .._log import log as _log
from .connecting import Connect, connect
from .dating import BootClock, Undated
from .failover import RETRY, Failover
from .starting import Starter
from .transit import Leases, Receipt, Ring, Waiting, encoded
from .values import (
    DEFAULT_BOUNDS,
    DROPPED,
    Added,
    Bounds,
    DeadLetter,
    Encode,
    Handed,
    Page,
    QueueError,
    Settled,
    Standing,
)

_T = TypeVar("_T")

#: Is given rows that were just committed, or None if they have to be fetched.
Listener = Callable[[list[Handed] | None], object]

#: How many events are made durable at once, at most.
_GROUP = 500

#: After an event the outbox looks for others by itself, every so often (s), for so long (s);
#: to be waken by each one would cost its caller more than all the rest.
_LOOK, _LINGER = 0.005, 0.25

#: How often (s) it looks whether another process changed something, and how long (s) a fork may
#: wait for the disk.
_POLL, _FORK = 1.0, 1.0

DURABILITIES = ("sync", "group", "memory")

_inherited: list[object] = []


class Outbox(Forked):
    """A durable queue in ``directory``, which is made if there is none.

    ``durability``: with ``group`` an event is queued at once and made durable with others soon;
    with ``sync`` `append` waits for that; with ``memory`` nothing is ever written. Nothing
    happens before the first call of a method, and all that waits for a disk does so in a thread
    of its own. Any thread may call any method. In a forked process it is a new one of the same
    directory, with nothing of the parent's in it.

    ``bounds`` say how much it holds; ``connect`` opens its files, ``retry`` is how often (s) a
    disk that failed is tried, ``clock`` dates events that came while it was wrong (Q-clock).
    Raises `QueueError` for another durability.
    """

    def __init__(
        self,
        directory: str | PathLike[str] | None,
        *,
        durability: str = "group",
        bounds: Bounds = DEFAULT_BOUNDS,
        connect: Connect = connect,
        retry: float = RETRY,
        clock: BootClock | None = None,
    ) -> None:
        if durability not in DURABILITIES:
            raise QueueError(f"durability: {durability!r} is none of {', '.join(DURABILITIES)}")
        self.durability = durability
        self.directory = None if durability == "memory" or directory is None else Path(directory)
        if self.directory is None and durability != "memory":
            raise QueueError(f"a queue needs a directory for durability {durability!r}")
        self._bounds, self._connect, self._retry = bounds, connect, retry
        self._poll = min(_POLL, retry)
        self._listener: Listener = bool  # nobody
        self._closing = False
        #: The events that came while the clock was wrong.
        self.undated = Undated(BootClock() if clock is None else clock)
        self._reset()
        watched.add(self)

    def _reset(self) -> None:
        # Reentrant: a handler of the operating system's signals, or a finalizer, may emit.
        self._lock = threading.RLock()
        self._changed = threading.Condition()
        self._bell: SimpleQueue[None] = SimpleQueue()
        self._rung = False
        self._waiting = Ring(self._bounds)
        self._counts: Counter[tuple[str, str]] = Counter()
        self._unsettled: list[tuple[Settled, Callable[[], object]]] = []
        self._asked: deque[Callable[[Failover], object]] = deque()
        #: The rows that the sender has.
        self.leases = Leases()
        self._poll_at = 0.0
        self._unheard: object = False
        self._lingers_until = 0.0
        self._failover: Failover | None = None
        self._thread: threading.Thread | None = None
        self._working = threading.Lock()
        self._held = False
        self._starter = Starter()

    # --------------------------------------------------------------------- for any thread

    def append(self, destination: str, encode: Encode, event: Any, beside: str = "") -> Receipt:
        """Queue what ``encode`` makes of ``event``, which a thread of the outbox will ask it.

        ``beside`` is what it has to know besides: a fact of this moment. It never raises and
        touches no disk; with ``durability="sync"`` it waits for it.
        """
        receipt = Receipt(self._changed)
        with self._lock:
            if self._closing:
                receipt.state = "closed"
                return receipt
            ring = self._waiting
            if len(ring) < ring.most:
                ring.append((destination, encode, event, beside, receipt))
            else:
                ring.overflow((destination, encode, event, beside, receipt))
        if not self._rung or self._thread is None:
            self._ring()
        if self.durability == "sync":
            if self._thread is None:
                self._step(0.0)
            receipt.wait()
        return receipt

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until all that was appended is durable, or as far as it can get."""
        with suppress(TimeoutError):
            self.ask(lambda failover: self.undated.date(failover) and self._listener(None), timeout)
            return True
        return False

    def standings(self, timeout: float | None = None) -> list[Standing]:
        """All destinations' counts, with what was appended before; raises `TimeoutError`."""
        return self.ask(
            lambda failover: failover.standings(self.leases.delivered(), self._counts), timeout
        )

    def dead(self, timeout: float | None = None) -> list[DeadLetter]:
        """The dead letters; raises `TimeoutError`."""
        return self.ask(lambda failover: failover.dead(), timeout)

    def encode_held(self) -> None:
        """Events that were kept as they are may be encoded now; waits for nothing."""
        self._poll_at = 0.0
        self.undated.read_again()
        self._ask(lambda failover: None)

    def look(self) -> None:
        """Start the thread if it is waited for and could not be had before."""
        if self._asked or self._waiting:
            self._ring()

    def recall(self, destination: str, lane: str) -> bytes | None:
        """The note of the last item of a lane, if it is known; for an ``encode`` only."""
        return None if self._failover is None else self._failover.recall(destination, lane)

    @property
    def trouble(self) -> str | None:
        """Why the disk takes nothing at present, if that is so."""
        return self._starter.trouble if self._failover is None else self._failover.trouble

    @property
    def next_try(self) -> float | None:
        """When (Unix time) a disk that takes nothing is tried again."""
        return None if self._failover is None else self._failover.next_try

    def close(self, timeout: float = 5.0) -> bool:
        """Make everything durable and let go of the files; True if it was done in time."""
        with self._lock:
            self._closing = True
        deadline = monotonic() + timeout
        if self._waiting or self._failover is not None:
            self._ring()
        if self._thread is not None:
            self._bell.put(None)
            self._thread.join(max(0.0, deadline - monotonic()))
            return not self._thread.is_alive()
        if self._failover is not None or self._waiting:
            self._finish()
        return True

    # ------------------------------------------------------------------- for the sender

    def listen(self, listener: Listener, again: bool = False) -> None:
        """Have ``listener``, and no other, called by the outbox's thread when there may be news.

        It is given the new rows, or None if what is new has to be fetched. While it says True
        it could do nothing, and is called again every second; as if it had said so with ``again``.
        """
        self._listener, self._unheard = listener, again

    def fetch(
        self, destination: str, after: int, limit: int, done: Callable[[Page], object]
    ) -> None:
        """Have ``done`` called with the next rows, by the outbox's thread, but no claimed ones.

        A process that may not send is given none.
        """

        def read(failover: Failover) -> None:
            rows, last = failover.read(destination, after, limit) if failover.owner else ([], after)
            done(self.leases.page(rows, last, failover.paused(destination)))

        self._ask(read)

    def delivered(self, seq: int) -> bool:
        """Note at once that a row is delivered; False if only `settle` can do that."""
        if self._failover is None or not self._failover.note(seq):
            return False
        if self.leases.deliver(seq):
            self._ring()
        return True

    def settle(self, settled: Settled, done: Callable[[], object] = lambda: None) -> None:
        """Commit what became of rows; ``done`` is called, by the outbox's thread, after that."""

        def commit(failover: Failover) -> None:
            failover.commit(Added(), settled)
            self._unsettled.append((settled, done))

        self._ask(commit)

    def count(self, destination: str, name: str) -> None:
        """Count something that became of no event, as ``ambiguous``."""
        with self._lock:
            self._counts[destination, name] += 1

    # ------------------------------------------------------------------------ the thread

    def ask(self, question: Callable[[Failover], _T], timeout: float | None = None) -> _T:
        """Have the outbox's thread ask ``question``; raises `TimeoutError`."""
        answers: list[_T] = []
        answered = threading.Event()

        def ask(failover: Failover) -> None:
            try:
                answers.append(question(failover))
            finally:
                answered.set()

        self._ask(ask)
        if self._thread is None:
            self._step(0.0)
        if not answered.wait(timeout):
            raise TimeoutError(f"the disk of the queue did not answer within {timeout:g} s")
        if not answers:
            raise QueueError("the queue gave no answer; the log of playertrack says why")
        return answers[0]

    def _ask(self, question: Callable[[Failover], object]) -> None:
        self._asked.append(question)
        self._rung = False
        self._ring()

    def _ring(self) -> None:
        if not self._rung:
            self._rung = True
            self._bell.put(None)
        if self._thread is None:
            self._start()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = self._starter.start(self._work, "playertrack-outbox")

    def _work(self) -> None:
        while not self._closing:
            lingers = monotonic() < self._lingers_until
            if self._rung and not lingers:
                self._rung = False  # and what came until now is looked for below
                self._step(0.0)
            self._step(_LOOK if lingers else self.leases.due_in(self._poll))
        self._finish()

    def _finish(self) -> None:
        self._step(0.0)
        with self._working:
            if self._failover is not None:
                if self._failover.suspended:
                    self._failover.wake()
                self._commit(self._failover, [])
                self._failover.close()
                self._failover = None

    def _step(self, pause: float) -> None:
        """Wait for something to do, for at most ``pause`` (s), and do it."""
        with suppress(Empty):
            self._bell.get(timeout=pause) if pause else self._bell.get_nowait()
        try:
            with self._working:
                self._do()
        except Exception:  # a bug; whatever it is, the next events are to be taken
            _log.exception("a bug: the thread of the queue failed; it goes on")

    def _do(self) -> None:
        if self._failover is None:
            self._failover = Failover(
                self.directory, self._bounds, self.leases.spare, self._connect, self._retry
            )
        failover = self._failover
        if failover.suspended:
            failover.wake()
        news = monotonic() >= self._poll_at and self._look_around(failover)
        asked = len(self._asked)
        self._empty(failover)
        for _ in range(asked):
            self._asked.popleft()(failover)
        if self._unsettled and not failover.owing:
            unsettled, self._unsettled = self._unsettled, []
            for settled, done in unsettled:
                self.leases.release(settled.numbers())
                done()
        handed = self.leases.handed()
        if news or handed or handed is None:
            self._unheard = self._listener(None if news else handed)

    def _look_around(self, failover: Failover) -> bool:
        """Do what is due every second; True if there may be something new."""
        self._poll_at = monotonic() + self._poll
        news = failover.poll()
        return self.undated.date(failover) or news or bool(self._unheard)

    def _empty(self, failover: Failover) -> None:
        """Commit what waits, group by group."""
        for _ in range(len(self._waiting) // _GROUP + 1):
            with self._lock:
                batch = self._waiting.take(_GROUP)
            if batch or self.leases.due(at_work=bool(self._asked)) or self._waiting.dropped:
                self._commit(failover, batch)
            if batch and self.durability != "sync":
                self._lingers_until = monotonic() + _LINGER

    def _commit(self, failover: Failover, batch: list[Waiting]) -> None:
        with self._lock:
            counts, self._counts = self._counts, Counter()
            dropped, self._waiting.dropped = self._waiting.dropped, Counter()
        for destination, n in dropped.items():
            counts[destination, "accepted"] += n
            counts[destination, f"{DROPPED}waiting"] += n
        added = Added(counts=counts)
        states = [encoded(waiting, added, self.undated) for waiting in batch]
        delivered = self.leases.delivered()
        safe = "dropped"
        try:
            new = failover.commit(added, Settled(delivered=delivered))
            self.leases.removed(len(delivered))
            self.leases.hand(new, added, owner=failover.owner)
            safe = "durable" if failover.durable else "memory"
        except Exception:  # a bug; whoever waits gets an answer, and the events are counted
            _log.exception("a bug: %d events could not be queued and are lost", len(batch))
            with self._lock:
                self._counts.update(counts)
                for destination in added.destinations():
                    self._counts[destination, "accepted"] += 1
                    self._counts[destination, f"{DROPPED}failed"] += 1
        with self._changed:
            for waiting, state in zip(batch, states, strict=True):
                waiting[-1].state = state or safe
            self._changed.notify_all()

    def before_fork(self) -> None:
        """Close the database: SQLite may not be open in a process that is copied."""
        self._held = self._working.acquire(timeout=_FORK)
        if self._held and self._failover is not None:
            self._failover.suspend()

    def after_fork_in_parent(self) -> None:
        """The writer opens the database again when it needs it."""
        if self._held:
            self._held = False
            self._working.release()

    def after_fork_in_child(self) -> None:
        """Begin anew: threads, locks and what waited are the parent's."""
        if self._failover is not None:
            self._failover.disown()
            if not self._held:  # the database is open here too, and must never be touched
                _inherited.append(self._failover)
                self.directory = None
        self._reset()
