"""The event loop of a sender, in its own thread, with a channel for each destination."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from functools import partial
from time import monotonic, time
from typing import Any, TypeVar
from urllib.parse import urlsplit

import attrs

from .._aiohttp import aiohttp
from ..outbox import Handed, Outbox, QueueError, Row
from .channel import Channel
from .health import Health, shown_address, write_health
from .protocol import Answer, Request
from .resolver import ThreadResolver
from .route import Route
from .settings import DeliverySettings
from .transport import Made, TimeLimit, check_address, exchange, make, new_session
from .user_code import in_thread, make_private

_T = TypeVar("_T")

#: How often (s) it is seen whether a state changed, and times are noted beside the queue.
_LOOK, _NOTE_EVERY = 1.0, 15.0

#: How long (s) after a thread or descriptor could not be had it is tried again.
_START_AGAIN = 0.5

#: How often (s) the queue has it look again whether it can start.
_LOOKED = 1.0

#: How long (s) the disk may take to say who sends.
_PATIENCE = 5.0


class SendLoop:
    """Sends what is in ``outbox`` along the routes that are added.

    It has a thread with an event loop of its own, started when there is something to do; or
    it uses ``session`` and the loop that runs where it is made, which keeps the session.
    """

    def __init__(
        self,
        outbox: Outbox,
        settings: DeliverySettings,
        session: aiohttp.ClientSession | None = None,
    ) -> None:
        self.routes: dict[str, Route] = {}
        self._outbox = outbox
        self._settings = settings
        self._starts = asyncio.Lock()
        self._given = session
        #: True once it has started.
        self.started = session is not None
        self._loop = None if session is None else asyncio.get_running_loop()
        # Reentrant: an event may come from a handler of the operating system's signals.
        self._lock = threading.RLock()
        self._thread: threading.Thread | None = None
        self._start_trouble: str | None = None
        self._start_at = 0.0  # when (Unix, s) it is tried again
        self._end_now = threading.Event()
        self._starting = False
        self._ready = threading.Event()  # there is a loop
        self._early: list[Callable[[], object]] = []  # what is to be called when there is
        self._session = session
        self._resolver: ThreadResolver | None = None
        self._channels: dict[str, Channel] = {}
        self._limits = aiohttp.ClientTimeout(sock_connect=settings.connect_timeout)
        self._limit = TimeLimit(settings.timeout)
        self._stopped = False
        self._noted: dict[str, Health] = {}
        self._note_at = 0.0
        self._note_lock = threading.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._noting: asyncio.Task[None] | None = None

    # --------------------------------------------------------------------- for any thread

    def add(self, route: Route) -> None:
        """Send to ``route`` from now on; raises `DeliveryError` for an unsafe address."""
        check_address(route.destination.address, self._settings)
        self.routes[route.name] = route
        if self.started:
            self._call(partial(self._use, route))

    def start(self) -> None:
        """Start, if it has not started; waits for nothing but the start of a thread."""
        with self._lock:
            if not (self.started or self._starting or self._stopped):
                self._starting = True
                thread = threading.Thread(target=self._run, name="playertrack-sender", daemon=True)
                try:
                    thread.start()
                except RuntimeError as error:  # none is left, or the interpreter is about to exit
                    self._lacks(f"no thread to send with: {error}", _LOOKED)
                    self._outbox.listen(self.look, again=True)
                else:
                    self._thread, self._start_trouble = thread, None
                    self.started = True
                self._starting = False

    def _lacks(self, what: str, seconds: float) -> None:
        """It cannot start for that reason, and tries again in so many seconds."""
        self._start_trouble, self._start_at = what, time() + seconds

    def look(self, handed: list[Handed] | None) -> bool:
        """There are new rows, or (None) there may be something to fetch; start if need be.

        True if it could not: then it has to be called again.
        """
        if not self.started:
            self.start()
        if self._loop is not None:  # when there is one, all that is there is fetched
            self._call(self._look_at_all if handed is None else partial(self._hand, handed))
        return not self.started

    def resume(self, names: Iterable[str] | None = None) -> None:
        """Go on with paused destinations, all of them if none are named."""
        chosen = None if names is None else set(names)

        def resume() -> None:
            for name, channel in self._channels.items():
                if chosen is None or name in chosen:
                    channel.resume()

        self._call(resume)

    def states(self) -> dict[str, str]:
        """The state of each destination: up, down, renewing or paused."""
        return {name: each.policy.state.value for name, each in tuple(self._channels.items())}

    def health(self) -> dict[str, Health]:
        """How each destination fares that events are sent to."""
        return {name: each.healthy() for name, each in tuple(self._channels.items())}

    def before(self, name: str) -> Health:
        """How a destination fares that nothing could be sent to yet."""
        route = self.routes.get(name)
        address = None if route is None else shown_address(route.destination.address)
        if self._start_trouble is None:
            return Health(address=address)
        again = None if self._stopped else max(time(), self._start_at)
        return Health(address=address, state="waiting", reason=self._start_trouble, next_try=again)

    def first(self, name: str) -> Row | None:
        """The oldest row that is being sent to a destination, if there is one."""
        channel = self._channels.get(name)
        return None if channel is None else channel.first()

    def note(self) -> None:
        """Keep with the queue how its destinations fare, if it is this process that sends.

        One thread at a time: what another found before must not be written over it.
        """
        directory, deadline = self._outbox.directory, monotonic() + _PATIENCE
        if directory is None or not self._note_lock.acquire(timeout=_PATIENCE):
            return
        try:
            found = self.health()
            if not found:
                return
            if self._outbox.ask(lambda store: store.owner, deadline - monotonic()):
                write_health(directory, found)
        except (TimeoutError, QueueError):
            pass
        finally:
            self._note_lock.release()

    def trouble(self, name: str) -> str | None:
        """Why nothing is delivered to a destination, while that is so."""
        channel = self._channels.get(name)
        return self._start_trouble if channel is None else channel.trouble or channel.stalled

    def drain(self, timeout: float, names: Iterable[str] | None = None) -> None:
        """Wait until all is sent that can be, at most ``timeout`` seconds."""
        chosen = set(self.routes if names is None else names)
        self._wait(lambda: self._drained(chosen, timeout), timeout)

    def stop(self, timeout: float = 1.0) -> None:
        """Send nothing more; what is on its way is given up."""
        with self._lock:
            self._stopped = True
        self._end_now.set()
        self._wait(self._end, timeout)
        if self._thread is not None:
            self._thread.join(timeout)

    # -------------------------------------------------------------------------- the loop

    def _run(self) -> None:
        make_private()
        loop = self._new_loop()
        if loop is None:
            return
        asyncio.set_event_loop(loop)
        with self._lock:
            self._loop = loop
            early, self._early = self._early, []
        for function in (self._open, *early):
            loop.call_soon(function)
        self._ready.set()
        try:
            loop.run_forever()
            _cancel_all(loop)
        finally:
            loop.close()

    def _new_loop(self) -> asyncio.AbstractEventLoop | None:
        """A loop, as soon as there are descriptors for one; None when it is stopped before."""
        while not self._stopped:
            try:
                loop = asyncio.new_event_loop()
            except OSError as error:
                self._lacks(f"no event loop to send with: {error}", _START_AGAIN)
                self._end_now.wait(_START_AGAIN)
            else:
                self._start_trouble = None
                return loop
        return None

    def _open(self) -> None:
        """Open a channel for each destination that has none; later, if that is not possible."""
        if self._stopped:
            return
        try:
            self._open_all()
            self._start_trouble = None
        except (OSError, RuntimeError) as error:  # no descriptor, or no thread
            self._lacks(f"nothing to send with: {error}", _START_AGAIN)
            asyncio.get_running_loop().call_later(_START_AGAIN, self._open)

    def _open_all(self) -> None:
        if self._session is None:
            self._resolver = ThreadResolver(self._settings.connect_timeout)
            self._session = new_session(self._resolver)
        if self._resolver is not None:
            for route in tuple(self.routes.values()):
                self._resolver.prepare(urlsplit(route.destination.address).hostname or "")
        for name, route in tuple(self.routes.items()):
            if name not in self._channels:
                channel = Channel(self._outbox, route, self._settings, self)
                self._channels[name] = channel
                channel.look()
        if self._timer is None:
            self._look_after()

    def _look_after(self) -> None:
        """See every second to what nobody calls for: notes, and a queue without a thread."""
        self._outbox.look()
        if self._outbox.directory is not None:
            self._look_after_notes()
        self._timer = asyncio.get_running_loop().call_later(_LOOK, self._look_after)

    def _look_after_notes(self) -> None:
        """Note a state soon after it changes, and times now and then: disks wear."""
        loop = asyncio.get_running_loop()
        found = {name: attrs.evolve(each, next_try=None) for name, each in self.health().items()}
        changed = {(name, each.state, each.reason) for name, each in found.items()} != {
            (name, each.state, each.reason) for name, each in self._noted.items()
        }
        due = found != self._noted and loop.time() >= self._note_at
        if (changed or due) and (self._noting is None or self._noting.done()):
            self._noted, self._note_at = found, loop.time() + _NOTE_EVERY
            self._noting = loop.create_task(in_thread(self.note))

    def _use(self, route: Route) -> None:
        channel = self._channels.get(route.name)
        if channel is not None:
            channel.use(route)
        self._open()

    def make(self, request: Request, plain: bool) -> Made | None:
        """See `Carrier`."""
        assert self._session is not None
        return make(self._session, request, plain, self._limits)

    def exchange(
        self, request: Request, plain: bool, made: Made | None = None
    ) -> Coroutine[Any, Any, Answer]:
        """See `Carrier`."""
        # Of several one starts when the bytes of the one before are out: so their answers
        # come one after the other, while the next requests are made, and not all at once.
        # One alone need not wait, which would cost it another round of the loop.
        send = self._send_after if self._limit.busy else self._send
        return self._limit.keep(send(request, plain, made))

    def _send(
        self, request: Request, plain: bool, made: Made | None
    ) -> Coroutine[Any, Any, Answer]:
        assert self._session is not None
        return exchange(self._session, request, plain, self._limits, made)

    async def _send_after(self, request: Request, plain: bool, made: Made | None) -> Answer:
        await self._starts.acquire()
        asyncio.get_running_loop().call_soon(self._starts.release)
        return await self._send(request, plain, made)

    def _look_at_all(self) -> None:
        for channel in self._channels.values():
            channel.look()

    def _hand(self, handed: list[Handed]) -> None:
        for each in handed:
            for name, rows in each.rows.items():
                channel = self._channels.get(name)
                if channel is not None:  # one that is opened later fetches all there is
                    channel.hand(each.epoch, rows)

    async def _drained(self, names: set[str], seconds: float) -> None:
        deadline = monotonic() + seconds
        loop = asyncio.get_running_loop()
        self._open()
        channels = [each for name, each in self._channels.items() if name in names]
        for channel in channels:
            channel.hurry(1)
        try:
            for channel in channels:
                until = loop.time() + deadline - monotonic()
                while not channel.idle and not channel.hopeless(until):
                    if (left := deadline - monotonic()) <= 0:
                        return
                    await channel.change(left)
        finally:
            for channel in channels:
                channel.hurry(-1)

    async def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._noting is not None:
            self._noting.cancel()
            await asyncio.gather(self._noting, return_exceptions=True)
        for channel in self._channels.values():
            await channel.stop()
        if self._given is None and self._session is not None:
            await self._session.close()
            if self._resolver is not None:
                await self._resolver.close()
        if self._given is None:
            asyncio.get_running_loop().call_soon(asyncio.get_running_loop().stop)

    def _call(self, function: Callable[[], object]) -> None:
        with self._lock:
            if self._loop is None:
                self._early.append(function)
                return
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(function)

    def _wait(self, make: Callable[[], Coroutine[Any, Any, None]], timeout: float) -> None:
        """Run a coroutine in the loop and wait for it, but not where that would never end."""
        if not self.started or (self._given is None and not self._ready.wait(timeout)):
            return
        if self._loop is None or self._loop.is_closed() or self._here():
            return
        coroutine = make()
        try:
            future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        except RuntimeError:
            coroutine.close()
            return
        with suppress(TimeoutError):
            future.result(timeout + 0.5)

    def _here(self) -> bool:
        try:
            return asyncio.get_running_loop() is self._loop
        except RuntimeError:
            return False


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel tasks that nobody waits for any longer, as for the token of a user's function."""
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
