"""A sink that hands events to several others, isolated from each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from time import monotonic
from typing import Any, Self

from .._lane import Lane
from .._log import log as _log
from ..events import Event
from .base import Sink, SinkError, open_sink
from .memory import MemorySink
from .null import NullSink

#: How long (s) a sink may take, beyond the time for its close, to be handed what was emitted.
_GRACE = 0.2


def _log_failure(sink: Sink, error: Exception) -> None:
    _log.error("%s failed: %r", type(sink).__name__, error, exc_info=error)


def _is_prompt(sink: Sink) -> bool:
    """True for a sink whose `emit` waits for nothing; what is derived from ours may be anything."""
    return type(sink) in (MemorySink, NullSink) or bool(getattr(sink, "returns_at_once", False))


def _checked(sinks: Iterable[Sink]) -> tuple[Sink, ...]:
    """The sinks, if they are some; a name in place of a sink would only fail at its first event."""
    given = () if isinstance(sinks, str) or not isinstance(sinks, Iterable) else tuple(sinks)
    wrong = [each for each in given if not (hasattr(each, "emit") and hasattr(each, "close"))]
    if wrong or not isinstance(sinks, Iterable) or isinstance(sinks, str):
        got = wrong[0] if wrong else sinks
        raise TypeError(
            f'sinks: expected a list of sinks, as in [open_sink("console")], got {got!r}'
        )
    return given


def _flattened(sinks: Iterable[Sink]) -> Iterator[Sink]:
    """The sinks, and in place of each plain fan-out those that it hands events to."""
    for sink in sinks:
        if type(sink) is FanoutSink and sink.is_plain:
            yield from _flattened(sink.sinks)
        else:
            yield sink


def _report_left(sinks: Iterable[Sink]) -> None:
    """Log what sinks with a queue did not deliver, and what to do about it."""
    for sink in sinks:
        left = getattr(sink, "left", None)
        if left is not None and (said := left()):
            _log.warning("%s", said)


class FanoutSink:
    """Hands each event to all of ``sinks``, in their order.

    What one of them raises goes to ``on_error`` (the log, if there is none), each kind of
    failure of a sink once: an outage is one report, not one an event.

    With ``isolate`` the sinks that are known to return at once (``returns_at_once``: they
    queue the event) get it first, and each of the others has a thread of its own: one that
    hangs or is slow keeps nothing from the others, also if it stands in a fan-out among them.
    Without it whoever emits waits for each.
    """

    def __init__(
        self,
        sinks: Iterable[Sink],
        *,
        on_error: Callable[[Sink, Exception], None] = _log_failure,
        isolate: bool = False,
    ) -> None:
        given = _checked(sinks)
        self.sinks = tuple(_flattened(given)) if isolate else given
        self._on_error = on_error
        self._isolate = isolate
        self._reported: set[tuple[int, type[Exception], int | None]] = set()
        self._lanes = [
            (sink, Lane(f"playertrack-{type(sink).__name__}") if isolate else None)
            for sink in self.sinks
            if not (isolate and _is_prompt(sink))
        ]
        self._prompt = [sink for sink in self.sinks if isolate and _is_prompt(sink)]

    @classmethod
    def open(cls, argument: str) -> Self:
        """``fanout:SINK,SINK…``; a `SinkError` if one of them cannot be opened."""
        return cls([open_sink(spec) for spec in argument.split(",")])

    @property
    def is_plain(self) -> bool:
        """True if it only hands events on: one thread, and failures in the log."""
        return not self._isolate and self._on_error is _log_failure

    @property
    def returns_at_once(self) -> bool:
        """True if all of them say that their `emit` waits for nothing."""
        return all(getattr(sink, "returns_at_once", False) for sink in self.sinks)

    def emit(self, event: Event) -> None:
        """Hand ``event`` to every sink; it never raises."""
        for sink in self._prompt:
            self._call(sink, sink.emit, event)
        for sink, lane in self._lanes:
            if lane is None:
                self._call(sink, sink.emit, event)
            else:
                lane.put(partial(self._call_beside, sink, sink.emit, event))

    def flush(self, timeout: float) -> bool:
        """Wait until every sink was handed all of its events; False if it takes longer (s)."""
        deadline = monotonic() + timeout
        return all(lane.wait(deadline) for _, lane in self._lanes if lane is not None)

    def track_page(self, *args: Any, **fields: Any) -> None:
        """Report a page to the sinks that report pages; it never raises."""
        self._report("track_page", args, fields)

    def track_button(self, *args: Any, **fields: Any) -> None:
        """Report a button to the sinks that report buttons; it never raises."""
        self._report("track_button", args, fields)

    def mute(self, muted: bool) -> None:
        """Pass on to the sinks that report it whether the sound is off; it never raises."""
        self._report("mute", (muted,), {})

    def _report(self, what: str, args: tuple[Any, ...], fields: dict[str, Any]) -> None:
        for sink, lane in [*((sink, None) for sink in self._prompt), *self._lanes]:
            if (report := getattr(sink, what, None)) is None:
                continue
            call = partial(report, *args, **fields)
            if lane is None:
                self._call(sink, call)
            else:
                lane.put(partial(self._call_beside, sink, call))

    def _call(self, sink: Sink, function: Callable[..., object], *args: Any) -> None:
        try:
            function(*args)
        except Exception as error:  # whatever one sink does, the others go on
            self._failed(sink, error)
        except KeyboardInterrupt:  # it is the program's, as its thread may be
            raise
        except BaseException as error:  # it ends nothing here
            self._failed(sink, SinkError(f"it raised {error!r}"))

    def _call_beside(self, sink: Sink, function: Callable[..., object], *args: Any) -> None:
        """As `_call`, on the thread of a lane, where nothing is meant for the program."""
        try:
            self._call(sink, function, *args)
        except KeyboardInterrupt as error:
            self._failed(sink, SinkError(f"it raised {error!r}"))

    def close(self, timeout: float) -> bool:
        """Close all of them at the same time; True if all of them said True in time.

        Each has a thread for it, so one that hangs costs the others nothing. Without threads
        they are closed here, those with a queue first.
        """
        deadline = monotonic() + timeout
        delivered: list[Sink] = []

        def close_one(sink: Sink) -> None:
            if sink.close(max(0.0, deadline - monotonic())):
                delivered.append(sink)

        lanes = [(sink, Lane("playertrack-close")) for sink in self._prompt]
        lanes += [(sink, lane or Lane("playertrack-close")) for sink, lane in self._lanes]
        for sink, lane in lanes:
            lane.finish(partial(self._call_beside, sink, close_one, sink))
        for _, lane in lanes:
            lane.wait(deadline)
        for _, lane in lanes:  # what was emitted is handed over if that takes no time
            lane.wait_for_last(deadline + _GRACE)
        dropped = sum(lane.dropped for _, lane in lanes)
        if dropped:
            _log.error("%d events were dropped: a sink was too slow", dropped)
        done = set(map(id, delivered))
        behind = [sink for sink in self.sinks if id(sink) not in done]  # or still on it
        if self._isolate:
            _report_left(behind)
        return not dropped and not behind

    def _failed(self, sink: Sink, error: Exception) -> None:
        kind = (id(sink), type(error), getattr(error, "errno", None))
        if kind in self._reported:
            return
        self._reported.add(kind)
        try:
            self._on_error(sink, error)
        except (Exception, SystemExit):  # of the program: the sinks go on
            _log.exception("the handler of sink failures failed")
