"""Files of traces and event logs: which ones are meant, and their bytes, compressed or not.

The ending says what a file is: ``.gz`` and ``.zst`` are compressed JSON Lines, ``.parquet`` is
Parquet, anything else JSON Lines.
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast
from urllib.parse import unquote

from ..errors import MissingLibraryError, PlayertrackError
from .codec import ByteStream

Kind = Literal["lines", "gz", "zst", "parquet"]

_ENDINGS: dict[str, Kind] = {".gz": "gz", ".zst": "zst", ".parquet": "parquet"}

#: The endings of the files that a folder is looked through for.
_IN_FOLDERS = (".parquet", ".jsonl", ".jsonl.gz", ".jsonl.zst")

#: What is wrong with signals whose player is in the name of a folder: all would be one player's.
ONLY_IN_PATH = "only the path has this column; write it into the file as well"


def kind_of(path: str | Path) -> Kind:
    """The kind of the file at ``path``, going by its ending."""
    return _ENDINGS.get(Path(path).suffix.lower(), "lines")


def inputs(paths: Iterable[str]) -> list[str]:
    """The files that ``paths`` name: a folder stands for `files_below` it.

    Where ``*.parquet`` are, the JSON Lines beside them are left out. ``-`` is left as it is.
    Raises `PlayertrackError` for a folder without any.
    """
    found: list[str] = []
    for path in paths:
        folder = Path(path)
        if path == "-" or not folder.is_dir():
            found.append(path)
            continue
        files = files_below(folder)
        if not files:
            raise PlayertrackError(
                f"{path}: a folder without .parquet or .jsonl files; name files of other endings"
            )
        columns = {file.parent for file in files if kind_of(file) == "parquet"}
        found += [
            str(file) for file in files if kind_of(file) == "parquet" or file.parent not in columns
        ]
    return found


def files_below(folder: Path) -> list[Path]:
    """The Parquet files and JSON Lines in ``folder`` and its subfolders, in the order of names.

    Of subfolders such as ``hour=9`` and ``hour=10`` the lower number comes first. Left out is what
    begins with ``.`` or ``_``: it is another program's, such as ``_spark_metadata``.
    """
    found: list[Path] = []
    for where, folders, names in os.walk(folder, onerror=_raise, followlinks=True):
        here = Path(where).resolve()
        folders[:] = [
            name
            for name in folders
            # A link to a folder above would go round forever.
            if _is_data(name) and not here.is_relative_to(Path(where, name).resolve())
        ]
        found += [Path(where, name) for name in names if _is_data(name) and _is_read(name)]
    return sorted(found, key=lambda file: [*map(_place, file.parts)])


def _raise(error: OSError) -> None:
    raise error


def _is_read(name: str) -> bool:
    return name.endswith(_IN_FOLDERS)


def _is_data(name: str) -> bool:
    """Not what shells, macOS and Hadoop take for hidden; ``_day=1`` is a column to Spark."""
    return not name.startswith(".") and (not name.startswith("_") or "=" in name)


def _place(name: str) -> tuple[str, int, str]:
    """Where a name comes in a folder."""
    column, _, value = name.partition("=")
    return column, int(value) if value.isdecimal() else -1, value


def columns_in(path: str) -> dict[str, str]:
    """The columns that folders in ``path`` name, as ``country=DE`` does: their values, as text."""
    parts = (part.partition("=") for part in Path(path).parts[:-1])
    return {
        unquote(name): unquote(value)
        for name, equals, value in parts
        if equals and value != "__HIVE_DEFAULT_PARTITION__"  # null
    }


def is_input_of(folder: str, path: str) -> bool:
    """True if a file at ``path`` would be looked for in ``folder`` (see `inputs`)."""
    if folder == "-" or not Path(folder).is_dir():
        return False
    file, top = Path(path).resolve(), Path(folder).resolve()
    return (
        _is_read(file.name)
        and file.is_relative_to(top)
        and all(map(_is_data, file.relative_to(top).parts))
    )


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
