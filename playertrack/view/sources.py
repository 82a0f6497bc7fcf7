"""Files to look at: which there are, what kind each is, and how their lines are read."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import attrs

from ..errors import PlayertrackError
from ..signals import Signal
from ..trace.codec import ByteStream, OnBad, TraceError, read_records, read_signals

ENDINGS = (".jsonl", ".jsonl.gz")

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

    def signals(self, on_bad: OnBad | None = None) -> Iterator[Numbered]:
        """The signals of the file, with their lines; raises `TraceError`."""
        with opened(self.path) as stream:
            yield from (self.raw or read_signals)(stream, self.name, on_bad)

    def signals_of(self, player: str | None, first: int, last: int) -> Iterator[Numbered]:
        """The signals of one player, all of which stand on the lines ``first`` to ``last``."""
        if self.raw is not None:
            yield from self.signals(_ignored)
            return
        with opened(self.path) as stream:
            block = _Lines(stream, first, last, _needle("player", player))
            for line, (name, signal) in read_signals(block, self.name, _ignored):
                if name == player:
                    yield block.number(line), (name, signal)

    def events(self, on_bad: OnBad | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
        """The records of an event log, with their lines."""
        with opened(self.path) as stream:
            yield from read_records(stream, self.name, on_bad)

    def events_of(
        self, session: str, first: int, last: int
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        """The records of one session, all of which stand on the lines ``first`` to ``last``."""
        with opened(self.path) as stream:
            block = _Lines(stream, first, last, _needle("session", session))
            for line, record in read_records(block, self.name, _ignored):
                if record.get("session") == session:
                    yield block.number(line), record


def _ignored(error: TraceError) -> None:
    """It was reported when the file was read for the first time."""


def _needle(key: str, value: str | None) -> bytes | None:
    """Bytes that a line with that value has; None if a line may have it in more than one form."""
    if value is None or not value.isascii() or json.dumps(value) != f'"{value}"':
        return None
    return value.encode()


class _Lines:
    """The lines ``first`` to ``last`` of a stream that have ``needle`` in them, and no other."""

    def __init__(self, stream: ByteStream, first: int, last: int, needle: bytes | None) -> None:
        self._lines = self._chosen(stream, first, last, needle)
        self._numbers: list[int] = []

    def number(self, line: int) -> int:
        """The number that a line has in the whole file."""
        return self._numbers[line - 1]

    def read1(self, size: int, /) -> bytes:
        """The next lines that were chosen; empty at the end."""
        return next(self._lines, b"")

    def _chosen(
        self, stream: ByteStream, first: int, last: int, needle: bytes | None
    ) -> Iterator[bytes]:
        number, rest = 1, b""
        while number <= last and (chunk := stream.read1(1 << 20)):
            whole, newline, tail = chunk.rpartition(b"\n")
            if not newline:
                rest += chunk
                continue
            text, rest = rest + whole, tail
            if number + (count := text.count(b"\n")) >= first:
                yield from self._pick(text.split(b"\n"), number, first, last, needle)
            number += count + 1
        if rest and number <= last:
            yield from self._pick([rest], number, first, last, needle)

    def _pick(
        self, lines: list[bytes], number: int, first: int, last: int, needle: bytes | None
    ) -> Iterator[bytes]:
        chosen = []
        for at, line in enumerate(lines, number):
            if first <= at <= last and (needle is None or needle in line):
                chosen.append(line)
                self._numbers.append(at)
        if chosen:
            yield b"\n".join(chosen) + b"\n"


@contextmanager
def opened(path: Path) -> Iterator[ByteStream]:
    """The bytes of a file, unpacked if it is packed; a `PlayertrackError` if that fails."""
    try:
        if path.suffix == ".gz":
            with gzip.open(path) as packed:
                yield cast("ByteStream", packed)
        else:
            with path.open("rb") as file:
                yield file
    except (gzip.BadGzipFile, EOFError) as error:
        raise PlayertrackError(f"{path}: not readable as gzip: {error}") from None


def find(paths: Iterable[Path], raw: Reader | None = None) -> list[Source]:
    """The sources at ``paths``, of which some may be folders; raises what opening raises."""
    found = []
    for path in paths:
        if path.is_dir():
            files = [each for each in sorted(path.rglob("*")) if each.name.endswith(ENDINGS)]
            found += [_source(each, str(each.relative_to(path)), raw) for each in files]
        else:
            found.append(_source(path, path.name, raw))
    return found


def _source(path: Path, name: str, raw: Reader | None) -> Source:
    log = raw is None and _is_log(path)
    return Source(path, name, log, raw)


def _is_log(path: Path) -> bool:
    """Tell if the first line that is an object is an event."""
    with opened(path) as stream:
        for _, record in read_records(_Head(stream), on_bad=_ignored):
            return "event" in record and "signal" not in record
    return False


class _Head:
    """The first megabyte of a stream."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream: ByteStream | None = stream

    def read1(self, size: int, /) -> bytes:
        """What there is, once."""
        stream, self._stream = self._stream, None
        return b"" if stream is None else stream.read1(1 << 20)
