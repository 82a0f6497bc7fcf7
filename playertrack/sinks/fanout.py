"""A sink that hands events to several others, none of which can hurt another."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from threading import Thread
from time import monotonic
from typing import Any, Self

from ..events import Event
from .base import Sink, open_sink

_log = logging.getLogger("playertrack")


def _log_failure(sink: Sink, error: Exception) -> None:
    _log.error("%s failed: %r", type(sink).__name__, error, exc_info=error)


class FanoutSink:
    """Hands each event to all of ``sinks``, in their order.

    What one of them raises goes to ``on_error`` (the log, if there is none), each kind of
    failure of a sink once: an outage is one report, not one an event.
    """

    def __init__(
        self,
        sinks: Iterable[Sink],
        *,
        on_error: Callable[[Sink, Exception], None] = _log_failure,
    ) -> None:
        self.sinks = tuple(sinks)
        self._on_error = on_error
        self._reported: set[tuple[int, type[Exception], int | None]] = set()

    @classmethod
    def open(cls, argument: str) -> Self:
        """``fanout:SINK,SINK…``; a `SinkError` if one of them cannot be opened."""
        return cls([open_sink(spec) for spec in argument.split(",")])

    @property
    def returns_at_once(self) -> bool:
        """Whether all of them say that their `emit` waits for nothing."""
        return all(getattr(sink, "returns_at_once", False) for sink in self.sinks)

    def emit(self, event: Event) -> None:
        """Hand ``event`` to every sink; it never raises."""
        for sink in self.sinks:
            try:
                sink.emit(event)
            except Exception as error:
                self._failed(sink, error)

    def track_page(self, *args: Any, **fields: Any) -> None:
        """Tell of a page the sinks that report pages; it never raises."""
        self._tell("track_page", args, fields)

    def track_button(self, *args: Any, **fields: Any) -> None:
        """Tell of a button the sinks that report buttons; it never raises."""
        self._tell("track_button", args, fields)

    def mute(self, muted: bool) -> None:
        """Tell the sinks that report it whether the viewer hears nothing; it never raises."""
        self._tell("mute", (muted,), {})

    def _tell(self, what: str, args: tuple[Any, ...], fields: dict[str, Any]) -> None:
        for sink in self.sinks:
            try:
                if (tell := getattr(sink, what, None)) is not None:
                    tell(*args, **fields)
            except Exception as error:
                self._failed(sink, error)

    def close(self, timeout: float) -> bool:
        """Close all of them at the same time; True if all of them said True in time.

        Each has a thread for it, so one that hangs costs the others nothing.
        """
        deadline = monotonic() + timeout
        delivered: list[bool] = []

        def close_one(sink: Sink) -> None:
            try:
                delivered.append(sink.close(max(0.0, deadline - monotonic())))
            except Exception as error:
                self._failed(sink, error)

        threads = [Thread(target=close_one, args=(sink,), daemon=True) for sink in self.sinks]
        for thread, sink in zip(threads, self.sinks, strict=True):
            try:
                thread.start()
            except RuntimeError:
                close_one(sink)  # an interpreter that is about to exit starts no threads
        for thread in threads:
            if thread.ident is not None:
                thread.join(max(0.0, deadline - monotonic()))
        return len(delivered) == len(self.sinks) and all(delivered)

    def _failed(self, sink: Sink, error: Exception) -> None:
        kind = (id(sink), type(error), getattr(error, "errno", None))
        if kind in self._reported:
            return
        self._reported.add(kind)
        try:
            self._on_error(sink, error)
        except Exception:
            _log.exception("the handler of sink failures failed")
