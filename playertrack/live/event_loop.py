"""Bindings of players that live in an event loop: Qt, GLib, asyncio.

Such a player may only be called on the thread of its loop, and whatever blocks that thread stops
the player and the whole program. So commands from any thread are handed over to the loop, and
nothing here waits on the loop's thread.
"""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ..errors import PlayertrackError
from ..trace.recording import Translator
from .adapter import Binding, Listener

if TYPE_CHECKING:
    import asyncio

#: How long (s) a command waits for the event loop to take it.
_PATIENCE = 5.0

#: How long (s) the loop's own thread is held when it detaches: the records that wait are few.
_BRIEF = 0.1


class LoopError(PlayertrackError):
    """The event loop of the player does not run, so it takes no commands."""


class LoopBinding(Binding):
    """Keeps a player measured that lives in an event loop.

    A subclass says how to reach the loop (`_post`, `_on_loop`); all else that it implements,
    `_connect` and `_disconnect` in place of `_subscribe` and `_unsubscribe`, is called on the
    loop's thread, and so is what it does in the player's callbacks. Commands may be given on any
    thread: elsewhere than on the loop's they return when the loop has done them.
    """

    @abstractmethod
    def _post(self, call: Callable[[], None]) -> None:
        """Have ``call`` called on the loop's thread, soon; from any thread."""

    @abstractmethod
    def _on_loop(self) -> bool:
        """True if this is the loop's thread."""

    @abstractmethod
    def _connect(self) -> None:
        """Listen to the player; what it is doing already is noted as if it started now."""

    @abstractmethod
    def _disconnect(self) -> None:
        """Listen no longer, and take back what was changed in the player."""

    def _call(self, name: str, call: Callable[[], None]) -> None:
        """Have it done on the loop's thread, and wait for it; raises what it raises."""
        if self._on_loop():
            call()
            return
        done: Future[None] = Future()

        def perform() -> None:
            if done.set_running_or_notify_cancel():
                try:
                    call()
                except BaseException as error:  # raised where `call` was wanted
                    done.set_exception(error)
                else:
                    done.set_result(None)

        self._post(perform)
        try:
            done.result(_PATIENCE)
        except TimeoutError:
            if not done.cancel() and done.done():
                done.result()  # it was raised by the call itself
            raise LoopError(
                f"{name}: the player's event loop took no command for {_PATIENCE:g} s; "
                "is it running?"
            ) from None

    def _subscribe(self) -> None:
        self._call("track", self._connect)

    def _unsubscribe(self) -> None:
        with suppress(LoopError):  # a loop that ran out has nothing more to say
            self._call("detach", self._disconnect)

    def _obey(self, name: str, command: Callable[[], None]) -> None:
        super()._obey(name, lambda: self._call(name, lambda: self._do(name, command)))

    def _do(self, name: str, command: Callable[[], None]) -> None:
        """On the loop's thread, where the player may have gone since the command was given."""
        super()._obey(name, command)

    def _await(self, threads: Iterable[threading.Thread]) -> None:
        if not self._on_loop():
            super()._await(threads)
            return
        for thread in threads:
            thread.join(_BRIEF)


class AsyncioBinding(LoopBinding):
    """A binding of a player of asyncio, whose methods are called in ``loop``."""

    def __init__(
        self,
        translator: Translator,
        tracker: Listener,
        *,
        loop: asyncio.AbstractEventLoop,
        **options: Any,
    ) -> None:
        super().__init__(translator, tracker, **options)
        self._event_loop = loop

    def _post(self, call: Callable[[], None]) -> None:
        try:
            self._event_loop.call_soon_threadsafe(call)
        except RuntimeError as error:
            raise LoopError("the player's event loop is closed") from error

    def _on_loop(self) -> bool:
        import asyncio  # loaded by now where there is a loop

        return asyncio._get_running_loop() is self._event_loop


class GLibBinding(LoopBinding):
    """A binding of a player of GLib, whose calls belong to ``context``; None: the default one."""

    def __init__(
        self, translator: Translator, tracker: Listener, *, context: Any = None, **options: Any
    ) -> None:
        from gi.repository import GLib

        super().__init__(translator, tracker, **options)
        self._glib = GLib
        self._context = GLib.MainContext.default() if context is None else context

    def _post(self, call: Callable[[], None]) -> None:
        source = self._glib.Idle()
        source.set_priority(self._glib.PRIORITY_DEFAULT)
        source.set_callback(lambda *_: call())  # None: it is not to be called again
        source.attach(self._context)

    def _on_loop(self) -> bool:
        return bool(self._context.is_owner())
