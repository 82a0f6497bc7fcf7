"""Sinks: where a tracker sends its events.

A sink takes events one by one. `open_sink` opens one by name, as on a command line; sinks from
elsewhere are found under the entry point groups ``playertrack.sinks`` and
``playertrack.destinations``.
"""

from .base import Sink, SinkError, event_line, is_destination, open_sink
from .console import ConsoleSink
from .fanout import FanoutSink
from .jsonl import JsonlSink
from .memory import MemorySink
from .null import NullSink
from .stream import EventStream

__all__ = (
    "ConsoleSink",
    "EventStream",
    "FanoutSink",
    "JsonlSink",
    "MemorySink",
    "NullSink",
    "Sink",
    "SinkError",
    "event_line",
    "is_destination",
    "open_sink",
)
