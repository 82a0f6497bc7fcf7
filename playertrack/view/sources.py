"""Files to look at: which there are, what kind each is, and how they are read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

from ..core.fleet import Fleet
from ..signals import Signal
from ..trace.codec import (
    ByteStream,
    OnBad,
    TraceError,
    read_records,
    read_signals,
)
from ..trace.feed import Made, feed_lines
from ..trace.input_files import files_below, kind_of, uncompressed
from ..trace.summaries import EndedSessions

#: A line's number, and the player and the signal on it.
Numbered = tuple[int, tuple[str | None, Signal]]

#: Reads signals from a stream, of that name, as `read_signals` does.
Reader = Callable[[ByteStream, str, OnBad | None], Iterator[Numbered]]


@attrs.frozen
class Source:
    """A file of signals, or of events if ``log``; ``name`` is what the page calls it.

    ``raw`` reads another format than a trace: a raw recording of a player.
    """

    path: Path
    name: str
    log: bool
    raw: Reader | None = None

    def feed(self, fleet: Fleet, ended: EndedSessions) -> Iterator[list[Made]]:
        """Feed all signals to ``fleet``; what they made, as it is read."""
        if kind_of(self.path) == "parquet":
            from ..columns.batch_feed import TOGETHER, feed_batches
            from ..columns.parquet import SignalFile

            batches = SignalFile(self.path, self.name).batches()
            yield from feed_batches(
                batches, fleet, source=self.name, ended=ended, together=TOGETHER
            )
            return
        with opened(self.path, self.name) as stream:
            if self.raw is None:
                yield from feed_lines(stream, fleet, source=self.name, ended=ended)
                return
            refused: list[TraceError] = []
            for line, (player, signal) in self.raw(stream, self.name, refused.append):
                made: list[Made] = [(each.line, each) for each in refused]
                refused.clear()
                made.append((line, fleet.feed(player, signal)))
                if ended:
                    made.append((line, ended.take()))
                yield made

    def signals_of(self, player: str | None) -> Iterator[Numbered]:
        """The signals of one player; lines that cannot be taken were reported before."""
        with opened(self.path, self.name) as stream:
            if self.raw is not None:
                yield from self.raw(stream, self.name, _ignored)
                return
            lines = _Lines(stream, _needle(player))
            for line, (name, signal) in read_signals(lines, self.name, _ignored):
                if name == player:
                    yield lines.number(line), (name, signal)

    def events(self, on_bad: OnBad | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
        """The records of an event log, with their lines."""
        with opened(self.path, self.name) as stream:
            yield from read_records(stream, self.name, on_bad)

    def events_of(self, session: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """The records of one session."""
        with opened(self.path, self.name) as stream:
            lines = _Lines(stream, _needle(session))
            for line, record in read_records(lines, self.name, _ignored):
                if record.get("session") == session:
                    yield lines.number(line), record


def _ignored(error: TraceError) -> None:
    """It was reported when the file was read for the first time."""


def _needle(value: str | None) -> bytes | None:
    """Bytes that a line with that value has; None if a line may have it in more than one form."""
    if not value or not value.isascii() or json.dumps(value) != f'"{value}"' or "/" in value:
        return None
    return value.encode()


class _Lines:
    """The lines of a stream that have ``needle`` in them, and no other; all if it is None."""

    def __init__(self, stream: ByteStream, needle: bytes | None) -> None:
        self._blocks = self._chosen(stream, needle)
        self._numbers: list[int] = []

    def number(self, line: int) -> int:
        """The number that a line has in the whole file."""
        return self._numbers[line - 1]

    def read1(self, size: int, /) -> bytes:
        """The next lines that were chosen; empty at the end."""
        return next(self._blocks, b"")

    def _chosen(self, stream: ByteStream, needle: bytes | None) -> Iterator[bytes]:
        number, rest = 1, b""
        while chunk := stream.read1(1 << 20):
            whole, newline, tail = chunk.rpartition(b"\n")
            if not newline:
                rest += chunk
                continue
            text, rest = rest + whole, tail
            if needle is None or needle in text:
                yield from self._pick(text, number, needle)
            number += text.count(b"\n") + 1
        if rest:
            yield from self._pick(rest, number, needle)

    def _pick(self, text: bytes, number: int, needle: bytes | None) -> Iterator[bytes]:
        chosen = []
        for at, line in enumerate(text.split(b"\n"), number):
            if needle is None or needle in line:
                chosen.append(line)
                self._numbers.append(at)
        if chosen:
            yield b"\n".join(chosen) + b"\n"


@contextmanager
def opened(path: Path, name: str) -> Iterator[ByteStream]:
    """The lines of a file, unpacked if it is packed; the rows of a Parquet file are lines too."""
    if kind_of(path) == "parquet":
        from ..columns.lines import RowLines

        yield RowLines(str(path), name)
        return
    with path.open("rb") as file, uncompressed(file, kind_of(path), name) as stream:
        yield stream


def find(paths: Iterable[Path], raw: Reader | None = None) -> list[Source]:
    """The sources at ``paths``, of which some may be folders; raises what opening raises."""
    found = []
    for path in paths:
        if path.is_dir():
            files = files_below(path)
            found += [_source(each, str(each.relative_to(path)), raw) for each in files]
        else:
            found.append(_source(path, path.name, raw))
    return found


def _source(path: Path, name: str, raw: Reader | None) -> Source:
    log = raw is None and _is_log(path, name)
    return Source(path, name, log, raw)


def _is_log(path: Path, name: str) -> bool:
    """True if the first object is an event, or would be: Spark writes files without a row."""
    if kind_of(path) == "parquet":
        from ..columns.parquet import has_events

        return has_events(path, name)
    with opened(path, name) as stream:
        for _, record in read_records(_Head(stream), on_bad=_ignored):
            return "event" in record and "signal" not in record
    return False


class _Head:
    """The first megabyte of a stream."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream: ByteStream | None = stream

    def read1(self, size: int, /) -> bytes:
        """Everything, once."""
        stream, self._stream = self._stream, None
        return b"" if stream is None else stream.read1(1 << 20)
