"""What a sink is, and how one is opened by its name."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Protocol

from ..errors import PlayertrackError, shorten
from ..events import Event
from ..trace.codec import encode_event

#: The entry point group of other people's sinks; an entry is called with the argument.
GROUP = "playertrack.sinks"

_BUILT_IN = {
    "console": ".console:ConsoleSink",
    "fanout": ".fanout:FanoutSink",
    "jsonl": ".jsonl:JsonlSink",
    "kava": "playertrack.destinations.kaltura.kava_sink:KavaSink",
    "memory": ".memory:MemorySink",
    "null": ".null:NullSink",
    "stats": "playertrack.destinations.kaltura.stats_sink:StatsSink",
}


class SinkError(PlayertrackError):
    """A sink that is unknown, cannot be opened, or cannot take an event."""


class Sink(Protocol):
    """Takes events over; it may be shared by trackers, so both methods are thread-safe."""

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


def open_sink(spec: str) -> Sink:
    """Open the sink that ``NAME`` or ``NAME:ARGUMENT`` stands for, as ``jsonl:events.jsonl``.

    Raises `SinkError` if there is no such sink, or it cannot be opened.
    """
    name, _, argument = spec.partition(":")
    return _opener(name)(argument)


def _opener(name: str) -> Callable[[str], Sink]:
    """What opens the sink ``name``; installed packages are searched only for other's sinks."""
    if name in _BUILT_IN:
        module, _, sink = _BUILT_IN[name].partition(":")
        opener: Callable[[str], Sink] = getattr(import_module(module, __package__), sink).open
        return opener
    from importlib.metadata import entry_points

    found = entry_points(group=GROUP)
    if name not in found.names:
        known = ", ".join(sorted(found.names | _BUILT_IN.keys()))
        raise SinkError(f"there is no sink {shorten(name)}; known are {known}")
    try:
        opener = found[name].load()
    except Exception as error:
        # Whatever goes wrong in someone else's import, the cure is in the message.
        raise SinkError(f"sink {name} cannot be loaded: {error!r}") from error
    return opener
