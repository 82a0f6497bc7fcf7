"""Encoding by functions of third parties, which may hang."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial
from time import monotonic
from typing import Any

import attrs

from .._fork import Forked, watched
from ..events import Event
from ..outbox import Encode, Item, LaterError, RefusedError
from .calls import Call, Calls, StalledError, foreign
from .protocol import Destination, pack

#: How long (s) the queue may wait for functions, since all destinations wait with it, and how
#: much of that each second gives back. A call that is over within ``_QUICK`` (s) is free.
_GRACE, _REFILL, _QUICK = 0.25, 0.1, 0.005

#: An event whose encoding hangs so many times becomes a dead letter.
_TRIES = 3

Properties = Callable[[Event], Mapping[str, Any]]


@attrs.define(eq=False)
class _Attempt:
    key: tuple[str, int, float]
    since: float
    tries: int = 1
    call: Call | None = None
    value: Any = None
    error: Exception | None = None
    late: bool = False
    over: threading.Event = attrs.field(factory=threading.Event)


class Encoding(Forked):
    """Makes the items of ``destination``; ``properties`` is a function of its user, if any.

    Its methods belong to the thread of the outbox. What this package does itself is called at
    once. Any other function is called elsewhere: while one does not return, all later events of
    the destination are kept as they are (`LaterError`), and the others go on. ``ready`` is
    called when it has returned. A function may take ``patience`` seconds.
    """

    def __init__(
        self,
        destination: Destination,
        properties: Properties | None,
        *,
        patience: float,
        ready: Callable[[], object],
    ) -> None:
        self._destination = destination
        self._calls = Calls(type(destination).__name__, patience)
        self._properties = properties
        self._whole = bool(foreign(destination))
        self._attempt: _Attempt | None = None
        if self._whole and properties is not None:
            destination.properties_of = properties
        elif properties is not None:
            destination.properties_of = self._found
        #: Makes the item of an event.
        self.item: Encode = self._item
        if not self._whole and properties is None:
            self.item = partial(pack, destination)
        self._given: Any = {}
        self._ready = ready
        self._grace, self._grace_at = _GRACE, monotonic()
        watched.add(self)

    def trouble(self) -> str | None:
        """Why events are not encoded at the moment; None if they are."""
        return self._calls.trouble

    def _item(self, event: Event, beside: str) -> Item | None:
        if self._whole:
            function = partial(pack, self._destination, beside=beside)
            made: Item | None = self._result("encode", event, function)
            return made
        if self._properties is not None:
            try:
                self._given = self._result("properties", event, self._properties)
            except (LaterError, RefusedError):
                raise
            except Exception as error:  # of the program's function: it costs this event alone
                self._given = error
        return pack(self._destination, event, beside)

    def close(self) -> None:
        """End the thread."""
        self._calls.close()

    def _found(self, event: Event) -> Mapping[str, Any]:
        """The properties of the event that is being encoded."""
        if isinstance(self._given, Exception):
            raise self._given
        given: Mapping[str, Any] = self._given
        return given

    def _result(self, name: str, event: Event, function: Callable[[Event], Any]) -> Any:
        attempt = self._begun(name, event, function)
        if not attempt.over.is_set():
            start = monotonic()
            self._grace = min(_GRACE, self._grace + (start - self._grace_at) * _REFILL)
            attempt.over.wait(self._grace)
            self._grace_at = monotonic()
            if (waited := self._grace_at - start) > _QUICK:
                self._grace = max(0.0, self._grace - waited)
            attempt.late = True  # from here on its end is announced
            if not attempt.over.is_set():
                raise LaterError(f"{name}() has not returned")
        self._attempt = None
        if attempt.error is not None:
            raise attempt.error
        return attempt.value

    def _begun(self, name: str, event: Event, function: Callable[[Event], Any]) -> _Attempt:
        """The attempt at ``event``: that of before, or another one if that took too long."""
        key = (event.session, event.index, event.at)
        attempt, tries = self._attempt, 0
        if attempt is not None:
            old = monotonic() > attempt.since + self._calls.patience
            if attempt.key == key and (attempt.over.is_set() or not old):
                return attempt
            if not old:
                raise LaterError("an event before it is being encoded")
            # It hangs, or (of another key) its event is gone.
            if attempt.call is not None and not attempt.over.is_set():
                self._calls.leave(attempt.call)
            self._attempt = None
            tries = attempt.tries if attempt.key == key else 0
        if tries >= _TRIES:
            patience = self._calls.patience
            item = Item(event.session, event.event, event.index, event.at, "", b"")
            raise RefusedError(item, f"{name}() did not return in {patience:g} s, {tries} times")
        attempt = _Attempt(key, monotonic(), tries + 1)
        try:
            done = partial(self._done, attempt)
            attempt.call = self._calls.start(name, partial(function, event), done)
        except StalledError as error:
            raise LaterError(str(error)) from None
        self._attempt = attempt
        return attempt

    def _done(self, attempt: _Attempt, value: Any, error: Exception | None) -> None:
        """The call is over; this is its thread."""
        attempt.value, attempt.error = value, error
        attempt.over.set()
        if attempt.late:
            self._ready()

    def after_fork_in_child(self) -> None:
        """The attempt is the parent's."""
        self._attempt = None
