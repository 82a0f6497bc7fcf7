"""The queue and its sender together, shared by all sinks that use the same directory."""

from __future__ import annotations

import asyncio
import atexit
import threading
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from os import PathLike
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import attrs

from .._fork import Forked, watched
from ..outbox import (
    DEFAULT_BOUNDS,
    BootClock,
    Bounds,
    Counts,
    Encode,
    Item,
    Outbox,
    Page,
    QueueError,
    Receipt,
    Standing,
    look,
)
from ..outbox.room import has_room
from .protocol import SessionDestination
from .route import Route
from .settings import DEFAULT_SETTINGS, DeliveryError, DeliverySettings
from .status import Status, status_of

if TYPE_CHECKING:
    import aiohttp

    from .loop import SendLoop

#: How long (s) the exit of the interpreter waits for a queue that was left open.
_EXIT_TIMEOUT = 2.0

_ANOTHER = "that of the sink which is open for this destination, or a function that gives it"

#: How long (s) the disk may take to count what is left, and to close, when the time is up.
_ANSWER = 1.0

#: How often (s) to look whether a full queue has room again.
_ROOM_POLL = 0.05

#: Why events of an earlier process wait.
_NOT_STARTED = "nothing was emitted yet: what is in the queue is sent from then on, or by a flush"

#: More rows than can be on their way at once.
_SOME = 1024


class Sender(Forked):
    """Queues events durably in ``directory`` and sends them along the routes that are added.

    ``durability`` and ``bounds`` are those of `Outbox`, ``settings`` how they are sent.
    With ``session`` events are sent by it and in its event loop, where this is to be made and
    to be closed by `aclose`; else in a thread of its own. It is closed at the exit of the
    interpreter if it was not before. In a forked process nothing of the parent's is used.
    """

    def __init__(
        self,
        directory: str | PathLike[str] | None,
        *,
        durability: str = "group",
        bounds: Bounds = DEFAULT_BOUNDS,
        settings: DeliverySettings = DEFAULT_SETTINGS,
        session: aiohttp.ClientSession | None = None,
        clock: BootClock | None = None,
    ) -> None:
        self.outbox = Outbox(directory, durability=durability, bounds=bounds, clock=clock)
        self.settings = settings
        self._bounds = bounds
        self._learners: dict[str, WeakSet[SessionDestination[Any]]] = {}
        self._adds: Counter[str] = Counter()
        self._users = 0
        self._key: Path | None = None
        self._all_delivered = False
        self._last: list[Standing] | None = None  # as it was left
        self._disk_trouble: str | None = None
        self._lock = threading.Lock()
        self._closed = False
        self._loop = self._new_loop(session)
        atexit.register(self._close_at_exit)
        watched.add(self)

    def _new_loop(self, session: aiohttp.ClientSession | None) -> SendLoop:
        from .loop import SendLoop

        loop = SendLoop(self.outbox, self.settings, session)
        self.outbox.listen(loop.look)
        return loop

    @property
    def directory(self) -> Path | None:
        """Where the queue is; None if it is in memory only."""
        return self.outbox.directory

    def add(self, route: Route) -> None:
        """Send along ``route`` from now on, until `drop`.

        A queue may have events for destinations that are not added; they stay. Several may
        share a destination, and each learns from its answers for as long as it lives. Raises
        `DeliveryError` for an unsafe address, or if it is added already with another address
        or the tokens of somebody else.
        """
        from .transport import check_address

        check_address(route.destination.address, self.settings)
        name = route.name
        with self._lock:
            known = self._loop.routes.get(name)
            same = known is not None and known.same_as(route)
            if known is not None and self._adds[name] and not same:
                there = known.destination.address
                if there != route.destination.address:
                    wanted = f"{there}, as of the open sink"
                    raise DeliveryError("url", route.destination.address, wanted)
                raise DeliveryError("token", route.tokens, _ANOTHER)
            self._adds[name] += 1
            destination = route.destination
            if isinstance(destination, SessionDestination) and destination.learns():
                self._learners.setdefault(name, WeakSet()).add(destination)
                route = attrs.evolve(route, answered=partial(self._answered, name))
        if not same:
            self._loop.add(route)

    def drop(self, names: Iterable[str]) -> None:
        """Whoever added these needs them no more; what waits for them is sent on."""
        with self._lock:
            self._adds.subtract(names)

    def _answered(self, name: str, session: str, body: bytes) -> None:
        with self._lock:
            learners = tuple(self._learners.get(name, ()))
        for learner in learners:
            learner.answered(session, body)

    @property
    def disk_trouble(self) -> str | None:
        """Why events are in memory only, though there is a directory; None if they are not."""
        return self._disk_trouble if self._closed else self.outbox.trouble

    def put(self, name: str, encode: Encode, event: Any, beside: str = "") -> Receipt:
        """Queue ``event`` for the destination ``name``, see `Outbox.append`, and have it sent.

        Who has done it once may go to the outbox itself. The threads are started here, since
        an interpreter that is about to exit starts none.
        """
        receipt = self.outbox.append(name, encode, event, beside)
        if not self._started:
            self._loop.start()
        return receipt

    # -------------------------------------------------------------------------- what is left

    def standing(self, name: str, timeout: float | None = None) -> Standing:
        """The fate of a destination's events, also when closed; raises `TimeoutError`."""
        found = {each.name: each for each in self._standings(timeout)}
        return found.get(name, Standing(name, Counts(), None))

    def _standings(self, timeout: float | None) -> list[Standing]:
        if self._last is None:
            try:
                return self.outbox.standings(timeout)
            except TimeoutError:
                if self._last is None:  # it was not closed meanwhile
                    raise
        return self._last

    def trouble(self, name: str) -> str | None:
        """Why nothing is delivered to a destination, while that is so."""
        return self._loop.trouble(name)

    def states(self) -> dict[str, str]:
        """The state of each destination: up, down, renewing or paused."""
        return self._loop.states()

    def status(self, name: str, timeout: float | None = None) -> Status:
        """All that an operator wants to know of a destination; raises `TimeoutError`."""
        standing = self.standing(name, timeout)
        health = self._loop.health().get(name) or self._loop.before(name)
        disk = self.disk_trouble
        in_memory = f"events are in memory only: {disk}"
        if disk and health.state != "up":
            health = attrs.evolve(health, reason=f"{health.reason}; {in_memory}")
        elif disk and not self._loop.first(name):
            next_try = None if self._closed else self.outbox.next_try
            health = attrs.evolve(health, state="waiting", reason=in_memory, next_try=next_try)
        if health.state == "up" and standing.counts.pending and not self._started:
            health = attrs.evolve(health, state="waiting", reason=_NOT_STARTED)
        oldest = self._oldest(name, timeout) if standing.counts.pending else None
        return status_of(standing, health, oldest)

    @property
    def _started(self) -> bool:
        return self._loop.started or self._closed

    def _oldest(self, name: str, timeout: float | None) -> Item | None:
        """The item for a destination that has waited longest, if that is known."""
        if (row := self._loop.first(name)) is not None:
            return row.item
        if self._closed:
            if self.directory is None:
                return None
            with suppress(QueueError):
                return look(self.directory).oldest.get(name)
            return None
        pages: list[Page] = []
        self.outbox.fetch(name, 0, _SOME, pages.append)
        with suppress(TimeoutError):
            self.outbox.ask(lambda failover: None, timeout)  # which comes after it
        return pages[0].rows[0].item if pages and pages[0].rows else None

    def resume(self, names: Iterable[str] | None = None) -> None:
        """Go on with paused destinations, all of them if none are named."""
        self._loop.start()
        self._loop.resume(names)

    def flush(self, timeout: float, names: Iterable[str] | None = None) -> bool:
        """Make all durable, then send what can be sent in ``timeout`` (s); True if nothing is left.

        ``names`` are the destinations that are waited for; all of them if none are named.
        """
        deadline = monotonic() + timeout
        names = tuple(self._loop.routes if names is None else names)
        if not self.outbox.flush(timeout):
            return False
        self._loop.start()
        self._loop.drain(max(0.0, deadline - monotonic()), names)
        return self._delivered(names, deadline)

    def wait_for_room(self, timeout: float) -> bool:
        """Wait until all is durable and the queue has room; False if that takes longer (s)."""
        deadline = monotonic() + timeout
        while True:
            with suppress(TimeoutError):
                left = max(_ROOM_POLL, deadline - monotonic())
                if self.outbox.ask(lambda failover: has_room(failover, self._bounds), left):
                    return True
            if monotonic() >= deadline:
                return False
            sleep(_ROOM_POLL)

    def _delivered(self, names: Iterable[str], deadline: float) -> bool:
        chosen = set(names)
        try:
            standings = self._standings(max(_ANSWER, deadline - monotonic()))
        except TimeoutError:
            return False
        return not any(each.counts.pending for each in standings if each.name in chosen)

    def close(self, timeout: float = 5.0) -> bool:
        """Make all durable, send what can be sent in ``timeout`` (s), and end (Q-close).

        True if nothing is left. May be called again, and at the exit of the interpreter.
        """
        return self._close(timeout, self._loop.routes)

    async def aclose(self, seconds: float = 5.0) -> bool:
        """As `close`, in the loop of the session that was given."""
        return await asyncio.to_thread(self.close, seconds)

    def leave(self, names: Iterable[str], timeout: float) -> bool:
        """As `close` for one of those who share it: the last one closes it."""
        with _shared.lock:
            self._users -= 1
            last = self._users == 0
            if last and self._key is not None:
                _shared.senders.pop(self._key, None)
        delivered = self._close(timeout, names) if last else self.flush(timeout, names)
        self.drop(names)
        return delivered

    def _close(self, timeout: float, names: Iterable[str]) -> bool:
        with self._lock:
            closed, self._closed = self._closed, True
        if closed:
            return self._all_delivered
        atexit.unregister(self._close_at_exit)
        deadline = monotonic() + timeout
        self.flush(timeout)
        self._loop.note()
        self._loop.stop()
        with suppress(TimeoutError):
            self._last = self.outbox.standings(max(_ANSWER, deadline - monotonic()))
            self._all_delivered = self._delivered(names, deadline)
        self._disk_trouble = self.outbox.trouble
        self.outbox.close(max(_ANSWER, deadline - monotonic()))
        return self._all_delivered

    def _close_at_exit(self) -> None:
        self.close(_EXIT_TIMEOUT)

    def after_fork_in_child(self) -> None:
        """Start anew: the loop is the parent's, and so is a session that was given."""
        self._lock = threading.Lock()
        routes = self._loop.routes
        self._loop = self._new_loop(None)
        self._loop.routes.update(routes)


class _Shared(Forked):
    """The senders that are shared, by their directories."""

    def __init__(self) -> None:
        self.senders: dict[Path, Sender] = {}
        self.lock = threading.RLock()
        watched.add(self)

    def of(self, directory: Path) -> Sender | None:
        """The sender of that directory, which may have another name (a bind mount)."""
        if (known := self.senders.get(directory)) is not None:
            return known
        for place, sender in self.senders.items():
            with suppress(OSError):  # it is not there yet
                if place.samefile(directory):
                    return sender
        return None

    def after_fork_in_child(self) -> None:
        """Whoever held the lock is in the parent."""
        self.lock = threading.RLock()


_shared = _Shared()


def share(directory: str | PathLike[str] | None, **options: Any) -> Sender:
    """The `Sender` of a directory for one more user, who has to `Sender.leave` it.

    ``options`` are those of `Sender`; they are the first user's. Without a directory it is
    shared with nobody.
    """
    key = None if directory is None else Path(directory).resolve()
    with _shared.lock:
        sender = None if key is None else _shared.of(key)
        if sender is None:
            sender = Sender(directory, **options)
            sender._key = key
            if key is not None:
                _shared.senders[key] = sender
        sender._users += 1
    return sender
