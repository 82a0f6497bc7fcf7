"""Keeps commands from overwriting their input."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ..errors import PlayertrackError


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
