"""Signals and events as JSON Lines: the lines of traces and event logs.

Each line is a JSON object: a signal in a trace, an event in an event log. Both are UTF-8, and both
may mix players. Whatever the bytes are, an unusable line is a `TraceError` with ``FILE:LINE`` and
the name of the field, never another exception; no number or key is guessed.
"""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from math import isfinite
from typing import Any, Protocol

import attrs

from .._fields import sequence_number
from ..errors import MissingLibraryError, PlayertrackError, SignalError, shorten
from ..events import Event
from ..events import to_record as event_record
from ..signals import Signal, from_record
from ..signals import to_record as signal_record

#: The longest line that is read, in bytes.
MAX_LINE = 1 << 20

#: How much is read at once: what becomes of so much stays in the cache of a processor. At most
#: MAX_LINE, so that only the first line of a block can be too long.
_CHUNK = 1 << 15

#: What a line may hold and still be blank.
BLANK = b" \t\r"


class TraceError(PlayertrackError, ValueError):
    """A line that cannot be taken: ``source`` and ``line`` say where, ``problem`` what is wrong."""

    def __init__(self, source: str, line: int, problem: str) -> None:
        self.source = source
        self.line = line
        self.problem = problem
        super().__init__(f"{source}:{line}: {problem}")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.source, self.line, self.problem)


class LineError(PlayertrackError, ValueError):
    """Bytes that are no JSON object such as a trace or an event log has on a line."""


#: What becomes of a line that cannot be taken; without one it is raised.
OnBad = Callable[[TraceError], None]


class ByteStream(Protocol):
    """A source of bytes: a binary file, standard input, `io.BytesIO`."""

    def read1(self, size: int, /) -> bytes:
        """Up to ``size`` bytes, as soon as there are some; empty at the end."""


# --------------------------------------------------------------------------- lines out


def encode_signal(signal: Signal, player: str | None = None, seq: int | None = None) -> bytes:
    """The signal as a line of a trace, without the line's end."""
    return _encode(signal_record(signal, player, seq))


_spell = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def _encode_slowly(record: dict[str, Any]) -> bytes:
    return _spell(record).encode()


try:
    from .._msgspec import msgspec
except MissingLibraryError:
    _encode = _encode_slowly

    def encode_event(event: Event) -> bytes:
        """The event as a line of an event log, without the line's end; byte for byte stable."""
        return _encode_slowly(event_record(event))

    def encode_events(events: Sequence[Event]) -> bytes:
        """The events as lines of an event log, each with its end; byte for byte stable."""
        return b"".join(encode_event(event) + b"\n" for event in events)
else:
    _write = msgspec.json.Encoder().encode
    _write_lines = msgspec.json.Encoder().encode_lines
    _FIELDS = ("at", "player", "session", "index", "entry_id", "position", "duration")
    #: The end of a line while many are made: no JSON has this byte.
    _END = msgspec.Raw(b"\0")
    _ENDS = bytes.maketrans(b"\0", b"\n")
    #: Events that become bytes at once, while they are in the cache of a processor.
    _AT_ONCE = 128

    def _encode(record: dict[str, Any]) -> bytes:
        for value in record.values():
            if type(value) is float and not (1e-4 <= abs(value) < 1e16 or value == 0.0):
                # Only Python writes these as Python does (1e-05, 1e+16), or refuses NaN.
                return _encode_slowly(record)
        return msgspec.json.format(_write(record), indent=0)

    def encode_event(event: Event) -> bytes:
        """The event as a line of an event log, without the line's end; byte for byte stable.

        >>> encode_event(Event("PAUSE", at=3.0, session="s", index=7, position=2.5))
        b'{"event": "PAUSE", "at": 3.0, "session": "s", "index": 7, "entry_id": null, \
"position": 2.5, "duration": null}'
        """
        cls: Any = type(event)
        parts_of = _parts(cls, event.event, event.player is not None)
        # A line a part, and no newline is left in any of them.
        return _write_lines(parts_of(event)).replace(b"\n", b"")

    def encode_events(events: Sequence[Event]) -> bytes:
        """The events as lines of an event log, each with its end; byte for byte stable."""
        lines = []
        for start in range(0, len(events), _AT_ONCE):
            parts: list[Any] = []
            for event in events[start : start + _AT_ONCE]:
                cls: Any = type(event)
                parts += _parts(cls, event.event, event.player is not None)(event)
                parts.append(_END)
            lines.append(_write_lines(parts).translate(_ENDS, b"\n"))
        return b"".join(lines)

    @lru_cache(maxsize=1024)
    def _parts(cls: Any, event: str, player: bool) -> Callable[[Event], list[Any]]:
        """Write the function that gives the parts of a line, each of which becomes JSON by itself.

        ``player``: the event has one. With code for each class, that of attributes is quick, and
        only what can be a float is looked at.
        """
        types = {field.name: field.type for field in attrs.fields(cls)}
        names = [name for name in _FIELDS if player or name != "player"] + list(cls.extra)
        given: dict[str, Any] = {"slowly": _slow_parts, "last": msgspec.Raw(b"}")}
        read: list[str] = []
        strange: list[str] = []
        parts: list[str] = []
        for name in names:
            before = ", " if parts else f'{{"event": {_write(event).decode()}, '
            given[f"before_{name}"] = msgspec.Raw(f'{before}"{name}": '.encode())
            value = f"event.{name}"
            if types[name] in ("float", "float | None"):
                read.append(f"{name} = {value}")
                usual = f"({name} >= 1e-4 and {name} < 1e16)"  # a chain takes Python 3.11 longer
                if name != "at":
                    usual = f"{name} is None or {usual} or {name} == 0.0"
                strange.append(f"not ({usual})")
                value = name
            parts.append(f"before_{name}, {value}")
        source = f"""
def parts(event):
    {"; ".join(read)}
    if {" or ".join(strange)}:
        return slowly(event)
    return [{", ".join(parts)}, last]
"""
        exec(source, given)
        parts_of: Callable[[Event], list[Any]] = given["parts"]
        return parts_of

    def _slow_parts(event: Event) -> list[Any]:
        return [msgspec.Raw(_encode_slowly(event_record(event)))]

# ---------------------------------------------------------------------------- lines in


def parse_json(data: bytes) -> Any:
    """The value of a JSON text, as strict as a trace wants it; raises `LineError`.

    Refused, besides what is no JSON: other encodings than UTF-8, a key that is there twice,
    ``NaN``, ``Infinity``, numbers beyond a float, nesting too deep to read.
    """
    if data.startswith(BOM_UTF8):
        raise LineError("not JSON: begins with a byte order mark")
    try:
        return _DECODER.decode(data.decode())
    except UnicodeDecodeError as error:
        raise LineError(f"not UTF-8: {error.reason} at byte {error.start + 1}") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, " if b"\n" in data else ""
        raise LineError(f"not JSON: {error.msg} ({where}column {error.colno})") from None
    except RecursionError:
        raise LineError("not readable: nested too deeply") from None


def parse_record(line: bytes) -> dict[str, Any]:
    """The object of one line; raises `LineError` saying what is wrong with which field."""
    if len(line) > MAX_LINE:
        raise LineError(f"the line is longer than {MAX_LINE} bytes")
    record = parse_json(line)
    if not isinstance(record, dict):
        raise LineError(f"not an object: {shorten(record)}")
    return record


def parse_signal(line: bytes) -> tuple[str | None, Signal]:
    """The player and the signal of one line of a trace; raises `LineError` or `SignalError`.

    >>> parse_signal(b'{"signal": "pause", "at": 3, "player": "tv"}')
    ('tv', Pause(at=3.0, position=None))
    """
    player, signal, _ = parse_entry(line)
    return player, signal


def parse_entry(line: bytes) -> tuple[str | None, Signal, int | None]:
    """As `parse_signal`, with the signal's number (``seq``), None if it has none."""
    record = parse_record(line)
    if "signal" not in record and (other := other_than_trace(record)) is not None:
        raise LineError(other)
    return player_of(record), from_record(record), seq_of(record)


def other_than_trace(record: dict[str, Any]) -> str | None:
    """Name a record without a signal, and the command that reads it; None if that is unknown."""
    if "event" in record:
        return "this is an event log, not a trace of signals; playertrack lint checks it"
    if "kind" in record:
        source = record.get("source")
        player = source if isinstance(source, str) and source.isidentifier() else "PLAYER"
        return f"this is a raw recording of a player, not a trace of signals; add --raw {player}"
    if "signals" in record:
        return "this is a conformance case, not a trace of signals; playertrack check runs it"
    if "started_at" in record:
        return "this is a summary of a session, not a trace of signals; playertrack stats reads it"
    return None


def player_of(record: dict[str, Any]) -> str | None:
    """The player that a record of a trace names; a `SignalError` if that is no string."""
    if "player" not in record:
        return None
    player = record["player"]
    try:
        player.encode()
    except (AttributeError, UnicodeEncodeError):
        raise SignalError("player", player, "a string that UTF-8 can hold") from None
    return str(player)


def seq_of(record: dict[str, Any]) -> int | None:
    """The sequence number in a signal's record, or None; raises `SignalError` for a bad one."""
    if "seq" not in record:
        return None
    return sequence_number(record["seq"])


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for key, value in pairs:
        if key in record:
            raise LineError(f"{_shown(key)}: the key is there twice")
        if not _finite(value):
            raise LineError(f"{_shown(key)}: {shorten(value)} is not a number that a float holds")
        record[key] = value
    return record


def _finite(value: Any) -> bool:
    if isinstance(value, float):
        return isfinite(value)
    return not isinstance(value, list) or all(map(_finite, value))


def _shown(key: str) -> str:
    return key if key.isidentifier() and len(key) <= 40 else shorten(key)


def _integer(digits: str) -> int | float:
    """Up to 308 digits fit a float; what has more is judged as one (and never made an int)."""
    return int(digits) if len(digits) <= 308 else float(digits)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer)


def blocks(stream: ByteStream) -> Iterator[bytes]:
    """The lines as they arrive, as many as there are, without the end of the last of them.

    Of a line that is too long only so much is kept as shows it.
    """
    rest = b""
    while chunk := stream.read1(_CHUNK):
        lines, newline, tail = chunk.rpartition(b"\n")
        if newline:
            yield rest + lines
            rest = tail
        else:
            rest = (rest + chunk)[: MAX_LINE + 1]
    if rest:
        yield rest


def read_records(
    stream: ByteStream, source: str = "<trace>", on_bad: OnBad | None = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The number and the object of each line that is not blank."""
    return _read(parse_record, stream, source, on_bad)


def read_signals(
    stream: ByteStream, source: str = "<trace>", on_bad: OnBad | None = None
) -> Iterator[tuple[int, tuple[str | None, Signal]]]:
    """The number of each line of a trace that is not blank, with its player and signal."""
    return _read(parse_signal, stream, source, on_bad)


def _read(
    parse: Callable[[bytes], Any], stream: ByteStream, source: str, on_bad: OnBad | None
) -> Iterator[tuple[int, Any]]:
    lines = (line for block in blocks(stream) for line in block.split(b"\n"))
    for number, line in enumerate(lines, 1):
        if line.strip(BLANK):
            try:
                value = parse(line)
            except (LineError, SignalError) as error:
                _bad(TraceError(source, number, str(error)), on_bad)
            else:
                yield number, value


def _bad(error: TraceError, on_bad: OnBad | None) -> None:
    if on_bad is None:
        raise error from None
    on_bad(error)
