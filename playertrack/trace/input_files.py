"""Files of traces and event logs: which ones are meant, and their bytes, compressed or not.

The ending says what a file is: ``.gz`` and ``.zst`` are compressed JSON Lines, ``.parquet`` is
Parquet, anything else JSON Lines.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

from ..errors import MissingLibraryError, PlayertrackError
from .codec import ByteStream

Kind = Literal["lines", "gz", "zst", "parquet"]

_ENDINGS: dict[str, Kind] = {".gz": "gz", ".zst": "zst", ".parquet": "parquet"}

#: What a folder is looked through for, the first that it has.
_IN_FOLDERS = (("*.parquet",), ("*.jsonl", "*.jsonl.gz", "*.jsonl.zst"))


def kind_of(path: str | Path) -> Kind:
    """The kind of the file at ``path``, going by its ending."""
    return _ENDINGS.get(Path(path).suffix.lower(), "lines")


def inputs(paths: Iterable[str]) -> list[str]:
    """The files that ``paths`` name: a folder stands for what is in it, by name.

    That is its ``*.parquet``, or if it has none its JSON Lines. ``-`` is left as it is. Raises
    `PlayertrackError` for a folder without any.
    """
    found: list[str] = []
    for path in paths:
        folder = Path(path)
        if path == "-" or not folder.is_dir():
            found.append(path)
            continue
        for patterns in _IN_FOLDERS:
            files = sorted(
                {
                    str(file)
                    for pattern in patterns
                    for file in folder.glob(pattern)
                    if not file.name.startswith(".")  # another program's, as shells have it
                }
            )
            if files:
                break
        else:
            raise PlayertrackError(f"{path}: a folder without .parquet or .jsonl files")
        found += files
    return found


def is_input_of(folder: str, path: str) -> bool:
    """True if a file at ``path`` would be looked for in ``folder`` (see `inputs`)."""
    if folder == "-" or not Path(folder).is_dir():
        return False
    file = Path(path).resolve()
    patterns = (pattern for patterns in _IN_FOLDERS for pattern in patterns)
    return file.parent == Path(folder).resolve() and any(map(file.match, patterns))


@contextmanager
def uncompressed(file: BinaryIO, kind: Kind, source: str) -> Iterator[ByteStream]:
    """The bytes of JSON Lines from ``file``; what cannot be read is a `PlayertrackError`."""
    if kind == "gz":
        yield _Readable(gzip.GzipFile(fileobj=file), source)
    elif kind == "zst":
        with _arrow().CompressedInputStream(file, "zstd") as stream:
            yield _Readable(stream, source)
    else:
        yield cast("ByteStream", file)


class _Readable:
    """Reads what is decompressed, and says of what it cannot read whose it is."""

    def __init__(self, stream: Any, source: str) -> None:
        self._stream, self._source = stream, source

    def read1(self, size: int, /) -> bytes:
        try:
            data: bytes = self._stream.read(size)
        except (EOFError, OSError, ValueError, zlib.error) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise PlayertrackError(f"{self._source}: not readable: {error}") from None
        return data


@contextmanager
def compressed(file: BinaryIO, kind: Kind) -> Iterator[BinaryIO]:
    """Where to write JSON Lines that go to ``file``; the same lines give the same bytes."""
    if kind == "gz":
        with gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as stream:
            yield cast("BinaryIO", stream)
    elif kind == "zst":
        with _arrow().CompressedOutputStream(file, "zstd") as stream:
            yield stream
    else:
        yield file


def _arrow() -> Any:
    try:
        import pyarrow
    except ImportError as error:
        raise MissingLibraryError(
            ".zst files need pyarrow: pip install 'playertrack[arrow]'"
        ) from error
    return pyarrow
