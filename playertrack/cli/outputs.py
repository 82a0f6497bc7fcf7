"""The files that commands write: whole or not at all, and never over their input."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import current_thread, main_thread
from typing import BinaryIO

from ..errors import PlayertrackError

#: How much of an output is written at once, in bytes.
_BUFFER = 1 << 17

#: The outputs that are being written.
_parts: set[Path] = set()


def check_outputs(given: Sequence[str], outputs: Iterable[tuple[str, str | None]]) -> None:
    """Raise `PlayertrackError` for an output that is an input, or that a folder would take in.

    ``given``: files and folders to read. ``outputs``: the options that name files, and these;
    None and ``-`` are no files.
    """
    from ..trace.input_files import inputs, is_input_of

    files = [path for path in inputs(given) if path != "-"]
    taken: list[tuple[str, str]] = []
    for option, path in outputs:
        if path is None:
            continue
        for each in files if path != "-" else ():
            if _is_same(path, each):
                raise PlayertrackError(
                    f"{option}: {path} is the input {each}; choose another name to write to"
                )
        for folder in given:
            if is_input_of(folder, path):
                raise PlayertrackError(
                    f"{option}: {path} would become an input in the folder {folder}; "
                    "choose a name outside of it"
                )
        for other, name in taken:
            if _is_same(path, name):
                raise PlayertrackError(f"{option}: {path} is what {other} writes; choose another")
        taken.append((option, path))


def check_not_csv(option: str, path: str | None, what: str) -> None:
    """Raise `PlayertrackError` for a name that promises CSV, which nobody would write there."""
    if path is not None and ".csv" in Path(path.lower()).suffixes[-2:]:
        raise PlayertrackError(
            f"{option}: {what} are not written as CSV: expected .jsonl or .parquet, not {path}"
        )


def _is_same(path: str, other: str) -> bool:
    """Both are the same file; a device may well be read and written."""
    one, two = Path(os.path.realpath(path)), Path(os.path.realpath(other))
    if one.is_file() and two.is_file():
        return one.samefile(two)
    return one == two and not one.exists()


def file_of(path: str) -> str:
    """The file to write for ``--output``: in a folder, a Parquet file."""
    if path.endswith(os.sep) or Path(path).is_dir():
        Path(path).mkdir(parents=True, exist_ok=True)
        return str(Path(path) / "events.parquet")
    return path


def sink_files(sinks: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The files that ``--sink jsonl:PATH`` options write to, as outputs to check."""
    for sink in sinks:
        name, _, path = sink.partition(":")
        if name == "jsonl":
            yield "--sink", path


@contextmanager
def open_output(path: str) -> Iterator[BinaryIO]:
    """A file that is there whole or not at all; standard output for ``-``.

    It is written beside ``path`` and takes its place when all went well, so a failure leaves
    what was there, and nobody mistakes half a log for a log. A device or pipe is written to.
    """
    if path == "-":
        yield sys.stdout.buffer
        return
    target = Path(os.path.realpath(path))
    if path.endswith(os.sep) or target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if target.exists() and not target.is_file():
        with target.open("wb") as file:
            yield file
        return
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    with _removed_when_terminated(part):
        try:
            with part.open("wb", _BUFFER) as file:
                yield file
            part.replace(target)
        except BaseException as error:  # raised again, without the half file
            with suppress(OSError):
                part.unlink(missing_ok=True)
            if isinstance(error, OSError) and str(error.filename) == str(part):
                error.filename = path  # the user knows nothing of the temporary file beside it
            raise


@contextmanager
def _removed_when_terminated(part: Path) -> Iterator[None]:
    """A SIGTERM that has no handler ends the process, but not before ``part`` is removed.

    No exception says so: where Python cannot raise one, as in a finalizer, it would be lost.
    """

    def end(number: int, _: object) -> None:
        for each in tuple(_parts):
            with suppress(OSError):
                each.unlink(missing_ok=True)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)  # ends it, as if there had been no handler

    unhandled = signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    ours = unhandled and current_thread() is main_thread()  # others may set none
    _parts.add(part)
    if ours:
        signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        if ours:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _parts.discard(part)
