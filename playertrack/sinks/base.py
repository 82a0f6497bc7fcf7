"""The protocol of sinks, and how one is opened by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from os import PathLike
from typing import Any, Protocol

from .._words import did_you_mean
from ..errors import PlayertrackError, shorten
from ..events import Event
from ..trace.codec import encode_event

#: The entry point groups of other people's: a sink is called with the argument, a destination
#: (a subclass of `playertrack.delivery.Destination`) with the URL.
SINKS, DESTINATIONS = "playertrack.sinks", "playertrack.destinations"

#: Ours, so that no installed package has to be searched for them.
_BUILT_IN = {
    SINKS: {
        "console": ".console:ConsoleSink.open",
        "fanout": ".fanout:FanoutSink.open",
        "jsonl": ".jsonl:JsonlSink.open",
        "memory": ".memory:MemorySink.open",
        "null": ".null:NullSink.open",
    },
    DESTINATIONS: {
        "cloudevents": "playertrack.destinations.http:CloudEventsDestination",
        "http": "playertrack.destinations.http:HttpDestination",
        "kava": "playertrack.destinations.kaltura.kava:KavaSink",
        "ndjson": "playertrack.destinations.http:NdjsonDestination",
        "segment": "playertrack.destinations.segment:SegmentDestination",
        "stats": "playertrack.destinations.kaltura.stats:StatsSink",
        "xapi": "playertrack.destinations.xapi:XapiDestination",
    },
}


class SinkError(PlayertrackError):
    """A sink that is unknown, cannot be opened, or cannot take an event."""


class Sink(Protocol):
    """Takes events over; it may be shared by trackers, so both methods are thread-safe.

    One whose `emit` waits for nothing, neither a disk nor a lock that is held for long, may say
    so by an attribute ``returns_at_once`` that is true: it is then called by the thread of the
    player, which spares another one. The tracker gives every other sink a thread of its own.
    """

    def emit(self, event: Event) -> object:
        """Take ``event`` over and return at once: what has to wait is done elsewhere.

        Events come in the order of the player. What is raised is reported by the caller and
        never reaches the player.
        """

    def close(self, timeout: float) -> bool:
        """Deliver what is left within ``timeout`` seconds; True if everything is delivered.

        May be called again; no event comes after it.
        """


def event_line(event: Event) -> bytes:
    """``event`` as a line of an event log, the line feed included (formats, Events)."""
    return encode_event(event) + b"\n"


def open_sink(
    spec: str,
    *,
    queue: str | PathLike[str] | None = None,
    token: str | Callable[[], Any] | None = None,
    properties: Mapping[str, Any] | Callable[[Event], Mapping[str, Any]] | None = None,
) -> Sink:
    """Open the sink that ``NAME`` or ``NAME:ARGUMENT`` stands for, as ``jsonl:events.jsonl``.

    A URL alone, as ``https://example.com/events``, is the address of the sink ``http``.

    A destination, as ``http:https://example.com/events``, also takes the directory of its
    ``queue`` (without one its events are kept in memory), and its ``token``: a text, or a
    function, plain or asynchronous, that returns one and is called again when the server refuses
    it; without one it comes from the environment. ``properties`` are custom ones, for all events
    or as a function of one. Raises `SinkError` if there is no such sink, or if it cannot be
    opened.
    """
    name, argument = _split(spec)
    group, found = _find(name)
    if group == DESTINATIONS:
        opener = _load("playertrack.destinations.sink:open_destination")
        sink: Sink = opener(name, found, argument, queue=queue, token=token, properties=properties)
        return sink
    if any(each is not None for each in (queue, token, properties)):
        raise SinkError(f"{name} takes no queue, token or properties: it delivers to no server")
    opened: Sink = found(argument)
    return opened


def is_destination(spec: str) -> bool:
    """True if ``spec`` names a sink that delivers through a queue; raises `SinkError`."""
    return _find(_split(spec)[0])[0] == DESTINATIONS


def _split(spec: str) -> tuple[str, str]:
    """The name and the argument of a sink; a URL is for ``http``."""
    if spec.startswith(("http://", "https://")):
        return "http", spec
    name, _, argument = spec.partition(":")
    return name, argument


def _find(name: str) -> tuple[str, Callable[..., Any]]:
    """The group in which ``name`` is, and what it stands for there."""
    for group, known in _BUILT_IN.items():
        if name in known:
            return group, _load(known[name])
    from importlib.metadata import entry_points

    names = {name for known in _BUILT_IN.values() for name in known}
    for group in _BUILT_IN:
        found = entry_points(group=group)
        names |= found.names
        if name not in found.names:
            continue
        try:
            return group, found[name].load()
        except Exception as error:
            # Whatever goes wrong in someone else's import, the cure is in the message.
            raise SinkError(f"sink {name} cannot be loaded: {error!r}") from error
    hint = did_you_mean(name, sorted(names))
    known_names = ", ".join(sorted(names))
    raise SinkError(f"there is no sink {shorten(name)}{hint}; known are {known_names}")


def _load(path: str) -> Callable[..., Any]:
    module, _, names = path.partition(":")
    found: Any = import_module(module, __package__)
    for name in names.split("."):
        found = getattr(found, name)
    loaded: Callable[..., Any] = found
    return loaded
